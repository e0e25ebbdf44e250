"""The first mutants of bench/fuzz.py for each format: an answer or a typed error. The long run is in bench/."""

from __future__ import annotations

import random
import sys
from itertools import islice
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from fuzz import harm, mutants, starting_files

MUTANTS = 40


@pytest.mark.parametrize(
    "suffix", [".txt", ".md", ".html", ".rtf", ".docx", ".odt", ".pdf", ".ofd", ".zip", ".doc", ".wps"]
)
def test_mutants_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    starts = starting_files(tmp_path).get(suffix)
    if not starts:
        pytest.skip("no file of this format on this machine")
    path = tmp_path / f"mutant{suffix}"
    for mutant in islice(mutants(starts, random.Random(5)), MUTANTS):
        path.write_bytes(mutant)
        assert harm(path) == ""


def test_harm_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fuzz

    def broken(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(fuzz, "read", broken)
    assert "ValueError: broken" in harm(tmp_path / "a.txt")
