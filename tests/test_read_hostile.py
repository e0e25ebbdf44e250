"""Files that are cut, locked, or made to harm: a typed error with a hint, or a correct read, in bounded time."""

from __future__ import annotations

import re
import struct
import time
import zipfile
from pathlib import Path

import pytest
from office_files import RUN, escaped, odt, ofd, pdf, rtf, word_file
from test_read_formats import WIDE, read_file

import rag
from rag.config import Config
from rag.datatypes import Block
from rag.errors import SourceError
from rag.read import kinds, read, sample_files
from rag.read import pdf as pdf_reader
from rag.read.pages import Page, Piece, blocks_of
from rag.understanding import understood

SECONDS = 20


def refused(path: Path, what: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SourceError, match=what) as caught:
        read_file(path)
    assert caught.value.hint
    assert re.search(r"[\u4e00-\u9fff]", str(caught.value))
    assert time.perf_counter() - start < SECONDS


def with_member(path: Path, name: str, data: str | bytes) -> Path:
    """The zip container at `path` with one member replaced."""
    with zipfile.ZipFile(path) as package:
        members = {info.filename: package.read(info) for info in package.infolist()}
    members[name] = data.encode() if isinstance(data, str) else data
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for member, content in members.items():
            package.writestr(member, content)
    return path


def containers(folder: Path) -> dict[str, Path]:
    """A sound file of each zip format, by the member that holds its text."""
    return {
        "word/document.xml": word_file(folder / "a.docx", "<w:p>" + RUN.format("某局总结") + "</w:p>"),
        "content.xml": odt(folder / "a.odt", "<text:p>某局总结</text:p>"),
        "Doc_0/Pages/Page_0/Content.xml": ofd(folder / "a.ofd", [(30, 100, 5, WIDE)]),
    }


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    for member, path in containers(tmp_path).items():
        refused(with_member(path, member, b" " * 80_000_000), "解压后有 80 MB，上限 64 MB")
    path = containers(tmp_path)["word/document.xml"]
    refused(with_member(path, "word/media/a.png", b" " * 40_000_000), "压缩比超过 200")


def test_a_member_that_is_larger_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    path = with_member(containers(tmp_path)["word/document.xml"], "word/document.xml", b" " * 30_000_000)
    data = path.read_bytes()
    assert data.count(struct.pack("<L", 30_000_000)) == 2
    path.write_bytes(data.replace(struct.pack("<L", 30_000_000), struct.pack("<L", 500)))
    refused(path, "已损坏")


