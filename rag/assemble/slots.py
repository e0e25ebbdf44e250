"""Slots: the parts that comparable reports have. One per function, or several where samples split a function alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.assemble.likeness import SAME_HEADING, likeness
from rag.assemble.samples import Sample, Section, sections
from rag.functions import CLOSING, OPENING, OTHER

LEAST_SUPPORT = 0.34
EDGES = (OPENING, CLOSING)


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the outline and the sections of samples that fill it."""

    function: str
    sections: tuple[Section, ...]

    @property
    def authors(self) -> frozenset[str]:
        return frozenset(section.sample.weight.author for section in self.sections)

    @property
    def position(self) -> float:
        """Weighted mean place in the samples, 0..1."""
        whole = sum(section.sample.weight.value for section in self.sections)
        return sum(s.position * s.sample.weight.value for s in self.sections) / whole

    @property
    def share(self) -> float:
        """Weighted mean part of the length among the samples that have it, 0..1."""
        shares: dict[int, float] = {}
        weights: dict[int, float] = {}
        for section in self.sections:
            key = section.sample.weight.document.id
            shares[key] = shares.get(key, 0.0) + section.share
            weights[key] = section.sample.weight.value
        return sum(shares[key] * weights[key] for key in shares) / sum(weights.values())


def slots(samples: Sequence[Sample]) -> tuple[list[Slot], list[Slot]]:
    """The slots of the body in order, and those of opening and closing."""
    by_function: dict[str, list[Section]] = {}
    for sample in samples:
        for section in sections(sample):
            by_function.setdefault(section.function, []).append(section)
    whole = _author_weight(samples)
    found: list[Slot] = []
    edges: list[Slot] = []
    for function, members in by_function.items():
        if function == OTHER or _author_weight([m.sample for m in members]) < LEAST_SUPPORT * whole:
            continue
        if function in EDGES:
            edges.append(Slot(function, tuple(members)))
        else:
            found += _split(function, members)
    return ordered(found), edges


def ordered(found: Sequence[Slot]) -> list[Slot]:
    """Slots by weighted pairwise precedence: who stands before whom in the samples that have both."""

    def wins(slot: Slot) -> float:
        return sum(_precedence(slot, other) for other in found if other is not slot)

    return sorted(found, key=lambda slot: (-wins(slot), slot.position, slot.function))


def _precedence(left: Slot, right: Slot) -> float:
    """+1 when `left` stands before `right` in most samples by weight, -1 when after, 0 when they never meet."""
    balance = 0.0
    for section in left.sections:
        for other in right.sections:
            if section.sample is other.sample:
                balance += section.sample.weight.value * (1 if section.start < other.start else -1)
    return (balance > 0) - (balance < 0)


def _split(function: str, members: list[Section]) -> list[Slot]:
    """One slot, or as many as the samples usually have of this function when their headings agree."""
    counts: dict[int, list[Section]] = {}
    for section in members:
        if section.title is not None:
            counts.setdefault(section.sample.weight.document.id, []).append(section)
    usual = _weighted_median([(len(rows), rows[0].sample.weight.value) for rows in counts.values()])
    if usual < 2 or len(counts) == 1:
        return [Slot(function, tuple(members))]
    pattern = max(
        counts.values(),
        key=lambda rows: (-abs(len(rows) - usual), rows[0].sample.weight.value, -rows[0].start),
    )
    clusters = [[section] for section in pattern]
    loose: list[Section] = []
    for section in members:
        if section in pattern:
            continue
        scores = [_heading_likeness(section, cluster[0]) for cluster in clusters]
        best = max(range(len(clusters)), key=lambda c: scores[c])
        (clusters[best] if scores[best] >= SAME_HEADING else loose).append(section)
    shared = [cluster for cluster in clusters if len({s.sample.weight.author for s in cluster}) >= 2]
    if len(shared) < 2:
        return [Slot(function, tuple(members))]
    alone = [section for cluster in clusters if cluster not in shared for section in cluster] + loose
    for section in alone:  # what only one sample has goes where it stands nearest
        min(shared, key=lambda cluster: abs(cluster[0].position - section.position)).append(section)
    return [Slot(function, tuple(cluster)) for cluster in shared]


def _heading_likeness(left: Section, right: Section) -> float:
    if left.heading is None or right.heading is None or left.title is None or right.title is None:
        return 0.0
    return likeness(left.title, left.heading.vector, right.title, right.heading.vector)


def _author_weight(samples: Sequence[Sample]) -> float:
    """Total weight with each author counted once, at his best."""
    best: dict[str, float] = {}
    for sample in samples:
        best[sample.weight.author] = max(best.get(sample.weight.author, 0.0), sample.weight.value)
    return sum(best.values())


def _weighted_median(rows: list[tuple[int, float]]) -> int:
    if not rows:
        return 0
    rows = sorted(rows)
    half, seen = sum(weight for _, weight in rows) / 2, 0.0
    for value, weight in rows:
        seen += weight
        if seen >= half:
            return value
    return rows[-1][0]
