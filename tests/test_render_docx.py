"""Word files: what is in the XML, what LibreOffice makes of it on paper, and that nothing breaks or goes unseen."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hostile import STRINGS, hostile_outline
from lxml import etree

import rag
from rag.cli import fonts as machine_fonts
from rag.datatypes import Outline, OutlineNode, OutlinePoint, Support
from rag.pipeline import understood_request
from rag.renderers.docx import styles
from rag.renderers.wording import visible

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MM = 72 / 25.4  # points

# What stands in for fonts that may not be shipped, in these tests only.
STAND_INS = {"方正小标宋简体": "Noto Serif CJK SC", "黑体": "Noto Sans CJK SC", "楷体_GB2312": "Noto Serif CJK SC",
             "仿宋_GB2312": "Noto Serif CJK SC", "宋体": "Noto Serif CJK SC", "Times New Roman": "Liberation Serif"}  # fmt: skip


def part(data: bytes, name: str) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return etree.fromstring(file.read(name))


def texts(root: Any, path: str = ".//w:t") -> str:
    return "".join(node.text or "" for node in root.iterfind(path.replace("w:", W)))


@pytest.fixture(scope="module")
def plan(seeds_index: rag.Index) -> Outline:
    return rag.outline(seeds_index, role="县教育局局长", topic="2025年度民主生活会个人对照检查", length=3000)


@pytest.fixture(scope="module")
def made(plan: Outline) -> bytes:
    return rag.render(plan, "docx")


@pytest.mark.parametrize(
    ("style", "font", "half_points"),
    [
        ("Title", "方正小标宋简体", 44),
        ("Heading1", "黑体", 32),
        ("Heading2", "楷体_GB2312", 32),
        ("Heading3", "仿宋_GB2312", 32),
        ("Heading4", "仿宋_GB2312", 32),
        ("Normal", "仿宋_GB2312", 32),
    ],
)
def test_each_level_bears_the_font_of_the_standard(made: bytes, style: str, font: str, half_points: int) -> None:
    found = part(made, "word/styles.xml").find(f"{W}style[@{W}styleId='{style}']")
    fonts = found.find(f"{W}rPr/{W}rFonts")
    assert fonts.get(f"{W}eastAsia") == font
    assert fonts.get(f"{W}ascii") == fonts.get(f"{W}hAnsi") == "Times New Roman"
    assert not [name for name in fonts.attrib if "Theme" in name]
    assert found.find(f"{W}rPr/{W}sz").get(f"{W}val") == str(half_points)
    indent = found.find(f"{W}pPr/{W}ind").get(f"{W}firstLineChars")
    assert indent == ("0" if style == "Title" else "200")


def test_the_page_is_that_of_the_standard(made: bytes) -> None:
    section = part(made, "word/document.xml").find(f"{W}body/{W}sectPr")
    size, margins, grid = (section.find(f"{W}{tag}") for tag in ("pgSz", "pgMar", "docGrid"))
    twips = {side: int(margins.get(f"{W}{side}")) for side in ("top", "bottom", "left", "right")}
    assert {side: round(value / 1440 * 25.4) for side, value in twips.items()} == {
        "top": 37, "bottom": 35, "left": 28, "right": 26,
    }  # fmt: skip
    width, height = int(size.get(f"{W}w")), int(size.get(f"{W}h"))
    assert (width, height) == (11906, 16838)
    line, closer = int(grid.get(f"{W}linePitch")), int(grid.get(f"{W}charSpace")) / 4096
    assert (height - twips["top"] - twips["bottom"]) // line == 22
    assert (width - twips["left"] - twips["right"]) / 20 // (16 + closer) == 28


def test_headings_number_themselves_and_show_in_the_navigation_pane(made: bytes) -> None:
    levels = part(made, "word/numbering.xml").findall(f"{W}abstractNum/{W}lvl")
    assert [lvl.find(f"{W}lvlText").get(f"{W}val") for lvl in levels] == ["%1、", "（%2）", "%3.", "（%4）"]
    assert [lvl.find(f"{W}pStyle").get(f"{W}val") for lvl in levels] == [f"Heading{n}" for n in (1, 2, 3, 4)]
    sheet = part(made, "word/styles.xml")
    for n in (1, 2, 3, 4):
        look = sheet.find(f"{W}style[@{W}styleId='Heading{n}']/{W}pPr")
        assert look.find(f"{W}outlineLvl").get(f"{W}val") == str(n - 1)
        assert look.find(f"{W}numPr/{W}ilvl").get(f"{W}val") == str(n - 1)


def test_every_source_is_an_endnote_with_path_section_and_quote(plan: Outline, made: bytes) -> None:
    notes = part(made, "word/endnotes.xml").findall(f"{W}endnote")[2:]
    marks = part(made, "word/document.xml").findall(f".//{W}endnoteReference")
    assert [note.get(f"{W}id") for note in notes] == [mark.get(f"{W}id") for mark in marks]
    said = [texts(note) for note in notes]
    assert len(said) == len(plan.citations)
    for citation in plan.citations:
        where = f"第 {citation.start}—{citation.end} 字"
        assert any(citation.path in one and where in one and citation.quote in one for one in said)


def test_a_source_named_twice_is_one_note() -> None:
    document = part(rag.render(hostile_outline("甲"), "docx"), "word/document.xml")
    assert len(document.findall(f".//{W}endnoteReference")) == 3
    fields = [node.text for node in document.iter(f"{W}instrText")]
    assert fields == [" NOTEREF source1 \\h ", " NOTEREF source2 \\h "] * 1 + [" NOTEREF source2 \\h "] + [
        " NOTEREF source1 \\h ", " NOTEREF source2 \\h ",
    ]  # fmt: skip


def test_what_is_for_the_writer_stands_in_styles_of_its_own(plan: Outline, made: bytes) -> None:
    rows = [
        (p.find(f"{W}pPr/{W}pStyle").get(f"{W}val"), texts(p)) for p in part(made, "word/document.xml").iter(f"{W}p")
    ]
    styled = {style: [text for s, text in rows if s == style] for style in {s for s, _ in rows}}
    assert {node.title for node in plan.nodes} == {re.sub(r"\[.*", "", text) for text in styled["Heading1"]}
    assert any("写具体事例" in text for text in styled["Hint"])
    assert not any(
        "写具体事例" in text or "位作者" in text for s in ("Heading1", "Heading2") for text in styled.get(s, [])
    )
    assert any("约占" in text and "字" in text for text in styled["Hint"])


def test_our_own_reader_finds_the_outline_again(plan: Outline, made: bytes, tmp_path: Path) -> None:
    file = tmp_path / "提纲.docx"
    file.write_bytes(made)
    from rag.pipeline import parsed

    report = parsed(file, rag.Config()).report
    assert report.profile.value("title") == plan.title
    assert [n.title.split("[")[0] for n in report.root.walk() if n.level == 1 and n.kind == "section"][
        : len(plan.nodes)
    ] == [n.title for n in plan.nodes]


def test_properties_and_bytes_tell_of_no_hour(plan: Outline, made: bytes) -> None:
    import docx

    properties = docx.Document(io.BytesIO(made)).core_properties
    assert (properties.title, properties.subject) == (plan.title, plan.request.topic)
    assert rag.render(plan, "docx") == made
    assert "python-docx" not in "".join(map(str, (properties.author, properties.comments)))


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_is_text_in_word(text: str) -> None:
    data = rag.render(hostile_outline(text), "docx")
    document = part(data, "word/document.xml")
    title = document.find(f"{W}body/{W}p")
    shown = "".join(
        {f"{W}tab": "\t", f"{W}br": "\n"}.get(n.tag, n.text or "")
        for n in title.iter()
        if n.tag in (f"{W}t", f"{W}tab", f"{W}br")
    )
    assert shown == visible(text)
    assert len(document.findall(f"{W}body/{W}p")) == len(
        part(rag.render(hostile_outline("甲"), "docx"), "word/document.xml").findall(f"{W}body/{W}p")
    )
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in file.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(file.read(name))


def test_an_outline_without_citations_has_no_word_of_sources(seeds_index: rag.Index) -> None:
    data = rag.render(rag.outline(seeds_index, role="县水利局", topic="关于追加资金的请示"), "docx")
    assert "出处" not in texts(part(data, "word/document.xml"))
    assert len(part(data, "word/endnotes.xml")) == 2
    headings = [p for p in part(data, "word/document.xml").iter(f"{W}pStyle") if p.get(f"{W}val") == "Heading3"]
    assert headings, "the points of a convention are content"


def test_the_fonts_told_of_are_the_fonts_used() -> None:
    assert machine_fonts.FONTS == styles.FONTS


def test_missing_fonts_are_told_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(machine_fonts, "_installed", lambda: "SimHei (TrueType)\n宋体\nTimes New Roman\n楷体_GB2312")
    first = machine_fonts.word_on_missing()
    assert "方正小标宋简体、仿宋_GB2312。" in first
    assert machine_fonts.word_on_missing() == ""


def test_the_schema_validator_finds_nothing(made: bytes, tmp_path: Path) -> None:
    audit = pytest.importorskip("openxml_audit", reason="openxml-audit is not installed: make test-outputs")
    for name, data in (("a", made), ("b", rag.render(hostile_outline(STRINGS[0]), "docx"))):
        file = tmp_path / f"{name}.docx"
        file.write_bytes(data)
        result = audit.OpenXmlValidator().validate(str(file))
        assert result.errors == []


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A long outline, with lines of body text, through LibreOffice; opened with PDFium."""
    import pypdfium2

    folder = tmp_path_factory.mktemp("word")
    point = OutlinePoint("一" * 27 + "。" + "学习" * 400, "convention", Support(0, 0), flags=("惯例",))
    node = OutlineNode("基本情况", 1, "工作", Support(0, 0), 1.0, points=(point,) * 4)
    request = understood_request("局长", "工作总结", None, 2025)
    data = rag.render(Outline(request, "长文", (node,), (), ()), "docx")
    return pypdfium2.PdfDocument(printed(data, folder, "long"))


