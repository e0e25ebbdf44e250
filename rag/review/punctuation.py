"""punctuation: half-width marks in Chinese text, marks doubled or at odds, document numbers in the wrong brackets.

Rule: , ; : ! ? or . between Hanzi (warning, certain); ，after a figure or a closing mark written half-width (the same);
a mark twice, or two that exclude each other (，。) (warning; certain for the same mark twice); ... for …… (warning,
certain); ( ) around Hanzi (info, certain); 〔〕 not used in 国发〔2024〕1号, or 第 or a leading 0 in it (warning).
Left alone: figures (3.5, 1,234), times (10:30), ？！, Latin text, list marks (1. 一.).
Source: 规定, GB/T 15834-2011《标点符号用法》5.1; GB/T 9704-2012《党政机关公文格式》7.2.5 (发文字号).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.datatypes import INFO, WARNING, Edit, Finding
from rag.review.draft import Draft, shown

RULE = "punctuation"
_STANDARD = "规定：GB/T 15834—2011"
_FULL = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？", ".": "。"}
_H = r"\u4e00-\u9fff"
_HALF = re.compile(
    rf"(?<=[{_H}”’》）)])[,;:!?](?=[ ]?[{_H}“‘《（\"0-9]|\s|$)|(?<=[{_H}”’》）)])\.(?=[{_H}“《]|\s*$)"
    rf"|(?<=[0-9%％A-Za-z])[,;](?=[{_H}“《])|(?<=[\"])[,;:](?=[{_H}“《0-9])",
    re.MULTILINE,
)
_LIST_DOT = re.compile(r"^[^\S\n]*[（(]?(?:第)?[一二三四五六七八九十]{1,3}[）)]?\.", re.MULTILINE)
_TWICE = re.compile(r"([，。；：、])\1+|([！？])\2{2,}")
_AT_ODDS = re.compile(r"[，、；：][，。；：、！？]|[。！？][，、；：。]")
_DOTS = re.compile(rf"(?<=[{_H}，”》])(?:\.{{3,}}|。{{3,}}|·{{3,}})")
_BRACKETS = re.compile(rf"\((?=[^()\n]*[{_H}])([^()（）\n]{{1,80}})\)")
_NUMBER = re.compile(
    rf"[{_H}]{{1,10}}([（(\[【〔])((?:19|20)\d\d)([】\])）〕])\s{{0,4}}(第?)\s{{0,4}}(0*)(\d{{1,4}})\s*号"
)


def review(draft: Draft) -> Iterator[Finding]:
    text = draft.text
    list_dots = {match.end() - 1 for match in _LIST_DOT.finditer(text)}
    for match in _HALF.finditer(text):
        if match.start() in list_dots:
            continue
        full = _FULL[match[0]]
        yield draft.finding(
            RULE, WARNING, *match.span(), f"中文里用了半角“{match[0]}”：{_around(text, match)}",
            f"改为“{full}”（{_STANDARD}）", [Edit(*match.span(), full)],
        )  # fmt: skip
    for match in _DOTS.finditer(text):
        yield draft.finding(
            RULE, WARNING, *match.span(), f"省略号写成了“{match[0]}”：{_around(text, match)}",
            f"改为“……”（{_STANDARD} 4.11）", [Edit(*match.span(), "……")],
        )  # fmt: skip
    dots = [match.span() for match in _DOTS.finditer(text)]
    for match in _TWICE.finditer(text):
        if any(start <= match.start() < end for start, end in dots):
            continue
        yield draft.finding(
            RULE, WARNING, *match.span(), f"标点重复“{match[0]}”：{_around(text, match)}", "删去多余的一个",
            [Edit(*match.span(), match[1] or match[2])],
        )  # fmt: skip
    for match in _AT_ODDS.finditer(text):
        if match[0][0] != match[0][1]:
            yield draft.finding(
                RULE, WARNING, *match.span(), f"两个标点连用“{match[0]}”：{_around(text, match)}", "留下该用的一个"
            )
    for match in _BRACKETS.finditer(text):
        yield draft.finding(
            RULE, INFO, *match.span(), f"中文里用了半角括号：{shown(match[0])}", f"改为“（）”（{_STANDARD}）",
            [Edit(match.start(), match.start() + 1, "（"), Edit(match.end() - 1, match.end(), "）")],
        )  # fmt: skip
    for match in _NUMBER.finditer(text):
        if (match[1], match[3]) != ("〔", "〕") or match[4] or match[5]:
            right = f"〔{match[2]}〕{match[6]}号"
            yield draft.finding(
                RULE, WARNING, match.start(1), match.end(), f"发文字号的写法：{shown(match[0])}",
                f"改为“{right}”：六角括号，不加“第”，不编虚位（规定：GB/T 9704—2012 7.2.5）",
            )  # fmt: skip


def _around(text: str, match: re.Match[str]) -> str:
    line_start, line_end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    last = min(line_end if line_end >= 0 else len(text), match.end() + 6)
    return shown(text[max(line_start, match.start() - 6) : last], 30)
