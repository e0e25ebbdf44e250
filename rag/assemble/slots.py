"""Slots: the parts that comparable reports have, aligned over the samples; those most like any one sample are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from rag import profiles
from rag.assemble.alignment import aligned, shared
from rag.assemble.expected import likeliest, probabilities
from rag.assemble.matter import is_its_own, is_to_it
from rag.assemble.samples import Sample, Section, parts, sections
from rag.functions import CLOSING, OPENING, OTHER, generic, of_heading
from rag.text import dice

LEAST_SUPPORT = 0.34
EDGES = (OPENING, CLOSING)
USUAL_WORDS = 0.2


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the outline, the sections of samples that are this part (`core`), and all that fill it.

    Besides its core a slot takes what its samples have of the same function elsewhere.
    """

    function: str
    core: tuple[Section, ...]
    sections: tuple[Section, ...]

    @property
    def authors(self) -> frozenset[str]:
        return frozenset(section.sample.weight.author for section in self.core)

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


@dataclass(frozen=True, slots=True)
class Layout:
    """The slots of the body in order, those of opening and closing, and the parts too rare to be shown."""

    body: tuple[Slot, ...]
    edges: tuple[Slot, ...]
    passed_over: tuple[Slot, ...]


def laid_out(samples: Sequence[Sample], matter: frozenset[str]) -> Layout:
    """How comparable reports are laid out.

    `matter`: bigrams of what the request is about, empty where its 文种 has no matter of its own.
    """
    rows = [section for sample in samples for section in sections(sample)]
    edges = [edge for function in EDGES if (edge := _edge(function, rows, samples))]
    body = [section for section in rows if section.function not in EDGES]
    structural, loose = _structural(body, matter)
    clusters = aligned(structural)
    functions = list(map(_function, clusters))  # of one function are they all that join: none changes
    for section in loose:
        _lodge(section, clusters, functions)
    cores = _shown(clusters, samples)
    filled = [list(core) for core in cores]
    shown = {id(section) for core in cores for section in core}
    rare = [cluster for cluster in clusters if id(cluster[0]) not in shown]
    functions = list(map(_function, filled))
    for section in (section for cluster in rare for section in cluster):
        _hand_over(section, filled, functions)
    found = [Slot(_function(core), tuple(core), tuple(rows)) for core, rows in zip(cores, filled, strict=True)]
    passed_over = tuple(Slot(_function(cluster), tuple(cluster), tuple(cluster)) for cluster in rare)
    return Layout(tuple(ordered(found)), tuple(edges), passed_over)


def ordered(found: Sequence[Slot]) -> list[Slot]:
    """Slots by weighted pairwise precedence: who stands before whom in the samples that have both."""

    def wins(slot: Slot) -> float:
        return sum(_precedence(slot, other) for other in found if other is not slot)

    return sorted(found, key=lambda slot: (-wins(slot), slot.position, slot.function))


def is_telling(section: Section, matter: frozenset[str], *, is_shared: bool) -> bool:
    """Whether a heading says what its section is for, or another author uses one like it (`is_shared`). Others are a
    report's own.

    Where each report has a matter of its own (意见, 函), what a heading says may be that matter (关于某项目问题): there
    it tells when it is near the usual wording, or about the matter asked for.
    """
    if section.title is None:
        return False
    document = section.sample.weight.document
    if is_to_it(section.title, matter, document):
        return True
    if is_its_own(section.title, matter, document):
        return False
    if of_heading(section.title) == section.function:
        is_topical = profiles.is_topical(document.profile.value("genre"))
        if not is_topical or dice(section.title, generic(section.function)) >= USUAL_WORDS:
            return True
    return is_shared


def _structural(body: Sequence[Section], matter: frozenset[str]) -> tuple[list[Section], list[Section]]:
    """The sections that tell how reports are built, and the rest: headings of a report's own, text outside sections.

    Of a report without headings, each function that its paragraphs have is a part.
    """
    headed = {section.sample.weight.document.id for section in body if section.title}
    structural = [
        section
        for section, is_shared in zip(body, shared(body), strict=True)
        if is_telling(section, matter, is_shared=is_shared)
    ]
    essays: dict[tuple[int, str], list[Section]] = {}
    for section in body:
        key = section.sample.weight.document.id
        if key not in headed:
            essays.setdefault((key, section.function), []).append(section)
    known = {id(section) for section in structural}
    for rows in essays.values():
        known |= {id(row) for row in rows}
        structural += parts(rows)
    return structural, [section for section in body if id(section) not in known]


