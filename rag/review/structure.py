"""structure: the parts that samples of this 文种 have, and their order.

Rule: a part that at least 80 % of five or more authors have is missing (warning; info with three or four authors, and
where the draft has no headings, so that its parts are a guess); two parts stand the other way round than in nearly
all samples that have both (info). For 对照检查 and 党性分析, also without samples: problems without any remedy,
remedies without any problem (warning; info for parts that are a guess).
Source: counted on the writer's own samples; 惯例 for the pairing of problems and remedies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.config import table
from rag.datatypes import INFO, WARNING, Finding
from rag.functions import of_heading
from rag.review.draft import PARTY_MEETING, Draft

RULE = "structure"
USUAL = 0.8
FEWEST, ENOUGH = 3, 5
FEWEST_CUES = 2
_NAMES_A_PART = re.compile(r"(?:问题|不足|差距|原因|根源|措施|打算|方向|情况|体会|收获)$")
UNSAID = ("其他", "附件", "开头", "结尾")


def review(draft: Draft) -> Iterator[Finding]:
    own = [zone.function for zone in draft.zones]
    said: set[str] = set()
    if draft.skeleton is not None:
        yield from _missing(draft, own, said)
        yield from _order(draft, own)
    if draft.family == PARTY_MEETING:
        for have, lack, advice in (
            ("问题", "整改", "写明每个问题怎么改"),
            ("整改", "问题", "先写清问题，措施才有着落"),
        ):
            if have in own and lack not in own and lack not in said and not _in_points(draft, lack):
                yield _absent(draft, lack, f"有“{have}”部分，没有“{lack}”部分", advice + "（惯例）", _certainty(draft))


def _missing(draft: Draft, own: list[str], said: set[str]) -> Iterator[Finding]:
    assert draft.skeleton is not None
    for part in draft.skeleton.parts:
        count, of = part.support.count, part.support.of
        if part.function in own or part.function in UNSAID or of < FEWEST or count < USUAL * of:
            continue
        if _in_points(draft, part.function):
            continue
        said.add(part.function)
        severity = _certainty(draft) if of >= ENOUGH and not _is_spoken_of(draft, part.function) else INFO
        example = f"，如“{part.example.quote}”" if part.example else ""
        message = f"没有“{part.function}”部分：{of} 位作者的同类样本里 {count} 位有{example}"
        yield _absent(draft, part.function, message, "补上这一部分，或确认本次不要求", severity)


def _order(draft: Draft, own: list[str]) -> Iterator[Finding]:
    assert draft.skeleton is not None
    if not draft.has_headings:
        return
    first = {function: own.index(function) for function in dict.fromkeys(own)}
    last = {function: len(own) - 1 - own[::-1].index(function) for function in first}
    for before, after in sorted(draft.skeleton.before):
        if before in first and after in first and last[after] < first[before]:
            zone = draft.zones[first[after]]
            end = zone.node.head_end if zone.node else zone.start + 1
            yield draft.finding(
                RULE,
                INFO,
                zone.start,
                end,
                f"“{after}”写在“{before}”前面，样本里几乎都是先“{before}”后“{after}”",
                "调整次序，或确认有意如此",
            )


def _in_points(draft: Draft, function: str) -> bool:
    """Whether some heading names this function, alone or among others (问题及原因). Below the first level only one that
    ends in such a name counts: 整改松在自己手里 is a problem."""
    if function in {node.function for node in draft.report.root.children}:
        return True
    together = re.compile(rf"(?:及|和|与|、)[^，。]{{0,6}}{function}$|{function}[^，。]{{0,6}}(?:及|和|与|、)")
    return any(
        of_heading(node.title) == function or (node.level == 1 and together.search(node.title))
        for node in draft.nodes
        if node.kind == "section" and (node.level == 1 or _NAMES_A_PART.search(node.title))
    )


def _is_spoken_of(draft: Draft, function: str) -> bool:
    """Whether some paragraph speaks in the words of this function: then only its heading is missing, perhaps."""
    cues = table("functions")["cues"].get(function, ())
    return any(sum(cue in draft.text[start:end] for cue in cues) >= FEWEST_CUES for start, end in draft.paragraphs)


def _absent(draft: Draft, function: str, message: str, advice: str, severity: str) -> Finding:
    """What is not there is said at the title."""
    title = draft.report.profile.title
    start, end = title.span if title and title.span else draft.paragraphs[0]
    example = next(
        (part.example for part in (draft.skeleton.parts if draft.skeleton else ()) if part.function == function), None
    )
    return draft.finding(RULE, severity, start, end, message, advice, citations=[example] if example else [])


def _certainty(draft: Draft) -> str:
    """Parts that no heading states are a guess."""
    return WARNING if draft.has_headings else INFO