def printed(data: bytes, folder: Path, name: str) -> Path:
    soffice = shutil.which("soffice")
    if not soffice:
        pytest.skip("LibreOffice is not installed (apt: libreoffice-writer)")
    if "Noto Serif CJK SC" not in subprocess.run(["fc-list"], capture_output=True, text=True).stdout:
        pytest.skip("no stand-in fonts (apt: fonts-noto-cjk, fonts-liberation)")
    rows = "".join(
        f'<alias binding="same"><family>{a}</family><prefer><family>{b}</family></prefer></alias>'
        for a, b in STAND_INS.items()
    )
    fonts = folder / "fonts.conf"
    fonts.write_text(
        f"<?xml version='1.0'?><fontconfig><dir>/usr/share/fonts</dir><cachedir>{folder}/fc</cachedir>{rows}</fontconfig>",
        "utf-8",
    )
    (folder / f"{name}.docx").write_bytes(data)
    subprocess.run(
        [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
         "--outdir", str(folder), str(folder / f"{name}.docx")],
        capture_output=True, check=True, timeout=240, env={"FONTCONFIG_FILE": str(fonts), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )  # fmt: skip
    return folder / f"{name}.pdf"


def glyphs(page: Any) -> list[tuple[str, float, float, float, float]]:
    text = page.get_textpage()
    everything = text.get_text_range()
    rows = []
    for place in range(text.count_chars()):
        char = text.get_text_range(place, 1)
        if char.strip():
            rows.append((char, *text.get_charbox(place, loose=True)))
    assert everything
    return rows


def test_a_full_page_on_paper_has_22_lines_of_28_and_the_margins_of_the_standard(pdf: Any) -> None:
    page = pdf[1]
    width, height = page.get_size()
    assert (round(width / MM), round(height / MM)) == (210, 297)
    foot = 35 * MM
    body = [row for row in glyphs(page) if row[2] > foot - 2]
    bottoms = sorted({round(row[2]) for row in body})
    lines = [b for b, before in zip(bottoms, [-99, *bottoms], strict=False) if b - before > 5]
    assert len(lines) == 22
    pitches = [after - before for before, after in pairwise(lines)]
    assert all(28 <= pitch <= 30 for pitch in pitches), pitches
    full = [sum(abs(row[2] - line) < 5 for row in body) for line in lines]
    assert max(full) == 28


def test_shading_that_fills_a_page_has_the_margins_of_the_standard(tmp_path: Path) -> None:
    """Shading reaches from margin to margin and from the first line's top to the last one's foot."""
    import numpy as np
    import pypdfium2

    node = OutlineNode(
        "甲", 1, "工作", Support(0, 0), 1.0, points=(OutlinePoint("提示" * 1500, "prompt", Support(0, 0)),)
    )
    request = understood_request("局长", "工作总结", None, 2025)
    data = rag.render(Outline(request, "长文", (node,), (), ()), "docx")
    page = pypdfium2.PdfDocument(printed(data, tmp_path, "shaded"))[1]
    picture = page.render(scale=300 / 72).to_numpy()[:, :, :3].astype(int)
    shaded = np.abs(picture - 0xED).max(axis=2) <= 2
    # Rows and columns that are mostly shade: the soft edges of letters hold such pixels too.
    rows, columns = ((shaded.mean(axis=axis) > 0.3).nonzero()[0] / 300 * 25.4 for axis in (1, 0))
    top, bottom, left, right = rows.min(), 297 - rows.max(), columns.min(), 210 - columns.max()
    for found, wanted in zip((top, bottom, left, right), (37, 35, 28, 26), strict=True):
        assert abs(found - wanted) < 1, (top, bottom, left, right)


def ink(page: Any) -> list[tuple[str, float, float, float, float]]:
    text = page.get_textpage()
    return [
        (char, *text.get_charbox(place))
        for place in range(text.count_chars())
        if (char := text.get_text_range(place, 1)).strip()
    ]


def test_page_numbers_stand_right_on_odd_and_left_on_even_pages(pdf: Any) -> None:
    for place, number in ((0, "1"), (1, "2"), (2, "3")):
        page = pdf[place]
        width, _ = page.get_size()
        low = [row for row in ink(page) if row[4] < 35 * MM - 2]
        assert "".join(row[0] for row in low) == f"—{number}—"
        if int(number) % 2:
            assert abs(width - max(row[3] for row in low) - 26 * MM - 14) < 1.5 * MM
        else:
            assert abs(min(row[1] for row in low) - 28 * MM - 14) < 1.5 * MM
        # 7 mm below the type area
        dash = next(row for row in low if row[0] == "—")
        assert abs(35 * MM - (dash[2] + dash[4]) / 2 - 7 * MM) < 2 * MM


def test_endnotes_and_numbers_are_on_paper(plan: Outline, made: bytes, tmp_path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(printed(made, tmp_path, "plan"))
    said = re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
    for number, node in enumerate(plan.nodes):
        assert f"{'一二三四五六七八九'[number]}、{node.title}" in said
    for citation in plan.citations:
        assert re.sub(r"\s", "", citation.quote) in said
