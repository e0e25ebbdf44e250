"""What may stand in the outline: which of the samples' points this post may say of itself, and with what warning."""

from __future__ import annotations

from dataclasses import replace

from rag.assemble import adapt
from rag.assemble.agreement import Agreement
from rag.assemble.matter import is_its_own, is_report_to_it, is_to_it
from rag.assemble.names import Names
from rag.assemble.samples import Item
from rag.config import table
from rag.datatypes import Request
from rag.fits import ROLE_FAMILY, SAME_ROLE
from rag.tags import common_themes

NEAR_POSTS = (SAME_ROLE, ROLE_FAMILY)
OTHER_MATTER = "样本写的是另一事项，按本主题改写"


class Eligible:
    """Judges points for one request. Nothing here looks at what is already shown."""

    def __init__(self, request: Request, names: Names, matter: frozenset[str]) -> None:
        self._request = request
        self._names = names
        self._matter = matter
        self._judged: dict[tuple[Item, str, Agreement], str | None] = {}

    @property
    def authors(self) -> int:
        """How many authors the samples have."""
        return self._names.authors

    def lent(self, item: Item, function: str, agreement: Agreement) -> adapt.Shown | None:
        """The point in the outline's own words; None for another's own affair (see `refused`)."""
        if self.refused(item, function, agreement):
            return None
        shown = adapt.worded(item.point, self._request)
        is_lone = len(agreement.authors(item)) == 1
        if self._is_its_own(item) or (is_lone and not self.is_to_the_matter(item)):
            return replace(shown, flags=(*shown.flags, OTHER_MATTER))
        return shown

    def refused(self, item: Item, function: str, agreement: Agreement) -> str | None:
        """Why a point may not stand in the outline, None if it may; judged once."""
        key = item, function, agreement
        if key not in self._judged:
            self._judged[key] = self._refusal(*key)
        return self._judged[key]

    def may_be_added(self, item: Item, function: str, agreement: Agreement) -> bool:
        """Whether a point that the backbone lacks may join it: no leaks, no foreign terms, no tale, no bare 对照方面,
        and a lone voice only from this field of work, and only when it names a thing."""
        point = item.point
        if point.function != function or point.head.endswith("方面") or adapt.is_narrative(point):
            return False
        if point.leaks or self._names.own(point):
            return False
        if adapt.foreign_systems(point, self._request) or adapt.refused(point, function, self._request):
            return False
        if self._is_its_own(item):
            return False
        if len(agreement.authors(item)) > 1:
            return True
        return not self._is_another_posts_deed(item, function) and self.is_akin(item) and adapt.names_a_thing(point)

    def may_head(self, item: Item, function: str, agreement: Agreement) -> bool:
        """Whether a second-level heading says what is below it: one of faults that names neither a theme nor a fault
        (一块没有掀开的门帘) is its author's art."""
        point = item.point
        if function not in adapt.FAULTS or point.themes or len(agreement.authors(item)) > 1:
            return True
        return any(word in point.head for word in table("lexicon")["plain_faults"])

    def is_to_the_matter(self, item: Item) -> bool:
        """Whether a point of a 文种 with a matter of its own is about the matter asked for, or its report is."""
        if not self._matter:
            return True
        document = item.sample.weight.document
        around = "".join(item.point.path) + item.point.head
        return is_report_to_it(self._matter, document) or is_to_it(around, self._matter, document)

    def is_akin(self, item: Item) -> bool:
        """Whether the item's report comes from this field of work, and speaks of one or of many as asked."""
        asked, given = self._request.profile, item.sample.weight.document.profile
        return bool(set(asked.systems) & set(given.systems)) and asked.value("person") in (
            None,
            given.value("person"),
        )

    def _refusal(self, item: Item, function: str, agreement: Agreement) -> str | None:
        if self._names.own(item.point):
            return "样本自己的人名、地名或专门说法"
        if self._is_its_own(item) and not self._is_of_this_field(item):
            return "样本自己的事项"
        reason = adapt.refused(item.point, function, self._request)
        if reason or len(agreement.authors(item)) > 1:
            return reason
        if self._is_another_posts_deed(item, function):
            return "只有一位作者这样写，做的是另一岗位的事"
        if adapt.is_fact(function) or not self._is_everybodys(item):
            return None if self.is_akin(item) else "只有一位作者这样写，岗位又不同"
        is_near = self.is_to_the_matter(item) or self._is_of_this_field(item)
        return None if is_near else "只有一位作者这样写，说的是别的事"

    def _is_another_posts_deed(self, item: Item, function: str) -> bool:
        """Whether a lone voice tells what was done in a post that is neither this one nor kindred."""
        return adapt.is_fact(function) and item.sample.weight.tier not in NEAR_POSTS

    def _is_its_own(self, item: Item) -> bool:
        return is_its_own(item.point.head, self._matter, item.sample.weight.document)

    def _is_of_this_field(self, item: Item) -> bool:
        """Whether the report is of a field of work that is asked for, one with matters of its own."""
        shared = set(self._request.profile.systems) & set(item.sample.weight.document.profile.systems)
        return bool(shared - set(table("lexicon")["generalists"]))

    def _is_everybodys(self, item: Item) -> bool:
        """Whether a lone point may hold for any post: its report's post is kindred, its field of work is this one or
        no particular one, or it is about what every report of its kind treats (理论学习, 宗旨, 担当 …)."""
        asked, given = self._request.profile, item.sample.weight.document.profile
        if item.sample.weight.tier in NEAR_POSTS or not given.systems:
            return True
        return bool(set(asked.systems) & set(given.systems) or set(item.point.themes) & common_themes())
