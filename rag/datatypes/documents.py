"""A document and what it is understood to be: blocks, profile, tree of sections, points, chunks.

All offsets are code points into `Document.text`, the canonical text, which the index stores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from. `path` is root name / relative posix path; `sha256` is of what was read: the
    file's bytes (of a member of a .zip: the member's), with those of its sidecar where it has one."""

    path: str
    title: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, table row or list item as a reader saw it; `text` holds no line break.

    `level` is what the format itself says: 0 for the title, 1.. for headings, None for body text.
    """

    text: str
    level: int | None = None
    page: int | None = None
    kind: str = "para"


@dataclass(frozen=True, slots=True)
class Document:
    """A file, read. `text` is the blocks joined by line breaks; `starts[i]` is where block i begins in it.

    `left` counts what is no text of the report and was left out (header, footer, hidden …); `given` are facts that
    the user states of it, by the names of `Profile`'s fields; `remarks` tell the user how it was read.
    """

    source: Source
    blocks: tuple[Block, ...]
    text: str
    starts: tuple[int, ...]
    left: tuple[tuple[str, int], ...] = ()
    given: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A value and the span of the canonical text it was read from (None: from the file name)."""

    value: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a report is, or what a request asks for. A field that nothing says is None, never a guess."""

    title: Fact | None = None
    genre: Fact | None = None
    role: Fact | None = None
    unit: Fact | None = None
    duties: Fact | None = None
    year: Fact | None = None
    person: Fact | None = None
    occasion: Fact | None = None
    family: str | None = None
    systems: tuple[str, ...] = ()
    is_material: bool = True

    def value(self, name: str) -> str | None:
        """The bare value of a field that is a `Fact`."""
        fact = getattr(self, name)
        return fact.value if isinstance(fact, Fact) else None

    @property
    def year_number(self) -> int | None:
        return int(self.year.value) if self.year else None


@dataclass(frozen=True, slots=True)
class Node:
    """A section or a point. `title` is without its marker; `start` is the marker's offset, `end` is exclusive.

    `head_end` is where marker + title end, so `text[start:head_end]` is the heading as written (marks of
    emphasis and blanks aside) and the body begins there. `number` is the printed number, None if unnumbered.
    """

    kind: str
    level: int
    marker: str
    title: str
    start: int
    head_end: int
    end: int
    number: int | None = None
    function: str | None = None
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node's descendants in reading order."""
        for child in self.children:
            yield child
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Report:
    """A document, understood."""

    document: Document
    profile: Profile
    root: Node
    ignored: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a report says: a head phrase and its surroundings. `text[head_span] == head`, always.

    `leaks` are kinds of what belongs to its author (figures, people), `names` the names and quoted words themselves.
    """

    head: str
    head_span: tuple[int, int]
    span: tuple[int, int]
    path: tuple[str, ...]
    function: str | None
    aspect: str | None
    themes: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage. `document.text[start:end] == text`, always."""

    id: int
    source: Source
    path: tuple[str, ...]
    function: str | None
    text: str
    start: int
    end: int
    page: int | None = None

    @property
    def embedded_text(self) -> str:
        """What is embedded and searched: heading path + body."""
        return "\n".join((*self.path, self.text))
