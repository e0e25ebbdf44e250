"""What surrounds a report's body: title, subtitle, document number, addressee, sign-off, notes of web sites."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.config import table
from rag.datatypes import Block, Document
from rag.parse.markers import DECORATION, line_mark
from rag.text import bare, trimmed

LONGEST_TITLE_LINE = 60
MOST_TITLE_LINES = 4
FRONT_LINES = 12
TAIL_LINES = 8
SHORT_LINE = 6

_DATE = re.compile(
    r"[（(]?\s*(?:[12][0-9０-９XxＸ×]{3}|[二一][〇○Ｏ零一二三四五六七八九OX]{3}|[Xx×]{2,4})\s*年\s*(?:[\dXx×０-９]{1,2}|[一二三四五六七八九十]{1,3})\s*月"
    r"(?:\s*(?:[\dXx×０-９]{1,2}|[一二三四五六七八九十]{1,3})\s*[日号])?\s*[）)]?"
)
_NUMBER = re.compile(r".{1,16}[〔\[［(（]\s*\d{4}\s*[〕\]］)）]\s*(?:第\s*)?[\dXx×]+\s*号$")
_SUBTITLE = re.compile(r"\s*(?:—{1,3}|-{2,4}|－{1,3}|──?|――?)\s*\S")
_DISCLAIMER = re.compile(
    r"(?:本文|本材料|此文|原创|投稿|文章).{0,20}(?:仅供|参考|请勿|勿照|转载|版权|投稿)|仅供.{0,8}参考"
)
_SOURCE = re.compile(r"\s*(?:来源|出处|作者|责任编辑|编辑|发布时间|日期|时间|浏览次数|字体)\s*[:：]")
_ADDRESSEE = re.compile(
    r"^[^。；！？]{1,80}[：:]\s*$|^(?:同志们|各位(?:代表|领导|同志|委员|评委|老师)|尊敬的.{1,20})[：:，！!]"
)
_SALUTATION = re.compile(r"^(?:同志们|各位[^，。]{1,10}|尊敬的[^，。]{1,20}|大家好)(?:、[^：]{1,30})?[：:，！!。]?\s*$")
_NAME_LINE = re.compile(
    r"^(?:[（(].{1,40}[）)]|(?:述职人|报告人|发言人|汇报人|姓名|单位|职务|作者|学员)\s*[:：].*|"
    r"[\u4e00-\u9fff]{1,4}[\s\u3000]*[某XxＸ×]{1,3}|"
    r"[\u4e00-\u9fff]{2,24}(?:局|委|办|部|院|校|厅|镇|乡|县|市|区|村|社区|公司|集团|支部|中心|省长|主席|市长|书记|主任|科长|局长)[\s\u3000]+[\u4e00-\u9fff·某XxＸ×]{1,8})\s*$"
)
_UNIT_LINE = re.compile(
    r"^[\u4e00-\u9fffXx×]{2,20}(?:局|委员会|办公室|医院|学校|中学|小学|公司|集团|人民政府|党支部|支部委员会)\s*$"
)
_CLOSING_NOTE = re.compile(r"^[（(](?:此件|本文|完|此页).{0,20}[）)]$")
_ATTACHMENT = re.compile(r"^附\s*件?\s*[\d一二三四五]?\s*(?:[:：].*)?$")
# 关于推行…制度 (of … a 意见): what it is comes behind a 的 that has not come yet.
_UNFINISHED = re.compile(r"关于[^的]+$")
_ANNEX = re.compile(r"^附\s*件\s*[\d一二三四五]{0,2}(?:[\s\u3000]+\S{1,30})?$")
_COPY = re.compile(r"^(?:抄送|抄报|主送|印发|分送|联系人|联系电话)\s*[:：]?")


@dataclass(frozen=True, slots=True)
class Front:
    """Title span (may cover several lines), subtitle, and the spans that are no body: (start, end, what it is)."""

    title: tuple[int, int] | None
    title_text: str
    subtitle: tuple[int, int] | None
    ignored: tuple[tuple[int, int, str], ...]
    body_from: int


def front(document: Document) -> Front:
    """The surroundings of a report's body."""
    text = document.text
    lines = [
        (i, *trimmed(text, s, s + len(b.text)))
        for i, (b, s) in enumerate(zip(document.blocks, document.starts, strict=True))
    ]
    lines = [(i, s, e) for i, s, e in lines if e > s]
    ignored: list[tuple[int, int, str]] = []
    title, title_text, subtitle, after = _title(document, lines, ignored)
    body_from = _front_matter(text, lines, after, ignored)
    ignored += _tail(text, [line for line in lines if line[1] >= body_from])
    return Front(title, title_text, subtitle, tuple(sorted(ignored)), body_from)


