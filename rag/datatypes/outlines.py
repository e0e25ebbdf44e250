"""An outline: sections, points, what they cite, and the samples that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from rag.datatypes.hits import Request


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered source. `stored text of path [start:end] == quote`, always; `stale` as in `Hit`."""

    number: int
    path: str
    title: str
    sha256: str
    section: tuple[str, ...]
    start: int
    end: int
    page: int | None
    quote: str
    before: str
    after: str
    tier: str
    stale: str | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """`count` independent samples of `of` bear this out."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class OutlinePoint:
    """A line under a section. kind: point (cited), prompt (the writer must supply it), convention (of the genre)."""

    text: str
    kind: str
    support: Support
    cites: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another wording of a heading that a sample uses."""

    title: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OutlineNode:
    """A section of the outline. `share` is its usual part of the whole length, 0..1."""

    title: str
    level: int
    function: str
    support: Support
    share: float
    cites: tuple[int, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    points: tuple[OutlinePoint, ...] = ()
    children: tuple[OutlineNode, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceSection:
    """A level-1 section of a sample that the outline rests on."""

    title: str
    function: str
    share: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sample that the outline rests on, and how it is built."""

    path: str
    title: str
    tier: str
    sections: tuple[EvidenceSection, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A structured outline whose every `point` cites what it rests on. `explanation` says why it is as it is."""

    request: Request
    title: str
    nodes: tuple[OutlineNode, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...] = ()
    explanation: tuple[str, ...] = ()

    def budget(self, node: OutlineNode) -> int | None:
        """Characters for `node` of the length asked for, to the nearest ten; None where none was asked for."""
        return round(node.share * self.request.length / 10) * 10 if self.request.length else None
