"""Laid-out pages to paragraphs: pieces of text with places become lines, lines become paragraphs, page by page.

For formats that keep no paragraphs (PDF, OFD). Running headers, footers and page numbers are left out. Columns are
read in the order in which the file draws them; tables come as lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.datatypes import Block
from rag.errors import NoTextLayer
from rag.read.asides import FOOTER, HEADER, PAGE_NUMBER, Item, Left
from rag.read.look import Look, level_by_look, usual

FEWEST_CHARACTERS = 20
FEWEST_A_PAGE = 10
SCAN_HINT = (
    "安装文字识别后可直接读（不联网，约 200 MB）：pip install 'gangmu[ocr]'；"
    "或用扫描软件、WPS 的“图片转文字”识别，另存为 .docx 后再放进来"
)
MOST_SHOWN = 8
FARTHEST = 1e6  # points
MARGIN = 0.12  # of the page's height: where running lines and page numbers stand
_PAGE_NUMBER = re.compile(
    r"[-—–－―_~·•.\s]*(?:第\s*)?[\dⅠ-Ⅻivxl]{1,5}(?:\s*页)?(?:\s*[,，/／共]*\s*\d{1,5}\s*页?)?[-—–－―_~·•.\s]*"
)
_DIGITS = re.compile(r"\d+")
_MARKER = re.compile(r"[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|第[一二三四五六七八九十百]+[章节条]")
_STOPS = ("。", "！", "？", "；", "：", "”", "）")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text on one baseline; all lengths in points, `y` grows downwards."""

    text: str
    left: float
    right: float
    y: float
    size: float
    font: str = ""
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    height: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    piece: Piece
    page: int
    place: float  # share of the page's height above it
    has_gap: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """Where the text of a page begins and ends."""

    left: float
    right: float

    def is_full(self, piece: Piece) -> bool:
        return piece.right > self.right - 2.5 * piece.size

    def is_indented(self, piece: Piece) -> bool:
        return piece.left > self.left + 1.2 * piece.size

    def is_centred(self, piece: Piece) -> bool:
        before, after = piece.left - self.left, self.right - piece.right
        return abs(before - after) < 2 * piece.size and before > piece.size and after > piece.size


def blocks_of(pages: Sequence[Page]) -> Iterator[Item]:
    """The paragraphs of `pages`. Raises NoTextLayer when they hold (almost) no text."""
    count = sum(letters(page) for page in pages)
    if count < FEWEST_CHARACTERS or count < FEWEST_A_PAGE * len(pages):
        raise NoTextLayer(f"没有文字层：{len(pages)} 页里只有 {count} 个字，多半是扫描件", hint=SCAN_HINT)
    lines, running = _parted([line for page in pages for line in _lines(page)], len(pages))
    yield from (Left(kind, count) for kind, count in running.items())
    # Odd and even pages of a book have margins of their own.
    columns = {odd: _column([line.piece for line in lines if line.page % 2 == odd]) for odd in (0, 1)}
    body, seen = usual(_look(line.piece, columns[line.page % 2]) for line in lines), 0
    for paragraph in _paragraphs(lines, columns):
        text = _joined([line.piece.text for line in paragraph]).strip()
        first = paragraph[0]
        look = _look(first.piece, columns[first.page % 2])
        level = level_by_look(look, body, text, seen) if len(paragraph) == 1 else None
        seen += bool(text)
        if text:
            yield Block(text, level=level, page=first.page)


def remark_on_scans(numbers: Sequence[int], is_read: bool) -> str:
    """What the user is to know of the pages of that number, which hold pictures and no text."""
    shown = "、".join(map(str, numbers[:MOST_SHOWN])) + ("…" if len(numbers) > MOST_SHOWN else "")
    if is_read:
        return f"第 {shown} 页是扫描件，文字由识别得来（OCR），引用前请核对"
    return f"第 {shown} 页是扫描件，没有读入；安装文字识别后可读：pip install 'gangmu[ocr]'"


def letters(page: Page) -> int:
    return sum(char.isalpha() for piece in page.pieces for char in piece.text)


def _lines(page: Page) -> Iterator[_Line]:
    """Pieces that follow each other on one baseline are a line."""
    line: list[Piece] = []
    for piece in page.pieces:
        if not all(abs(length) < FARTHEST for length in (piece.left, piece.right, piece.y, piece.size)):
            continue  # no number, or off any page
        last = line[-1] if line else None
        if last and abs(piece.y - last.y) < 0.4 * max(piece.size, last.size) and piece.left >= last.right - last.size:
            line.append(piece)
            continue
        if line:
            yield _line(line, page)
        line = [piece]
    if line:
        yield _line(line, page)


