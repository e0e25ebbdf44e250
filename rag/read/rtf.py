"""Rich text .rtf: paragraphs and table rows, levels by style, outline level or look.

The pass over the file is our own and not striprtf's: that drops fonts, sizes, boldness and styles, on which
headings rest, and keeps deleted and hidden text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rag.datatypes import Block
from rag.errors import SourceError
from rag.read.asides import CONTENTS, Item, Left
from rag.read.look import Look, level_by_look, usual
from rag.read.rtf_groups import Paragraph, RtfFile

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_TITLES = ("title", "标题")
_CONTENTS = re.compile(r"(?:toc|目录)\s*\d", re.IGNORECASE)


def blocks(path: Path) -> Iterator[Item]:
    data = path.read_bytes()
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf"):
        raise SourceError("不是有效的 .rtf 文件", hint="用 Word 或 WPS 打开后另存为 .docx")
    file = RtfFile()
    paragraphs = list(file.paragraphs(data))
    looks = [file.look(paragraph) for paragraph in paragraphs]
    body, seen = usual(look for look, p in zip(looks, paragraphs, strict=True) if p.kind == "para"), 0
    for paragraph, look in zip(paragraphs, looks, strict=True):
        name = file.styles.get(paragraph.style, "")
        if _CONTENTS.match(name):
            yield Left(CONTENTS, int(bool(paragraph.text.strip())))
            continue
        text = paragraph.text
        level = None if paragraph.kind == "table" else _level(paragraph, name, look, body, text.strip(), seen)
        seen += bool(text.strip())
        for line in text.split("\n"):
            yield Block(line, level=level, kind=paragraph.kind)
    yield from (Left(kind, count) for kind, count in file.left.items() if kind)


def _level(paragraph: Paragraph, style: str, look: Look, body: Look, text: str, seen: int) -> int | None:
    if style.lower() in _TITLES:
        return 0
    by_name = _HEADING.fullmatch(style)
    if by_name:
        return int(by_name[1])
    if paragraph.outline is not None and 0 <= paragraph.outline < 9:
        return paragraph.outline + 1
    return level_by_look(look, body, text, seen)
