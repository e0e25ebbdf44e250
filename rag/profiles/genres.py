"""文种: which one words name, its family, and whether it has a matter of its own. Table: data/genres.toml."""

from __future__ import annotations

import re
from functools import cache

from rag.config import table
from rag.text import bare, width_folded

_COMBINED = re.compile(r"(.+?)(?:和|及|与|暨)(?:20\d\d年度?|下一?年度?|下一步)?[^和及与暨]{2,8}$")


def genre_of(words: str | None) -> str | None:
    """The 文种 that `words` name: the alias that ends last wins, the longer one where two end together."""
    if not words:
        return None
    folded = bare(width_folded(words))
    first = _COMBINED.match(folded)
    if first and any(first[1].endswith(alias) for alias, _ in aliases()):
        folded = first[1]  # 工作总结和2025年工作计划 is a 工作总结
    for row in table("genres")["genre"]:
        if any(re.search(pattern, folded) for pattern in row.get("patterns", ())):
            return str(row["name"])
    ends = [(folded.rfind(alias) + len(alias), len(alias), name) for alias, name in aliases() if alias in folded]
    return max(ends)[2] if ends else None


def genre_family(genre: str | None) -> str:
    """The family of a 文种 ("" when it is unknown)."""
    return next((row["family"] for row in table("genres")["genre"] if row["name"] == genre), "")


def is_topical(genre: str | None) -> bool:
    """Whether each report of this 文种 has a matter of its own (意见, 通知 …)."""
    return any(row["name"] == genre and row.get("topical", False) for row in table("genres")["genre"])


def matter_of(topic: str, genre: str | None) -> str:
    """What a request of a topical 文种 is about, its form words taken out; "" for a 文种 without a matter of its own.

    关于加强校园安全的意见 is about 校园安全.
    """
    if not is_topical(genre):
        return ""
    row = next(row for row in table("genres")["genre"] if row["name"] == genre)
    words = re.sub(r"20\d\d年?度?|的", "", topic.partition("关于")[2] or topic)
    for word in sorted((*row["aliases"], *table("genres")["matterless"]), key=len, reverse=True):
        words = words.replace(word.removeprefix("的"), "")
    return bare(words)


def known_genres() -> tuple[str, ...]:
    return tuple(row["name"] for row in table("genres")["genre"])


@cache
def aliases() -> tuple[tuple[str, str], ...]:
    """Every (alias, 文种) of the table."""
    return tuple((alias, row["name"]) for row in table("genres")["genre"] for alias in row["aliases"])
