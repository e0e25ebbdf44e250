"""confusion: words written with the wrong character, from a modest table.

Rule: an entry of `confusion.toml` stands in the text, outside the contexts that the entry allows: warning. Certain
(`--fix` applies it) only where the entry says so, that is where the wrong form means nothing at all.
Source: named at each group of the table (《咬文嚼字》's list of 2005, 《现代汉语词典》, usage of official documents).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rag.config import table
from rag.datatypes import WARNING, Edit, Finding
from rag.review.draft import Draft, shown


def review(draft: Draft) -> Iterator[Finding]:
    words, pattern = _words(), _pattern()
    for match in pattern.finditer(draft.text):
        right, source, is_certain = words[match[0]]
        edits = [Edit(*match.span(), right)] if is_certain else []
        around = shown(draft.text[max(0, match.start() - 4) : match.end() + 4].replace("\n", " "), 30)
        yield draft.finding(
            "confusion", WARNING, *match.span(), f"用字：{around}", f"“{match[0]}”应为“{right}”（{source}）", edits
        )
    for context in table("confusion")["context"]:
        for match in re.finditer(context["pattern"], draft.text):
            start, end = match.span(1)
            around = shown(draft.text[max(0, start - 4) : match.end() + 2].replace("\n", " "), 30)
            yield draft.finding(
                "confusion", WARNING, start, end, f"用字：{around}",
                f"“{match[1]}”应为“{context['right']}”：{context['why']}",
            )  # fmt: skip


@cache
def _words() -> dict[str, tuple[str, str, bool]]:
    """Wrong form to (right form, source, whether the correction is certain)."""
    return {
        wrong: (right, group["source"], group["certain"])
        for group in table("confusion")["group"]
        for wrong, right in group["words"].items()
    }


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(_words(), key=lambda word: (-len(word), word))))
