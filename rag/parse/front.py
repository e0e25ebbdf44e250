"""What surrounds a report's body: title, subtitle, document number, addressee, sign-off, notes of web sites."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.config import table
from rag.datatypes import Block, Document
from rag.parse.lines import (
    are_issuers,
    ends_in_genre,
    is_annex,
    is_attachment,
    is_subtitle,
    kind_of_line,
    opens_attachments,
)
from rag.parse.markers import DECORATION, line_mark
from rag.text import bare, trimmed

LONGEST_TITLE_LINE = 60
MOST_TITLE_LINES = 4
FRONT_LINES = 12
TAIL_LINES = 16
SHORT_LINE = 6
# Kinds of lines above a title that are no part of it.
_ABOVE = ("disclaimer", "source", "site", "letterhead", "number", "date", "note", "attachment")
_BELOW = ("date", "note", "name", "unit", "source", "site", "disclaimer")
# 关于推行…制度 (of … a 意见): what it is comes behind a 的 that has not come yet.
_UNFINISHED = re.compile(r"关于[^的]+$")

Span = tuple[int, int]
Lines = list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Front:
    """Title span (may cover several lines), subtitle, and the spans that are no body: (start, end, what it is).

    `author` is the line below the title that says who writes (县财政局　周某).
    """

    title: Span | None
    title_text: str
    subtitle: Span | None
    ignored: tuple[tuple[int, int, str], ...]
    body_from: int
    author: Span | None = None


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
    author = next(((s, e) for s, e, kind in ignored if kind in ("name", "unit") and text[s] not in "（("), None)
    for part in _parts(document, [line for line in lines if line[1] >= body_from]):
        ignored += _tail(text, part)
    return Front(title, title_text, subtitle, tuple(sorted(ignored)), body_from, author)


def _parts(document: Document, lines: Lines) -> list[Lines]:
    """The body, and each annex and each report that is issued with it, for a sign-off stands at the end of each."""
    parts: list[Lines] = [[]]
    has_opened = False
    for line in lines:
        i, start, end = line
        opens = document.blocks[i].level == 0 or is_annex(document.text[start:end])
        if opens and not has_opened:
            parts.append([])
        has_opened = opens  # 附件, and the lines of its title below it
        parts[-1].append(line)
    return parts


def _title(
    document: Document, lines: Lines, ignored: list[tuple[int, int, str]]
) -> tuple[Span | None, str, Span | None, int]:
    text, found = document.text, list[Span]()
    position = 0
    for place, (i, start, end) in enumerate(lines[:FRONT_LINES]):
        block, line = document.blocks[i], text[start:end]
        kind = kind_of_line(line)
        if found and is_subtitle(line):
            return (*_joined(text, found), (start, end), end)
        if not found and kind is None and is_annex(line) and len(line) <= SHORT_LINE:
            kind = "attachment"
        if not found and kind in ("name", "unit") and are_issuers(line, _following(text, lines, place)):
            found.append((start, end))
            position = end
            continue
        if not found and kind in _ABOVE and (kind != "letterhead" or place + 1 < len(lines)):
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
    rest = next(((s, e) for _, s, e in lines if s >= position and is_subtitle(text[s:e]) and e - s <= 60), None)
    following = next(((s, e) for _, s, e in lines if s >= position), None)
    is_next = rest is not None and rest == following
    return (
        *_joined(text, found),
        rest if is_next else None,
        rest[1] if is_next and rest else position,
    )


def _may_be_title(text: str, start: int, end: int, block: Block, kind: str | None) -> bool:
    line = text[start:end]
    if (
        (kind is not None and not (kind == "unit" and block.level in (None, 0)))
        or len(line) > LONGEST_TITLE_LINE
        or block.kind == "table"
        or is_subtitle(line)
    ):
        return False
    if line.endswith(("。", "；", "：", "，", ":", ";", "！", "？")) and block.level != 0:
        return False
    if re.search(r"[。；]", line[:-1]) and block.level != 0:
        return False
    return block.level == 0 or line_mark(text, start, end, {}) is None


def _continues(document: Document, lines: Lines, place: int, found: list[Span]) -> bool:
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


def _following(text: str, lines: Lines, place: int) -> str:
    return text[lines[place + 1][1] : lines[place + 1][2]] if place + 1 < len(lines) else ""


def _joined(text: str, spans: list[Span]) -> tuple[Span, str]:
    return (spans[0][0], spans[-1][1]), "".join(text[s:e].strip() for s, e in spans)


def _undecorated(text: str, start: int, end: int) -> tuple[int, int]:
    match = DECORATION.match(text, start, end)
    start = match.end() if match else start
    while end > start and text[end - 1] in "*# ":
        end -= 1
    return start, end


def _front_matter(text: str, lines: Lines, after: int, ignored: list[tuple[int, int, str]]) -> int:
    """Lines between title and body: number, date, name, addressee, source; returns where the body begins."""
    for _, start, end in [line for line in lines if line[1] >= after][:FRONT_LINES]:
        line = text[start:end]
        kind = kind_of_line(line)
        if kind is None and is_subtitle(line) and len(line) <= 80:
            kind = "subtitle"
        if kind is None:
            return start
        ignored.append((start, end, kind))
        if kind == "addressee":
            return end
    return next((start for _, start, _ in lines if start >= after), len(text))


def _tail(text: str, lines: Lines) -> list[tuple[int, int, str]]:
    """Sign-off, date, attachments list and copies at the end of a document, read from below."""
    found: list[tuple[int, int, str]] = []
    for _, start, end in reversed(lines[-TAIL_LINES:]):
        line = text[start:end]
        kind = kind_of_line(line)
        if kind in _BELOW:
            found.append((start, end, kind))
        elif is_attachment(line):
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


def _under_attachment(text: str, lines: Lines, start: int) -> bool:
    return any(opens_attachments(text[s:e]) for _, s, e in [line for line in lines if line[1] < start][-6:])
