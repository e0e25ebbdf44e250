"""placeholder: what was left to be filled in and still stands there.

Rule: X, XX, ××, ___, ○○, empty brackets and quotes, 〔…〕 and 【待…】 prompts, dates without figures: error each.
某 in place of a name: 某某 error, 某县 warning, 张某 info, each name once, because a case may keep people nameless.
Left alone: X光, 3×5, “数据要素×”, 某些, 某种, 〔2024〕 of a document number, 二〇〇八年.
Source: 惯例, a finished text holds no blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rag.config import table
from rag.datatypes import ERROR, INFO, WARNING, Finding
from rag.review.draft import Draft, shown

_HANZI = r"\u4e00-\u9fff"
_X = "Xx×ＸｘΧ"
_MARKS = (
    re.compile(rf"(?<![A-Za-z0-9])[{_X}]{{2,}}(?![A-Za-z])"),
    re.compile(
        rf"(?<![A-Za-z0-9.\-—/])[{_X}](?=[{_HANZI}%％])(?!光|射线|线|轴|染色体|型|形)"
        rf"|(?<=[{_HANZI}])[{_X}](?![A-Za-z0-9.\-—/+”’》」]|光|射线|线|轴|染色体|型|形)"
    ),
    re.compile(r"[_＿]{2,}"),
    re.compile(r"(?<![一二三四五六七八九])[○〇●□△◇※]{2,}(?![一二三四五六七八九年])"),
    re.compile(rf"(?<=[{_HANZI}，。、])\*{{2,}}(?=[年月日次人名个户市县区镇乡局院校村元])|\*{{3,}}"),
    re.compile(r"（[\s\u3000]*）|\([ \u3000]*\)(?!\.)|〔[\s\u3000]*〕|【[\s\u3000]*】|《[\s\u3000]*》|“[\s\u3000]*”"),
    re.compile(r"〔(?!\d{2,4}〕|第?\d+)[^〔〕\n]{2,80}〕"),
    re.compile(r"【[^【】\n]{0,20}(?:待|补|填|此处|插入|略|[Tt][Oo][Dd][Oo])[^【】\n]{0,20}】"),
    re.compile(r"[（(](?:此处|待(?:补|填|定|核实|更新|完善)|请(?:填|补)|需(?:填|补)|TODO)[^（）()\n]{0,20}[）)]?"),
    re.compile(
        r"(?:此处|这里)(?:填写|补充|插入|待补|省略)|待补充?(?=[。；，）)\s]|$)|(?<![A-Za-z])(?:TODO|TBD)(?![A-Za-z])"
    ),
    re.compile(r"年[ \u3000]+月[ \u3000]+日|年[ \u3000]{2,}月|月[ \u3000]{2,}日"),
)
_NAMELESS = re.compile(r"某{2,}")
_SOME = re.compile(r"某(?=[省市县区镇乡村局厅处科校院委部厂矿师团营连])(?![区处部](?:域|分|别|位|门))")


def review(draft: Draft) -> Iterator[Finding]:
    seen: list[tuple[int, int]] = []
    for pattern in _MARKS:
        for match in pattern.finditer(draft.text):
            if any(match.start() < end and start < match.end() for start, end in seen):
                continue
            seen.append(match.span())
            yield draft.finding(
                "placeholder",
                ERROR,
                *match.span(),
                f"占位还没有填：{_around(draft.text, *match.span())}",
                "填上实际内容",
            )
    for match in _NAMELESS.finditer(draft.text):
        yield draft.finding(
            "placeholder", ERROR, *match.span(), f"名称隐去未填：{_around(draft.text, *match.span())}", "写出实际名称"
        )
    seen_words: set[str] = set()
    for severity, pattern in ((WARNING, _SOME), (INFO, _somebody())):
        for match in pattern.finditer(draft.text):
            words = draft.text[match.start() : match.end() + (severity == WARNING)]
            if words in seen_words or draft.text[match.end() - 1 : match.end() + 1] == "某某":
                continue
            seen_words.add(words)
            yield draft.finding(
                "placeholder", severity, *match.span(), f"名称隐去：{_around(draft.text, *match.span())}",
                "写出实际名称；案例中有意隐去的可以保留",
            )  # fmt: skip


def _around(text: str, start: int, end: int) -> str:
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    first = max(line_start, start - 6)
    last = min(line_end if line_end >= 0 else len(text), end + 6)
    return f"“{shown(text[first:last], 30)}”"


@cache
def _somebody() -> re.Pattern[str]:
    surnames = "".join(table("lexicon")["surnames"])
    return re.compile(
        rf"(?<![{_HANZI}])[{surnames}]某(?![某种些个一项类方])|(?<=[员民长记任])[{surnames}]某(?![某种些个一项类方])"
    )
