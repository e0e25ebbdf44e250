"""系统 (fields of work): by the units in a title, else by the terms of a text. Table: data/systems.toml."""

from __future__ import annotations

from functools import cache

from rag.config import table

FEWEST_TERMS = 2
KINDRED = ("厅", "部门", "系统")
NAMED_UNIT, GENERAL_UNIT = 100.0, 1.0


def systems_of(head: str, text: str) -> tuple[str, ...]:
    """Fields of work: those whose units stand in `head`, then those whose terms are most frequent in `text`."""
    found: dict[str, float] = {}
    for row in table("systems")["system"]:
        lengths = [len(unit) for unit in units_of_systems()[row["name"]] if unit in head]
        if lengths:
            found[row["name"]] = GENERAL_UNIT if row.get("general") else NAMED_UNIT + max(lengths)
        count = sum(text.count(term) + 3 * head.count(term) for term in row["terms"])
        kinds = sum(term in text or term in head for term in row["terms"])
        if row["name"] not in found and (kinds >= FEWEST_TERMS or any(term in head for term in row["terms"])):
            found[row["name"]] = count * kinds / max(1.0, len(text) / 1000) / 10
    ranked = sorted(found, key=lambda name: (-found[name], name))
    strongest = found[ranked[0]] if ranked else 0.0
    floor = NAMED_UNIT if strongest >= NAMED_UNIT else min(GENERAL_UNIT, strongest * 0.5)
    return tuple(name for name in ranked if found[name] >= floor)[:3]


@cache
def units_of_systems() -> dict[str, tuple[str, ...]]:
    """The unit words of each field of work; what ends in 局 stands for its 厅, 部门 and 系统 too."""
    return {
        row["name"]: tuple(
            form
            for unit in row["units"]
            for form in ((unit, *(unit[:-1] + other for other in KINDRED)) if unit.endswith("局") else (unit,))
        )
        for row in table("systems")["system"]
    }


def terms_of(system: str) -> tuple[str, ...]:
    """The words of a field of work, units first."""
    return next(((*row["units"], *row["terms"]) for row in table("systems")["system"] if row["name"] == system), ())


def known_systems() -> tuple[str, ...]:
    return tuple(row["name"] for row in table("systems")["system"])
