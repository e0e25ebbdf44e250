"""OpenDocument text .odt: paragraphs, headings by outline level or look, table rows, automatic numbering made visible.

Left out: tracked deletions (kept apart in the file), hidden text, notes, comments, tables of contents; headers and
footers are not part of the body. Pages are those that the writing program noted, if it did.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from rag.datatypes import Block
from rag.errors import SourceError
from rag.read import archive
from rag.read.asides import CONTENTS, DELETED, FOOTER, HEADER, HIDDEN, NOTE, Item, Left
from rag.read.look import Look, level_by_look, usual
from rag.read.odt_styles import Level, Styles, attribute, local, marker, outermost

_HINT = "用 LibreOffice 或 WPS 打开后另存为 .docx"
_ASIDE = {"tracked-changes", "sequence-decls", "forms", "table-of-content", "illustration-index", "note", "annotation"}
_ASIDE |= {"ruby-text", "hidden-text", "hidden-paragraph", "title", "desc", "number", "object", "script", "page-number"}
_COUNTED = {"header": HEADER, "footer": FOOTER, "deletion": DELETED, "note": NOTE, "annotation": NOTE}
_COUNTED |= {"hidden-text": HIDDEN, "hidden-paragraph": HIDDEN, "index-body": CONTENTS}
_BLANKS = re.compile(r"[ \t\r\n]+")
Place = tuple[str, str]  # of a style: family, name
_TITLES = ("title", "标题")


@dataclass(slots=True)
class _Paragraph:
    text: str
    kind: str
    page: int | None
    level: int | None = None
    look: Look = field(default_factory=Look)


def blocks(path: Path) -> Iterator[Item]:
    with archive.opened(path, _HINT) as package:
        if b"encryption-data" in _optional(package, "META-INF/manifest.xml"):
            raise SourceError("文件有打开密码", hint="用 LibreOffice 或 WPS 输入密码打开，取消密码后另存")
        content = archive.tree(package, "content.xml")
        roots = [content]
        if "styles.xml" in package.namelist():
            roots.insert(0, archive.tree(package, "styles.xml"))
        body = next((e for e in content.iter() if local(e.tag) == "text" and "office" in e.tag), None)
        if body is None:
            raise SourceError("文件里没有文本正文（可能是表格或演示文稿）", hint=_HINT)
        has_pages = attribute(body, "use-soft-page-breaks") == "true"
        walk = _Walk(Styles.of(roots), 1 if has_pages else None)
        walk.enter(body)
    yield from _levelled(walk.found)
    yield from (Left(HIDDEN, walk.hidden), *_left(roots))


def _optional(package: ZipFile, name: str) -> bytes:
    return archive.member(package, name) if name in package.namelist() else b""


def _levelled(found: list[_Paragraph]) -> Iterator[Block]:
    body, seen = usual(p.look for p in found if p.kind != "table" and p.text.strip()), 0
    for paragraph in found:
        text, level = paragraph.text, paragraph.level
        if level is None and paragraph.kind != "table":
            level = level_by_look(paragraph.look, body, text.strip(), seen)
        seen += bool(text.strip())
        for line in text.split("\n"):
            yield Block(line, level=level, page=paragraph.page, kind="para" if level is not None else paragraph.kind)


def _left(roots: list[Element]) -> Iterator[Left]:
    """What stands in the parts of the file and is no text, a piece an element with words in it."""
    for root in roots:
        for element in root.iter():
            kind = _COUNTED.get(local(element.tag))
            if kind and any(words.strip() for words in element.itertext()):
                yield Left(kind)


class _Walk:
    """One walk along the body: gathers paragraphs, counts pages and list items."""

    def __init__(self, styles: Styles, page: int | None) -> None:
        self.styles = styles
        self.found: list[_Paragraph] = []
        self.page = page
        self.counters: dict[str, dict[int, int]] = {}  # of a list, by its id and by its style
        self.headings: dict[int, int] = {}
        self.hidden = 0

    def enter(self, element: Element) -> None:
        for child in element:
            name = local(child.tag)
            if name in ("p", "h"):
                self._paragraph(child, "")
            elif name == "list":
                self._list(child, "", 1, {})
            elif name == "table":
                self._table(child)
            elif name == "soft-page-break":
                self._turn()
            elif name not in _ASIDE:
                self.enter(child)

    def _turn(self) -> None:
        self.page = None if self.page is None else self.page + 1

    def _list(self, element: Element, style: str, depth: int, counters: dict[int, int]) -> None:
        if depth == 1:
            style = attribute(element, "style-name") or ""
            earlier = attribute(element, "continue-list") or style
            is_continued = attribute(element, "continue-numbering") == "true" or earlier != style
            counters = self.counters.get(earlier, {}) if is_continued else {}
            self.counters[style] = self.counters[attribute(element, "id") or style] = counters
        levels = self.styles.lists.get(style, {})
        for item in element:
            if local(item.tag) == "soft-page-break":
                self._turn()
            if local(item.tag) != "list-item":
                continue
            is_first = True
            for child in item:
                if local(child.tag) == "list":
                    self._list(child, style, depth + 1, counters)
                elif local(child.tag) in ("p", "h"):
                    if is_first:
                        _count(counters, depth, levels, attribute(item, "start-value"))
                    self._paragraph(child, marker(levels, depth, counters) if is_first else "", "list")
                    is_first = False

    def _table(self, element: Element) -> None:
        for row in outermost(element, "table-row"):
            cells = [cell for cell in row if local(cell.tag) == "table-cell"]
            inner = [_Walk(self.styles, self.page) for _ in cells]
            for walk, cell in zip(inner, cells, strict=True):
                walk.enter(cell)
            if len(cells) == 1 and len(inner[0].found) > 1:  # a table of one cell is a frame around text
                self.found += inner[0].found
                continue
            words = [" ".join(p.text.replace("\n", " ") for p in walk.found).strip() for walk in inner]
            if any(words):
                self.found.append(_Paragraph("\t".join(words), "table", self.page))

    def _paragraph(self, element: Element, number: str, kind: str = "para") -> None:
        style = attribute(element, "style-name") or ""
        place = ("paragraph", style)
        if self.styles.value("break-before", place) == "page" and self.found:
            self._turn()
        page = self.page
        runs = list(self._runs(element, (place,)))
        text = "".join(words for words, _ in runs)
        outline = attribute(element, "outline-level") if local(element.tag) == "h" else None
        outline = outline or self.styles.value("default-outline-level", place)
        if local(element.tag) == "h" and not number and text.strip() and attribute(element, "is-list-header") != "true":
            number = self._heading_number(int(outline or "1"))
        level = int(outline) if outline and outline.isdigit() and int(outline) else None
        if (self.styles.value("display-name", place) or style).lower() in _TITLES:
            level = 0
        self.found.append(
            _Paragraph(number + text if text.strip() else text, kind, page, level, self._look(runs, place))
        )
        for frame in element.iter():
            if local(frame.tag) == "text-box":
                self.enter(frame)

    def _heading_number(self, depth: int) -> str:
        levels = self.styles.lists.get("", {})
        _count(self.headings, depth, levels)
        return marker(levels, depth, self.headings)

    def _runs(self, element: Element, places: tuple[Place, ...]) -> Iterator[tuple[str, tuple[Place, ...]]]:
        """Words and the styles they are set in, innermost first."""
        if element.text:
            yield _BLANKS.sub(" ", element.text), places
        for child in element:
            name = local(child.tag)
            if name == "s":
                yield " " * min(int(attribute(child, "c") or "1"), 1000), places
            elif name in ("tab", "line-break"):
                yield "\t" if name == "tab" else "\n", places
            elif name == "soft-page-break":
                self._turn()
            elif name not in _ASIDE and name != "frame":
                inner = (("text", attribute(child, "style-name") or ""), *places)
                if self.styles.value("display", *inner) != "none":
                    yield from self._runs(child, inner)
                else:
                    self.hidden += 1
            if child.tail:
                yield _BLANKS.sub(" ", child.tail), places

    def _look(self, runs: list[tuple[str, tuple[Place, ...]]], place: Place) -> Look:
        looks: Counter[tuple[str, int, bool]] = Counter()
        styles = self.styles
        for words, places in runs:
            if words.strip():
                looks[styles.font(*places), styles.half_points(*places), styles.is_bold(*places)] += len(words)
        font, size, _ = looks.most_common(1)[0][0] if looks else ("", 0, False)
        is_bold = bool(looks) and all(bold for _, _, bold in looks)
        return Look(font, size, is_bold, is_centred=styles.value("text-align", place) == "center")


def _count(counters: dict[int, int], depth: int, levels: dict[int, Level], restart: str | None = None) -> None:
    first = levels[depth].first if depth in levels else 1
    counters[depth] = int(restart) if restart else counters.get(depth, first - 1) + 1
    for deeper in [d for d in counters if d > depth]:
        del counters[deeper]
