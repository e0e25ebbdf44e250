"""stale: campaigns, congresses and wordings whose years are over, by the year the draft is for.

Rule: a campaign of `campaigns.toml` is named after its last year, or a wording of `stale.toml` after its own: info
in the year right after, warning from the second year on. Left alone: what looks back (巩固…成果, a year of its own time
in the same sentence, 《title of a document》), and what lies ahead of the draft's year (then the year is doubtful).
Source: 规定; each row names the document that began, ended or renamed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rag.config import table
from rag.datatypes import INFO, WARNING, Finding
from rag.review.draft import Draft, shown
from rag.text import sentences

NEAR = 10
_CLAUSE = re.compile(r"[，。；：！？\n]")
_BEHIND = re.compile(r"^[”》]?(?:所?取得的|的)?")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


def review(draft: Draft) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for pattern, name, first, last, now, source in _rows():
        if draft.year <= last:
            continue
        for match in pattern.finditer(draft.text):
            start, end = match.span()
            if any(start < b and a < end for a, b in taken) or _looks_back(draft, start, end, first, last):
                continue
            taken.append((start, end))
            severity = INFO if draft.year == last + 1 else WARNING
            words = shown(match[0].strip("“”《》"))
            suggestion = f"改为“{now}”" if now else f"换成{draft.year}年的提法，或写明是哪一年的事"
            yield draft.finding(
                "stale", severity, start, end, f"“{words}”是{_span(first, last)}的提法（{name}）",
                f"{suggestion}。依据：{source}",
            )  # fmt: skip


def _span(first: int, last: int) -> str:
    return f"{last}年以前" if not first else f"{first}年" if first == last else f"{first}—{last}年"


def _looks_back(draft: Draft, start: int, end: int, first: int, last: int) -> bool:
    """Whether the draft speaks of it as of something past."""
    text = draft.text
    looking = table("stale")["looking_back"]
    before, after = text[max(0, start - NEAR) : start], text[end : end + NEAR]
    clause = _CLAUSE.split(before)[-1]
    if any(word in clause for word in looking["before"]) or _BEHIND.sub("", after).startswith(tuple(looking["after"])):
        return True
    begin, stop = _sentence(text, start)
    years = [int(match[1]) for match in _YEAR.finditer(text, begin, stop)]
    if any(first <= year <= last for year in years):
        return True
    title = text.rfind("《", begin, start)
    return title >= 0 and "》" not in text[title:start] and text[start:end][:1] != "《"


def _sentence(text: str, at: int) -> tuple[int, int]:
    line_start, line_end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    stop = line_end if line_end >= 0 else len(text)
    return next((span for span in sentences(text, line_start, stop) if span[0] <= at < span[1]), (line_start, stop))


@cache
def _rows() -> tuple[tuple[re.Pattern[str], str, int, int, str, str], ...]:
    """(pattern, name, first year or 0, last year, what to write now or "", source)."""
    general, only = set(table("stale")["too_general"]), table("stale")["only"]
    rows = []
    for row in table("campaigns")["campaign"]:
        aliases = sorted({alias for alias in row["aliases"] if alias not in general}, key=lambda a: (-len(a), a))
        pattern = only.get(row["name"]) or "|".join(map(re.escape, aliases))
        if pattern:
            rows.append((re.compile(pattern), row["name"], row["from"], row["to"], "", row["source"]))
    rows += [
        (re.compile(row["pattern"]), "已改", 0, row["last"], row["now"], row["source"])
        for row in table("stale")["wording"]
    ]
    return tuple(rows)
