"""The points under a heading: one sample's, in its order (the backbone), and at most two that only others make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.assemble import adapt, prompts
from rag.assemble.agreement import authors, distinct, is_same, seconded
from rag.assemble.backbone import backbone, leaves, own_items
from rag.assemble.cite import Citer
from rag.assemble.likeness import TWIN
from rag.assemble.samples import Item, Section, parts
from rag.assemble.slots import Slot
from rag.config import table
from rag.datatypes import OutlineNode, OutlinePoint, Request, Support
from rag.profiles import matter_of
from rag.text import bigrams, dice, displayed

MOST_ADDED = 2
MOST_AGREED = 4
FEWEST_AGREED = 3
AGREED = 0.34
MOST_POINTS = 8
FEWEST_POINTS = 2
GROUPED = 0.5
FEW_AUTHORS = 3


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands under a heading."""

    points: tuple[OutlinePoint, ...]
    children: tuple[OutlineNode, ...]


class Filler:
    """Fills slots from all sections that belong to them."""

    def __init__(self, request: Request, slots: Sequence[Slot], citer: Citer, authors: int) -> None:
        self._request = request
        self._citer = citer
        self._authors = authors
        self._remedies = [
            item
            for slot in slots
            for section in slot.sections
            for item in _walk(section.items)
            if item.point.function == "整改" and slot.function != "整改"
        ]
        self._used: list[str] = []
        self._matter = bigrams(matter_of(request.topic, request.genre))

    def fill(self, slot: Slot) -> Filled:
        """Points and second-level headings of a slot, prompts included."""
        members = parts(slot.sections)
        others = [item for part in members for item in own_items(part)]
        if slot.function == "整改":
            others += self._remedies
        chosen = backbone(members, slot.function, self._request)
        if chosen is None:
            return Filled((prompts.instead(slot.function, self._request),), ())
        items = own_items(chosen)
        groups = [item for item in items if len(_inner(item)) >= FEWEST_POINTS]
        aspects = self._aspects(slot.function)
        if aspects:
            return Filled((), self._by_aspect(aspects, slot, others))
        if len(groups) < FEWEST_POINTS or len(groups) < GROUPED * len(items):
            points = self._flat(items, slot, others)
            closing = prompts.closing(slot.function) if points else (prompts.instead(slot.function, self._request),)
            return Filled((*points, *closing), ())
        stale = [item for item in groups if adapt.is_stale(item.point, self._request.year)]
        if len(stale) < GROUPED * len(groups):
            return self._grouped(chosen, slot, others)
        deep = [leaf for leaf in leaves(items) if leaf.point.function == slot.function]
        points = self._flat(deep, slot, leaves(others))
        if slot.function == "问题":
            hidden = prompts.ASPECTS.format(count=len(groups))
            points = (prompts.prompt(hidden), *points)
        return Filled((*points, *prompts.closing(slot.function)), ())

    def _flat(
        self, items: Sequence[Item], slot: Slot, others: Sequence[Item], *, is_open: bool = True
    ) -> tuple[OutlinePoint, ...]:
        """Points in order with their prompts; an open list takes additions from other samples."""
        found: list[OutlinePoint] = []
        chosen: list[Item] = []
        for item in _named(items)[:MOST_POINTS]:
            point = self._point(item, slot, others)
            if point:
                chosen.append(item)
                found += prompts.with_case(point, slot.function, self._request)
        for item in self._additions(chosen, _named(others), slot) if is_open else ():
            point = self._point(item, slot, others)
            if point:
                found += prompts.with_case(point, slot.function, self._request)
        return tuple(found)

    def _grouped(self, chosen: Section, slot: Slot, others: Sequence[Item]) -> Filled:
        """Second-level headings of the backbone with their points; a stale heading says so and keeps its points."""
        children: list[OutlineNode] = []
        inner = leaves(others)
        for item in own_items(chosen):
            shown = adapt.shown_point(item.point, slot.function, self._request)
            is_lent = self._is_to_the_matter(item) or self._support(item, others).count > 1
            title = shown.text if shown and is_lent else None
            if title is None and adapt.is_stale(item.point, self._request.year):
                title = prompts.HIDDEN_ASPECT
            points = self._flat(_inner(item), slot, inner, is_open=False)
            if title is None and not points:
                continue
            if item.point.aspect and not item.inner:
                title, points = (
                    f"{displayed(item.point.aspect)}方面",
                    self._flat((item,), slot, inner, is_open=False),
                )
            children.append(
                OutlineNode(
                    title=title or prompts.OWN_HEADING,
                    level=2,
                    function=slot.function,
                    support=self._support(item, others),
                    share=(item.point.span[1] - item.point.span[0]) / max(1, chosen.end - chosen.start) * slot.share,
                    cites=(self._citer.item(item),),
                    points=points,
                )
            )
        if not children:
            return Filled((prompts.instead(slot.function, self._request),), ())
        return Filled(prompts.closing(slot.function), tuple(children))

    def _by_aspect(
        self, aspects: Sequence[tuple[str, str]], slot: Slot, others: Sequence[Item]
    ) -> tuple[OutlineNode, ...]:
        """This year's 对照方面 as second-level headings; each takes the problems whose words stand nearest to it."""
        known = [leaf for leaf in leaves(others) if leaf.point.function == slot.function]
        by_aspect: dict[int, list[Item]] = {}
        for item in known:
            around = " ".join((*item.point.path[-1:], item.point.aspect or "", item.point.head))
            scores = [dice(aspect, around) for aspect, _ in aspects]
            if max(scores) > 0:
                by_aspect.setdefault(max(range(len(scores)), key=lambda i: scores[i]), []).append(item)
        nodes = []
        for place, (aspect, source) in enumerate(aspects):
            members = sorted(
                by_aspect.get(place, ()),
                key=lambda i: (-self._support(i, known).count, -i.sample.weight.value, i.point.span),
            )
            points = self._flat(distinct(members)[: MOST_ADDED + 1], slot, known, is_open=False)
            nodes.append(
                OutlineNode(
                    title=f"{aspect}方面",
                    level=2,
                    function=slot.function,
                    support=prompts.NOBODY,
                    share=slot.share / len(aspects),
                    points=(
                        OutlinePoint(f"对照方面依据：{source}", "convention", prompts.NOBODY),
                        *(points or (prompts.instead(slot.function, self._request),)),
                    ),
                )
            )
        return tuple(nodes)

    def _aspects(self, function: str) -> list[tuple[str, str]]:
        """The 对照方面 that the year's notice sets for the meeting asked for."""
        occasion = self._request.profile.value("occasion") or ""
        if function != "问题":
            return []
        return [
            (aspect, row["source"])
            for row in table("aspects")["meeting"]
            if row["year"] == self._request.year and row["kind"] in occasion
            for aspect in row["aspects"]
        ]

    def _point(self, item: Item, slot: Slot, others: Sequence[Item]) -> OutlinePoint | None:
        shown = adapt.shown_point(item.point, slot.function, self._request)
        if shown is None or any(dice(shown.text, used) > TWIN for used in self._used):
            return None
        support = self._support(item, others)
        if support.count < 2 and not (
            self._is_akin(item) if adapt.is_fact(slot.function) else self._is_to_the_matter(item)
        ):
            return None  # what another post did, or another matter needs, and nobody else says: a prompt stands there
        self._used.append(shown.text)
        return OutlinePoint(shown.text, "point", support, self._cites(item, others), shown.flags)

    def _cites(self, item: Item, others: Sequence[Item]) -> tuple[int, ...]:
        second = seconded(item, others)
        return (self._citer.item(item), *((self._citer.item(second),) if second else ()))

    def _is_to_the_matter(self, item: Item) -> bool:
        """Whether a point of a 文种 with a matter of its own is about the matter asked for, or its report is."""
        if not self._matter:
            return True
        around = item.sample.weight.document.source.title + "".join(item.point.path) + item.point.head
        return bool(self._matter & bigrams(around))

    def _is_akin(self, item: Item) -> bool:
        """Whether the item's report comes from this field of work, and speaks of one or of many as asked."""
        asked, given = self._request.profile, item.sample.weight.document.profile
        return bool(set(asked.systems) & set(given.systems)) and asked.value("person") in (
            None,
            given.value("person"),
        )

    def _support(self, item: Item, others: Sequence[Item]) -> Support:
        return Support(len(authors(item, others)), self._authors)

    def _additions(self, chosen: Sequence[Item], others: Sequence[Item], slot: Slot) -> list[Item]:
        """Points that the backbone lacks, best supported first: what a third of the authors say, and at most two of
        themes not yet there. None with leaks or foreign terms."""
        if not chosen:
            return []
        themes = {theme for own in chosen for theme in own.point.themes}
        agreed = max(FEWEST_AGREED, round(AGREED * len(slot.authors)))
        rows = [
            (len(authors(item, others)), item)
            for item in others
            if item.sample is not chosen[0].sample
            and self._may_be_added(item, slot)
            and not any(is_same(item, own) for own in chosen)
        ]
        rows.sort(key=lambda row: (-row[0], -row[1].sample.weight.value, _place(row[1])))
        consensus = [item for count, item in rows if count >= agreed]
        fresh = [
            item
            for count, item in rows
            if not themes & set(item.point.themes)
            and (count > 1 or self._is_akin(item) or len(slot.authors) <= FEW_AUTHORS)
        ]
        return distinct([*distinct(consensus)[:MOST_AGREED], *distinct(fresh)[:MOST_ADDED]])

    def _may_be_added(self, item: Item, slot: Slot) -> bool:
        point = item.point
        return (
            point.function == slot.function
            and not point.leaks
            and not adapt.foreign_systems(point, self._request)
            and not adapt.is_narrative(point)
            and adapt.shown_point(point, slot.function, self._request) is not None
        )


def _inner(item: Item) -> list[Item]:
    """The points inside an item that are of its own function."""
    return [inner for inner in item.inner if inner.point.function == item.point.function]


def _named(items: Sequence[Item]) -> list[Item]:
    """Items that name a thing: for a bare 对照方面 (在…方面) its own points stand in."""
    return [
        deep for item in items for deep in (item.inner if item.point.head.endswith("方面") and item.inner else (item,))
    ]


def _place(item: Item) -> tuple[str, tuple[int, int]]:
    return item.sample.weight.document.source.path, item.point.span


def _walk(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _walk(item.inner)
