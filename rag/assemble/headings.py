"""The heading of a slot: the sample heading most like all others, years moved along.

Generic where every sample's is stale, is its own affair, or does not say what the section is for.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.assemble.adapt import foreign_systems, shown_heading
from rag.assemble.alignment import shared
from rag.assemble.cite import Citer
from rag.assemble.likeness import alike, dice_of_all
from rag.assemble.names import Names
from rag.assemble.samples import Section
from rag.assemble.slots import Slot, is_telling
from rag.datatypes import Alternative, Request
from rag.functions import generic, of_heading
from rag.index.tables import StoredPoint, Vectors
from rag.text import bigrams, dice

USUAL_LENGTH = 18
LONGEST_TITLE = 30
USUAL_BONUS = 0.6
STATED_BONUS = 0.3  # a heading that says its function, against a literary one
LEAK_PENALTY, FOREIGN_PENALTY, LENGTH_PENALTY = 0.5, 0.3, 0.02
MOST_ALTERNATIVES = 3


def heading(
    slot: Slot, request: Request, names: Names, matter: frozenset[str], citer: Citer
) -> tuple[str, tuple[int, ...], tuple[Alternative, ...]]:
    """The slot's heading, what it cites, and other wordings that samples use."""
    titled = [(section, stored) for section in slot.core if section.title and (stored := section.heading)]
    merits = _merits(titled, request)
    ranked = sorted(
        (section for section, _ in titled),
        key=lambda s: (-merits[id(s)], s.sample.weight.document.source.path, s.start),
    )
    known = {id(section) for section, is_shared in zip(slot.core, shared(slot.core), strict=True)
             if is_telling(section, matter, is_shared=is_shared)}  # fmt: skip
    usable = [(section, title) for section in ranked if (title := _title(section, request, names)) is not None]
    alternatives: list[Alternative] = []
    chosen = next((row for row in usable if id(row[0]) in known), None)
    cites = (citer.heading(chosen[0]),) if chosen else ()  # before the others': numbers rise as one reads
    said = {chosen[1] if chosen else generic(slot.function)}
    for section, title in usable:
        if title not in said and len(alternatives) < MOST_ALTERNATIVES and id(section) in known:
            said.add(title)
            alternatives.append(Alternative(title, (citer.heading(section),)))
    return chosen[1] if chosen else generic(slot.function), cites, tuple(alternatives)


def _title(section: Section, request: Request, names: Names) -> str | None:
    if section.heading is None or section.title is None:
        return None
    if set(section.heading.point.leaks) - {"数字"} or names.own(section.heading.point):
        return None
    if len(section.title) > LONGEST_TITLE:
        return None
    return shown_heading(section.title, section.sample.weight.document.profile.year_number, request)


def _merits(titled: Sequence[tuple[Section, StoredPoint]], request: Request) -> dict[int, float]:
    """How fit each heading is to stand for all, by the id of its section."""
    words = dice_of_all([bigrams(section.title or "") for section, _ in titled])
    likes = alike([stored.vector for _, stored in titled], words)
    rows = [section for section, _ in titled]
    return {
        id(section): _central(place, rows, likes) + _fitness(section, stored, request)
        for place, (section, stored) in enumerate(titled)
    }


def _central(place: int, titled: Sequence[Section], likes: Vectors) -> float:
    """Weighted mean likeness to the headings of other authors; half the report's weight where there is no other."""
    own = titled[place].sample.weight
    others = [(i, s.sample.weight.value) for i, s in enumerate(titled) if s.sample.weight.author != own.author]
    whole = sum(value for _, value in others)
    return sum(value * float(likes[place, i]) for i, value in others) / whole if whole else own.value / 2


def _fitness(section: Section, stored: StoredPoint, request: Request) -> float:
    """What speaks for a heading in itself, less what makes it unfit."""
    title = section.title or ""
    return (
        STATED_BONUS * (of_heading(title) == section.function)
        + USUAL_BONUS * dice(title, generic(section.function))
        - LEAK_PENALTY * bool(stored.point.leaks)
        - FOREIGN_PENALTY * bool(foreign_systems(stored.point, request))
        - LENGTH_PENALTY * max(0, len(title) - USUAL_LENGTH)
    )
