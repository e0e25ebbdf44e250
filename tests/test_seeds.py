"""The shipped samples: what each is, by hand (data/seeds.json), against what the program makes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config
from rag.pipeline import parsed
from rag.read import READERS
from rag.text import bare

ROOT = Path(__file__).resolve().parent.parent
SEEDS = json.loads((ROOT / "tests/data/seeds.json").read_text(encoding="utf-8"))
STRUCTURE = json.loads((ROOT / "tests/data/structure.json").read_text(encoding="utf-8"))
GENRES = {"个人对照检查": "对照检查材料", "支部班子对照检查": "对照检查材料", "述职述廉": "述职报告"}


@pytest.fixture(scope="module", params=SEEDS, ids=lambda row: row["file"])
def seed(request: pytest.FixtureRequest) -> dict[str, object]:
    return request.param


def test_a_seed_is_recognised_for_what_it_is(seed: dict[str, object]) -> None:
    path = ROOT / "seeds" / str(seed["file"])
    assert path.suffix in READERS
    report = parsed(path, Config()).report
    profile = report.profile
    assert profile.value("genre") == GENRES.get(str(seed["genre"]), seed["genre"])
    assert profile.year_number == seed["year"]
    assert profile.value("person") == seed["person"]
    # The hand-made list joins a subtitle to its title; the program keeps it apart.
    assert bare(str(seed["title"])).startswith(bare(profile.value("title") or "?"))
    assert 1200 <= len(re.findall(r"[\u4e00-\u9fff]", report.document.text)) <= 3600


@pytest.mark.parametrize("gold", STRUCTURE, ids=lambda row: row["file"])
def test_structure_agrees_with_what_was_annotated_by_hand(gold: dict[str, Any]) -> None:
    """The annotation was made blind, before anyone saw what the parser says (rules as in its source's RULES)."""
    report = parsed(ROOT / gold["file"], Config()).report
    hidden = [(row["char_start"], row["char_end"]) for row in gold["ignore"]]
    leads = {row["char_start"] for row in gold["unmarked_leads"]}
    found = {
        (node.kind, node.start, tidy(node.marker + node.title))
        for node in report.root.walk()
        if node.marker and node.start not in leads and not any(start <= node.start < end for start, end in hidden)
    }
    wanted = {("section", row["char_start"], tidy(row["heading"])) for row in gold["nodes"]}
    wanted |= {
        ("point", point["char_start"], tidy(point["marker"] + point["lead"]))
        for group in gold["enumerations"]
        for point in group["points"]
    }
    assert found == wanted


def tidy(words: str) -> str:
    return bare(words.replace("**", "").lstrip("#")).rstrip("。：；:;，,.!！?？")


def test_every_file_of_the_folder_is_listed_in_its_readme() -> None:
    listed = (ROOT / "seeds/README.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / "seeds").iterdir()} - {"README.md"}
    assert files == {row["file"] for row in SEEDS}
    assert all(f"| {name} |" in listed for name in files)
