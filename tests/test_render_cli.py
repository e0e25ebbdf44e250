"""Where a result goes: a file that is there is kept, a place that is none is named, formats are known by suffix."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hostile import STRINGS, hostile_outline

import rag
from rag.errors import FormatError
from rag.renderers import OF_INFO, OF_OUTLINES, chosen
from rag.renderers.outline_json import loaded

Run = Callable[..., subprocess.CompletedProcess[bytes]]
ASKED = ("outline", "--role", "小学校长", "--topic", "述职述廉")
SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "docs/outline.schema.json").read_text("utf-8"))


@pytest.fixture
def outline(run_rag: Run, seeds_index: rag.Index) -> Run:
    return lambda *arguments: run_rag(*ASKED, *arguments, RAG_INDEX=str(seeds_index.generation.parent))


def test_a_file_that_is_there_is_kept_unless_forced(outline: Run, tmp_path: Path) -> None:
    file = tmp_path / "提纲.docx"
    file.write_bytes(b"mine")
    done = outline("-o", str(file))
    assert (done.returncode, file.read_bytes()) == (1, b"mine")
    assert done.stderr.decode().splitlines() == [f"错误：文件已存在：{file}", "提示：换一个文件名；要覆盖它就加 -f"]
    assert outline("-o", str(file), "-f").returncode == 0
    assert "word/document.xml" in zipfile.ZipFile(file).namelist(), "the suffix says the format"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("place", ["没有/提纲.md", "."])
def test_a_place_that_cannot_be_written_is_named(outline: Run, tmp_path: Path, place: str) -> None:
    done = outline("-o", str(tmp_path / place))
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert len(lines) == 2
    assert lines[0].startswith("错误：写不进")


def test_an_unknown_format_names_the_known_ones(outline: Run) -> None:
    done = outline("--format", "pptx")
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[1] == "提示：可用的格式：md、json、docx、html、prompt"


def test_a_prompt_alone_is_bounded(outline: Run) -> None:
    assert "--max-chars 只用于 prompt" in outline("--max-chars", "3000").stderr.decode()
    done = outline("--format", "prompt", "--max-chars", "3000")
    assert 1000 < len(done.stdout.decode()) <= 3000


def test_info_is_a_page_too(run_rag: Run, seeds_index: rag.Index, tmp_path: Path) -> None:
    file = tmp_path / "索引.html"
    done = run_rag("info", "-o", str(file), RAG_INDEX=str(seeds_index.generation.parent))
    assert done.returncode == 0, done.stderr.decode()
    assert file.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("format", "output", "expected"),
    [
        (None, None, "md"),
        (None, "a.docx", "docx"),
        (None, "a.HTML", "html"),
        (None, "a.txt", "md"),
        ("json", "a.docx", "json"),
    ],
)
def test_the_format_is_said_or_read_from_the_suffix(format: str | None, output: str | None, expected: str) -> None:
    assert chosen(format, Path(output) if output else None, OF_OUTLINES) == expected
    with pytest.raises(FormatError, match="pptx"):
        chosen("pptx", None, OF_INFO)


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_json_is_valid_and_comes_back_the_same(text: str) -> None:
    plan = hostile_outline(text)
    data = rag.render(plan, "json")
    jsonschema.validate(json.loads(data), SCHEMA)
    assert json.loads(data)["title"] == text
    assert rag.render(loaded(data), "json") == data
