"""The backbone of a slot: the one sample whose points, in their order, carry it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.assemble import adapt
from rag.assemble.agreement import alike
from rag.assemble.samples import Item, Section
from rag.datatypes import Request
from rag.fits import GENRE, ROLE_FAMILY, SAME_ROLE, TOPIC

USUAL_ITEMS = range(3, 9)
UNUSUAL = 0.6
OTHER_PERSON = 0.7  # a 支部 speaks of itself as no single person does
TIER_MERIT = {SAME_ROLE: 1.4, ROLE_FAMILY: 1.2, GENRE: 1.0, TOPIC: 0.8}


def own_items(section: Section) -> list[Item]:
    """A section's points of its own function; remedies behind a pivot belong to another slot."""
    return [item for item in section.items if item.point.function in (section.function, None)]


def leaves(items: Sequence[Item]) -> list[Item]:
    """The innermost points: those inside an item, else the item."""
    return [deep for item in items for deep in (item.inner or (item,))]


def backbone(members: Sequence[Section], function: str, request: Request) -> Section | None:
    """The part with most merit of those that can be shown at all; None when none can."""
    usual = _median([len(leaves(own_items(part))) for part in members])
    ranked = sorted(
        members,
        key=lambda part: (
            -_merit(part, members, function, request, usual),
            part.sample.weight.document.source.path,
            part.start,
        ),
    )
    return next((part for part in ranked if _shown(part, function, request) > 0), None)


def _merit(part: Section, members: Sequence[Section], function: str, request: Request, usual: int) -> float:
    """weight × tier × structure × richness × told plainly × typicality × what can be shown."""
    items = own_items(part)
    if not items:
        return 0.0
    author = part.sample.weight.author
    rest = [other for s in members if s.sample.weight.author != author for other in own_items(s)]
    typical = sum(max((alike(i, o) for o in rest), default=0.0) for i in items) / len(items)
    deep = leaves(items)
    told = sum(adapt.is_narrative(leaf.point) for leaf in deep) / len(deep)
    weight = part.sample.weight
    merit = weight.value * TIER_MERIT[weight.tier] * (1.0 if len(items) in USUAL_ITEMS else UNUSUAL)
    asked = request.profile.value("person")
    merit *= 1.0 if asked in (None, weight.document.profile.value("person")) else OTHER_PERSON
    merit *= math.sqrt(min(1.0, len(deep) / max(1, usual)))
    return merit * (1 - told / 2) * (0.5 + max(0.0, typical)) * (0.2 + _shown(part, function, request))


def _shown(part: Section, function: str, request: Request) -> float:
    """The share of a part's points that may stand in the outline."""
    deep = leaves(own_items(part))
    return sum(adapt.shown_point(leaf.point, function, request) is not None for leaf in deep) / max(1, len(deep))


def _median(counts: Sequence[int]) -> int:
    return sorted(counts)[len(counts) // 2] if counts else 0
