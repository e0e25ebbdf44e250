"""What the writer must supply: the words in 〔〕 that stand where no sample may speak for him."""

from __future__ import annotations

from rag.assemble.adapt import is_fact
from rag.datatypes import OutlinePoint, Request, Support

NOBODY = Support(0, 0)
OWN_HEADING = "〔本单位小标题〕"
CASES = {
    "个人": "〔写具体事例：时间、事情、本人怎么做的、结果如何〕",
    "班子": "〔写具体事例：时间、事情、支部怎么做的、结果如何〕",
}
NEUTRAL_CASE = "〔逐条写清：现象、数据、典型事例〕"
FACTS = "〔按本岗位实际分列3—5项：做了什么、怎么做的、成效数据〕"
ASPECTS = "〔对照方面：以当年通知为准；样本分{count}个方面，每个方面写2—4个问题〕"
HIDDEN_ASPECT = "〔对照方面：以当年通知为准〕"
REMEDIES = "〔逐条对应上面的问题：做什么、谁来做、什么时候完成〕"
MATTERS = {
    "现状": "〔写基本情况：范围、数量、已有做法，用数据说话〕",
    "体会": "〔写自己的体会：由哪件事想到什么〕",
    "原因": "〔逐条对应上面的问题：主观上、客观上为什么会这样〕",
    "整改": REMEDIES,
    "目标": "〔写本项工作的目标，能考核的写数字和时限〕",
    "任务": "〔围绕本主题分列任务：做什么、谁负责、什么时候完成〕",
    "建议": "〔每条建议对应上面的一个问题：怎么办、由谁办〕",
    "保障": "〔写谁来牵头、怎么督促、怎么问责〕",
}


def prompt(words: str) -> OutlinePoint:
    return OutlinePoint(words, "prompt", NOBODY)


def with_case(point: OutlinePoint, function: str, request: Request) -> list[OutlinePoint]:
    """A point; behind a problem, the prompt for its case (见人见事)."""
    return [point, prompt(_case(request))] if function == "问题" else [point]


def closing(function: str) -> tuple[OutlinePoint, ...]:
    """What stands at the end of a part: its own facts, or remedies that answer the problems."""
    if is_fact(function):
        return (prompt(FACTS),)
    return (prompt(REMEDIES),) if function == "整改" else ()


def instead(function: str, request: Request) -> OutlinePoint:
    """What stands in a part for which no sample lends a point."""
    return prompt(_case(request) if function == "问题" else MATTERS.get(function, FACTS))


def _case(request: Request) -> str:
    return CASES.get(request.profile.value("person") or "", NEUTRAL_CASE)
