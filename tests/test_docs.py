"""The README tells the truth: every command and format is in it, and its snippets run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import rag
from rag.cli import app
from rag.read import READERS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_every_command_is_in_the_readme() -> None:
    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    names += [group.name for group in app.registered_groups if group.name]
    assert names
    assert all(f"rag {name}" in README for name in names)


def test_every_format_is_in_the_readme() -> None:
    missing = {suffix for suffix in READERS if f"`{suffix}`" not in README} - {".text", ".markdown", ".htm"}
    assert not missing


def test_the_settings_of_the_readme_load(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    (snippet,) = blocks("toml")
    file.write_text(snippet, encoding="utf-8")
    config = rag.Config.load(file)
    assert config.samples == (tmp_path / "我的范文",)
    assert config.index == tmp_path / "index"


def test_the_library_snippet_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "我的范文"
    folder.mkdir()
    for path in sorted((ROOT / "seeds").glob("*镇长*.txt")):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    (snippet,) = blocks("python")
    exec(compile(snippet, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("# 镇党委书记")
