"""The data wheel: pip takes it, the program finds the model in it, its licence is inside, and its bytes never change."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rag.embed import bundled, data_wheel
from rag.errors import ModelError

FIND = """
from pathlib import Path
from rag.embed import bundled, weights
weights.of_package = lambda: None
print(bundled.folder())
"""


@pytest.fixture(scope="module")
def wheel(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_wheel.write(model, tmp_path_factory.mktemp("轮子"))


def test_pip_installs_it_and_the_program_uses_it_without_the_package(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(site)]
    done = subprocess.run([*install, str(wheel)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    own = {**os.environ, "PYTHONPATH": str(site), "RAG_CACHE_DIR": str(tmp_path / "缓存")}
    own.pop(bundled.VARIABLE, None)
    done = subprocess.run([sys.executable, "-c", FIND], capture_output=True, text=True, env=own, timeout=60)
    assert done.stdout.strip() == str(site / "gangmu_model" / bundled.NAME), done.stderr
    assert not (tmp_path / "缓存").exists()


def test_every_file_is_in_it_with_the_licence(wheel: Path, model: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for path in model.rglob("*"):
            if path.is_file():
                name = f"gangmu_model/{bundled.NAME}/{path.relative_to(model).as_posix()}"
                assert archive.read(name) == path.read_bytes()
        about = f"gangmu_model-{data_wheel.VERSION}.dist-info"
        assert b"Permission is hereby granted, free of charge" in archive.read(f"{about}/licenses/LICENSE")
        assert b"License-Expression: MIT" in archive.read(f"{about}/METADATA")


def test_the_same_model_gives_the_same_wheel(wheel: Path, model: Path, tmp_path: Path) -> None:
    assert data_wheel.write(model, tmp_path).read_bytes() == wheel.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [wheel.name]


def test_a_damaged_model_is_not_packed(model: Path, tmp_path: Path) -> None:
    import shutil

    other = shutil.copytree(model, tmp_path / "e5")
    os.truncate(other / "onnx/model_qint8.onnx_data", 1000)
    with pytest.raises(ModelError, match="已损坏"):
        data_wheel.write(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rag_model_install_takes_the_data_wheel_too(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(bundled.VARIABLE, raising=False)
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    assert bundled.install(wheel) == tmp_path / "缓存" / "models" / bundled.NAME
