"""Markdown: `#` headings become levels; marks of emphasis, links and tables are reduced to the words they carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rag.datatypes import Block
from rag.read.asides import Item
from rag.read.given import front_matter
from rag.read.plain import BOLD_LEVEL, decoded

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(\S.*)")
_SETEXT = re.compile(r" {0,3}(=+|-{3,})\s*$")
_RULE = re.compile(r" {0,3}([-*_])(\s*\1){2,}\s*$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_BULLET = re.compile(r"^\s*[-*+]\s+(?=\S)")
_QUOTE = re.compile(r"^\s*(?:>\s?)+")
# Lengths are bounded so that a line of openings without an end takes linear time.
_IMAGE = re.compile(r"!\[[^\[\]]{0,500}\]\([^)]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]]{1,500})\]\([^)]{0,2000}\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,400}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")


def blocks(path: Path) -> Iterator[Item]:
    facts, text = front_matter(decoded(path).replace("\r\n", "\n").replace("\r", "\n"))
    yield from facts
    lines = _without_comments(text).split("\n")
    top_headings = sum(1 for line in lines if (m := _HEADING.match(line)) and len(m[1]) == 1)
    shift = 1 if top_headings <= 1 else 0
    seen_title = False
    for index, line in enumerate(lines):
        heading = _HEADING.match(line)
        if heading:
            level = len(heading[1]) - shift
            # Several `#` headings: the first is the title, the others are sections.
            if not shift and not seen_title and level == 1:
                level = 0
            seen_title = True
            yield Block(_words(heading[2].rstrip().rstrip("#")), level=level)
            continue
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if line.strip() and _SETEXT.match(following) and not line.lstrip().startswith(("-", "|", ">")):
            yield Block(_words(line), level=0 if "=" in following and not seen_title else 1)
            seen_title = True
            continue
        yield from _body(line)


def _body(line: str) -> Iterator[Block]:
    if not line.strip() or _RULE.match(line) or _SETEXT.match(line) or _TABLE_RULE.match(line):
        return
    if line.lstrip().startswith("|"):
        cells = [_words(cell) for cell in line.strip().strip("|").split("|")]
        yield Block("\t".join(cells), kind="table")
        return
    kind = "list" if _BULLET.match(line) else "para"
    for part in _BREAK.split(_BULLET.sub("", _QUOTE.sub("", line), count=1)):
        words = _words(part)
        if words:
            is_bold = part.strip().startswith("**") and part.strip().endswith("**") and part.count("**") == 2
            yield Block(words, level=BOLD_LEVEL if is_bold and len(words) <= 60 else None, kind=kind)


def _words(text: str) -> str:
    for pattern, kept in (
        (_IMAGE, ""),
        (_LINK, r"\1"),
        (_STRONG, r"\2"),
        (_EMPHASIS, r"\1"),
        (_ESCAPE, r"\1"),
    ):
        text = pattern.sub(kept, text)
    return text.replace("`", "").strip()


def _without_comments(text: str) -> str:
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        kept.append(text[position:start])
        position = end + 3
    return "".join((*kept, text[position:]))
