"""岗位 and 单位: which post words name, whose, and what is akin to it. Table: data/roles.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rag.config import table
from rag.text import bare

_ARTICLES = re.compile(r"一名|一个|一位")


@dataclass(frozen=True, slots=True)
class Role:
    """A post, found in words: the post as written, its unit, and its family."""

    words: str
    unit: str | None
    family: str | None
    span: tuple[int, int] | None


def role_of(words: str) -> Role | None:
    """The post that `words` name; the last and longest known suffix decides (市科协机关党支部书记 → 支部书记)."""
    folded = _ARTICLES.sub("", bare(re.sub(r"[（(][^）)]*[）)]", "", words)))
    best: tuple[int, int, str, str] | None = None
    for suffix, family in _suffixes():
        at = folded.rfind(suffix)
        if at >= 0 and not _is_inside_longer(folded, at, suffix):
            candidate = (at + len(suffix), len(suffix), suffix, family)
            best = max(best, candidate) if best else candidate
    if best is None:
        return None
    end, _, suffix, family = best
    before = folded[: end - len(suffix)]
    unit = unit_in(before)
    return Role(folded[:end], unit if unit == before else unit_in(folded[:end]) or unit, family, None)


def unit_key(unit: str | None) -> str:
    """A unit's name in its long form, for comparing (教体局 = 教育体育局)."""
    found = unit or ""
    for short, long in table("roles")["unit_aliases"].items():
        found = found.replace(short, long)
    return found


def kin_of(family: str | None) -> tuple[str, ...]:
    """Families of posts near enough to learn from."""
    return next((tuple(row["kin"]) for row in table("roles")["family"] if row["name"] == family), ())


def unit_in(words: str) -> str | None:
    """The unit that `words` name, from their start to the end of the last known unit word; None if none."""
    units = sorted(
        {unit for row in table("systems")["system"] for unit in row["units"]} | {"党支部", "支部", "党总支"},
        key=len,
        reverse=True,
    )
    ends = [(words.rfind(unit) + len(unit), len(unit)) for unit in units if unit in words]
    return words[: max(ends)[0]] if ends else None


def _is_inside_longer(words: str, at: int, suffix: str) -> bool:
    """干部 in 干部科, 主任 in 主任科员, 书记 in 书记员 are no posts."""
    after = words[at + len(suffix) : at + len(suffix) + 1]
    return after in ("科", "员", "处", "室", "群") and suffix[-1] in "部任记长"


@cache
def _suffixes() -> tuple[tuple[str, str], ...]:
    return tuple((suffix, row["name"]) for row in table("roles")["family"] for suffix in row["suffixes"])