def kind_of_line(line: str) -> str | None:
    """What a short line outside the body is: number, date, source, note, disclaimer, addressee, name; None if none."""
    if _NUMBER.match(line):
        return "number"
    if _DATE.fullmatch(line):
        return "date"
    if _SOURCE.match(line):
        return "source"
    if _CLOSING_NOTE.match(line):
        return "note"
    if len(line) <= 60 and _DISCLAIMER.search(line):
        return "disclaimer"
    if _SALUTATION.match(line) or (len(line) <= 80 and line.endswith(("：", ":")) and _ADDRESSEE.match(line)):
        return "addressee"
    if _NAME_LINE.match(line):
        return "name"
    return "unit" if _UNIT_LINE.match(line) else None


def ends_in_genre(line: str) -> bool:
    """Whether a title line already ends in the name of a 文种, brackets aside."""
    words = re.sub(r"[（(][^）)]*[）)]$|[。！]$", "", bare(line).rstrip("*#"))
    return words.endswith(tuple(table("genres")["title_endings"]))


def _title(
    document: Document, lines: list[tuple[int, int, int]], ignored: list[tuple[int, int, str]]
) -> tuple[tuple[int, int] | None, str, tuple[int, int] | None, int]:
    text, found = document.text, list[tuple[int, int]]()
    position = 0
    for place, (i, start, end) in enumerate(lines[:FRONT_LINES]):
        block, line = document.blocks[i], text[start:end]
        kind = kind_of_line(line)
        if found and _SUBTITLE.match(line):
            return (*_joined(text, found), (start, end), end)
        if not found and kind is None and _ANNEX.match(line) and len(line) <= SHORT_LINE:
            kind = "attachment"
        if not found and kind in ("disclaimer", "source", "number", "date", "note", "attachment"):
            ignored.append((start, end, kind))
            position = end
            continue
        if not _may_be_title(text, start, end, block, kind) or (
            found and not _continues(document, lines, place, found)
        ):
            break
        found.append(_undecorated(text, start, end))
        position = end
        if len(found) == MOST_TITLE_LINES:
            break
    if found and kind_of_line(text[slice(*found[-1])]) == "unit" and len(found) == 1:
        found = []  # a unit's name alone is no title
    if not found:
        return None, "", None, position
    rest = next(((s, e) for _, s, e in lines if s >= position and _SUBTITLE.match(text[s:e]) and e - s <= 60), None)
    following = next(((s, e) for _, s, e in lines if s >= position), None)
    is_subtitle = rest is not None and rest == following
    return (
        *_joined(text, found),
        rest if is_subtitle else None,
        rest[1] if is_subtitle and rest else position,
    )


def _may_be_title(text: str, start: int, end: int, block: Block, kind: str | None) -> bool:
    line = text[start:end]
    if (
        (kind is not None and not (kind == "unit" and block.level in (None, 0)))
        or len(line) > LONGEST_TITLE_LINE
        or block.kind == "table"
        or _SUBTITLE.match(line)
    ):
        return False
    if line.endswith(("。", "；", "：", "，", ":", ";", "！", "？")) and block.level != 0:
        return False
    if re.search(r"[。；]", line[:-1]) and block.level != 0:
        return False
    return block.level == 0 or line_mark(text, start, end, {}) is None


