"""Folders of samples in a .zip, and what the user states of a sample in a sidecar or in front matter."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from office_files import RUN, word_file

import rag
from rag.config import Config
from rag.datatypes import Document
from rag.errors import SourceError, UnsupportedFormat
from rag.pipeline import parsed
from rag.read import file_digest, read, sample_files, zipped

TEXT = "某局总结\n一、工作回顾\n学习不够深入。"


def packed(path: Path, members: dict[str, bytes], *, encoding: str = "utf-8", flag: bool = True) -> Path:
    """A .zip whose names are in `encoding`, marked as UTF-8 or, as older programs have it, not."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    if not flag:
        data = bytearray(path.read_bytes())
        for name in members:
            raw = name.encode(encoding)
            assert len(raw) <= len(name.encode())
            padded = raw + b"_" * (len(name.encode()) - len(raw))
            data = bytearray(bytes(data).replace(name.encode(), padded))
        for mark, offset in ((b"PK\x01\x02", 9), (b"PK\x03\x04", 7)):
            at = data.find(mark)
            while at >= 0:
                data[at + offset] &= 0xF7
                at = data.find(mark, at + 4)
        path.write_bytes(data)
    return path


def names(root: Path) -> list[str]:
    return [file.name for file in sample_files([root])]


def read_all(root: Path) -> dict[str, Document | str]:
    found: dict[str, Document | str] = {}
    for file in sample_files([root]):
        try:
            found[file.name] = read(file.path, file.name, Config())
        except SourceError as error:
            assert error.hint
            found[file.name] = str(error)
    return found


def test_members_are_files_below_the_archive(tmp_path: Path) -> None:
    root = tmp_path / "样本"
    root.mkdir()
    word = word_file(tmp_path / "a.docx", f"<w:p>{RUN.format('某局总结')}</w:p>").read_bytes()
    packed(
        root / "历年.zip",
        {
            "2024/总结.docx": word,
            "2024/计划.txt": TEXT.encode("gb18030"),
            "__MACOSX/2024/._计划.txt": b"x",
            ".隐藏.txt": b"x",
            "README.md": b"x",
            "图.png": b"x",
        },
    )
    found = read_all(root)
    assert list(found) == ["样本/历年.zip/2024/总结.docx", "样本/历年.zip/2024/计划.txt"]
    document = found["样本/历年.zip/2024/计划.txt"]
    assert isinstance(document, Document)
    assert document.text == TEXT
    assert document.source.path == "样本/历年.zip/2024/计划.txt"


@pytest.mark.parametrize(("encoding", "flag"), [("utf-8", True), ("utf-8", False), ("gb18030", False)])
def test_names_are_read_in_the_encoding_they_were_packed_in(tmp_path: Path, encoding: str, flag: bool) -> None:
    root = tmp_path / "样本"
    root.mkdir()
    packed(root / "a.zip", {"总结.txt": TEXT.encode()}, encoding=encoding, flag=flag)
    # Padding of the shorter encoding is part of the name, so the suffix is looked for without it.
    listed = zipped.members(root / "a.zip")
    assert listed == ["总结.txt"] if encoding == "utf-8" else listed[0].startswith("总结.txt")


def test_a_member_knows_its_own_bytes_and_its_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    path = packed(tmp_path / "a.zip", {"x/a.txt": TEXT.encode(), "b.txt": b"other", "b.txt.toml": b"year = 2020"})
    alone = file_digest(tmp_path / "a.txt", Config())
    assert file_digest(path / "x/a.txt", Config()) == alone
    before = file_digest(path / "b.txt", Config())
    packed(path, {"x/a.txt": TEXT.encode(), "b.txt": b"other", "b.txt.toml": b"year = 2021"})
    assert file_digest(path / "b.txt", Config()) != before
    assert file_digest(path / "x/a.txt", Config()) == alone


