"""The nouns: frozen records that every stage hands to the next. Nothing here computes more than a property.

All offsets are code points into `Document.text`, the canonical text, which the index stores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Request:
    """What the writer asked for; `profile` is the same words, understood."""

    role: str
    topic: str
    genre: str | None
    year: int | None
    profile: Profile


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
    """A structured outline whose every `point` cites what it rests on."""

    request: Request
    title: str
    nodes: tuple[OutlineNode, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...] = ()


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
