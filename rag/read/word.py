"""Word .docx: paragraphs and table rows in order, levels by style, outline level or look; numbering made visible.

Deleted text of tracked changes and hidden text are left out; headers and footers are not part of the body.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.datatypes import Block
from rag.errors import SourceError
from rag.read.look import Look, level_by_look, usual
from rag.read.numbering import Numbering

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLE_LEVEL = re.compile(r"(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
_TITLE_STYLES = ("title", "标题", "文件标题")
_SKIPPED = {_W + name for name in ("del", "moveFrom", "txbxContent", "instrText", "delText", "pPr", "rPr")}


def blocks(path: Path) -> Iterator[Block]:
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        file = docx.Document(str(path))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise SourceError(
            "不是有效的 .docx 文件（可能已损坏、加密，或只是改了扩展名）",
            hint="用 Word 或 WPS 打开后另存为 .docx",
        ) from error
    styles = _styles(file)
    numbering = Numbering.of(file)
    body = list(_rows(file.element.body))
    looks = {id(p): _look(p) for kind, p in body if kind == "para"}
    body_look = usual(looks.values())
    seen = 0
    for kind, element in body:
        if kind == "table":
            yield Block(
                "\t".join(_text(cell).replace("\n", " ").strip() for cell in element.iter(_W + "tc")),
                kind="table",
            )
            continue
        lines = _text(element).split("\n")
        marker = numbering.marker(element)
        level = _level(element, styles, looks[id(element)], body_look, "".join(lines), seen)
        seen += bool("".join(lines).strip())
        for i, line in enumerate(lines):
            yield Block((marker if i == 0 and line.strip() else "") + line, level=level)


def _rows(body: Any) -> Iterator[tuple[str, Any]]:
    for element in body.iterchildren():
        if element.tag == _W + "p":
            yield "para", element
        elif element.tag == _W + "tbl":
            for row in element.iter(_W + "tr"):
                yield "table", row
        elif element.tag == _W + "sdt":
            content = element.find(_W + "sdtContent")
            if content is not None:
                yield from _rows(content)


def _text(element: Any) -> str:
    """Words of a paragraph, tabs and breaks included; tracked deletions and hidden runs left out."""
    out: list[str] = []
    for child in element.iterchildren():
        tag = child.tag
        if tag in _SKIPPED:
            continue
        if tag == _W + "t":
            out.append(child.text or "")
        elif tag == _W + "tab":
            out.append("\t")
        elif tag in (_W + "br", _W + "cr"):
            out.append("\n")
        elif tag == _W + "noBreakHyphen":
            out.append("-")
        elif tag == _W + "p" and out:
            out += ["\n", _text(child)]
        elif tag == _W + "r" and _is_on(child.find(f"{_W}rPr/{_W}vanish")):
            continue
        else:
            out.append(_text(child))
    return "".join(out)


def _styles(file: Any) -> dict[str, tuple[str, int | None]]:
    """style id → (name, outline level 0.. if the style or an ancestor sets one)."""
    found: dict[str, tuple[str, int | None]] = {}
    for style in file.styles.element.iter(_W + "style"):
        name = style.find(_W + "name")
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        found[style.get(_W + "styleId")] = (
            name.get(_W + "val") if name is not None else "",
            int(outline.get(_W + "val")) if outline is not None else None,
        )
    return found


def _look(paragraph: Any) -> Look:
    fonts: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    is_bold = True
    for run in paragraph.iter(_W + "r"):
        text = "".join(t.text or "" for t in run.iter(_W + "t"))
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
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    name, outline = styles.get(style.get(_W + "val") if style is not None else "", ("", None))
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
