"""What assembly works on: chosen reports with their trees, cut into sections, each with its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag.datatypes import Node, Point
from rag.functions import ANNEX, Zone
from rag.index.tables import StoredDocument, StoredPoint, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """A report's say in the outline, and the parts it is made of (0..1 each).

    `author` tells who wrote it: successive reports of one author, and near-copies of one report, count as one.
    """

    document: StoredDocument
    value: float
    tier: str
    author: str
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A chosen report: its weight, tree, zones, points and text."""

    weight: Weight
    root: Node
    zones: tuple[Zone, ...]
    points: tuple[StoredPoint, ...]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A point of a section and the points inside it."""

    sample: Sample
    point: Point
    vector: Vectors
    inner: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A stretch of a sample with one function; `title` is None where it has no heading.

    `share` is its part of the sample's length, `position` its middle, both 0..1.
    """

    sample: Sample
    function: str
    title: str | None
    heading: StoredPoint | None
    start: int
    end: int
    share: float
    position: float
    items: tuple[Item, ...]


def sections(sample: Sample) -> list[Section]:
    """The sections of a sample in reading order, annexes left out."""
    body_end = max((zone.end for zone in sample.zones if zone.function != ANNEX), default=len(sample.text))
    length = max(1, body_end)
    found = []
    for zone in sample.zones:
        if zone.function == ANNEX:
            continue
        inside = [p for p in sample.points if zone.start <= p.point.span[0] and p.point.span[1] <= zone.end]
        heading = next(
            (p for p in inside if zone.node and p.point.span[0] == zone.node.start and not p.point.path), None
        )
        found.append(
            Section(
                sample=sample,
                function=zone.function,
                title=zone.node.title if zone.node else None,
                heading=heading,
                start=zone.start,
                end=zone.end,
                share=(zone.end - zone.start) / length,
                position=(zone.start + zone.end) / 2 / length,
                items=items(sample, [p for p in inside if p is not heading]),
            )
        )
    return found


def parts(members: Sequence[Section]) -> list[Section]:
    """Sections gathered by sample: one that splits a function over several headings gives one part, with the
    headings as its items."""
    by_sample: dict[int, list[Section]] = {}
    for section in members:
        by_sample.setdefault(section.sample.weight.document.id, []).append(section)
    return [rows[0] if len(rows) == 1 else _part(rows) for rows in by_sample.values()]


def _part(rows: Sequence[Section]) -> Section:
    titled = [row for row in rows if row.heading is not None]
    gathered: list[Item] = []
    for row in rows:
        if row.heading is not None and len(titled) > 1:
            gathered.append(Item(row.sample, row.heading.point, row.heading.vector, row.items))
        else:
            gathered += row.items
    return Section(
        sample=rows[0].sample,
        function=rows[0].function,
        title=None,
        heading=None,
        start=rows[0].start,
        end=rows[-1].end,
        share=sum(row.share for row in rows),
        position=sum(row.position * row.share for row in rows) / max(1e-9, sum(row.share for row in rows)),
        items=tuple(gathered),
    )


def items(sample: Sample, points: Sequence[StoredPoint]) -> tuple[Item, ...]:
    """Points as a forest: a point lies inside another when its span does."""
    ordered = sorted(points, key=lambda p: (p.point.span[0], -p.point.span[1]))
    found: list[Item] = []
    position = 0
    while position < len(ordered):
        own = ordered[position]
        stop = position + 1
        while stop < len(ordered) and ordered[stop].point.span[1] <= own.point.span[1]:
            stop += 1
        inner = items(sample, ordered[position + 1 : stop])
        found.append(Item(sample, own.point, own.vector, inner))
        position = stop
    return tuple(found)
