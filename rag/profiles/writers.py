"""Who writes: the post and the unit, from the title, the author's line, 我是…, the file name and the sign-off."""

from __future__ import annotations

import re

from rag.profiles import roles, units
from rag.profiles.roles import Role, role_of
from rag.text import bare

HEAD_CHARACTERS = 600
FEWEST_MENTIONS = 3  # of 支部, in a report that does not say whose it is
GROUP_FAMILIES = ("支部班子", "领导班子", "政府")

Span = tuple[int, int] | None

_SELF = re.compile(
    r"(?:我是|我叫[^，。；\n]{1,8}，(?:是|系|现?任|担任)?|(?:本人|我)(?:现)?(?:任|担任|系)|(?:我|本人|我自己)?作为(?:一名|一个)?)"
    r"([^，。；、\n“”]{2,24})"
)
_SIGNED = re.compile(r"(?:述职人|报告人|汇报人|发言人|单位|职务)\s*[:：]\s*([^\n]{2,40})")
_LABEL = re.compile(r"(单位|部门|职务|岗位)\s*[:：]\s*([^\s\u3000]{2,30})")
_LABELS = re.compile(r"^(?:述职人|报告人|发言人|汇报人|检查人|剖析人|对照人|姓名|单位|职务|作者|学员)\s*[:：]\s*")


def writer(heads: list[tuple[str, Span]], text: str, opening_end: int, title: Span, author: Span) -> Role | None:
    """Who writes: before 关于 in the title, in title, subtitle or author's line, 我是…, in the file name, below."""
    *printed, named = heads
    written = [*printed, *([(_without_name(text[slice(*author)]), author)] if author else [])]
    issued = units.issuer(heads[0][0])
    if issued and not _names_a_post(issued):
        return Role(issued, issued, None, title)
    posts = [_post(words, span) for words, span in (*written, named)]
    post = next((found for found in posts if found), None) or _self_named(text, title, opening_end)
    unit = next((found for words, span in (*written, named) if (found := _unit(words, span))), None)
    if unit is None and author and units.is_unit(by_line := _without_name(text[slice(*author)])):
        unit = Role(by_line, by_line, None, author)
    if unit is None and (signed := units.signed(text)):
        unit = Role(signed[0], signed[0], None, signed[1])
    if (
        post is None
        and unit is None
        and text.count("支部") >= FEWEST_MENTIONS
        and (at := units.branch(text, opening_end))
    ):
        return Role(text[slice(*at)], text[slice(*at)], "支部班子", at)
    if post is None:
        return unit
    if post.unit is None and unit and unit.unit != post.words:
        return Role(post.words, unit.unit, post.family, post.span)
    return post


def _post(words: str, span: Span) -> Role | None:
    before = _before_occasion(words)
    found = role_of(before)
    if not found or not (found.unit or len(found.words) >= 3):
        return None
    unit = found.unit and units.whole(found.unit, before)
    return Role(found.words, unit, found.family, span)


def _unit(words: str, span: Span) -> Role | None:
    before = _before_occasion(words)
    unit = roles.unit_in(before)
    if not unit:
        return None
    unit = units.whole(unit, words[words.find(before) :] if before in words else before)
    return Role(unit, unit, None, span)


def _self_named(text: str, title: Span, opening_end: int) -> Role | None:
    for pattern in (_SIGNED, _SELF):
        for match in pattern.finditer(text, title[1] if title else 0, opening_end + HEAD_CHARACTERS):
            found = role_of(match[1])
            if found and found.family:
                return Role(found.words, found.unit, found.family, match.span(1))
    return None


def _names_a_post(words: str) -> bool:
    found = role_of(words)
    return found is not None and found.words == words and found.family not in (*GROUP_FAMILIES, None)


def _without_name(line: str) -> str:
    """县财政局　周某某, 述职人：镇长 钱某, 姓名：韩某 单位：县水利局: no labels, no name behind the last blank."""
    labelled = dict(_LABEL.findall(line))
    if labelled:
        return "".join(labelled[name] for name in ("单位", "部门", "职务", "岗位") if name in labelled)
    words = re.sub(
        r"^(?:述职人|报告人|发言人|汇报人|检查人|剖析人|对照人|姓名|单位|职务|作者|学员)\s*[:：]\s*", "", line.strip()
    )
    return bare(re.sub(r"[\s\u3000]+[\u4e00-\u9fff·某XxＸ×]{1,4}$", "", words))


def government(title_text: str, title: tuple[int, int] | None) -> Role | None:
    """2025年某省政府工作报告: whose report it is stands before 政府工作报告."""
    match = re.match(r"(?:20\d\d年)?([\u4e00-\u9fff]{1,16}?(?:人民)?政府)工作报告", title_text)
    return Role(match[1], match[1], "政府", title) if match else None


def _before_occasion(title: str) -> str:
    """The part of a title that names who writes: before the year, the occasion and the 文种."""
    cut = re.split(
        r"20\d\d|关于|党史学习|专题|主题教育|民主生活会|组织生活会|党性|述[职学责]|对照|工作总结|心得|整改方案|调研报告|转发|批转|印发|对|_",
        title.split("——")[-1],
    )[0]
    return re.sub(r"^[—\-－\s]+|[（(][^）)]*[）)]", "", cut)
