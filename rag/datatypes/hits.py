"""What a writer asks for, and the passages found for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.datatypes.documents import Chunk, Profile


@dataclass(frozen=True, slots=True)
class Request:
    """What the writer asked for; `profile` is the same words, understood; `length` in characters, if he said one."""

    role: str
    topic: str
    genre: str | None
    year: int | None
    profile: Profile
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """How a passage came by its score: `fused` + Σ weight × value of `parts`, less `held_back` (for diversity).

    `legs` are the cosine and the BM25 score; `parts` maps a name to (weight, value); `fit` are the parts of the fit.
    """

    fused: float
    legs: dict[str, float]
    parts: dict[str, tuple[float, float]]
    fit: dict[str, tuple[float, float]]
    held_back: float = 0.0


@dataclass(frozen=True, slots=True)
class Twin:
    """Where a passage stands that says nearly the same as a hit."""

    path: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage. `ranks` are 1-based places in each leg; a leg that missed it is absent.

    `tier` and `reason` say why its report compares; `twins` are passages left out because they say nearly the same.
    `stale` is "changed" or "gone" where the file it was read from is not any more what it was, else None.
    """

    chunk: Chunk
    score: float
    tier: str
    ranks: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    year: int | None = None
    genre: str | None = None
    role: str | None = None
    twins: tuple[Twin, ...] = ()
    why: Why | None = None
    stale: str | None = None
