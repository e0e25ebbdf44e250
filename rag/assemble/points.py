"""The points under a heading: one sample's, in its order (the backbone), and at most two that only others make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.assemble import adapt
from rag.assemble.cite import Citer
from rag.assemble.likeness import SAME_POINT, SAME_THEMED_POINT, TWIN, likeness
from rag.assemble.samples import Item, Section, parts
from rag.assemble.slots import Slot
from rag.config import table
from rag.datatypes import OutlineNode, OutlinePoint, Request, Support
from rag.fits import GENRE, ROLE_FAMILY, SAME_ROLE, TOPIC
from rag.text import dice, displayed

MOST_ADDED = 2
MOST_POINTS = 8
FEWEST_POINTS = 2
USUAL_ITEMS = range(3, 9)
LEAST_DICE = 0.2
GROUPED = 0.5
FEW_AUTHORS = 3
TIER_MERIT = {SAME_ROLE: 1.4, ROLE_FAMILY: 1.2, GENRE: 1.0, TOPIC: 0.8}
CASE_PROMPT = {
    "个人": "〔写具体事例：时间、事情、本人怎么做的、结果如何〕",
    "班子": "〔写具体事例：时间、事情、支部怎么做的、结果如何〕",
}
FACTS_PROMPT = "〔按本岗位实际分列3—5项：做了什么、怎么做的、成效数据〕"
ASPECT_PROMPT = "〔对照方面：以当年通知为准；样本分{count}个方面，每个方面写2—4个问题〕"
HIDDEN_ASPECT = "〔对照方面：以当年通知为准〕"
REMEDY_PROMPT = "〔逐条对应上面的问题：做什么、谁来做、什么时候完成〕"


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

    def fill(self, slot: Slot) -> Filled:
        """Points and second-level headings of a slot, prompts included."""
        members = parts(slot.sections)
        ranked = sorted(
            members,
            key=lambda s: (-self._backbone_merit(s, slot), s.sample.weight.document.source.path, s.start),
        )
        others = [item for section in members for item in _own(section)]
        if slot.function == "整改":
            others += self._remedies
        backbone = next((section for section in ranked if self._usable(section, slot)), None)
        if backbone is None:
            return Filled((self._prompt(slot.function),), ())
        groups = [
            item
            for item in _own(backbone)
            if len([i for i in item.inner if i.point.function == item.point.function]) >= FEWEST_POINTS
        ]
        aspects = self._aspects(slot.function)
        if aspects:
            return Filled((), self._by_aspect(aspects, slot, others))
        if len(groups) >= FEWEST_POINTS and len(groups) >= GROUPED * len(_own(backbone)):
            stale = [item for item in groups if adapt.is_stale(item.point, self._request.year)]
            if len(stale) < GROUPED * len(groups):
                return self._grouped(backbone, slot, others)
            leaves = [
                deep
                for item in _own(backbone)
                for deep in (item.inner or (item,))
                if deep.point.function == item.point.function
            ]
            if slot.function != "问题":
                return Filled((*self._flat(leaves, slot, others), *self._closing_prompts(slot.function)), ())
            hidden = OutlinePoint(ASPECT_PROMPT.format(count=len(groups)), "prompt", Support(0, self._authors))
            return Filled(
                (
                    hidden,
                    *self._flat(leaves, slot, [deep for item in others for deep in (item.inner or (item,))]),
                ),
                (),
            )
        points = self._flat(_own(backbone), slot, others)
        return Filled((*points, *self._closing_prompts(slot.function)), ())

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
                found += self._with_case(point, slot.function)
        for item in self._additions(chosen, _named(others), slot) if is_open else ():
            point = self._point(item, slot, others)
            if point:
                found += self._with_case(point, slot.function)
        return tuple(found)

    def _grouped(self, backbone: Section, slot: Slot, others: Sequence[Item]) -> Filled:
        """Second-level headings of the backbone with their points; a stale heading says so and keeps its points."""
        children: list[OutlineNode] = []
        inner = [deep for item in others for deep in (item.inner or (item,))]
        for item in _own(backbone):
            shown = adapt.shown_point(item.point, slot.function, self._request)
            title = shown.text if shown else None
            if title is None and adapt.is_stale(item.point, self._request.year):
                title = HIDDEN_ASPECT
            points = self._flat(
                [i for i in item.inner if i.point.function == item.point.function], slot, inner, is_open=False
            )
            if title is None and not points:
                continue
            if item.point.aspect and not item.inner:
                title, points = (
                    f"{displayed(item.point.aspect)}方面",
                    self._flat((item,), slot, inner, is_open=False),
                )
            children.append(
                OutlineNode(
                    title=title or "〔本单位小标题〕",
                    level=2,
                    function=slot.function,
                    support=self._support(item, others),
                    share=(item.point.span[1] - item.point.span[0])
                    / max(1, backbone.end - backbone.start)
                    * slot.share,
                    cites=(self._citer.item(item),),
                    points=points,
                )
            )
        return Filled(self._closing_prompts(slot.function), tuple(children))

    def _by_aspect(
        self, aspects: Sequence[tuple[str, str]], slot: Slot, others: Sequence[Item]
    ) -> tuple[OutlineNode, ...]:
        """This year's 对照方面 as second-level headings; each takes the problems whose words stand nearest to it."""
        leaves = [deep for item in others for deep in (item.inner or (item,)) if deep.point.function == slot.function]
        by_aspect: dict[int, list[Item]] = {}
        for item in leaves:
            around = " ".join((*item.point.path[-1:], item.point.aspect or "", item.point.head))
            scores = [dice(aspect, around) for aspect, _ in aspects]
            if max(scores) > 0:
                by_aspect.setdefault(max(range(len(scores)), key=lambda i: scores[i]), []).append(item)
        nodes = []
        for place, (aspect, source) in enumerate(aspects):
            members = sorted(
                by_aspect.get(place, ()),
                key=lambda i: (-self._support(i, leaves).count, -i.sample.weight.value, i.point.span),
            )
            points = self._flat(self._distinct(members)[: MOST_ADDED + 1], slot, leaves, is_open=False)
            nodes.append(
                OutlineNode(
                    title=f"{aspect}方面",
                    level=2,
                    function=slot.function,
                    support=Support(0, self._authors),
                    share=slot.share / len(aspects),
                    points=(
                        OutlinePoint(f"对照方面依据：{source}", "convention", Support(0, self._authors)),
                        *points,
                    )
                    if points
                    else (
                        OutlinePoint(f"对照方面依据：{source}", "convention", Support(0, self._authors)),
                        self._prompt(slot.function),
                    ),
                )
            )
        return tuple(nodes)

    def _distinct(self, items: Sequence[Item]) -> list[Item]:
        found: list[Item] = []
        for item in items:
            if not any(self._is_same(item, other) for other in found):
                found.append(item)
        return found

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
        if adapt.is_fact(slot.function) and support.count < 2 and not self._is_akin(item):
            return None  # what another post did, and nobody else says: a prompt asks for this one's own facts
        self._used.append(shown.text)
        return OutlinePoint(
            shown.text, "point", support, (self._citer.item(item), *self._second(item, others)), shown.flags
        )

    def _is_akin(self, item: Item) -> bool:
        """Whether the item's report comes from this field of work, and speaks of one or of many as asked."""
        asked, given = self._request.profile, item.sample.weight.document.profile
        return bool(set(asked.systems) & set(given.systems)) and asked.value("person") in (
            None,
            given.value("person"),
        )

    def _support(self, item: Item, others: Sequence[Item]) -> Support:
        """Independent authors who make this point."""
        authors = {other.sample.weight.author for other in others if other is not item and self._is_same(item, other)}
        return Support(len(authors | {item.sample.weight.author}), self._authors)

    def _is_same(self, left: Item, right: Item) -> bool:
        """Whether two points say the same: much alike, or of one theme and fairly alike."""
        floor = SAME_THEMED_POINT if set(left.point.themes) & set(right.point.themes) else SAME_POINT
        return self._alike(left, right) >= floor

    def _second(self, item: Item, others: Sequence[Item]) -> tuple[int, ...]:
        """One further citation, of another author who says the same in kindred words."""
        rows = [
            (self._alike(item, other), other)
            for other in others
            if other.sample.weight.author != item.sample.weight.author
            and dice(item.point.head, other.point.head) >= LEAST_DICE
        ]
        rows = [row for row in rows if row[0] >= SAME_POINT]
        if not rows:
            return ()
        best = max(rows, key=lambda row: (row[0], row[1].sample.weight.value, -row[1].point.span[0]))
        return (self._citer.item(best[1]),)

    def _additions(self, chosen: Sequence[Item], others: Sequence[Item], slot: Slot) -> list[Item]:
        """Points that the backbone lacks: without leaks or foreign terms, best supported first."""
        if not chosen:
            return []
        fresh = [
            item
            for item in others
            if item.point.function == slot.function
            and not item.point.leaks
            and not adapt.foreign_systems(item.point, self._request)
            and adapt.shown_point(item.point, slot.function, self._request)
            and (self._is_akin(item) or self._support(item, others).count > 1 or len(slot.authors) <= FEW_AUTHORS)
            and item.sample is not chosen[0].sample
            and not adapt.is_narrative(item.point)
            and not set(item.point.themes) & {theme for own in chosen for theme in own.point.themes}
            and not any(self._is_same(item, own) for own in chosen)
        ]
        fresh.sort(
            key=lambda i: (
                -self._support(i, others).count,
                -i.sample.weight.value,
                i.sample.weight.document.source.path,
                i.point.span,
            )
        )
        return self._distinct(fresh)[:MOST_ADDED]

    def _backbone_merit(self, section: Section, slot: Slot) -> float:
        """weight × structure × typicality × how much of it can be shown."""
        items = _own(section)
        if not items:
            return 0.0
        structure = 1.0 if len(items) in USUAL_ITEMS else 0.6
        rest = [
            other
            for s in parts(slot.sections)
            if s.sample.weight.author != section.sample.weight.author
            for other in _own(s)
        ]
        typical = sum(max((self._alike(i, o) for o in rest), default=0.0) for i in items) / len(items)
        leaves = [deep for item in items for deep in (item.inner or (item,))]
        shown = sum(adapt.shown_point(leaf.point, slot.function, self._request) is not None for leaf in leaves) / len(
            leaves
        )
        told = sum(adapt.is_narrative(leaf.point) for leaf in leaves) / len(leaves)
        weight = section.sample.weight
        return (
            weight.value
            * TIER_MERIT[weight.tier]
            * structure
            * (1 - told / 2)
            * (0.5 + max(0.0, typical))
            * (0.2 + shown)
        )

    def _usable(self, section: Section, slot: Slot) -> bool:
        leaves = [deep for item in _own(section) for deep in (item.inner or (item,))]
        return any(adapt.shown_point(leaf.point, slot.function, self._request) for leaf in leaves)

    def _with_case(self, point: OutlinePoint, function: str) -> list[OutlinePoint]:
        if function != "问题":
            return [point]
        person = self._request.profile.value("person") or "个人"
        return [point, OutlinePoint(CASE_PROMPT[person], "prompt", Support(0, self._authors))]

    def _closing_prompts(self, function: str) -> tuple[OutlinePoint, ...]:
        if adapt.is_fact(function):
            return (self._prompt(function),)
        if function == "整改":
            return (OutlinePoint(REMEDY_PROMPT, "prompt", Support(0, self._authors)),)
        return ()

    def _prompt(self, function: str) -> OutlinePoint:
        person = self._request.profile.value("person") or "个人"
        text = CASE_PROMPT[person] if function == "问题" else FACTS_PROMPT
        return OutlinePoint(text, "prompt", Support(0, self._authors))

    def _alike(self, left: Item, right: Item) -> float:
        return likeness(left.point.head, left.vector, right.point.head, right.vector)


def _own(section: Section) -> list[Item]:
    """A section's points of its own function; remedies behind a pivot belong to another slot."""
    return [item for item in section.items if item.point.function in (section.function, None)]


def _named(items: Sequence[Item]) -> list[Item]:
    """Items that name a thing: for a bare 对照方面 (在…方面) its own points stand in."""
    return [
        deep for item in items for deep in (item.inner if item.point.head.endswith("方面") and item.inner else (item,))
    ]


def _walk(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _walk(item.inner)
