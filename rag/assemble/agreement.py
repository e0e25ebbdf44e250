"""Who else says it: likeness of all points of a slot at once, independent support, and further citations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from rag.assemble.likeness import SAME_POINT, SAME_THEMED_POINT, alike, dice_of_all, incidence
from rag.assemble.samples import Item, Sample
from rag.text import bigrams

# Hand labels of 177 pairs: .96 of those past both gates state the same point (docs/evaluation.md).
LEAST_DICE = 0.3
LONGEST_SECOND = 45


class Agreement:
    """Which of `items` say the same: much alike, or of one theme and fairly alike.

    `beside` are further points that may be asked about and count for nobody: a remedy told among problems.
    """

    def __init__(self, items: Sequence[Item], beside: Sequence[Item] = ()) -> None:
        self.items = tuple(dict.fromkeys(items))
        every = tuple(dict.fromkeys((*self.items, *beside)))
        self._samples: dict[int, frozenset[Sample]] = {}
        self._documents: dict[int, frozenset[int]] = {}
        self._place = {item: i for i, item in enumerate(every)}
        # How many points each report has here, by document id.
        self.sizes = Counter(item.sample.weight.document.id for item in self.items)
        self._dice = dice_of_all([bigrams(item.point.head) for item in every])
        self._alike = alike([item.vector for item in every], self._dice)
        themes = incidence([frozenset(item.point.themes) for item in every])
        floors = np.where(themes @ themes.T > 0, SAME_THEMED_POINT, SAME_POINT)
        self._same = self._alike >= floors

    def alike(self, left: Item, right: Item) -> float:
        """Likeness of two points' heads, at most 1."""
        return float(self._alike[self._place[left], self._place[right]])

    def is_same(self, left: Item, right: Item) -> bool:
        return bool(self._same[self._place[left], self._place[right]])

    def samples(self, item: Item) -> frozenset[Sample]:
        """The samples that make this point, its own included."""
        place = self._place[item]
        if place not in self._samples:
            alike = np.flatnonzero(self._same[place, : len(self.items)]).tolist()
            self._samples[place] = frozenset({item.sample, *(self.items[i].sample for i in alike)})
        return self._samples[place]

    def authors(self, item: Item) -> frozenset[str]:
        """Independent authors who make this point, its own included."""
        return frozenset(sample.weight.author for sample in self.samples(item))

    def documents(self, item: Item) -> frozenset[int]:
        """Ids of the reports that make this point, its own included."""
        place = self._place[item]
        if place not in self._documents:
            self._documents[place] = frozenset(sample.weight.document.id for sample in self.samples(item))
        return self._documents[place]

    def nearest(self, item: Item, others: Sequence[Item]) -> float:
        """Likeness of `item` to the most alike of `others`, at least 0."""
        return max((self.alike(item, other) for other in others), default=0.0)

    def distinct(self, items: Sequence[Item]) -> list[Item]:
        """The first of each group that says the same."""
        found: list[Item] = []
        for item in items:
            if not any(self.is_same(item, other) for other in found):
                found.append(item)
        return found

    def seconded(self, item: Item) -> Item | None:
        """The point of another author that says the same in kindred words, None if there is none."""
        own = self._place[item]
        rows = [
            (float(self._alike[own, i]), other)
            for i, other in enumerate(self.items)
            if self._dice[own, i] >= LEAST_DICE
            and self._alike[own, i] >= SAME_POINT
            and len(other.point.head) <= LONGEST_SECOND
            and other.sample.weight.author != item.sample.weight.author
        ]
        if not rows:
            return None
        return max(rows, key=lambda row: (row[0], row[1].sample.weight.value, -row[1].point.span[0]))[1]
