"""What all renderings of an outline say in the same words: tiers, support, sources; and text made fit for any file."""

from __future__ import annotations

import re
from collections.abc import Callable

from rag.datatypes import Citation, Outline, OutlineNode, OutlinePoint, Support
from rag.fits import TIER_NAMES, TIERS
from rag.text import chinese_numeral

STALE_MARKS = {None: "", "changed": "〔原件在建索引后改动过，请核对〕", "gone": "〔原件已不在〕"}
WITHOUT_SAMPLES = "没有可比样本，以下是该文种的通行结构"
LONGEST_PATH_PART = 60
LARGEST_NUMERAL = 99

# What neither XML 1.0 nor HTML lets stand: C0 and C1 controls, lone surrogates, non-characters.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BLANKS = re.compile(r"\s+")


def visible(text: str) -> str:
    """`text` with every character that a file format forbids shown as a sign, so that nothing goes unseen.

    Control characters become their pictures (U+2400 and on), the rest U+FFFD. Carriage returns become line breaks.
    """
    return _UNFIT.sub(_sign, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    return _BLANKS.sub(" ", visible(text)).strip()


def asked_for(outline: Outline, shown: Callable[[str], str] = one_line) -> str:
    """岗位：…　主题：…　文种：…　年份：…, the writer's own words as `shown` gives them."""
    asked = outline.request
    genre, year = asked.genre or "未识别", asked.year or "未指定"
    return f"岗位：{shown(asked.role)}　主题：{shown(asked.topic)}　文种：{shown(genre)}　年份：{year}"


def ground(outline: Outline) -> str:
    """What the outline rests on: how many samples of each tier."""
    counts = {tier: sum(row.tier == tier for row in outline.evidence) for tier in TIERS}
    named = [f"{TIER_NAMES[tier]} {count} 篇" for tier, count in counts.items() if count]
    return f"{len(outline.evidence)} 篇样本（{'、'.join(named)}）" if named else WITHOUT_SAMPLES


def borne_out(support: Support) -> str:
    """7 位作者中 6 位; nothing where nobody was counted."""
    return f"{support.of} 位作者中 {support.count} 位" if support.of else ""


def facts(outline: Outline, node: OutlineNode) -> str:
    """How many have the section, its usual share, and the characters that makes of the length asked for."""
    counted = f"{borne_out(node.support)}有此部分" if node.support.of else "通行结构"
    share = f"约占 {node.share:.0%}" if node.share else ""
    return "；".join(part for part in (counted, "，".join(p for p in (share, budget(outline, node)) if p)) if part)


def budget(outline: Outline, node: OutlineNode) -> str:
    characters = outline.budget(node)
    return f"约 {characters} 字" if characters else ""


def marker(place: int, level: int) -> str:
    """一、（一）1.（1）: the number of the `place`-th section of a level (GB/T 9704-2012, 7.3.3)."""
    numeral = chinese_numeral(place) if place <= LARGEST_NUMERAL else str(place)
    return (f"{numeral}、", f"（{numeral}）", f"{place}.", f"（{place}）")[min(level, 4) - 1]


def is_remark(point: OutlinePoint) -> bool:
    """Whether a line is for the writer and not for the report: a prompt, or a convention that names no source."""
    return point.kind == "prompt" or (point.kind == "convention" and not point.flags)


def place(citation: Citation) -> str:
    """Section path, offsets and page of a citation."""
    parts = [one_line(part) for part in citation.section]
    where = " › ".join(p if len(p) <= LONGEST_PATH_PART else p[:LONGEST_PATH_PART] + "…" for p in parts) or "正文"
    page = f"，第 {citation.page} 页" if citation.page else ""
    return f"{where}，第 {citation.start}—{citation.end} 字{page}"


def built(outline: Outline, row: int) -> str:
    """The level-1 sections of a sample, in order."""
    return " → ".join(one_line(s.title) or f"（{s.function}）" for s in outline.evidence[row].sections)


def _sign(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"
