"""What may stand in the outline: which of the samples' points this post may say of itself, and with what warning."""

from __future__ import annotations

from rag.assemble import adapt
from rag.assemble.agreement import Agreement
from rag.assemble.samples import Item
from rag.datatypes import Request
from rag.profiles import matter_of
from rag.text import bigrams


class Eligible:
    """Judges points for one request. Nothing here looks at what is already shown."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._matter = bigrams(matter_of(request.topic, request.genre))

    def lent(self, item: Item, function: str, agreement: Agreement) -> adapt.Shown | None:
        """The point in the outline's own words; None for another's own affair: what another post did, or another
        matter needs, and nobody else says."""
        shown = adapt.shown_point(item.point, function, self._request)
        if shown is None or len(agreement.authors(item)) > 1:
            return shown
        is_lent = self.is_akin(item) if adapt.is_fact(function) else self.is_to_the_matter(item)
        return shown if is_lent else None

    def may_be_added(self, item: Item, function: str, agreement: Agreement) -> bool:
        """Whether a point that the backbone lacks may join it: no leaks, no foreign terms, no tale, and not a lone
        voice from another post."""
        point = item.point
        return (
            point.function == function
            and not point.leaks
            and not adapt.foreign_systems(point, self._request)
            and not adapt.is_narrative(point)
            and adapt.shown_point(point, function, self._request) is not None
            and (len(agreement.authors(item)) > 1 or self.is_akin(item))
        )

    def is_to_the_matter(self, item: Item) -> bool:
        """Whether a point of a 文种 with a matter of its own is about the matter asked for, or its report is."""
        if not self._matter:
            return True
        around = item.sample.weight.document.source.title + "".join(item.point.path) + item.point.head
        return bool(self._matter & bigrams(around))

    def is_akin(self, item: Item) -> bool:
        """Whether the item's report comes from this field of work, and speaks of one or of many as asked."""
        asked, given = self._request.profile, item.sample.weight.document.profile
        return bool(set(asked.systems) & set(given.systems)) and asked.value("person") in (
            None,
            given.value("person"),
        )
