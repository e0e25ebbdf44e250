"""The backbone of a slot: the one sample whose points, in their order, carry it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rag.assemble import adapt
from rag.assemble.agreement import Agreement
from rag.assemble.samples import Item, Section
from rag.datatypes import Request

OTHER_PERSON = 0.7  # a 支部 speaks of itself as no single person does


def own_items(section: Section) -> list[Item]:
    """A section's points of its own function; remedies behind a pivot belong to another slot."""
    return [item for item in section.items if item.point.function in (section.function, None)]


def leaves(items: Sequence[Item]) -> list[Item]:
    """The innermost points: those inside an item, else the item."""
    return [deep for item in items for deep in (item.inner or (item,))]


def backbone(
    members: Sequence[Section],
    request: Request,
    pool: Agreement,
    chances: Mapping[int, float],
    is_refused: Callable[[Item], bool],
) -> list[tuple[Section, float]]:
    """The parts that can be shown at all with their merit, the backbone first; none when none can."""
    rows = [(part, _merit(part, request, pool, chances, is_refused)) for part in members]
    rows.sort(key=lambda row: (-row[1], row[0].sample.weight.document.source.path, row[0].start))
    return [row for row in rows if _shown(row[0], is_refused) > 0]


def _merit(
    part: Section,
    request: Request,
    pool: Agreement,
    chances: Mapping[int, float],
    is_refused: Callable[[Item], bool],
) -> float:
    """Expected F1 of its points against a sample's own, × told plainly × what can be shown."""
    own = [item for item in pool.items if item.sample is part.sample]
    if not own:
        return 0.0
    matches = Counter(key for item in own for key in pool.documents(item))
    expected = sum(
        chance * 2 * matches[key] / (len(own) + size) for key, chance in chances.items() if (size := pool.sizes[key])
    )
    items = own_items(part)
    told = sum(all(adapt.is_narrative(i.point) for i in (item, *item.inner)) for item in items) / max(1, len(items))
    asked = request.profile.value("person")
    manner = 1.0 if asked in (None, part.sample.weight.document.profile.value("person")) else OTHER_PERSON
    return expected * manner * (1 - told / 2) * (0.2 + _shown(part, is_refused))


def _shown(part: Section, is_refused: Callable[[Item], bool]) -> float:
    """The share of a part's points that may stand in the outline, themselves or by a point inside."""
    items = own_items(part)
    showable = (not all(is_refused(i) for i in (item, *leaves(item.inner))) for item in items)
    return sum(showable) / max(1, len(items))
