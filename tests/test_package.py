"""The wheel: what it carries, and that it works in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and laid out as an installer would."""
    made = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(next(made.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    return site


def test_the_wheel_carries_prompts_seeds_data_and_licence(installed: Path) -> None:
    assert (installed / "rag/prompts/outline/党性分析.toml").is_file()
    assert len(list((installed / "rag/seeds").glob("*"))) >= 8
    assert (installed / "rag/data/genres.toml").is_file()
    assert (installed / "rag/prompts/draft.md").is_file()
    assert sorted(path.name for path in (installed / "rag/renderers/assets").iterdir()) == ["page.css", "page.js"]
    assert list(installed.glob("gangmu-*.dist-info/licenses/LICENSE"))


def test_the_wheel_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": str(tmp_path / "data")}
    code = "import rag, rag.config, sys; sys.stdout.write(str(rag.config.resource('prompts')))"
    where = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert Path(where.stdout.decode()) == installed / "rag/prompts"
    few = tmp_path / "样本"
    few.mkdir()
    (few / "a.txt").write_text(
        "某校长2024年述职报告\n一、履职情况\n1.抓教学。听课多。\n二、存在的问题\n1.调研不够。下去少。", "utf-8"
    )
    for arguments in (
        ["build", "样本", "--index", "i"],
        ["outline", "--role", "校长", "--topic", "述职报告", "--index", "i"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "rag", *arguments], cwd=tmp_path, env=environment, capture_output=True, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
    assert "存在的问题" in done.stdout.decode()
