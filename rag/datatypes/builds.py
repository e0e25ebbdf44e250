"""What a build did, and what the generation that it made holds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that the build left out, and what to do about it."""

    path: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did to each file. `duplicates` are the groups of near-copies that now stand in the index.

    `embedded` and `reused` count vectors; `notes` are for the user.
    """

    added: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    failed: tuple[FailedFile, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    embedded: int = 0
    reused: int = 0
    documents: int = 0
    chunks: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left: tuple[tuple[str, int], ...] = ()  # as in Document, over all files that were read


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation of the index holds, and what made it; nothing of the hour, so same samples, same bytes.

    `locator` finds the model again: "bundled", a folder, a name; "" for an object that a library user passed in.
    `software` is the fingerprint of what makes rows of files. `trained` counts the rows the vector store learnt from.
    """

    layout: int
    model: str
    fingerprint: str
    dim: int
    store: str
    roots: tuple[str, ...]
    documents: int
    chunks: int
    points: int
    failed: tuple[FailedFile, ...] = ()
    locator: str = "bundled"
    software: str = ""
    trained: int = 0