def _continues(document: Document, lines: list[tuple[int, int, int]], place: int, found: list[tuple[int, int]]) -> bool:
    """Whether this line goes on with the title begun above it."""
    i, start, end = lines[place]
    previous = document.blocks[lines[place - 1][0]]
    line = document.text[start:end]
    if previous.level == 0 or document.blocks[i].level == 0:
        return previous.level == document.blocks[i].level and document.blocks[i].level == 0
    if document.blocks[i].level is not None:
        return False
    so_far = "".join(document.text[start:end] for start, end in found)
    if ends_in_genre(so_far) and not (_UNFINISHED.search(so_far) and ends_in_genre(line)):
        return False
    if kind_of_line(line) is not None or _is_a_name(line):
        return False
    followed = place + 1 < len(lines)
    return followed and len(line) <= 40 and _is_titlelike(line)


def _is_a_name(line: str) -> bool:
    """王某某, 李　明: two to four Hanzi that begin with a surname and name no 文种 (方案 does)."""
    words = bare(line)
    return 2 <= len(words) <= 4 and words[0] in "".join(table("lexicon")["surnames"]) and not ends_in_genre(words)


def _is_titlelike(line: str) -> bool:
    return ends_in_genre(line) or not re.search(r"[，。：；！？]", line)


def is_annex(line: str) -> bool:
    """附件, 附件2, 附件2 名词解释: the heading of an annex that follows, not the list of annexes."""
    return bool(_ANNEX.match(line))


def _joined(text: str, spans: list[tuple[int, int]]) -> tuple[tuple[int, int], str]:
    return (spans[0][0], spans[-1][1]), "".join(text[s:e].strip() for s, e in spans)


def _undecorated(text: str, start: int, end: int) -> tuple[int, int]:
    match = DECORATION.match(text, start, end)
    start = match.end() if match else start
    while end > start and text[end - 1] in "*# ":
        end -= 1
    return start, end


def _front_matter(text: str, lines: list[tuple[int, int, int]], after: int, ignored: list[tuple[int, int, str]]) -> int:
    """Lines between title and body: number, date, name, addressee, source; returns where the body begins."""
    for _, start, end in [line for line in lines if line[1] >= after][:FRONT_LINES]:
        line = text[start:end]
        kind = kind_of_line(line)
        if kind is None and _SUBTITLE.match(line) and len(line) <= 80:
            kind = "subtitle"
        if kind is None:
            return start
        ignored.append((start, end, kind))
        if kind == "addressee":
            return end
    return next((start for _, start, _ in lines if start >= after), len(text))


def _tail(text: str, lines: list[tuple[int, int, int]]) -> list[tuple[int, int, str]]:
    """Sign-off, date, attachments list and copies at the end of a document, read from below."""
    found: list[tuple[int, int, str]] = []
    for _, start, end in reversed(lines[-TAIL_LINES:]):
        line = text[start:end]
        kind = kind_of_line(line)
        if kind in ("date", "note", "name", "unit", "source", "disclaimer"):
            found.append((start, end, kind))
        elif _ATTACHMENT.match(line) or _COPY.match(line):
            found = [
                *((s, e, "attachment" if k == "list" else k) for s, e, k in found),
                (start, end, "attachment"),
            ]
        elif (
            line_mark(text, start, end, {})
            and len(line) <= 50
            and not line.endswith(("。", "；"))
            and _under_attachment(text, lines, start)
        ):
            found.append((start, end, "list"))
        elif (
            found
            and len(bare(line)) <= 24
            and not re.search(r"[，。：；！？、]", line)
            and not line_mark(text, start, end, {})
        ):
            found.append((start, end, "signature"))
        else:
            break
    return [row for row in found if row[2] != "list"]


def _under_attachment(text: str, lines: list[tuple[int, int, int]], start: int) -> bool:
    above = [text[s:e] for _, s, e in lines if s < start][-6:]
    return any(
        (_ATTACHMENT.match(line) and line.rstrip().endswith(("：", ":"))) or re.match(r"^附件?[:：]", line)
        for line in above
    )
