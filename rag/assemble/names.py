"""Names of people, places and bodies that belong to one sample; what many authors write is everybody's."""

from __future__ import annotations

from collections.abc import Sequence

from rag.assemble.samples import Sample
from rag.datatypes import Point, Request

EVERYBODYS = 3  # authors whose reports hold the word


class Names:
    """Tells a sample's own names from the request's and from common ones."""

    def __init__(self, request: Request, samples: Sequence[Sample]) -> None:
        self._asked = request.role + request.topic
        self._texts: dict[str, list[str]] = {}
        for sample in samples:
            self._texts.setdefault(sample.weight.author, []).append(sample.text)
        self._known: dict[str, bool] = {}

    @property
    def authors(self) -> int:
        return len(self._texts)

    def own(self, point: Point) -> bool:
        """Whether the point's head names what only its own report knows."""
        return any(not self._is_everybodys(name) for name in point.names)

    def _is_everybodys(self, name: str) -> bool:
        if name not in self._known:
            authors = sum(any(name in text for text in texts) for texts in self._texts.values())
            self._known[name] = name in self._asked or authors >= EVERYBODYS
        return self._known[name]