def _line(pieces: list[Piece], page: Page) -> _Line:
    text, has_gap = pieces[0].text, False
    for before, after in pairwise(pieces):
        gap = (after.left - before.right) / max(after.size, 1.0)
        are_words = before.text[-1:].isascii() and after.text[:1].isascii()
        has_gap |= gap > 2
        text += (" " if gap > 1.2 or (are_words and gap > 0.2) else "") + after.text
    longest = max(pieces, key=lambda piece: len(piece.text))
    whole = Piece(
        text,
        pieces[0].left,
        max(piece.right for piece in pieces),
        longest.y,
        longest.size,
        longest.font,
        all(piece.is_bold for piece in pieces),
    )
    return _Line(whole, page.number, longest.y / page.height if page.height else 0.5, has_gap)


def _parted(lines: list[_Line], pages: int) -> tuple[list[_Line], Counter[str]]:
    """The lines of the text, and how many are none: page numbers in the margins, and what stands in the margin of
    three pages (two of two) at one place."""

    def key(line: _Line) -> tuple[str, int]:
        return _DIGITS.sub("#", line.piece.text.replace(" ", "")), round(line.place * 50)

    in_margin = [line for line in lines if not MARGIN < line.place < 1 - MARGIN]
    on_pages = Counter(name for name, _ in {(key(line), line.page) for line in in_margin})
    enough = min(3, max(2, pages))

    def running(line: _Line) -> str:
        if MARGIN < line.place < 1 - MARGIN:
            return ""
        if _PAGE_NUMBER.fullmatch(line.piece.text.strip()):
            return PAGE_NUMBER
        return (HEADER if line.place < 0.5 else FOOTER) if on_pages[key(line)] >= enough else ""

    kinds = [running(line) for line in lines]
    kept = [line for line, kind in zip(lines, kinds, strict=True) if not kind]
    return kept, Counter(kind for kind in kinds if kind)


def _column(pieces: Sequence[Piece]) -> _Column:
    """The outermost left and right edges that a twentieth of the lines (and two at least) share."""
    if not pieces:
        return _Column(0.0, 0.0)
    needed = max(2, len(pieces) // 20)

    def edge(places: list[float], near: float) -> float:
        for i, place in enumerate(places[: -needed + 1]):
            if abs(places[i + needed - 1] - place) <= near:
                return place
        return places[0]

    size = sorted(piece.size for piece in pieces)[len(pieces) // 2]
    left = edge(sorted(piece.left for piece in pieces), size / 2)
    right = edge(sorted((piece.right for piece in pieces), reverse=True), size)
    return _Column(left, right)


def _paragraphs(lines: list[_Line], columns: dict[int, _Column]) -> Iterator[list[_Line]]:
    steps = Counter(
        round(after.piece.y - before.piece.y) for before, after in pairwise(lines) if after.page == before.page
    )
    step = steps.most_common(1)[0][0] if steps else 0
    paragraph: list[_Line] = []
    for line in lines:
        if paragraph and not _goes_on(paragraph[-1], line, columns, step):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _goes_on(before: _Line, line: _Line, columns: dict[int, _Column], step: float) -> bool:
    """Whether `line` continues the paragraph that `before` is in."""
    first, second = before.piece, line.piece
    if before.has_gap or line.has_gap or abs(first.size - second.size) > 0.15 * first.size:
        return False
    if not columns[before.page % 2].is_full(first) or columns[line.page % 2].is_indented(second):
        return False
    if line.page == before.page and (second.y <= first.y or (step > 0 and second.y - first.y > 1.7 * step)):
        return False
    return not (first.text.rstrip().endswith(_STOPS) and _MARKER.match(second.text.lstrip()))


def _joined(texts: list[str]) -> str:
    out = texts[0]
    for text in texts[1:]:
        out = out.rstrip() if not out[-1:].isascii() else out
        are_words = out[-1:].isascii() and text[:1].isascii() and out[-1:].isalpha() and text[:1].isalpha()
        out += (" " if are_words else "") + text.lstrip()
    return out


def _look(piece: Piece, column: _Column) -> Look:
    return Look(piece.font, round(piece.size * 2), piece.is_bold, column.is_centred(piece))
