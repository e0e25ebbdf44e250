"""How reports fit a request: parts in 0..1, their weighted sum, and the tier (role, role family, 文种, topic)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag import profiles
from rag.config import table
from rag.datatypes import Profile
from rag.facets import Facets, Floats

SAME_ROLE, ROLE_FAMILY, GENRE, TOPIC = "same-role", "role-family", "genre", "topic"
TIERS = (SAME_ROLE, ROLE_FAMILY, GENRE, TOPIC)
TIER_NAMES = {SAME_ROLE: "同岗位", ROLE_FAMILY: "同类岗位", GENRE: "同文种", TOPIC: "同主题"}
WEIGHTS: Mapping[str, float] = table("ranking")["fit"]
KIN_GENRE = 0.6
KIN_FAMILY = 0.5
YEARS_APART = 5
UNSAID = math.nan
NEWS = 0.3  # what a report about a meeting is worth beside the material itself


@dataclass(frozen=True, slots=True)
class Fit:
    """Parts that the request or the report leaves open are absent; `score` is the weighted sum of the others."""

    parts: Mapping[str, float]
    score: float
    tier: str


@dataclass(frozen=True, slots=True)
class Fits:
    """`Fit` for each row of `Facets`, a column each; nan where the report says nothing. `tiers` are places in TIERS."""

    parts: Mapping[str, Floats]
    scores: Floats
    tiers: NDArray[np.intp]

    def __getitem__(self, place: int) -> Fit:
        parts = {name: float(value) for name, values in self.parts.items() if not np.isnan(value := values[place])}
        return Fit(parts, float(self.scores[place]), TIERS[self.tiers[place]])


def fit(asked: Profile, given: Profile) -> Fit:
    """How a report with profile `given` fits what is `asked`."""
    return fits(asked, Facets.of_profiles([given]))[0]


def fits(asked: Profile, facets: Facets) -> Fits:
    """How every report fits what is `asked`; parts that the request leaves open count nothing."""
    parts = _parts(asked, facets)
    scores = sum((WEIGHTS[name] * np.nan_to_num(values) for name, values in parts.items()), np.zeros(len(facets)))
    return Fits(parts, scores, _tiers(asked, facets))


def _parts(asked: Profile, facets: Facets) -> dict[str, Floats]:
    columns = facets.columns
    parts: dict[str, Floats] = {}
    genre, family, year = asked.value("genre"), asked.family, asked.year_number
    if genre:
        news = columns["is_material"].map(lambda flag: NEWS if flag == "0" else 1.0)
        parts["genre"] = columns["genre"].map(lambda given: genre_likeness(genre, given)) * news
    if family:
        kin = profiles.kin_of(family)
        parts["family"] = columns["family"].map(
            lambda given: 1.0 if given == family else KIN_FAMILY if given in kin else 0.0
        )
    if asked.systems:
        parts["system"] = columns["systems"].map(_shares(asked.systems))
    if asked.person:
        parts["person"] = columns["person"].map(lambda given: given == asked.value("person") if given else UNSAID)
    if year:
        parts["year"] = columns["year"].map(
            lambda given: max(0.0, 1.0 - abs(year - int(given)) / YEARS_APART) if given else UNSAID
        )
    occasion = profiles.occasion_kind(asked.value("occasion"))
    if occasion:
        parts["occasion"] = columns["occasion"].map(lambda given: profiles.occasion_kind(given) == occasion)
    level = profiles.level_of(asked.value("role"))
    if level:
        parts["level"] = columns["role"].map(lambda given: profiles.level_likeness(level, profiles.level_of(given)))
    return parts


def _tiers(asked: Profile, facets: Facets) -> NDArray[np.intp]:
    """same-role: one post in one field of work, or one unit; role-family: one kind of post, a kindred post in the same
    field, or another post of the field of a unit that is asked for; genre: one 文种; else topic."""
    columns = facets.columns
    nowhere = np.zeros(len(facets), dtype=bool)
    unit, family, genre = profiles.unit_key(asked.value("unit")), asked.family, asked.value("genre")
    own_unit = columns["unit"].map(lambda given: profiles.unit_key(given) == unit) > 0 if unit else nowhere
    own_field = columns["systems"].map(_shares(asked.systems)) > 0
    own_family = columns["family"].map(lambda given: given == family) > 0 if family else nowhere
    kin = profiles.kin_of(family)
    near_family = columns["family"].map(lambda given: given in kin) > 0
    own_genre = columns["genre"].map(lambda given: genre_likeness(genre, given) == 1.0) > 0
    if family:
        same = own_family & (own_unit | own_field | (not asked.systems))
        near = own_family | (near_family & own_field)
    else:  # a unit without a post: whoever writes in it, then whoever writes in its field
        same, near = own_unit, own_field
    return np.select([same, near, own_genre], [0, 1, 2], 3)


def _shares(asked: tuple[str, ...]) -> Callable[[str | None], bool]:
    """Whether a JSON list of fields of work shares one with `asked`."""
    wanted = set(asked)
    return lambda given: not wanted.isdisjoint(_listed(given or "[]"))


@lru_cache(maxsize=4096)
def _listed(systems: str) -> frozenset[str]:
    return frozenset(json.loads(systems))


def genre_likeness(asked: str | None, given: str | None) -> float:
    """1 for one 文种, KIN_GENRE within a family of 文种, else 0."""
    if not asked or not given:
        return 0.0
    if asked == given:
        return 1.0
    family = profiles.genre_family(asked)
    return KIN_GENRE if family and family == profiles.genre_family(given) else 0.0
