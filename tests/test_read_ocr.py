"""Scans: refused with the name of the extra, remarked on among pages of text, and read where the extra is there."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import pypdfium2
import pytest
from office_files import pdf

from rag.config import Config
from rag.errors import NoTextLayer, SourceError
from rag.read import ocr, read
from rag.read.pages import Page, Piece, blocks_of

LINE = "为切实加强全县防汛备汛工作组织各乡镇开展了三轮隐患排查"
needs_ocr = pytest.mark.skipif(not ocr.is_installed(), reason="needs the extra ocr: make test-ocr")


def scanned(path: Path, *, pages_of_text: int) -> Path:
    """A PDF of some pages of text and, behind them, a page that is a grey picture."""
    text = pdf(path.with_name("text.pdf"), *([[(80.0, 600.0, 16.0, LINE)]] * pages_of_text or [[]]))
    with pypdfium2.PdfDocument.new() as file, pypdfium2.PdfDocument(text) as source:
        if pages_of_text:
            file.import_pages(source)
        page = file.new_page(595, 842)
        bitmap = pypdfium2.PdfBitmap.new_native(60, 84, 4)
        bitmap.fill_rect((200, 200, 200, 255), 0, 0, 60, 84)
        image = pypdfium2.PdfImage.new(file)
        image.set_bitmap(bitmap)
        image.set_matrix(pypdfium2.PdfMatrix().scale(595, 842))
        page.insert_obj(image)
        page.gen_content()
        file.save(path)
    return path


def test_a_scan_is_refused_and_the_extra_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(NoTextLayer, match="1 页里只有 0 个字") as caught:
        read(scanned(tmp_path / "a.pdf", pages_of_text=0), "a.pdf", Config())
    assert "gangmu[ocr]" in caught.value.hint


def test_scanned_pages_among_others_are_remarked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    document = read(scanned(tmp_path / "a.pdf", pages_of_text=2), "a.pdf", Config())
    assert document.text == LINE * 2
    assert document.remarks == ("第 3 页是扫描件，没有读入；安装文字识别后可读：pip install 'gangmu[ocr]'",)


@pytest.mark.parametrize(("count", "pages", "is_text"), [(19, 1, False), (20, 1, True), (29, 3, False), (30, 3, True)])
def test_how_much_text_is_a_text_layer(count: int, pages: int, is_text: bool) -> None:
    piece = Piece("字" * count, 80, 400, 400, 16)
    sheets = [Page(n + 1, 842, (piece,) if n == 0 else ()) for n in range(pages)]
    if is_text:
        assert any(getattr(item, "text", "") == "字" * count for item in blocks_of(sheets))
        return
    with pytest.raises(NoTextLayer):
        list(blocks_of(sheets))


def test_more_scans_than_anybody_waits_for_are_refused() -> None:
    with pytest.raises(SourceError, match="301 页扫描件要识别，上限 300 页"):
        ocr.check_pages(301)


@needs_ocr
def test_a_real_scan_is_read_and_said_to_be(shared: Path) -> None:
    document = read(shared / "samples/formats/R016_p1-2_scanned_no_text.pdf", "a.pdf", Config())
    whole = read(shared / "samples/formats/R016.pdf", "b.pdf", Config())
    assert document.remarks == ("第 1、2 页是扫描件，文字由识别得来（OCR），引用前请核对",)
    assert [block.page for block in document.blocks] == sorted(block.page or 0 for block in document.blocks)
    found, wanted = (re.sub(r"[^\u4e00-\u9fff]", "", text) for text in (document.text, whole.text[:3000]))
    matcher = SequenceMatcher(None, found, wanted, autojunk=False)
    assert len(found) > 200
    # The scan's picture is cut at the right: what is there is in the text, in order.
    assert sum(match.size for match in matcher.get_matching_blocks()) >= 0.9 * len(found)


@needs_ocr
def test_an_empty_picture_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer):
        read(scanned(tmp_path / "a.pdf", pages_of_text=0), "a.pdf", Config())
