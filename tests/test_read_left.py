"""What readers leave out on purpose is counted, format by format, and shown."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from office_files import RUN, odt, ofd, pdf, rtf, word_file

import rag
from rag.config import Config
from rag.read import read

LINE = "为切实加强全县防汛备汛工作组织各乡镇开展了三轮隐患排查"


def left(path: Path) -> dict[str, int]:
    return dict(read(path, path.name, Config()).left)


def test_word(tmp_path: Path) -> None:
    file = docx.Document()
    section = file.sections[0]
    section.header.paragraphs[0].text = "某县防汛"
    footer = section.footer.paragraphs[0]
    footer._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:instrText>PAGE</w:instrText></w:r>"))
    for markup in (
        RUN.format("正文") + "<w:del><w:r><w:delText>删去</w:delText></w:r></w:del><w:del><w:r/></w:del>",
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>" + RUN.format("又一段"),
        "<w:r><w:t>见注</w:t><w:footnoteReference w:id='1'/></w:r>",
    ):
        file.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{markup}</w:p>"))
    contents = (
        f"<w:sdt {nsdecls('w')}><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
        f"</w:sdtPr><w:sdtContent><w:p>{RUN.format('一、回顾 1')}</w:p><w:p/></w:sdtContent></w:sdt>"
    )
    file.element.body.insert(0, parse_xml(contents))
    path = tmp_path / "a.docx"
    file.save(str(path))
    assert left(path) == {"header": 1, "page_number": 1, "hidden": 1, "deleted": 1, "contents": 1, "note": 1}
    assert [b.text for b in read(path, "a", Config()).blocks] == ["正文", "又一段", "见注"]


def test_rtf(tmp_path: Path) -> None:
    path = rtf(
        r"{\header 页眉}{\footerf 页脚}\pard 正文{\v 隐藏}{\deleted 删去}{\footnote 脚注}\par\pard\s9 一、回顾\tab 1\par",
        tmp_path / "a.rtf",
    )
    assert left(path) == {"header": 1, "footer": 1, "hidden": 1, "deleted": 1, "contents": 1, "note": 1}


def test_odt(tmp_path: Path) -> None:
    styles = (
        '<o:s xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><style:header><text:p>页眉</text:p></style:header>'
        "<style:footer><text:p/></style:footer></o:s>"
    )
    path = odt(
        tmp_path / "a.odt",
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>删去</text:p></text:deletion></text:changed-region></text:tracked-changes>"
        '<text:p>正文<text:span text:style-name="V">隐藏</text:span><text:note><text:p>脚注</text:p></text:note></text:p>'
        "<text:table-of-content><text:index-body><text:p>回顾 1</text:p></text:index-body></text:table-of-content>",
        **{"styles.xml": styles},
    )
    assert left(path) == {"header": 1, "hidden": 1, "deleted": 1, "contents": 1, "note": 1}


def test_pdf_and_ofd(tmp_path: Path) -> None:
    pages = [
        [(230.0, 800.0, 10.0, "某县防汛工作总结"), (80.0, 600.0, 16.0, LINE), (280.0, 40.0, 12.0, f"— {n} —")]
        for n in range(1, 4)
    ]
    assert left(pdf(tmp_path / "a.pdf", *pages)) == {"header": 3, "page_number": 3}
    sheets = [
        [(80.0, 10.0, 4.0, "某县防汛工作总结"), (28.0, 100.0, 5.0, LINE), (80.0, 290.0, 4.0, "内部资料"), (100.0, 280.0, 4.0, str(n))]
        for n in range(1, 4)
    ]  # fmt: skip
    assert left(ofd(tmp_path / "a.ofd", *sheets)) == {"header": 3, "footer": 3, "page_number": 3}


def test_a_web_page(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><body><nav>首页</nav><div><p>第一段，说了很多很多的话。</p><p>第二段，又说了一些话。</p></div>"
        "<ul><li><a href='#'>相关一</a></li><li><a href='#'>相关二</a></li></ul><footer>版权</footer></body></html>",
        encoding="utf-8",
    )
    assert left(path) == {"navigation": 4}


def test_nothing_left_out_is_nothing_said(tmp_path: Path) -> None:
    assert left(word_file(tmp_path / "a.docx", f"<w:p>{RUN.format('正文')}</w:p>")) == {}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    root = tmp_path / "样本"
    root.mkdir()
    return rtf(r"{\header 页眉}\pard 某局总结\par\pard 正文{\v 隐藏}。\par", root / "a.rtf")


def test_parse_shows_what_was_left_out(
    report: Path, run_rag: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    assert "没有读入正文：页眉 1、隐藏文字 1" in run_rag("parse", str(report)).stdout.decode()
    assert json.loads(run_rag("parse", str(report), "--json").stdout)["left_out"] == {"header": 1, "hidden": 1}


def test_a_build_sums_up_what_was_left_out(report: Path, tmp_path: Path) -> None:
    from conftest import HashEmbedder

    from rag.cli.reports import build_object, build_text

    found = rag.build(Config.load(samples=report.parent, index=tmp_path / "index"), embedder=HashEmbedder())
    assert build_object(found)["left_out"] == {"header": 1, "hidden": 1}
    assert "没有读入正文的：页眉 1、隐藏文字 1" in build_text(found, tmp_path)