def test_a_member_that_fails_fails_alone(tmp_path: Path) -> None:
    root = tmp_path / "样本"
    root.mkdir()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("x.txt", TEXT)
    path = packed(
        root / "a.zip",
        {
            "好.txt": TEXT.encode(),
            "坏.docx": b"not a word file",
            "弹.txt": b" " * 40_000_000,
            "空.txt": b"",
            "内.zip": inner.getvalue(),
            "表.xls": b"x",
        },
    )
    found = read_all(root)
    said = {name.rsplit("/", 1)[-1]: what for name, what in found.items()}
    assert isinstance(said["好.txt"], Document)
    assert said["内.zip"] == "压缩包里还有压缩包"
    assert said["表.xls"] == "不支持的格式：.xls"
    assert said["空.txt"] == "文件是空的"
    assert "压缩比超过 200" in str(said["弹.txt"])
    assert "不是有效的 .docx" in str(said["坏.docx"])
    with pytest.raises(SourceError, match="解压后有 40 MB"):
        read(path / "弹.txt", "弹.txt", Config(largest_file_mb=30))


def test_names_that_lead_out_stay_inside(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"../../etc/外.txt": TEXT.encode(), "/根.txt": b"y", "c\\d.txt": b"z"})
    assert zipped.members(path) == ["c/d.txt", "etc/外.txt", "根.txt"]
    assert read(path / "etc/外.txt", "外.txt", Config()).text == TEXT


def test_locked_damaged_and_crowded_archives_are_one_failed_file(tmp_path: Path) -> None:
    root = tmp_path / "样本"
    root.mkdir()
    locked = packed(root / "锁.zip", {"a.txt": TEXT.encode()})
    data = bytearray(locked.read_bytes())
    data[data.find(b"PK\x01\x02") + 8] |= 1
    data[data.find(b"PK\x03\x04") + 6] |= 1
    locked.write_bytes(data)
    (root / "断.zip").write_bytes(bytes(data[:40]))
    packed(root / "多.zip", {f"{i}.txt": b"" for i in range(zipped.MOST_MEMBERS + 1)})
    packed(root / "空.zip", {"图.png": b"x"})
    found = read_all(root)
    assert found["样本/锁.zip/a.txt"] == "压缩包里的这个文件有密码"
    assert found["样本/断.zip"] == "压缩包打不开（已损坏，或不完整）：断.zip"
    assert found["样本/多.zip"] == f"压缩包里有 {zipped.MOST_MEMBERS + 1} 个文件，上限 {zipped.MOST_MEMBERS} 个"
    assert found["样本/空.zip"] == "压缩包里没有可读的样本"


def test_a_word_file_named_zip_is_a_word_file(tmp_path: Path) -> None:
    root = tmp_path / "样本"
    root.mkdir()
    word_file(root / "a.docx", f"<w:p>{RUN.format('某局总结')}</w:p>").rename(root / "a.zip")
    assert names(root) == ["样本/a.zip"]
    assert read(root / "a.zip", "a.zip", Config()).text == "某局总结"


def test_a_build_takes_an_archive_and_lists_what_failed(tmp_path: Path) -> None:
    from conftest import HashEmbedder

    root = tmp_path / "样本"
    root.mkdir()
    packed(root / "a.zip", {"总结.txt": TEXT.encode(), "坏.pdf": b"x"})
    config = Config.load(samples=root, index=tmp_path / "index")
    report = rag.build(config, embedder=HashEmbedder())
    assert report.added == ("样本/a.zip/总结.txt",)
    assert [row.path for row in report.failed] == ["样本/a.zip/坏.pdf"]


def test_one_file_of_an_archive_can_be_parsed(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"x/总结.txt": TEXT.encode()})
    assert parsed(path / "x/总结.txt", Config()).report.profile.value("title") == "某局总结"
    with pytest.raises(SourceError, match="文件不存在"):
        parsed(path / "没有.txt", Config())
    with pytest.raises(UnsupportedFormat) as caught:
        parsed(path, Config())
    assert "rag parse" in caught.value.hint


SIDECAR = """
title = "城关镇防汛总结"
genre = "总结"
role = "镇长"
unit = "城关镇人民政府"
year = 2019
person = "班子"
duties = "分管防汛"
occasion = "年度考核"
is_material = false
"""


