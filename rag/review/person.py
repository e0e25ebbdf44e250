"""person: 人称, whose problems a text confesses.

Rule: in a material of one person, a clause of the problem, cause or remedy parts whose subject is 部分党员, 有的同志,
班子成员, 我们 …: warning. In a material of a 班子 or 支部, a clause whose subject is 我, 本人 alone: warning.
Left alone: quotations, 我国 我市 我局 and the like, objects (对部分党员教育不够).
Source: 惯例; 个人材料说自己的问题，班子材料说班子的问题.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.datatypes import WARNING, Finding
from rag.profiles import GROUP, INDIVIDUAL
from rag.review.draft import Draft, shown

_CLAUSE_START = (
    r"(?:^|(?<=[，。；：！？\n]))[\s\u3000]*"
    r"(?:[一二三四五六七八九十]是|但是?|而且|同时|导致|造成|今后，?|其次，?|首先，?)?"
)
_OTHERS = re.compile(
    _CLAUSE_START + r"(?P<who>(?:部分|个别|少数|有的|有些|一些|多数|不少|某些)"
    r"(?:党员干部|党员领导干部|领导干部|班子成员|党员|干部|同志|支委|委员|成员|人员|职工|教师|民警)|"
    r"班子(?:成员)?(?!成员?和自己)|支委(?:会|们|成员)?|我们(?:支部|班子|单位|党员|干部|党组|党委|局|所有人)?|党员同志|"
    r"支部(?:班子|成员|党员)?(?![里内上的])|大家|党组成员|党委成员)(?=[^，。；！？\n]{2,})",
    re.MULTILINE,
)
_SELF = re.compile(
    _CLAUSE_START + r"(?P<who>本人|我自己|我个人|笔者|"
    r"我(?![们国市县省区镇乡村局党军院校厅委部处科所中队公单支社街行司办站]|集团|为群众))(?=[^，。；！？\n]{2,})",
    re.MULTILINE,
)
_FAULTY = re.compile(
    r"不[够足深实强高多严到及全系扎经主敢愿善紧勤细牢明想能会]|差距|缺|欠|薄弱|松懈|淡[化薄漠]|流于|停留|满足于|习惯于|没有|"
    r"未能|畏难|怕|存在|仍然|偏[软少弱]|滞后|脱节|疏忽|轻视|忽视|依赖|应付"
)
_OUGHT = re.compile(r"要|将|应|必须|努力|坚持|加强|认真|进一步|带头|改进|树牢|严格")
_CLAUSE_END = re.compile(r"[，。；！？\n]|\Z")
_WE_AS_ALL = re.compile(r"我们(?:党|国家|的?事业|中国|这[个一]|所处|正处|面临|必须|要|伟大|共产党)")


def review(draft: Draft) -> Iterator[Finding]:
    person = draft.report.profile.value("person")
    if draft.family != "党性" or person not in (INDIVIDUAL, GROUP):
        return
    pattern = _OTHERS if person == INDIVIDUAL else _SELF
    for zone in draft.zones_of("问题", "原因", "整改"):
        for match in pattern.finditer(draft.text, zone.start, zone.end):
            start, end = match.span("who")
            if draft.is_quoted(start) or not _is_about_oneself(draft.text, start, person, zone.function):
                continue
            clause_end = _end_of_clause(draft.text, end)
            wanted = "“我”“本人”" if person == INDIVIDUAL else "“支部”“班子”"
            yield draft.finding(
                "person", WARNING, start, clause_end,
                f"{person}材料里说的是“{match['who']}”：{shown(draft.text[start:clause_end], 26)}",
                f"改为以{wanted}为主语，写{'自己' if person == INDIVIDUAL else '班子'}的问题和措施（惯例）",
            )  # fmt: skip


def _is_about_oneself(text: str, start: int, person: str, function: str) -> bool:
    """Whether the sentence from here on confesses a fault (or, in remedies, promises): else it tells of others."""
    stops = [at for mark in "。；！？\n" if (at := text.find(mark, start)) >= 0]
    sentence = text[start : min(stops, default=len(text))]
    if person == GROUP:
        return True
    if _WE_AS_ALL.match(sentence):
        return False
    clauses = re.split(r"[，,]", sentence)
    head = "，".join(clauses[:2])
    return bool(_OUGHT.search(clauses[0])) if function == "整改" else bool(_FAULTY.search(head))


def _end_of_clause(text: str, at: int) -> int:
    match = _CLAUSE_END.search(text, at)
    return match.start() if match else len(text)
