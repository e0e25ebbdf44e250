"""The points under a heading: one sample's, in its order (the backbone), and what other samples add to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.assemble import adapt, prompts
from rag.assemble.agreement import Agreement
from rag.assemble.backbone import backbone, leaves, own_items
from rag.assemble.cite import Citer
from rag.assemble.eligible import Eligible
from rag.assemble.enrich import additions
from rag.assemble.likeness import TWIN
from rag.assemble.samples import Item, Section, parts
from rag.assemble.slots import Slot
from rag.config import table
from rag.datatypes import OutlineNode, OutlinePoint, Request, Support
from rag.text import dice, displayed

MOST_POINTS = 12
MOST_IN_ASPECT = 3
FEWEST_POINTS = 2
GROUPED = 0.5
Lent = list[tuple[Item, adapt.Shown]]


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands under a heading; the samples whose points could carry it, the backbone first, with their merits."""

    points: tuple[OutlinePoint, ...]
    children: tuple[OutlineNode, ...] = ()
    ranked: tuple[tuple[Section, float], ...] = ()
    added: int = 0
    left_out: tuple[tuple[str, str], ...] = ()  # (head, why), of the backbone


class Filler:
    """Fills slots from all sections that belong to them; a point said once is not said again."""

    def __init__(
        self,
        request: Request,
        slots: Sequence[Slot],
        citer: Citer,
        eligible: Eligible,
        chances: Mapping[int, float],
    ) -> None:
        self._request = request
        self._citer = citer
        self._chances = chances
        self._eligible = eligible
        self._remedies = [
            item
            for slot in slots
            for section in slot.sections
            for item in _walk(section.items)
            if item.point.function == "整改" and slot.function != "整改"
        ]
        self._used: list[str] = []
        self._count = 0

    def fill(self, slot: Slot, title: str) -> Filled:
        """Points and second-level headings of a slot, prompts included; its own title is said already."""
        self._used.append(title)
        members = parts(slot.sections)
        told = [item for part in members for item in _walk(own_items(part))]
        items = [item for item in told if item.point.function == slot.function]
        if slot.function == "整改":
            items += self._remedies
        pool = Agreement(items, beside=told)
        ranked = backbone(
            members,
            self._request,
            pool,
            self._chances,
            lambda item: self._eligible.refused(item, slot.function, pool) is not None,
        )
        if not ranked:
            return Filled((prompts.instead(slot.function, self._request),))
        own = own_items(ranked[0][0])
        self._count = 0
        filled = self._filled(ranked[0][0], own, slot, pool)
        meant = [item for item in leaves(own) if item.point.function == slot.function]
        reasons = ((item.point.head, self._eligible.refused(item, slot.function, pool)) for item in meant)
        left_out = tuple((head, reason) for head, reason in reasons if reason)
        return replace(filled, ranked=tuple(ranked), added=self._count, left_out=left_out)

    def _filled(self, chosen: Section, own: Sequence[Item], slot: Slot, pool: Agreement) -> Filled:
        aspects = self._aspects(slot.function)
        if aspects:
            return Filled((), self._by_aspect(aspects, slot, pool))
        groups = [item for item in own if len(_inner(item)) >= FEWEST_POINTS]
        if len(groups) < FEWEST_POINTS or len(groups) < GROUPED * len(own):
            return self._flat(own, slot, pool)
        stale = [item for item in groups if adapt.is_stale(item.point, self._request.year)]
        if len(stale) < GROUPED * len(groups):
            return self._grouped(chosen, slot, pool)
        points = self._open([leaf for leaf in leaves(own) if leaf.point.function == slot.function], slot, pool)
        if slot.function == "问题":
            hidden = prompts.ASPECTS.format(count=len(groups))
            points = (prompts.prompt(hidden), *points)
        return Filled((*points, *prompts.closing(slot.function)))

    def _flat(self, items: Sequence[Item], slot: Slot, pool: Agreement) -> Filled:
        points = self._open(items, slot, pool)
        closing = prompts.closing(slot.function) if points else (prompts.instead(slot.function, self._request),)
        return Filled((*points, *closing))

    def _open(self, items: Sequence[Item], slot: Slot, pool: Agreement) -> tuple[OutlinePoint, ...]:
        """The backbone's points in order, then what other samples add, each with its prompts."""
        rows = self._lent(_named(items)[:MOST_POINTS], slot, pool)
        added = self._added([item for item, _ in rows], slot, pool)
        return self._points([*rows, *self._lent(added, slot, pool)], slot, pool)

    def _grouped(self, chosen: Section, slot: Slot, pool: Agreement) -> Filled:
        """Second-level headings of the backbone with their points; a stale heading says so and keeps its points.
        What other samples add stands under the heading it is most like."""
        groups: list[tuple[Item, str, Lent]] = []
        said_before = list(self._used)
        for item in own_items(chosen):
            title = self._heading(item, slot, pool)
            # A bare aspect (在…方面) lends its name to the heading, and its first fault is the point below.
            rows = self._lent(((item,) if _is_aspect(item) else _inner(item))[:MOST_POINTS], slot, pool)
            if title != prompts.OWN_HEADING or rows:
                groups.append((item, title, rows))
        if not any(title != prompts.OWN_HEADING for _, title, _ in groups):
            self._used = said_before
            return self._flat(leaves(own_items(chosen)), slot, pool)
        said = [item for item, _, rows in groups for item in (item, *(inner for inner, _ in rows))]
        for item in self._added(said, slot, pool):
            home = max(groups, key=lambda g: pool.nearest(item, [g[0], *(inner for inner, _ in g[2])]))
            home[2].extend(self._lent([item], slot, pool))
        whole = max(1, chosen.end - chosen.start)
        children = tuple(
            OutlineNode(
                title=title,
                level=2,
                function=slot.function,
                support=self._support(item, pool),
                share=(item.point.span[1] - item.point.span[0]) / whole * slot.share,
                cites=(self._citer.item(item),),
                points=self._points(rows, slot, pool),
            )
            for item, title, rows in groups
        )
        return Filled(prompts.closing(slot.function), children)

    def _heading(self, item: Item, slot: Slot, pool: Agreement) -> str:
        """The second-level heading of a group: the sample's, or a word on why it cannot be lent."""
        if _is_aspect(item):
            return f"{displayed(item.point.aspect or '')}方面"
        shown = self._eligible.lent(item, slot.function, pool)
        if shown and not self._is_used(shown.text) and self._eligible.may_head(item, slot.function, pool):
            return shown.text
        return prompts.HIDDEN_ASPECT if adapt.is_stale(item.point, self._request.year) else prompts.OWN_HEADING

    def _by_aspect(self, aspects: Sequence[tuple[str, str]], slot: Slot, pool: Agreement) -> tuple[OutlineNode, ...]:
        """This year's 对照方面 as second-level headings; each takes the problems whose words stand nearest to it."""
        by_aspect: dict[int, list[Item]] = {}
        for item in pool.items:
            if any(inner.point.function == slot.function for inner in item.inner):
                continue
            around = " ".join((*item.point.path[-1:], item.point.aspect or "", item.point.head))
            scores = [dice(aspect, around) for aspect, _ in aspects]
            if max(scores) > 0:
                by_aspect.setdefault(max(range(len(scores)), key=lambda i: scores[i]), []).append(item)
        nodes = []
        for place, (aspect, source) in enumerate(aspects):
            members = sorted(
                by_aspect.get(place, ()),
                key=lambda i: (-len(pool.authors(i)), -i.sample.weight.value, i.point.span),
            )
            rows = self._lent(pool.distinct(members)[:MOST_IN_ASPECT], slot, pool)
            nodes.append(
                OutlineNode(
                    title=f"{aspect}方面",
                    level=2,
                    function=slot.function,
                    support=prompts.NOBODY,
                    share=slot.share / len(aspects),
                    points=(
                        OutlinePoint(f"对照方面依据：{source}", "convention", prompts.NOBODY),
                        *(self._points(rows, slot, pool) or (prompts.instead(slot.function, self._request),)),
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

    def _lent(self, items: Sequence[Item], slot: Slot, pool: Agreement) -> Lent:
        """Those of `items` that may stand here and are not said yet, in the outline's own words."""
        rows = []
        for item in items:
            shown = self._eligible.lent(item, slot.function, pool)
            if shown and not self._is_used(shown.text):
                self._used.append(shown.text)
                rows.append((item, shown))
        return rows

    def _added(self, said: Sequence[Item], slot: Slot, pool: Agreement) -> list[Item]:
        return additions(said, pool, self._chances, lambda item: self._eligible.may_be_added(item, slot.function, pool))

    def _points(self, rows: Lent, slot: Slot, pool: Agreement) -> tuple[OutlinePoint, ...]:
        """Cited points, each with its prompts."""
        found: list[OutlinePoint] = []
        for item, shown in rows:
            second = pool.seconded(item)
            cites = (self._citer.item(item), *((self._citer.item(second),) if second else ()))
            point = OutlinePoint(shown.text, "point", self._support(item, pool), cites, shown.flags)
            found += prompts.with_case(point, slot.function, self._request)
        return tuple(found)

    def _is_used(self, words: str) -> bool:
        return any(dice(words, used) >= TWIN for used in self._used)

    def _support(self, item: Item, pool: Agreement) -> Support:
        return Support(len(pool.authors(item)), self._eligible.authors)


def _is_aspect(item: Item) -> bool:
    return item.point.aspect is not None and not item.point.head.endswith("方面")


def _inner(item: Item) -> list[Item]:
    """The points inside an item that are of its own function."""
    return [inner for inner in item.inner if inner.point.function == item.point.function]


def _named(items: Sequence[Item]) -> list[Item]:
    """Items that name a thing: for a bare 对照方面 (在…方面) its own points stand in."""
    return [
        deep for item in items for deep in (item.inner if item.point.head.endswith("方面") and item.inner else (item,))
    ]


def _walk(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _walk(item.inner)
