"""Scans: refused with the name of the extra, remarked on among pages of text, and read where the extra is there."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from difflib import SequenceMatcher
from pathlib import Path

import pypdfium2
import pytest
from office_files import ofd, pdf

from rag.config import Config
from rag.errors import NoTextLayer, SourceError
from rag.read import ocr, ofd_scans, pdf_scans, read
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


def scanned_ofd(path: Path, picture: bytes, name: str, *, pages_of_text: int) -> Path:
    """An OFD of some pages of text and, behind them, a page that is a picture."""
    ofd(path, *([[(30.0, 40.0, 5.0, LINE)]] * pages_of_text), [])
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    members = {}
    with zipfile.ZipFile(path) as package:
        members = {member: package.read(member) for member in package.namelist()}
    last = f"Doc_0/Pages/Page_{pages_of_text}/Content.xml"
    members[last] = members[last].replace(
        b"</ofd:Layer>", b'<ofd:ImageObject ID="900" ResourceID="7" Boundary="0 0 210 297"/></ofd:Layer>'
    )
    members["Doc_0/Document.xml"] = members["Doc_0/Document.xml"].replace(
        b"</ofd:CommonData>", b"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData>"
    )
    members["Doc_0/DocumentRes.xml"] = (
        f'<ofd:Res {space} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="7" Type="Image">'
        f"<ofd:MediaFile>{name}</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"
    ).encode()
    members[f"Doc_0/Res/{name}"] = picture
    with zipfile.ZipFile(path, "w") as package:
        for member, data in members.items():
            package.writestr(member, data)
    return path


def jbig2(rows: list[list[int]]) -> bytes:
    """A JBIG2 file of one page: a generic region coded like a fax of group 4 (ITU-T T.88, MMR), which Pillow writes."""
    images = pytest.importorskip("PIL.Image")
    height, width = len(rows), len(rows[0])
    image = images.new("1", (width, height), 1)
    image.putdata([255 if dark else 0 for row in rows for dark in row])  # its ones are what a fax calls black
    stream = io.BytesIO()
    image.save(stream, "TIFF", compression="group4", strip_size=1 << 30)
    with images.open(stream) as tiff:
        offset, length, order = tiff.tag_v2[273][0], tiff.tag_v2[279][0], tiff.tag_v2.get(266, 1)
    coded = stream.getvalue()[offset : offset + length]
    if order == 2:
        coded = bytes(int(f"{byte:08b}"[::-1], 2) for byte in coded)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + coded
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    segments = struct.pack(">IBBBI", 0, 48, 0, 1, len(page)) + page
    segments += struct.pack(">IBBBI", 1, 38, 0, 1, len(region)) + region
    segments += struct.pack(">IBBBI", 2, 49, 0, 1, 0) + struct.pack(">IBBBI", 3, 51, 0, 0, 0)
    return b"\x97JB2\r\n\x1a\n\x01" + struct.pack(">I", 1) + segments


def test_a_scan_in_an_ofd_is_refused_or_remarked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(NoTextLayer, match="1 页里只有 0 个字") as caught:
        read(scanned_ofd(tmp_path / "a.ofd", b"", "a.png", pages_of_text=0), "a.ofd", Config())
    assert "gangmu[ocr]" in caught.value.hint
    document = read(scanned_ofd(tmp_path / "b.ofd", b"", "a.png", pages_of_text=2), "b.ofd", Config())
    assert document.text == LINE * 2
    assert document.remarks == ("第 3 页是扫描件，没有读入；安装文字识别后可读：pip install 'gangmu[ocr]'",)


def test_a_jbig2_picture_comes_out_pixel_by_pixel(tmp_path: Path) -> None:
    rows = [[int((row // 5 + column // 7) % 3 == 0) for column in range(64)] for row in range(40)]
    path = scanned_ofd(tmp_path / "a.ofd", jbig2(rows), "a.jb2", pages_of_text=0)
    with zipfile.ZipFile(path) as package:
        picture = ofd_scans.picture(package, ofd_scans.scans(package)[1])
    assert (picture[:, :, 0] < 128).astype(int).tolist() == rows


@pytest.mark.parametrize("data", [b"", b"\x97JB2\r\n\x1a\n", b"\x97JB2\r\n\x1a\n\x01\x00\x00\x00\x01" + b"\xff" * 40])
def test_a_picture_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    if not data:
        pytest.importorskip("cv2")
    path = scanned_ofd(tmp_path / "a.ofd", data, "a.jb2", pages_of_text=0)
    with zipfile.ZipFile(path) as package, pytest.raises(SourceError, match=r"扫描页的图片读不出来：a\.jb2"):
        ofd_scans.picture(package, "Doc_0/Res/a.jb2")


@needs_ocr
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_scan_in_an_ofd_is_read_like_one_in_a_pdf(shared: Path, tmp_path: Path, suffix: str) -> None:
    import cv2

    scan = shared / "samples/formats/R016_p1-2_scanned_no_text.pdf"
    with pypdfium2.PdfDocument(scan) as file:
        data = cv2.imencode(suffix, pdf_scans.picture(file[0]))[1].tobytes()
    found = read(scanned_ofd(tmp_path / "a.ofd", data, f"a{suffix}", pages_of_text=0), "a.ofd", Config())
    wanted = read(scan, "a.pdf", Config())
    assert found.remarks == ("第 1 页是扫描件，文字由识别得来（OCR），引用前请核对",)
    first = "".join(block.text for block in wanted.blocks if block.page == 1)
    assert SequenceMatcher(None, found.text.replace("\n", ""), first, autojunk=False).ratio() >= 0.9


@needs_ocr
def test_an_empty_picture_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer):
        read(scanned(tmp_path / "a.pdf", pages_of_text=0), "a.pdf", Config())
