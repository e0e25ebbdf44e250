"""A draft held against rules and samples: findings, what samples are built like, what it shares with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.datatypes.documents import Document
from rag.datatypes.outlines import Citation, Support

# The rules of `rag check`, in the order in which findings at one place are listed.
RULES = (
    "overlap", "residue", "structure", "balance", "case", "person", "placeholder", "numbering", "stale", "name",
    "quotes", "punctuation", "doubled", "confusion",
)  # fmt: skip
ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction that is certain: text[start:end] becomes `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a draft that its writer should look at. severity: error, warning or info.

    Offsets are code points into the draft's canonical text. `edits` are there only where the correction is certain;
    `key` names the finding whatever is edited above it, so that a baseline can accept it.
    """

    rule: str
    severity: str
    start: int
    end: int
    section: tuple[str, ...]
    message: str
    suggestion: str
    citations: tuple[Citation, ...] = ()
    edits: tuple[Edit, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class SkeletonPart:
    """A part that samples of one 文种 have: how many authors, and the least, middle and largest share of the length."""

    function: str
    support: Support
    shares: tuple[float, float, float]
    example: Citation | None = None


@dataclass(frozen=True, slots=True)
class Skeleton:
    """How samples like a draft are built. `before` holds pairs of functions that stand in this order in nearly all."""

    genre: str
    parts: tuple[SkeletonPart, ...]
    before: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SharedSource:
    """How much of a draft stands in one sample, set phrases aside: characters, their share (0..1), the longest run."""

    path: str
    title: str
    characters: int
    share: float
    longest: int


@dataclass(frozen=True, slots=True)
class Review:
    """A draft, held against the rules and the samples. `skipped` maps rules that did not run to the reason;
    `accepted` counts findings that a baseline silenced."""

    document: Document
    year: int
    findings: tuple[Finding, ...]
    sources: tuple[SharedSource, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    accepted: int = 0
