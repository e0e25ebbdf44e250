"""系统 (fields of work): by the units in a title, else by the terms of a text. Table: data/systems.toml."""

from __future__ import annotations

from rag.config import table

FEWEST_TERMS = 2
NAMED_UNIT, GENERAL_UNIT = 100.0, 1.0


def systems_of(head: str, text: str) -> tuple[str, ...]:
    """Fields of work: those whose units stand in `head`, then those whose terms are most frequent in `text`."""
    found: dict[str, float] = {}
    for row in table("systems")["system"]:
        lengths = [len(unit) for unit in row["units"] if unit in head]
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


def terms_of(system: str) -> tuple[str, ...]:
    """The words of a field of work, units first."""
    return next(((*row["units"], *row["terms"]) for row in table("systems")["system"] if row["name"] == system), ())
