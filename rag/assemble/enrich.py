"""What the backbone lacks and other samples say: added while the expected F1 against a sample's own points rises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rag.assemble.agreement import Agreement
from rag.assemble.expected import likeliest
from rag.assemble.samples import Item

MOST_ADDED = 12


def additions(
    chosen: Sequence[Item], agreement: Agreement, chances: Mapping[int, float], may_be_added: Callable[[Item], bool]
) -> list[Item]:
    """Points to add to `chosen`, best supported first, at most MOST_ADDED; none without a backbone."""
    if not chosen:
        return []
    own = {item.sample.weight.author for item in chosen}
    rows = [
        item
        for item in agreement.items
        if item.sample.weight.author not in own
        and not any(agreement.is_same(item, other) for other in chosen)
        and may_be_added(item)
    ]
    rows.sort(key=lambda i: (-_chance(i, agreement, chances), i.sample.weight.document.source.path, i.point.span))
    rows = agreement.distinct(rows)
    having = [agreement.documents(item) for item in (*chosen, *rows)]
    start = range(len(chosen))
    taken = likeliest(having, agreement.sizes, chances, start)
    return [rows[place - len(chosen)] for place in taken if place not in start][:MOST_ADDED]


def _chance(item: Item, agreement: Agreement, chances: Mapping[int, float]) -> float:
    """How likely the report to be written makes this point."""
    return sum(chances[key] for key in agreement.documents(item))
