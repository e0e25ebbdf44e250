"""A title to start from: who, which year, what, in the words of the request."""

from __future__ import annotations

import re

from rag.datatypes import Request
from rag.profiles import GOVERNMENT_REPORT

_NEEDS_MATERIAL = re.compile(r"(?:对照检查|党性分析|检视剖析|自我剖析|剖析)$")
_NEEDS_REPORT = re.compile(r"(?:述职|述职述廉|述责述廉)$")


def title(request: Request) -> str:
    """市科协机关党支部2026年专题组织生活会支部班子对照检查材料."""
    topic = re.sub(r"20\d\d年", "", request.topic).strip(" ，、：:")
    if _NEEDS_MATERIAL.search(topic):
        topic += "材料"
    elif _NEEDS_REPORT.search(topic):
        topic += "报告"
    year = f"{request.year}年" if request.year else ""
    if request.genre == GOVERNMENT_REPORT:
        return f"{year}政府工作报告"
    role = re.split(r"[、，,（(]", request.role)[0]
    if topic.startswith("关于"):
        return f"{role}{topic}"
    return f"{role}{year}{topic if year else topic.removeprefix('年度').removeprefix('度')}"
