"""Readers of office formats: what they keep, what they drop, what they agree on, and what they refuse."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from office_files import RUN, escaped, odt, ofd, pdf, rtf, word_file

from rag.config import Config
from rag.datatypes import Document
from rag.errors import NoTextLayer, SourceError
from rag.parse import front, parse
from rag.read import read

HANZI = re.compile(r"[^\u3400-\u9fff]")


def read_file(path: Path) -> Document:
    return read(path, f"t/{path.name}", Config())


def seen(path: Path) -> list[tuple[str, int | None, str]]:
    """Blocks with words, as (text, level, kind)."""
    return [(block.text, block.level, block.kind) for block in read_file(path).blocks if block.text.strip()]


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


@pytest.mark.parametrize("suffix", [".doc", ".rtf", ".odt", ".pdf"])
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


WIDE = "为切实加强全县防汛备汛工作组织各乡镇开展了三轮隐患排查"  # 27 characters: a full line of 16 points
SENTENCE = "整改措施全部落实到位。"


def test_pdf_lines_become_paragraphs_over_pages_without_running_lines(tmp_path: Path) -> None:
    def page(number: int, *body: tuple[float, float, float, str]) -> list[tuple[float, float, float, str]]:
        return [(230, 800, 10, "某县防汛工作总结"), *body, (280, 40, 12, f"— {number} —")]

    path = pdf(
        tmp_path / "a.pdf",
        page(1, (208, 740, 22, "防汛备汛工作总结"), (112, 690, 16, "一、工作开展情况"), (112, 660, 16, WIDE[:-2]), (80, 630, 16, WIDE)),
        page(2, (80, 740, 16, SENTENCE), (112, 710, 16, "二、下一步工作打算"), (112, 680, 16, WIDE[:-2]), (80, 650, 16, SENTENCE)),
        page(3, (112, 740, 16, WIDE[:-2]), (80, 710, 16, WIDE), (80, 680, 16, "特此报告。")),
    )  # fmt: skip
    assert [(b.text, b.level, b.page) for b in read_file(path).blocks] == [
        ("防汛备汛工作总结", 0, 1),
        ("一、工作开展情况", None, 1),
        (WIDE[:-2] + WIDE + SENTENCE, None, 1),
        ("二、下一步工作打算", None, 2),
        (WIDE[:-2] + SENTENCE, None, 2),
        (WIDE[:-2] + WIDE + "特此报告。", None, 3),
    ]


def test_a_year_or_a_number_in_the_body_is_no_page_number(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [(80, 500, 16, WIDE), (80, 470, 16, "2024"), (80, 440, 16, SENTENCE)])
    assert "2024" in read_file(path).text


@pytest.mark.parametrize(
    ("pages", "is_scan"),
    [
        ([WIDE[:19]], True),
        ([WIDE[:20]], False),
        ([WIDE[:20], "", ""], True),
        ([WIDE[:20], "２０２４"], False),
        ([], True),
    ],
)
def test_pages_without_text_are_no_text_layer(tmp_path: Path, pages: list[str], is_scan: bool) -> None:
    path = pdf(tmp_path / "a.pdf", *[[(80, 500, 16, words)] for words in pages])
    if not is_scan:
        assert read_file(path).text.replace("\n", "") == "".join(pages)
        return
    with pytest.raises((NoTextLayer, SourceError)) as caught:
        read_file(path)
    assert caught.value.hint


def test_ofd_pieces_of_a_line_come_in_order_whatever_was_drawn_first(tmp_path: Path) -> None:
    path = ofd(
        tmp_path / "a.ofd",
        [
            (55, 40, 8, "防汛备汛工作总结"), (38, 60, 5, "根据"), (56, 60, 5, "年计划组织排查隐患登记造册二十三处明"),
            (48, 60, 5, "2024"), (28, 70, 5, "确责任人并限期整改。"), (28, 70, 5, "确责任人并限期整改。"), (100, 285, 4, "— 1 —"),
        ],
    )  # fmt: skip
    assert [(b.text, b.level, b.page) for b in read_file(path).blocks] == [
        ("防汛备汛工作总结", 0, 1),
        ("根据2024年计划组织排查隐患登记造册二十三处明确责任人并限期整改。", None, 1),
    ]


def test_real_ofd_files(shared: Path) -> None:
    folder = shared / "samples/formats"
    letter = read_file(folder / "ofd_函_区政府.ofd")
    assert [block.text for block in letter.blocks][:2] == ["关于加快南货场铁路涵洞下穿建设的函", "蚌山区政府："]
    assert "你区需尽快落实南货场铁路涵洞下穿建设方案，建设方案与本宗地出让方案一并公告" in letter.text
    reply = read_file(folder / "ofd_批复_卫生局文件.ofd")
    assert "（路中医发〔2011〕10号）收悉。" in reply.text and "— 1 —" not in reply.text
    assert {block.page for block in reply.blocks} == {1, 2}
    assert len(read_file(folder / "ofd_拿来主义.ofd").blocks) == 12
    for name in ("ofd_无文字层.ofd", "R016_p1-2_scanned_no_text.pdf"):
        with pytest.raises(NoTextLayer):
            read_file(folder / name)


def test_real_text_wps_and_rtf_files(shared: Path) -> None:
    folder = shared / "samples/formats"
    pages = [read_file(folder / f"R034_{name}_crlf.txt").text for name in ("gbk", "utf-16", "utf-8-sig")]
    assert pages[0] == pages[1] == pages[2]
    for name in ("gbk_校园_157.txt", "gbk_校园_34.txt"):
        path = folder / name
        assert read_file(path).text == path.read_bytes().decode("gb18030").replace("\r\n", "\n")
    assert read_file(folder / "wps_release_notes.wps").text.startswith("1、发文  当前位置 和 承办处室")
    assert read_file(folder / "rtf_说明.rtf").text.strip() == "UIViewController介绍：4-控制器切换（使用代码）"


HTML = "<html><body><p>某局总结。学习不够深入，调研不够扎实。</p></body></html>"


@pytest.mark.parametrize("name", ["a.doc", "a.docx", "a.wps", "a.rtf", "a.txt", "a.pdf", "a.odt"])
def test_the_first_bytes_decide_before_the_suffix(tmp_path: Path, name: str) -> None:
    make = {
        "rtf": lambda path: rtf(r"\pard 某局总结\par", path),
        "docx": lambda path: word_file(path, "<w:p>" + RUN.format("某局总结") + "</w:p>"),
        "odt": lambda path: odt(path, "<text:p>某局总结</text:p>"),
        "pdf": lambda path: pdf(path, [(80, 500, 16, "某局总结"), (80, 400, 16, WIDE)]),
        "ofd": lambda path: ofd(path, [(30, 100, 5, "某局总结"), (30, 150, 5, WIDE)]),
        "html": lambda path: path.write_text(HTML, encoding="utf-8"),
    }
    for kind, write in make.items():
        path = tmp_path / name
        write(path)
        if kind == "html" and name == "a.txt":
            assert read_file(path).text == HTML  # a text is what it says it is
        else:
            assert read_file(path).text.startswith("某局总结"), kind


def test_an_old_word_file_named_docx_is_read(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes((shared / "samples/formats/R016.doc").read_bytes())
    assert read_file(path).blocks[0].text == "2025年江西省政府工作报告"
