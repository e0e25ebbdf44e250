"""PDF through PDFium: characters with their places to pieces of text; `pages` makes paragraphs of them.

Nothing is drawn, run or fetched: scripts, forms, links and attachments of the file stay closed.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.read import ocr, pdf_scans
from rag.read.asides import Item, Remark
from rag.read.pages import FEWEST_A_PAGE, Page, Piece, blocks_of, letters, remark_on_scans

MOST_PAGES = 5000
_HINT = "用 WPS 或浏览器打开，另存或打印成新的 PDF；或把正文另存为 .docx"
# Names of fonts as PDF files have them, and the name that Word has.
_FONTS = (("simhei", "黑体"), ("heiti", "黑体"), ("fzht", "黑体"), ("kaiti", "楷体"), ("fzkt", "楷体"))
_SUBSET = re.compile(r"[A-Z]{6}\+")
_STROKED = 2  # text rendering mode "fill, then stroke": how programs embolden a font that has no bold


def blocks(path: Path) -> Iterator[Item]:
    import pypdfium2
    from pypdfium2 import raw

    path.open("rb").close()  # a missing file is an OSError, and no broken one
    try:
        file = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise SourceError("PDF 有打开密码", hint="用 WPS 或浏览器输入密码打开，另存为没有密码的文件") from error
        raise SourceError("不是有效的 PDF 文件（已损坏，或不完整）", hint=_HINT) from error
    try:
        if len(file) > MOST_PAGES:
            raise SourceError(f"PDF 有 {len(file)} 页，上限 {MOST_PAGES} 页", hint="拆成几个文件再放进来")
        pages = [_page(file, number) for number in range(len(file))]
        scans = [page.number for page in pages if letters(page) < FEWEST_A_PAGE and _is_scan(file, page.number)]
        if scans and ocr.is_installed():
            ocr.check_pages(len(scans))
            pages = [_recognised(file, page) if page.number in scans else page for page in pages]
    except pypdfium2.PdfiumError as error:
        raise SourceError("PDF 的某一页已损坏", hint=_HINT) from error
    finally:
        file.close()
    if scans:
        yield Remark(remark_on_scans(scans, ocr.is_installed()))
    yield from blocks_of(pages)


def _page(file: Any, number: int) -> Page:
    page = file[number]
    try:
        height = page.get_height()
        text = page.get_textpage()
        try:
            return Page(number + 1, height, tuple(_pieces(text.raw, text.count_chars(), height)))
        finally:
            text.close()
    finally:
        page.close()


def _is_scan(file: Any, number: int) -> bool:
    page = file[number - 1]
    try:
        return pdf_scans.is_scan(page)
    finally:
        page.close()


def _recognised(file: Any, page: Page) -> Page:
    drawn = file[page.number - 1]
    try:
        width, height = drawn.get_size()
        return Page(page.number, height, ocr.pieces(pdf_scans.picture(drawn), width, height))
    finally:
        drawn.close()


def _pieces(text: Any, count: int, height: float) -> Iterator[Piece]:
    """Runs of characters that PDFium has on one line, cut where a gap or another font begins."""
    from pypdfium2 import raw

    x, y = ctypes.c_double(), ctypes.c_double()
    box = raw.FS_RECTF()
    run: list[tuple[str, float, float, float]] = []
    first = 0

    def piece() -> Iterator[Piece]:
        words = "".join(char for char, _, _, _ in run)
        if words.strip() and _is_level(raw.FPDFText_GetCharAngle(text, first)):
            wide = [right - left for char, left, right, _ in run if "\u2e80" < char < "\uffef"]
            size = sorted(wide)[len(wide) // 2] if wide else raw.FPDFText_GetFontSize(text, first)
            font, is_bold = _font(text, first)
            yield Piece(words, run[0][1], run[-1][2], height - run[0][3], size, font, is_bold)

    for index in range(count):
        char = chr(raw.FPDFText_GetUnicode(text, index))
        if char in "\r\n":
            yield from piece()
            run = []
            continue
        if raw.FPDFText_IsGenerated(text, index) == 1 or char in "\x00\xad\ufffe\uffff":
            continue  # a space that PDFium saw in a gap: the gap itself says so
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        raw.FPDFText_GetLooseCharBox(text, index, box)
        width = abs(box.right - box.left)
        if run and (box.left - run[-1][2] > 0.2 * max(width, 1.0) or abs(y.value - run[-1][3]) > 0.5):
            yield from piece()
            run = []
        if not run:
            first = index
        run.append((char, box.left, box.right, y.value))
    yield from piece()


def _is_level(angle: float) -> bool:
    """Upright or turned with the page; text at a slant is a watermark."""
    return abs(math.remainder(angle, math.pi / 2)) < 0.05


def _font(text: Any, index: int) -> tuple[str, bool]:
    from pypdfium2 import raw

    flags, buffer = ctypes.c_int(), ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text, index, buffer, len(buffer), flags)
    name = _SUBSET.sub("", buffer.value.decode("utf-8", "replace")).lower()
    drawn = raw.FPDFTextObj_GetTextRenderMode(raw.FPDFText_GetTextObject(text, index))
    known = next((ours for theirs, ours in _FONTS if theirs in name), name)
    return known, "bold" in name or drawn == _STROKED
