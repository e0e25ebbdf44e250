"""Readers of office formats: what they keep, what they drop, what they agree on, and what they refuse."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("suffix", [".doc", ".rtf"])
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
