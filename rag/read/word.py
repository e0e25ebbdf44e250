"""Word .docx: paragraphs and table rows in order, levels by style, outline level or look; numbering made visible.

Text boxes follow the paragraph they hang on. Left out: deletions of tracked changes, hidden text, tables of
contents, notes; headers and footers are not part of the body.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.datatypes import Block
from rag.read import archive, word_left
from rag.read.asides import Item
from rag.read.look import Look, level_by_look, usual
from rag.read.numbering import Numbering

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLE_LEVEL = re.compile(r"(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
DEEPEST_STYLES = 20
_TITLE_STYLES = ("title", "标题", "文件标题")
_CONTENTS_STYLE = re.compile(r"(?:toc|目录)\s*(?:[1-9]|heading)", re.IGNORECASE)
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {
    _W + name for name in ("del", "moveFrom", "txbxContent", "instrText", "delText", "pPr", "rPr", "sdtPr", "rt")
}
_SKIPPED.add(_MC + "Fallback")  # the same words again, for readers of before 2010
_BREAKS = {_W + name for name in ("p", "tbl", "tr", "tc")}
_HINT = "用 Word 或 WPS 打开后另存为 .docx"


def blocks(path: Path) -> Iterator[Item]:
    import docx

    with archive.opened(path, _HINT) as package:
        archive.check_members(package)
        assert package.fp is not None
        yield from _blocks(docx.Document(package.fp))


def _blocks(file: Any) -> Iterator[Item]:
    styles = _styles(file)
    numbering = Numbering.of(file)
    body = list(_rows(file.element.body))
    looks = {id(p): _look(p) for kind, p in body if kind == "para"}
    body_look = usual(looks.values())
    seen = contents = 0
    for kind, element in body:
        if kind == "contents":
            contents += bool(_text(element).strip())
            continue
        if kind == "table":
            cells = (_text(cell).replace("\n", " ").strip() for cell in _cells(element))
            yield Block("\t".join(cells), kind="table")
            continue
        if _CONTENTS_STYLE.match(_style(element, styles)[0]):
            contents += bool(_text(element).strip())
            continue
        lines = _text(element).split("\n")
        marker = numbering.marker(element)
        level = _level(element, styles, looks[id(element)], body_look, "".join(lines), seen)
        seen += bool("".join(lines).strip())
        for i, line in enumerate(lines):
            yield Block((marker if i == 0 and line.strip() else "") + line, level=level)
    yield from word_left.left(file, contents)


def _rows(body: Any) -> Iterator[tuple[str, Any]]:
    """Paragraphs, table rows and lines of contents in order, those in text boxes after the paragraph of the anchor."""
    for element in body.iterchildren():
        if element.tag == _W + "p":
            yield "para", element
            for box in _outermost(element, _W + "txbxContent"):
                yield from _rows(box)
        elif element.tag == _W + "tbl":
            for row in _outermost(element, _W + "tr"):
                cells = list(_cells(row))
                if row.find(f"{_W}trPr/{_W}del") is not None:
                    continue
                if len(cells) == 1 and len(cells[0].findall(_W + "p")) > 1:
                    yield from _rows(cells[0])  # a table of one cell is a frame around text
                else:
                    yield "table", row
        elif element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery") is not None:
            gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery").get(_W + "val")
            if gallery != "Table of Contents":
                yield from _rows(element)
            else:
                yield from (("contents", paragraph) for paragraph in element.iter(_W + "p"))
        elif element.tag not in _SKIPPED:
            yield from _rows(element)


def _cells(row: Any) -> Iterator[Any]:
    return _outermost(row, _W + "tc")


def _outermost(element: Any, tag: str) -> Iterator[Any]:
    for child in element.iterchildren():
        if child.tag == tag:
            yield child
        elif child.tag not in _SKIPPED:
            yield from _outermost(child, tag)


def _text(element: Any) -> str:
    """Words of a paragraph or cell, tabs and breaks included; tracked deletions and hidden runs left out."""
    out: list[str] = []
    for child in element.iterchildren():
        tag = child.tag
        if tag in _SKIPPED or (tag == _W + "r" and _is_on(child.find(f"{_W}rPr/{_W}vanish"))):
            continue
        if tag == _W + "t":
            out.append((child.text or "").replace("\xad", ""))
        elif tag == _W + "tab":
            out.append("\t")
        elif tag in (_W + "br", _W + "cr"):
            out.append("\n")
        elif tag == _W + "noBreakHyphen":
            out.append("-")
        else:
            out += ["\n"] if tag in _BREAKS and out else []
            out.append(_text(child))
    return "".join(out)


def _styles(file: Any) -> dict[str, tuple[str, int | None]]:
    """style id → (name, outline level 0.. if the style or an ancestor sets one)."""
    own = {style.get(_W + "styleId"): style for style in file.styles.element.iter(_W + "style")}

    def value(style: Any, path: str) -> str | None:
        child = style.find(path)
        return None if child is None else child.get(_W + "val")

    def outline(style: Any) -> int | None:
        for _ in range(DEEPEST_STYLES):
            level = value(style, f"{_W}pPr/{_W}outlineLvl")
            if level is not None:
                return int(level)
            style = own.get(value(style, _W + "basedOn") or "")
            if style is None:
                break
        return None

    return {key: (value(style, _W + "name") or "", outline(style)) for key, style in own.items()}


def _style(paragraph: Any, styles: dict[str, tuple[str, int | None]]) -> tuple[str, int | None]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return styles.get(style.get(_W + "val") if style is not None else "", ("", None))


def _look(paragraph: Any) -> Look:
    fonts: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    is_bold = True
    for run in _outermost(paragraph, _W + "r"):
        text = _text(run)
        if not text.strip():
            continue
        properties = run.find(_W + "rPr")
        font = properties.find(_W + "rFonts") if properties is not None else None
        size = properties.find(_W + "sz") if properties is not None else None
        fonts[((font.get(_W + "eastAsia") or font.get(_W + "ascii") or "") if font is not None else "").lower()] += len(
            text
        )
        sizes[int(float(size.get(_W + "val"))) if size is not None else 0] += len(text)
        is_bold &= properties is not None and _is_on(properties.find(_W + "b"))
    alignment = paragraph.find(f"{_W}pPr/{_W}jc")
    return Look(
        font=fonts.most_common(1)[0][0] if fonts else "",
        size=sizes.most_common(1)[0][0] if sizes else 0,
        is_bold=is_bold and bool(fonts),
        is_centred=alignment is not None and alignment.get(_W + "val") == "center",
    )


def _level(
    paragraph: Any,
    styles: dict[str, tuple[str, int | None]],
    look: Look,
    body_look: Look,
    text: str,
    seen: int,
) -> int | None:
    name, outline = _style(paragraph, styles)
    own = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
    if name.lower() in _TITLE_STYLES:
        return 0
    by_name = _STYLE_LEVEL.match(name)
    if by_name:
        return int(by_name[1])
    if own is not None and 0 <= int(own.get(_W + "val")) < 9:
        return int(own.get(_W + "val")) + 1
    if outline is not None and outline < 9:
        return outline + 1
    return level_by_look(look, body_look, text.strip(), seen)


def _is_on(element: Any) -> bool:
    return element is not None and element.get(_W + "val") not in ("0", "false", "none")
