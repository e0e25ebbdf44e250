"""How a report fits a request: parts in 0..1, their weighted sum, and the tier (role, role family, 文种, topic)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag import profiles
from rag.datatypes import Profile

SAME_ROLE, ROLE_FAMILY, GENRE, TOPIC = "same-role", "role-family", "genre", "topic"
TIERS = (SAME_ROLE, ROLE_FAMILY, GENRE, TOPIC)
WEIGHTS = {"genre": 0.45, "family": 0.2, "system": 0.2, "person": 0.1, "year": 0.05}
KIN_GENRE = 0.6
KIN_FAMILY = 0.5
YEARS_APART = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """Parts that the request leaves open are absent; `score` is the weighted sum of the others."""

    parts: Mapping[str, float]
    score: float
    tier: str


def fit(asked: Profile, given: Profile) -> Fit:
    """How a report with profile `given` fits what is `asked`; parts that the request leaves open count nothing."""
    parts: dict[str, float] = {}
    genre = asked.value("genre")
    if genre:
        parts["genre"] = genre_likeness(genre, given.value("genre")) * (1.0 if given.is_material else 0.3)
    if asked.family:
        near = KIN_FAMILY if given.family in profiles.kin_of(asked.family) else 0.0
        parts["family"] = 1.0 if given.family == asked.family else near
    if asked.systems:
        parts["system"] = 1.0 if set(asked.systems) & set(given.systems) else 0.0
    if asked.person and given.person:
        parts["person"] = 1.0 if asked.value("person") == given.value("person") else 0.0
    if asked.year_number and given.year_number:
        parts["year"] = max(0.0, 1.0 - abs(asked.year_number - given.year_number) / YEARS_APART)
    return Fit(parts, sum(WEIGHTS[name] * value for name, value in parts.items()), tier(asked, given))


def tier(asked: Profile, given: Profile) -> str:
    """same-role: one post in one field of work; role-family: one kind of post, or a
    kindred post in the same field; genre: one 文种; else topic."""
    if asked.family and asked.family == given.family:
        if same_unit(asked, given) or set(asked.systems) & set(given.systems) or not asked.systems:
            return SAME_ROLE
        return ROLE_FAMILY
    if given.family in profiles.kin_of(asked.family) and set(asked.systems) & set(given.systems):
        return ROLE_FAMILY
    if genre_likeness(asked.value("genre"), given.value("genre")) == 1.0:
        return GENRE
    return TOPIC


def same_unit(asked: Profile, given: Profile) -> bool:
    own, other = profiles.unit_key(asked.value("unit")), profiles.unit_key(given.value("unit"))
    return bool(own) and own == other


def genre_likeness(asked: str | None, given: str | None) -> float:
    """1 for one 文种, KIN_GENRE within a family of 文种, else 0."""
    if not asked or not given:
        return 0.0
    if asked == given:
        return 1.0
    family = profiles.genre_family(asked)
    return KIN_GENRE if family and family == profiles.genre_family(given) else 0.0
