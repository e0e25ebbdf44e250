"""Readers of office formats: what they keep, what they drop, what they agree on, and what they refuse."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from difflib import SequenceMatcher
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rag.config import Config
from rag.datatypes import Document
from rag.parse import front, parse
from rag.read import read

HANZI = re.compile(r"[^\u3400-\u9fff]")


def read_file(path: Path) -> Document:
    return read(path, f"t/{path.name}", Config())


def seen(path: Path) -> list[tuple[str, int | None, str]]:
    """Blocks with words, as (text, level, kind)."""
    return [(block.text, block.level, block.kind) for block in read_file(path).blocks if block.text.strip()]


def rtf(body: str, path: Path) -> Path:
    fonts = r"{\fonttbl{\f0\fcharset134 SimSun;}{\f1\fcharset134 \'ba\'da\'cc\'e5;}{\f2\fcharset0 Arial;}}"
    styles = r"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\s9 toc 1;}}"
    path.write_bytes(rb"{\rtf1\ansi\ansicpg936\deff0" + (fonts + styles + body + "}").encode("gb18030"))
    return path


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(char)}?" for char in text)


def headings(document: Document) -> list[str]:
    return [f"{node.marker}{node.title}" for node in parse(document, front(document)).walk()]


def likeness(one: str, other: str) -> float:
    """Shared Hanzi in order, twice, over the Hanzi of both."""
    one, other = HANZI.sub("", one), HANZI.sub("", other)
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def test_rtf_gives_paragraphs_levels_and_table_rows(tmp_path: Path) -> None:
    path = rtf(
        r"{\header 页眉}\pard\plain\qc\b\fs44 " + escaped("某局总结") + r"\par\pard\plain\s1 一、回顾\par"
        r"\pard\plain\f1\fs32 （一）学习\par\pard\plain\fs32 做了{\v 隐藏的话}{\deleted 删去的话}三件事。{\footnote 脚注}\par"
        r"\pard\plain\fs32 \'d7\'f6\'c1\'cb\'d2\'bb\'bc\'fe\'ca\'c2\'a1\'a3{\pict 89504e47}\par\pard\plain\s9 一、回顾\tab 1\par"
        r"\pard\intbl 指标\cell 数值\cell\row",
        tmp_path / "a.rtf",
    )
    assert seen(path) == [
        ("某局总结", 0, "para"),
        ("一、回顾", 1, "para"),
        ("（一）学习", 1, "para"),
        ("做了三件事。", None, "para"),
        ("做了一件事。", None, "para"),
        ("指标\t数值", None, "table"),
    ]


def test_rtf_keeps_printed_numbers_and_drops_bullets(tmp_path: Path) -> None:
    path = rtf(
        r"{\listtext\pard\plain 一、\tab}\pard\ls1 回顾\par{\listtext\pard\plain 1\tab}\pard\ls1 学习\par"
        r"{\listtext\pard\plain\f2 \'b7\tab}\pard\ls2 项目\par",
        tmp_path / "a.rtf",
    )
    assert [text for text, _, _ in seen(path)] == ["一、回顾", "1 学习", "项目"]


def test_rtf_unicode_stand_ins_pairs_and_raw_trail_bytes(tmp_path: Path) -> None:
    path = rtf(r"\pard{\uc2\u22269\'b9\'fa}\u-10179?\u-8704?a\'81Ab\par{\bin3 }}}tail", tmp_path / "a.rtf")
    assert read_file(path).text.split("\n")[0] == "国😀a" + b"\x81A".decode("gb18030") + "b"


@pytest.mark.parametrize("suffix", [".doc", ".rtf", ".odt"])
def test_every_format_agrees_with_word(shared: Path, suffix: str) -> None:
    path = shared / "samples/formats" / f"R016{suffix}"
    word = read_file(next((shared / "samples/official").glob("R016*.docx")))
    other = read_file(path)
    assert likeness(word.text, other.text) >= 0.995
    assert SequenceMatcher(None, headings(word), headings(other), autojunk=False).ratio() >= 0.95


@pytest.mark.parametrize("name", ["R153", "R154"])
def test_old_word_files_give_the_text_typed_from_them(shared: Path, name: str) -> None:
    gold = (shared / "gold/text" / f"{name}.txt").read_text(encoding="utf-8")
    document = read_file(next((shared / "samples/official").glob(f"{name}*.doc")))
    squeezed = [re.sub(r"\s", "", unicodedata.normalize("NFKC", text)) for text in (gold, document.text)]
    assert SequenceMatcher(None, *squeezed, autojunk=False).ratio() >= 0.995


def word_file(path: Path, *paragraphs: str) -> Path:
    """A .docx whose body is the given WordprocessingML."""
    file = docx.Document()
    space = (
        f'{nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    for markup in paragraphs:
        file.element.body.insert(-1, parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {space}", markup)))
    file.save(str(path))
    return path


RUN = "<w:r><w:t>{}</w:t></w:r>"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<w:p><w:ins>" + RUN.format("新增") + "</w:ins><w:moveFrom>" + RUN.format("移走") + "</w:moveFrom></w:p>", ["新增"]),
        ("<w:p><w:r><w:t>工\xad作</w:t><w:softHyphen/><w:t>总结</w:t></w:r></w:p>", ["工作总结"]),
        ("<w:sdt><w:sdtContent><w:p>" + RUN.format("控件里的段落") + "</w:p></w:sdtContent></w:sdt>", ["控件里的段落"]),
        (
            "<w:p>" + RUN.format("正文") + "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:txbxContent><w:p>"
            + RUN.format("框里的话") + "</w:p></w:txbxContent></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p>"
            + RUN.format("框里的话") + "</w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
            ["正文", "框里的话"],
        ),
        (
            "<w:tbl><w:tr><w:tc><w:p>" + RUN.format("甲") + "</w:p><w:tbl><w:tr><w:tc><w:p>" + RUN.format("乙")
            + "</w:p></w:tc><w:tc><w:p>" + RUN.format("丙") + "</w:p></w:tc></w:tr></w:tbl></w:tc><w:tc><w:p>"
            + RUN.format("丁") + "</w:p></w:tc></w:tr></w:tbl>",
            ["甲 乙 丙\t丁"],
        ),
        ("<w:tbl><w:tr><w:tc><w:p>" + RUN.format("一段") + "</w:p><w:p>" + RUN.format("二段") + "</w:p></w:tc></w:tr></w:tbl>", ["一段", "二段"]),
        ("<w:p><w:r><w:ruby><w:rt><w:r><w:t>pin</w:t></w:r></w:rt><w:rubyBase>" + RUN.format("拼") + "</w:rubyBase></w:ruby></w:r></w:p>", ["拼"]),
        ("<w:p><w:r><w:t>见注</w:t><w:footnoteReference w:id='1'/></w:r></w:p>", ["见注"]),
    ],
)  # fmt: skip
def test_word_keeps_what_is_printed_and_once(tmp_path: Path, markup: str, expected: list[str]) -> None:
    assert [text for text, _, _ in seen(word_file(tmp_path / "a.docx", markup))] == expected


def test_word_drops_the_table_of_contents(tmp_path: Path) -> None:
    contents = (
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
        "<w:sdtContent><w:p>" + RUN.format("一、回顾 1") + "</w:p></w:sdtContent></w:sdt>"
    )
    path = word_file(tmp_path / "a.docx", contents, "<w:p>" + RUN.format("一、回顾") + "</w:p>")
    assert [text for text, _, _ in seen(path)] == ["一、回顾"]


ODF = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        *(("office", "office"), ("text", "text"), ("style", "style"), ("table", "table"), ("draw", "drawing")),
        ("fo", "xsl-fo-compatible"),
    )
)
ODF_STYLES = (
    '<style:style style:name="T" style:family="paragraph"><style:paragraph-properties fo:text-align="center"/>'
    '<style:text-properties style:font-size-asian="22pt" style:font-weight-asian="bold"/></style:style>'
    '<style:style style:name="H" style:family="text"><style:text-properties style:font-name-asian="黑体"/></style:style>'
    '<style:style style:name="V" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." '
    'style:num-suffix="、"/><text:list-level-style-number text:level="2" style:num-format="一, 二, 三, ..." '
    'style:num-prefix="（" style:num-suffix="）"/><text:list-level-style-bullet text:level="3"/></text:list-style>'
)


def odt(path: Path, body: str, **members: str) -> Path:
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{ODF}><office:automatic-styles>{ODF_STYLES}'
        f'</office:automatic-styles><office:body><office:text text:use-soft-page-breaks="true">{body}</office:text>'
        "</office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        for name, text in {"content.xml": content, **members}.items():
            package.writestr(name, text)
    return path


def test_odt_gives_levels_numbers_pages_and_table_rows(tmp_path: Path) -> None:
    path = odt(
        tmp_path / "a.odt",
        '<text:tracked-changes><text:p>删去的话</text:p></text:tracked-changes><text:p text:style-name="T">某局总结</text:p>'
        "<text:table-of-content><text:p>回顾 1</text:p></text:table-of-content>"
        '<text:list text:style-name="L"><text:list-item><text:h text:outline-level="1">回顾</text:h><text:list><text:list-item>'
        "<text:p>学习</text:p></text:list-item><text:list-item><text:p>工作</text:p></text:list-item></text:list></text:list-item></text:list>"
        '<text:p>做了<text:span text:style-name="V">隐藏</text:span>三件事。<text:note><text:p>脚注</text:p></text:note>'
        '<text:s text:c="2"/>完<text:soft-page-break/>成。</text:p>'
        '<text:list text:continue-numbering="true" text:style-name="L"><text:list-item><text:p>打算</text:p></text:list-item></text:list>'
        '<text:p><text:span text:style-name="H">下步考虑</text:span></text:p>'
        "<table:table><table:table-row><table:table-cell><text:p>指标</text:p></table:table-cell>"
        "<table:table-cell><text:p>数值</text:p></table:table-cell></table:table-row></table:table>"
        "<text:p>正文<draw:frame><draw:text-box><text:p>框里的话</text:p></draw:text-box></draw:frame></text:p>",
    )
    assert [(b.text, b.level, b.kind, b.page) for b in read_file(path).blocks] == [
        ("某局总结", 0, "para", 1),
        ("一、回顾", 1, "para", 1),
        ("（一）学习", None, "list", 1),
        ("（二）工作", None, "list", 1),
        ("做了三件事。  完成。", None, "para", 1),
        ("二、打算", None, "list", 2),
        ("下步考虑", 1, "para", 2),
        ("指标\t数值", None, "table", 2),
        ("正文", None, "para", 2),
        ("框里的话", None, "para", 2),
    ]
