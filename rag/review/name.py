"""name: names of leaders, doctrines and documents cut short or left incomplete.

Rule: a pattern of `official_names.toml` stands in the text. A leader's name or the doctrine cut short is an error; the
title of a party rule shortened inside 《》 a warning, unless the full title (or “以下简称”) stands earlier in the text.
Source: with each row; 规定 where a document fixes the form, else 惯例.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from rag.config import table
from rag.datatypes import Edit, Finding
from rag.review.draft import Draft, shown


def review(draft: Draft) -> Iterator[Finding]:
    text = draft.text
    taken: list[tuple[int, int]] = []
    for row, pattern in _rows():
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < last and first < end for first, last in taken) or _is_introduced(text, row, start, match[0]):
                continue
            taken.append((start, end))
            right = row["right"]
            edits = [Edit(start, end, right)] if row["certain"] else []
            line = text.rfind("\n", 0, start) + 1
            around = shown(text[max(line, start - 4) : end + 6].split("\n")[0], 34)
            yield draft.finding(
                "name", row["severity"], start, end, f"名称不完整：{around}", f"写作“{right}”（{row['source']}）", edits
            )


def _is_introduced(text: str, row: dict[str, Any], start: int, words: str) -> bool:
    """A short title after its full one is a fair abbreviation."""
    if not words.startswith("《"):
        return False
    full = str(row["right"]).split("》")[0] + "》"
    return full in text[:start] or f"简称{words}" in text[: start + len(words)]


@cache
def _rows() -> tuple[tuple[dict[str, Any], re.Pattern[str]], ...]:
    return tuple((row, re.compile(row["pattern"])) for row in table("official_names")["name"])