def test_a_sidecar_overrides_what_the_program_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("教育局局长2022年述职报告\n我认真学习。我不够深入，本人有差距。", encoding="utf-8")
    before = file_digest(path, Config())
    (tmp_path / "a.txt.toml").write_text(SIDECAR, encoding="utf-8")
    report = parsed(path, Config()).report
    profile = report.profile
    found = {name: profile.value(name) for name in ("title", "genre", "role", "unit", "person", "duties", "occasion")}
    assert found == {
        "title": "城关镇防汛总结",
        "genre": "工作总结",
        "role": "镇长",
        "unit": "城关镇人民政府",
        "person": "班子",
        "duties": "分管防汛",
        "occasion": "年度考核",
    }
    assert (profile.year_number, profile.is_material, profile.family) == (2019, False, "乡镇街道正职")
    assert report.document.source.title == "城关镇防汛总结"
    assert report.document.source.sha256 == file_digest(path, Config()) != before
    assert profile.genre is not None and profile.genre.span is None


@pytest.mark.parametrize(
    ("sidecar", "what", "hint"),
    [
        ("titel = 'x'", "a.txt.toml里有不认识的项：titel", "是否要写 title？"),
        ("zzz = 'x'", "a.txt.toml里有不认识的项：zzz", "可写：title、genre"),
        ("year = 24", "year 应为四位年份，得到 24", "year = 2024"),
        ("person = '大家'", "person 应为个人或班子", "个人"),
        ("is_material = 'maybe'", "is_material 应为 true 或 false", "false"),
        ("title = ['a']", "title 应为一行文字", "title"),
        ("title = ", "不是合法的 TOML", "a.txt.toml"),
    ],
)
def test_a_bad_sidecar_says_what_is_wrong(tmp_path: Path, sidecar: str, what: str, hint: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    (tmp_path / "a.txt.toml").write_text(sidecar, encoding="utf-8")
    with pytest.raises(SourceError, match=what) as caught:
        read(path, "a.txt", Config())
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_front_matter_states_facts_and_is_no_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(
        f"---\n文种: 心得体会\nyear: '2021'\ntags:\n  - 党建\ndate: 2024-05-01\n---\n{TEXT}", encoding="utf-8"
    )
    document = read(path, name, Config())
    assert document.text == TEXT
    assert document.given == (("genre", "心得体会"), ("year", "2021"))
    (tmp_path / f"{name}.toml").write_text("year = 2018", encoding="utf-8")
    assert dict(read(path, name, Config()).given) == {"genre": "心得体会", "year": "2018"}


def test_a_key_of_front_matter_that_is_nearly_ours_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\ngenr: 通知\n---\n{TEXT}", encoding="utf-8")
    with pytest.raises(SourceError, match="不认识的项：genr") as caught:
        read(path, "a.md", Config())
    assert caught.value.hint == "是否要写 genre？"


@pytest.mark.parametrize(
    "text",
    [
        "---\n这是一段话，不是说明。\n---\n正文",
        "---\ntitle: x\n没有结束的说明",
        "正文\n---\ntitle: x\n---",
        "---\n---\n正文",
    ],
)
def test_rules_between_paragraphs_are_no_front_matter(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    document = read(path, "a.txt", Config())
    assert (document.text, document.given) == (text, ())


def test_builds_and_verification_follow_archives_and_sidecars(tmp_path: Path) -> None:
    from conftest import HashEmbedder

    from rag.pipeline import verify

    root = tmp_path / "样本"
    root.mkdir()
    (root / "b.txt").write_text(TEXT, encoding="utf-8")
    (root / "b.txt.toml").write_text("year = 2019", encoding="utf-8")
    packed(root / "a.zip", {"总结.txt": f"{TEXT}甲".encode(), "计划.txt": f"{TEXT}乙".encode()})
    config = Config.load(samples=root, index=tmp_path / "index")
    built = rag.build(config, embedder=HashEmbedder())
    assert built.added == ("样本/a.zip/总结.txt", "样本/a.zip/计划.txt", "样本/b.txt")
    assert verify(config).changed == verify(config).gone == ()
    (root / "b.txt.toml").write_text("year = 2020", encoding="utf-8")
    assert verify(config).changed == ("样本/b.txt",)
    packed(root / "a.zip", {"总结.txt": f"{TEXT}甲甲".encode()})
    assert verify(config).gone == ("样本/a.zip/计划.txt",)
    again = rag.build(config, embedder=HashEmbedder())
    assert again.edited == ("样本/a.zip/总结.txt", "样本/b.txt")
    assert again.removed == ("样本/a.zip/计划.txt",)
    assert rag.build(config, embedder=HashEmbedder()).unchanged == 2
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        assert {d.source.path: d.profile.value("year") for d in index.tables.documents()}["样本/b.txt"] == "2020"
