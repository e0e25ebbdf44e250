"""OFD (GB/T 33190): text objects with their places to pieces of text; `pages` makes paragraphs of them.

The package ofdkit resolves templates, composite objects and the many spellings of producers. Seals, signatures and
attachments are not read, nor pictures but the scan of a page without text (`ofd_scans`), with the extra `ocr`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from rag.errors import SourceError
from rag.read import archive, ocr, ofd_scans
from rag.read.asides import Item, Remark
from rag.read.pages import FEWEST_A_PAGE, Page, Piece, blocks_of, letters, remark_on_scans

if TYPE_CHECKING:
    from ofdkit import OFDDocument, TextRun

MOST_PAGES = 5000
POINTS_A_MM = 72 / 25.4
A4_MM = 297.0
_HINT = "用 OFD 阅读器或 WPS 打开，另存为 PDF 或 .docx"


def blocks(path: Path) -> Iterator[Item]:
    import ofdkit

    with archive.opened(path, _HINT) as package:
        if any(name.lower().endswith("encryptions.xml") for name in package.namelist()):
            raise SourceError("OFD 文件有打开密码", hint="用 OFD 阅读器输入密码打开，另存为没有密码的文件")
        assert package.fp is not None
        try:
            with ofdkit.OFDDocument(package.fp) as document:
                pages = list(_pages(document))
        except ofdkit.OFDError as error:
            raise SourceError("不是有效的 OFD 文件（已损坏，或不完整）", hint=_HINT) from error
        bare = {page.number for page in pages if letters(page) < FEWEST_A_PAGE}
        scans: dict[int, str] = {}
        if bare:
            # What holds the pictures may be damaged where the text is sound: then the text is read as it is.
            with suppress(SourceError):
                scans = {number: name for number, name in ofd_scans.scans(package).items() if number in bare}
        if scans and ocr.is_installed():
            ocr.check_pages(len(scans))
            pages = [_recognised(package, page, scans[page.number]) if page.number in scans else page for page in pages]
    if scans:
        yield Remark(remark_on_scans(sorted(scans), ocr.is_installed()))
    yield from blocks_of(pages)


def _recognised(package: ZipFile, page: Page, name: str) -> Page:
    picture = ofd_scans.picture(package, name)
    width = page.height * picture.shape[1] / picture.shape[0]
    return Page(page.number, page.height, ocr.pieces(picture, width, page.height))


def _pages(document: OFDDocument) -> Iterator[Page]:
    if len(document.pages) > MOST_PAGES:
        raise SourceError(f"OFD 有 {len(document.pages)} 页，上限 {MOST_PAGES} 页", hint="拆成几个文件再放进来")
    for number, page in enumerate(document.pages, 1):
        runs = [run for run in page.runs if run.text.strip()]
        yield Page(number, (page.height or A4_MM) * POINTS_A_MM, tuple(map(_piece, _in_order(runs))))


def _in_order(runs: list[TextRun]) -> list[TextRun]:
    """Lines from top to bottom, each from left to right; what is drawn twice at one place (fake bold) comes once."""
    unique = {(run.text, round(run.x * 4), round(run.y * 4)): run for run in runs}
    ordered = sorted(unique.values(), key=lambda run: run.y)
    found: list[TextRun] = []
    line: list[TextRun] = []
    for run in ordered:
        if line and run.y - line[0].y > 0.4 * max(run.size, line[0].size):
            found += sorted(line, key=lambda run: run.x)
            line = []
        line.append(run)
    return found + sorted(line, key=lambda run: run.x)


def _piece(run: TextRun) -> Piece:
    left, right = run.x * POINTS_A_MM, (run.x + run.width) * POINTS_A_MM
    return Piece(run.text, left, right, run.y * POINTS_A_MM, run.size * POINTS_A_MM)
