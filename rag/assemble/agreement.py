"""Who else says it: likeness of all points of a slot at once, independent support, and further citations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from rag.assemble.likeness import COSINE_WEIGHT, SAME_POINT, SAME_THEMED_POINT
from rag.assemble.samples import Item
from rag.text import bigrams

LEAST_DICE = 0.2


class Agreement:
    """Which of `items` say the same: much alike, or of one theme and fairly alike."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = tuple(dict.fromkeys(items))
        self._place = {item: i for i, item in enumerate(self.items)}
        # How many points each report has here, by document id.
        self.sizes = Counter(item.sample.weight.document.id for item in self.items)
        heads = [bigrams(item.point.head) for item in self.items]
        self._dice = _dice(heads)
        vectors = np.stack([item.vector for item in self.items]) if self.items else np.zeros((0, 1), np.float32)
        self._alike = COSINE_WEIGHT * (vectors @ vectors.T) + (1 - COSINE_WEIGHT) * self._dice
        themes = _incidence([frozenset(item.point.themes) for item in self.items])
        floors = np.where(themes @ themes.T > 0, SAME_THEMED_POINT, SAME_POINT)
        self._same = self._alike >= floors

    def alike(self, left: Item, right: Item) -> float:
        """Likeness of two points' heads, at most 1."""
        return float(self._alike[self._place[left], self._place[right]])

    def is_same(self, left: Item, right: Item) -> bool:
        return bool(self._same[self._place[left], self._place[right]])

    def like(self, item: Item) -> list[Item]:
        """The items that say the same as `item`, itself among them."""
        return [self.items[i] for i in np.flatnonzero(self._same[self._place[item]])] or [item]

    def authors(self, item: Item) -> frozenset[str]:
        """Independent authors who make this point, its own included."""
        return frozenset(other.sample.weight.author for other in (*self.like(item), item))

    def documents(self, item: Item) -> frozenset[int]:
        """Ids of the reports that make this point, its own included."""
        return frozenset(other.sample.weight.document.id for other in (*self.like(item), item))

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
            and other.sample.weight.author != item.sample.weight.author
        ]
        if not rows:
            return None
        return max(rows, key=lambda row: (row[0], row[1].sample.weight.value, -row[1].point.span[0]))[1]


def _dice(sets: Sequence[frozenset[str]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Dice coefficients of all pairs, float32[n, n]."""
    rows = _incidence(sets)
    sizes = rows.sum(axis=1)
    both = sizes[:, None] + sizes[None, :]
    return np.asarray(2 * (rows @ rows.T) / np.where(both > 0, both, 1.0), dtype=np.float32)


def _incidence(sets: Sequence[frozenset[str]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Which set has which member, float32[n, members]."""
    columns = {word: i for i, word in enumerate(sorted(frozenset().union(*sets)))}
    rows = np.zeros((len(sets), len(columns)), dtype=np.float32)
    for row, members in zip(rows, sets, strict=True):
        row[[columns[word] for word in members]] = 1.0
    return rows