def test_entities_are_neither_multiplied_nor_fetched(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    secret = tmp_path / "secret.txt"
    secret.write_text("秘密", encoding="utf-8")
    for prolog in (bomb, f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'):
        for member, path in containers(tmp_path).items():
            # ofdkit refuses such a page by itself.
            what = "实体声明" if path.suffix != ".ofd" else "OFD"
            with zipfile.ZipFile(path) as package:
                sound = package.read(member).decode()
            bad = re.sub(r"^(<\?xml[^>]*\?>\s*)?", lambda m: m[0] + prolog, sound, count=1)  # noqa: B023
            with pytest.raises(SourceError, match=what) as caught:
                read_file(with_member(path, member, bad.replace("某局总结", "&a;").replace(WIDE, "&a;")))
            assert caught.value.hint and "秘密" not in str(caught.value)


def test_locked_files_say_so(tmp_path: Path) -> None:
    office = tmp_path / "a.docx"
    office.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )
    refused(office, "打开密码")
    refused(
        odt(tmp_path / "a.odt", "<text:p>x</text:p>", **{"META-INF/manifest.xml": "<m><encryption-data/></m>"}),
        "打开密码",
    )
    paper = pdf(tmp_path / "a.pdf", [(80, 500, 16, WIDE)])
    lock = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <"
        + b"41" * 32
        + b"> /U <"
        + b"42" * 32
        + b"> /P -4 >> /ID [<41><41>] /Root"
    )
    paper.write_bytes(paper.read_bytes().replace(b"/Root", lock))
    refused(paper, "打开密码")
    zipped = containers(tmp_path)["Doc_0/Pages/Page_0/Content.xml"]
    data = bytearray(zipped.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        for match in re.finditer(re.escape(mark), bytes(data)):
            data[match.start() + offset] |= 1
    zipped.write_bytes(data)
    refused(zipped, "打开密码")


def test_a_locked_old_word_file_says_so(shared: Path, tmp_path: Path) -> None:
    data = bytearray(next((shared / "samples/official").glob("R154*.doc")).read_bytes())
    starts = [place for place in range(0, len(data), 512) if data[place : place + 2] == b"\xec\xa5"]
    data[starts[0] + 0x0B] |= 1
    path = tmp_path / "a.doc"
    path.write_bytes(data)
    refused(path, "打开密码")


def test_cut_files_are_typed_errors_or_read(shared: Path, tmp_path: Path) -> None:
    sound = [
        *containers(tmp_path).values(),
        rtf(r"\pard 某局总结\par", tmp_path / "a.rtf"),
        pdf(tmp_path / "a.pdf", [(80, 500, 16, WIDE)]),
        next((shared / "samples/official").glob("R154*.doc")),
        shared / "samples/formats/wps_release_notes.wps",
    ]
    outcomes = {}
    for path in sound:
        data = path.read_bytes()
        cut = tmp_path / f"cut{path.suffix}"
        for share in range(1, 20):
            cut.write_bytes(data[: len(data) * share // 20])
            try:
                outcomes[path.suffix, share] = bool(read_file(cut).text)
            except SourceError as error:
                assert error.hint
                outcomes[path.suffix, share] = False
    # A container without its directory, which stands last, is never taken for a whole one.
    assert not any(outcomes[suffix, share] for suffix in (".docx", ".odt", ".ofd") for share in range(1, 20))


@pytest.mark.parametrize("name", ["a.html", "a.odt", "a.rtf"])
def test_deep_nesting_is_refused_in_little_time(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.html":
        path.write_text("<html><body>" + "<div>" * 200_000 + WIDE + "</div>" * 200_000, encoding="utf-8")
    elif name == "a.odt":
        odt(path, "<text:section>" * 50_000 + "<text:p>x</text:p>" + "</text:section>" * 50_000)
    else:
        path.write_bytes(b"{\\rtf1" + b"{" * 1_000_000 + b"x" + b"}" * 1_000_000)
    refused(path, "嵌套得太深")


@pytest.mark.parametrize(
    "line", ["[" * 200_000, "<!--" * 100_000, "a" + " " * 200_000 + "b", "# a" + " " * 200_000 + "b"]
)
def test_markdown_takes_linear_time(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(line, encoding="utf-8")
    start = time.perf_counter()
    assert len(read_file(path).text) >= len(line) - 2
    assert time.perf_counter() - start < SECONDS


@pytest.mark.parametrize("piece", ["\n" * 8, " ", "）", "一、学习\n", "2025年1月1日\n", "一是", "某局"])
def test_a_piece_said_ten_thousand_times_is_understood_and_checked(tmp_path: Path, piece: str) -> None:
    text = f"某局总结\n一、问题\n{piece * 10_000}\n完。"
    path = rtf(r"\par ".join(escaped(line) for line in text.split("\n")), tmp_path / "a.rtf")
    start = time.perf_counter()
    assert understood(read_file(path)).report.profile.value("title") == "某局总结"
    assert rag.check(None, text, year=2025).findings is not None
    assert time.perf_counter() - start < SECONDS


def test_a_row_of_comments_does_not_hold_up_the_look_at_the_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_text("<!-- -->" * 400 + "x", encoding="utf-8")
    refused(path, "不是有效的")


def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.rtf"
    look = kinds.kind

    def look_and_delete(path: Path) -> str:
        found = look(path)
        path.unlink()
        return found

    monkeypatch.setattr(kinds, "kind", look_and_delete)
    for make in (
        lambda: rtf(r"\pard 总结\par", path),
        lambda: odt(path, ""),
        lambda: pdf(path, [(80, 500, 16, WIDE)]),
        lambda: ofd(path, []),
    ):
        make()
        refused(path, "读取中断|无法打开")


def test_link_loops_are_listed_and_refused(tmp_path: Path) -> None:
    root = tmp_path / "样本"
    root.mkdir()
    (root / "a.docx").symlink_to(root / "b.docx")
    (root / "b.docx").symlink_to(root / "a.docx")
    (root / "自己").symlink_to(root)
    (root / "c.txt").write_text("总结", encoding="utf-8")
    names = [file.name for file in sample_files([root])]
    assert "样本/c.txt" in names and len(names) == len(set(names)) <= 4
    for name in ("a.docx", "b.docx"):
        with pytest.raises(SourceError, match="无法打开"):
            read(root / name, name, Config())


def test_long_and_odd_names_are_read(tmp_path: Path) -> None:
    for name in ("😀总结" + "长" * 70 + ".rtf", "a b'\"$.rtf"):
        assert read_file(rtf(r"\pard 某局总结\par", tmp_path / name)).text.startswith("某局总结")


def test_a_large_file_is_refused_by_the_limit_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(SourceError, match="文件过大：1 MB") as caught:
        read(path, "a.txt", Config(largest_file_mb=1))
    assert "上限 1 MB" in caught.value.hint


def test_comments_among_the_paragraphs_of_a_page_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<html><body><div><!-- x -->{WIDE}<br><!doctype y>{WIDE}</div></body></html>", encoding="utf-8")
    assert read_file(path).text == f"{WIDE}\n{WIDE}"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300])
def test_lengths_that_are_no_numbers_are_no_text(bad: float) -> None:
    sound = [Piece(WIDE, 80.0, 500.0, 300.0 + 30 * i, 16.0) for i in range(3)]
    page = Page(1, 842.0, (*sound, Piece("坏", bad, bad, 400.0, 16.0), Piece("坏", 80.0, 90.0, 400.0, bad)))
    text = "".join(item.text for item in blocks_of([page]) if isinstance(item, Block))
    assert text == WIDE * 3


def test_a_pdf_of_a_thousand_pages_is_read_and_one_of_too_many_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets = [[(80.0, 500.0, 16.0, f"第{n}页。{WIDE}。")] for n in range(1, 1001)]
    path = pdf(tmp_path / "a.pdf", *sheets)
    document = read_file(path)
    assert document.text.count(WIDE) == 1000
    monkeypatch.setattr(pdf_reader, "MOST_PAGES", 999)
    refused(path, "PDF 有 1000 页，上限 999 页")


def test_a_member_with_a_name_of_three_hundred_characters_is_read(tmp_path: Path) -> None:
    path, name = tmp_path / "a.zip", "😀" + "长" * 300 + ".txt"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(name, WIDE)
    assert read(path / name, name, Config()).text == WIDE
