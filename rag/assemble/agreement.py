"""Who else says it: likeness of points, independent support, and the one further citation that may stand beside."""

from __future__ import annotations

from collections.abc import Sequence

from rag.assemble.likeness import SAME_POINT, SAME_THEMED_POINT, likeness
from rag.assemble.samples import Item
from rag.text import dice

LEAST_DICE = 0.2


def alike(left: Item, right: Item) -> float:
    """Likeness of two points' heads, at most 1."""
    return likeness(left.point.head, left.vector, right.point.head, right.vector)


def is_same(left: Item, right: Item) -> bool:
    """Whether two points say the same: much alike, or of one theme and fairly alike."""
    floor = SAME_THEMED_POINT if set(left.point.themes) & set(right.point.themes) else SAME_POINT
    return alike(left, right) >= floor


def authors(item: Item, others: Sequence[Item]) -> frozenset[str]:
    """Independent authors who make this point, its own included."""
    found = {other.sample.weight.author for other in others if other is not item and is_same(item, other)}
    return frozenset(found | {item.sample.weight.author})


def distinct(items: Sequence[Item]) -> list[Item]:
    """The first of each group that says the same."""
    found: list[Item] = []
    for item in items:
        if not any(is_same(item, other) for other in found):
            found.append(item)
    return found


def seconded(item: Item, others: Sequence[Item]) -> Item | None:
    """The point of another author that says the same in kindred words, None if there is none."""
    rows = [
        (alike(item, other), other)
        for other in others
        if other.sample.weight.author != item.sample.weight.author
        and dice(item.point.head, other.point.head) >= LEAST_DICE
    ]
    rows = [row for row in rows if row[0] >= SAME_POINT]
    if not rows:
        return None
    return max(rows, key=lambda row: (row[0], row[1].sample.weight.value, -row[1].point.span[0]))[1]