def _lodge(section: Section, clusters: list[list[Section]], functions: list[str]) -> None:
    """A section with a heading of its own goes to the parts of its function, or begins one."""
    if not _hand_over(section, clusters, functions) and section.title and section.function != OTHER:
        clusters.append([section])
        functions.append(section.function)


def _hand_over(section: Section, clusters: Sequence[list[Section]], functions: Sequence[str]) -> bool:
    """Give `section` to the cluster of its function that lies nearest; False when there is none."""
    homes = [home for home, function in zip(clusters, functions, strict=True) if function == section.function != OTHER]
    if homes:
        min(homes, key=lambda home: abs(home[0].position - section.position)).append(section)
    return bool(homes)


def _shown(clusters: Sequence[list[Section]], samples: Sequence[Sample]) -> list[list[Section]]:
    """The clusters that together are most like the parts of a sample drawn by weight."""
    having = [{section.sample.weight.document.id for section in cluster} for cluster in clusters]
    sizes = {s.weight.document.id: sum(s.weight.document.id in owners for owners in having) for s in samples}
    chances = probabilities(samples)
    return _as_often([clusters[c] for c in likeliest(having, sizes, chances)], chances)


def _as_often(clusters: Sequence[list[Section]], chances: Mapping[int, float]) -> list[list[Section]]:
    """`clusters` with no more of one function than samples usually have: where one sample alone parts its problems
    into two, the second part joins the one that lies nearest."""
    found: list[list[Section]] = []
    for function in dict.fromkeys(map(_function, clusters)):
        alike = [cluster for cluster in clusters if _function(cluster) == function]
        owners = [{section.sample.weight.document.id for section in cluster} for cluster in alike]
        mass = [sum(chances[key] for key in keys) for keys in owners]
        order = sorted(range(len(alike)), key=lambda c: -mass[c])
        kept = order[: _usual_number(owners, chances)] if function != OTHER else order
        homes = [list(alike[c]) for c in kept]
        for c in order[len(kept) :]:
            min(homes, key=lambda home: abs(home[0].position - alike[c][0].position)).extend(alike[c])
        found += homes
    return found


def _usual_number(owners: Sequence[Set[int]], chances: Mapping[int, float]) -> int:
    """How many of these clusters a sample that has any of them has: the weighted median, at least 1."""
    counts = sorted(
        (sum(key in keys for keys in owners), chance)
        for key, chance in chances.items()
        if any(key in keys for keys in owners)
    )
    half, passed = sum(chance for _, chance in counts) / 2, 0.0
    for count, chance in counts:
        passed += chance
        if passed >= half:
            return count
    return 1


def _function(cluster: Sequence[Section]) -> str:
    """The function most of the sections have by weight; the first one's among equals."""
    weights: dict[str, float] = {}
    for section in cluster:
        weights[section.function] = weights.get(section.function, 0.0) + section.sample.weight.value
    return max(weights, key=lambda name: weights[name])


def _edge(function: str, rows: Sequence[Section], samples: Sequence[Sample]) -> Slot | None:
    members = [section for section in rows if section.function == function]
    if not members or _author_weight([m.sample for m in members]) < LEAST_SUPPORT * _author_weight(samples):
        return None
    return Slot(function, tuple(members), tuple(members))


def _precedence(left: Slot, right: Slot) -> float:
    """+1 when `left` stands before `right` in most samples by weight, -1 when after, 0 when they never meet."""
    balance = 0.0
    for section in left.sections:
        for other in right.sections:
            if section.sample is other.sample:
                balance += section.sample.weight.value * (1 if section.start < other.start else -1)
    return (balance > 0) - (balance < 0)


def _author_weight(samples: Sequence[Sample]) -> float:
    """Total weight with each author counted once, at his best."""
    best: dict[str, float] = {}
    for sample in samples:
        best[sample.weight.author] = max(best.get(sample.weight.author, 0.0), sample.weight.value)
    return sum(best.values())
