"""Hits as text for a terminal: words marked, where each stands and why. Plain when piped, or under NO_COLOR."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rag.datatypes import Hit, Why
from rag.fits import TIER_NAMES
from rag.renderers.wording import STALE_MARKS
from rag.retrieve.marking import marks

SHOWN_QUOTE = 160
LEAD = 40  # characters shown before the first marked word
WORD, TIER, FAINT, RESET = "\x1b[1;33m", "\x1b[1;36m", "\x1b[2m", "\x1b[0m"
LEG_NAMES = {"dense": "语义", "lexical": "词语"}
PART_NAMES = {"fit": "契合", "headline": "通篇", "evidence": "佐证"}
FIT_NAMES = {
    "genre": "文种", "family": "岗位", "system": "系统", "person": "人称", "year": "年份", "occasion": "场合",
    "level": "层级",
}  # fmt: skip


def is_coloured() -> bool:
    """Whether stdout is a terminal that wants colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def hits_text(
    hits: Sequence[Hit],
    words: str,
    *,
    why: bool = False,
    around: Sequence[tuple[str, str]] = (),
    coloured: bool = False,
) -> str:
    """All hits; `words` are marked, `around` are the sentences before and after each."""
    contexts = around or [("", "")] * len(hits)
    return "\n\n".join(
        _hit_text(place, hit, words, context, why=why, coloured=coloured)
        for place, (hit, context) in enumerate(zip(hits, contexts, strict=True), start=1)
    )


def _hit_text(place: int, hit: Hit, words: str, context: tuple[str, str], *, why: bool, coloured: bool) -> str:
    chunk = hit.chunk
    said = "，".join(part for part in (f"{hit.year}年" if hit.year else "年份不详", hit.genre) if part)
    tier = _styled(f"[{TIER_NAMES[hit.tier]}]", TIER, coloured)
    lines = [f"{place}. {tier} {chunk.source.title}（{said}）{hit.reason}{STALE_MARKS[hit.stale]}"]
    section = " › ".join(chunk.path) or "正文"
    where = _styled(f"{chunk.source.path} › ", FAINT, coloured) + _marked(section, words, 0, len(section), coloured)
    lines.append(where + _styled(f"，第 {chunk.start}—{chunk.end} 字", FAINT, coloured))
    before, after = (" ".join(part.split()) for part in context)
    if before:
        lines.append(_styled(before, FAINT, coloured))
    lines.append(_quote(chunk.text, words, whole=bool(before or after), coloured=coloured))
    if after:
        lines.append(_styled(after, FAINT, coloured))
    if hit.twins:
        where = "；".join(f"{twin.path} 第 {twin.start}—{twin.end} 字" for twin in hit.twins)
        lines.append(f"另有 {len(hit.twins)} 处几乎相同：{where}")
    if why and hit.why:
        lines += _why_lines(hit, hit.why)
    return "\n   ".join(lines)


def _quote(text: str, words: str, *, whole: bool, coloured: bool) -> str:
    """The passage on one line, from a little before its first marked word on; all of it between context."""
    line = " ".join(text.split())
    spans = marks(words, line)
    first, last = 0, len(line)
    if not whole and len(line) > SHOWN_QUOTE:
        first = max(0, min(spans[0][0] - LEAD if spans else 0, len(line) - SHOWN_QUOTE))
        last = first + SHOWN_QUOTE
    return "".join(
        ("……" if first else "", _marked(line, words, first, last, coloured), "……" if last < len(line) else "")
    )


def _marked(line: str, words: str, first: int, last: int, coloured: bool) -> str:
    """line[first:last] with what `words` hold too in colour."""
    out, position = [], first
    for start, end in marks(words, line) if coloured else ():
        if first <= start and end <= last:
            out += [line[position:start], _styled(line[start:end], WORD, coloured)]
            position = end
    return "".join((*out, line[position:last]))


def _why_lines(hit: Hit, why: Why) -> list[str]:
    legs = [
        f"{label}第 {hit.ranks[leg]} 名（{'余弦' if leg == 'dense' else 'BM25'} {why.legs[leg]:.3f}）"
        if leg in hit.ranks
        else f"{label}没有找到"
        for leg, label in LEG_NAMES.items()
    ]
    parts = [f"{PART_NAMES[name]} {weight:g}×{value:.2f}" for name, (weight, value) in why.parts.items()]
    fit = [f"{FIT_NAMES[name]} {weight:g}×{value:.2f}" for name, (weight, value) in why.fit.items()]
    held = f" − 求异 {why.held_back:.2f}" if why.held_back >= 0.005 else ""
    return [
        f"得分 {hit.score:.2f} = 两路合并 {why.fused:.2f} + {' + '.join(parts)}{held}",
        f"两路：{'，'.join(legs)}",
        f"契合：{' + '.join(fit) or '没有可比的项'}",
    ]


def _styled(text: str, style: str, coloured: bool) -> str:
    return f"{style}{text}{RESET}" if coloured else text
