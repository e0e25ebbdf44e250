"""A short turn of what bench/index_faults.py does for longer: kills, churn, a full disk."""

from __future__ import annotations

import os
from pathlib import Path

import index_trial
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no kill -9 on this system")


def test_builds_killed_at_random_lose_nothing_and_no_reader_notices(tmp_path: Path) -> None:
    found = index_trial.kills(tmp_path, 12)
    assert found["kills"] == 12
    assert found["reads"] > 0


def test_two_writers_and_eight_readers_meet_no_error(tmp_path: Path) -> None:
    found = index_trial.churn(tmp_path, 3)
    assert found["builds"] > 0
    assert found["reads"] > 0


def test_a_disk_that_is_full_at_any_byte_leaves_the_old_index_answering(tmp_path: Path) -> None:
    found = index_trial.full(tmp_path, 14)
    assert found["built"] < found["limits"], "some limits are too low"
