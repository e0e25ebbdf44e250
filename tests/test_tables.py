"""A user's own rows over the tables that ship: what they replace, what they join, and what an outline makes of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.overlay import merged

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
OWN = """
[[meeting]]
year = 2031
kind = "组织生活会"
aspects = ["学思践悟", "为民服务"]
source = "某市通知（2031）3号"
"""
DRAFT = """某局机关党支部{year}年度组织生活会支部班子对照检查材料
按照要求，支部委员会作如下对照检查。
一、存在的主要问题
（一）学思践悟不够深入。集中学习多，研讨交流少。
（二）为民服务不够主动。等人上门多，主动上门少。
二、原因分析
（一）学习抓得不紧。认为读过文件就算学过。
（二）宗旨意识有所淡化。和群众坐在一起的时候少了。
三、整改措施
（一）加强理论学习。每月一次专题研讨。
（二）转变工作作风。每季度走访一次服务对象。
"""


def test_own_rows_replace_rows_of_the_same_name_and_stand_first() -> None:
    shipped = {
        "row": [{"name": "甲", "words": ["一"]}, {"name": "乙", "words": ["二"]}],
        "limit": 3,
        "cues": {"问题": ["缺"]},
    }
    own = {"row": [{"name": "丙", "words": []}, {"name": "甲", "words": ["壹"]}], "limit": 4, "cues": {"问题": ["差"]}}
    assert merged(shipped, own) == {
        "row": [{"name": "丙", "words": []}, {"name": "甲", "words": ["壹"]}, {"name": "乙", "words": ["二"]}],
        "limit": 4,
        "cues": {"问题": ["差", "缺"]},
    }


def test_a_meeting_of_a_year_is_one_row() -> None:
    shipped = {"meeting": [{"year": 2024, "kind": "民主生活会", "aspects": ["旧"]}]}
    own = {"meeting": [{"year": 2024, "kind": "民主生活会", "aspects": ["新"]}]}
    assert merged(shipped, own) == own


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with two samples, a table of its own and the settings that name it."""
    folder = tmp_path / "project"
    (folder / "samples").mkdir(parents=True)
    for year in (2029, 2030):
        (folder / f"samples/{year}.txt").write_text(DRAFT.format(year=year), encoding="utf-8")
    (folder / "mine").mkdir()
    (folder / "rag.toml").write_text('samples = ["samples"]\nindex = "i"\ndata = ["mine"]\n', encoding="utf-8")
    return folder


def test_a_years_own_theme_heads_the_problems_with_its_source(project: Path, run_rag: Run) -> None:
    (project / "mine/aspects.toml").write_text(OWN, encoding="utf-8")
    config = ["--config", str(project / "rag.toml")]
    assert run_rag("build", *config).returncode == 0

    def problems(year: str) -> dict[str, object]:
        asked = ["--role", "某局机关党支部", "--topic", "组织生活会支部班子对照检查", "--year", year]
        found = run_rag("outline", *config, *asked, "--json")
        assert found.returncode == 0, found.stderr.decode()
        return next(node for node in json.loads(found.stdout)["nodes"] if node["function"] == "问题")

    themed = problems("2031")
    assert [child["title"] for child in themed["children"]] == ["学思践悟方面", "为民服务方面"]
    assert themed["children"][0]["points"][0]["text"] == "对照方面依据：某市通知（2031）3号"
    assert [child["title"] for child in problems("2032")["children"]] == []


def test_a_table_nobody_knows_and_a_folder_that_is_not_there_are_named(project: Path, run_rag: Run) -> None:
    config = ["--config", str(project / "rag.toml")]
    (project / "mine/aspect.toml").write_text(OWN, encoding="utf-8")
    found = run_rag("build", *config)
    assert found.returncode == 1 and "没有这样的词表：aspect.toml" in found.stderr.decode()
    assert "aspects.toml" in found.stderr.decode()
    (project / "rag.toml").write_text('samples = ["samples"]\ndata = ["yours"]\n', encoding="utf-8")
    found = run_rag("build", *config)
    assert found.returncode == 1 and "词表文件夹不存在" in found.stderr.decode()
