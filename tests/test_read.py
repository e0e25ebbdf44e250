"""Readers: encodings, Markdown, Word by style, numbering and look, saved web pages, and files that are none of it."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from rag.config import Config
from rag.datatypes import Document
from rag.errors import RagError, SourceError, UnsupportedFormat
from rag.read import read, sample_files

TEXT = "某局总结\n一、工作回顾\n学习不够深入。"


def read_file(path: Path) -> Document:
    return read(path, f"t/{path.name}", Config())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_each_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    assert read_file(path).text == TEXT


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "不是文本文件"),
        (bytes(range(1, 9)) * 40, "不是文本文件"),
        (b"\xff\x80\x81 \xff\xff", "认不出文字编码"),
        (b"", "文件是空的"),
        (b" \n\n ", "没有文字"),
    ],
)
def test_what_is_no_text_says_so(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=what) as caught:
        read_file(path)
    assert caught.value.hint


def test_markdown_gives_words_and_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntitle: x\n---\n# 述职报告\n\n## 一、履职\n\n1. **抓学习。** 见[链接](http://x)。\n- 项目\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n",
        encoding="utf-8",
    )
    blocks = [(b.text, b.level, b.kind) for b in read_file(path).blocks]
    assert blocks == [
        ("述职报告", 0, "para"),
        ("一、履职", 1, "para"),
        ("1. 抓学习。 见链接。", None, "para"),
        ("项目", None, "list"),
        ("甲\t乙", None, "table"),
        ("1\t2", None, "table"),
    ]


def test_word_styles_tables_and_tracked_deletions(tmp_path: Path) -> None:
    file = docx.Document()
    file.add_paragraph("某局总结", style="Title")
    file.add_heading("一、回顾", 1)
    paragraph = file.add_paragraph("做了三件事。")
    deletion = OxmlElement("w:del")
    run = OxmlElement("w:r")
    gone = OxmlElement("w:delText")
    gone.text = "删去的话"
    run.append(gone)
    deletion.append(run)
    paragraph._p.append(deletion)
    table = file.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "指标", "数值"
    path = tmp_path / "a.docx"
    file.save(str(path))
    blocks = [(b.text, b.level, b.kind) for b in read_file(path).blocks]
    assert blocks == [
        ("某局总结", 0, "para"),
        ("一、回顾", 1, "para"),
        ("做了三件事。", None, "para"),
        ("指标\t数值", None, "table"),
    ]


def test_word_numbering_becomes_the_marker_a_reader_sees(tmp_path: Path) -> None:
    file = docx.Document()
    numbering = file.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">'
            '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
            '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>'
            "</w:abstractNum>"
        ),
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="91"><w:abstractNumId w:val="90"/></w:num>'))
    for words, depth in [("回顾", 0), ("学习", 1), ("工作", 1), ("打算", 0), ("目标", 1)]:
        properties = file.add_paragraph(words)._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="91"/></w:numPr>')
        )
    path = tmp_path / "a.docx"
    file.save(str(path))
    assert read_file(path).text == "一、回顾\n（一）学习\n（二）工作\n二、打算\n（一）目标"


def test_word_headings_by_look(tmp_path: Path) -> None:
    file = docx.Document()

    def add(words: str, font: str, size: int, *, centred: bool = False) -> None:
        paragraph = file.add_paragraph()
        run = paragraph.add_run(words)
        run.font.size = Pt(size)
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    add("某局总结", "方正小标宋简体", 22, centred=True)
    add("工作回顾", "黑体", 16)
    for _ in range(3):
        add("做了一件事，效果不错，群众满意。", "仿宋", 16)
    path = tmp_path / "a.docx"
    file.save(str(path))
    assert [b.level for b in read_file(path).blocks] == [0, 1, None, None, None]


def test_a_saved_page_gives_its_article_only(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><meta charset='utf-8'><title>站</title><script>var a=1</script></head><body><nav><p>首页 新闻 政策</p></nav>"
        "<div class='x'><h1>某局的做法</h1><div id='c'><p style='text-indent:2em'>一、<b>背景</b>。去年以来，全县开展了整治。</p>"
        "<p>二、做法。组织了专班，<br>逐户走访。</p></div></div><ul><li><a href='#'>相关阅读一</a></li></ul>"
        "<footer><p>版权所有 联系我们</p></footer></body></html>",
        encoding="utf-8",
    )
    assert (
        read_file(path).text == "某局的做法\n一、背景。去年以来，全县开展了整治。\n二、做法。组织了专班，\n逐户走访。"
    )


@pytest.mark.parametrize(
    ("name", "error"), [("a.xls", UnsupportedFormat), ("a.doc", SourceError), ("a.docx", SourceError)]
)
def test_unread_and_broken_formats_are_typed_errors(tmp_path: Path, name: str, error: type[SourceError]) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a word file")
    with pytest.raises(error):
        read_file(path)


def test_sample_files_are_sorted_and_named_by_root(tmp_path: Path) -> None:
    root = tmp_path / "样本"
    (root / "子").mkdir(parents=True)
    for name in ("b.txt", "子/a.md", "README.md", ".hidden.txt", "~$b.docx", "pic.png", "c.doc"):
        (root / name).write_text("x", encoding="utf-8")
    assert [file.name for file in sample_files([root])] == ["样本/b.txt", "样本/c.doc", "样本/子/a.md"]


def test_two_roots_of_one_name_are_refused(tmp_path: Path) -> None:
    for parent in ("x", "y"):
        (tmp_path / parent / "样本").mkdir(parents=True)
    with pytest.raises(RagError, match="同名"):
        sample_files([tmp_path / "x" / "样本", tmp_path / "y" / "样本"])
