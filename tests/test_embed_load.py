"""Which model a name means, that nothing is fetched, what an index remembers of its model, and what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag import embed
from rag.embed import bundled, sealed, transformer
from rag.errors import ConfigError, IndexMismatch, ModelError, ModelMissing, ModelUnsupported

Run = Callable[..., subprocess.CompletedProcess[bytes]]
REPORT = "某校长2024年述职报告\n一、履职情况\n1.抓教学。听课多。\n二、存在的问题\n1.调研不够。下去少。"
ASK = ("--role", "校长", "--topic", "述职报告")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv(bundled.VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A hub on loopback that refuses everything; the requests it got."""
    asked: list[str] = []

    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def other_model(model: Path, target: Path) -> Path:
    """The same weights under another prompt: another model."""
    shutil.copytree(model, target)
    (target / sealed.MANIFEST).unlink()
    file = target / "config_sentence_transformers.json"
    file.write_text(json.dumps({"prompts": {"query": "q: ", "document": "d: "}}), encoding="utf-8")
    return target


def test_a_name_that_is_not_on_disk_fails_at_once_and_names_the_folder(
    run_rag: Run, samples: Callable[..., Path], hub: list[str], tmp_path: Path
) -> None:
    own = {"RAG_CACHE_DIR": str(tmp_path / "缓存")}
    started = time.monotonic()
    done = run_rag("build", str(samples(甲=REPORT)), "--index", "i", "--model", "BAAI/bge-small-zh-v1.5", **own)
    assert time.monotonic() - started < 10
    assert done.returncode == 1
    first, hint = done.stderr.decode().splitlines()
    assert first == "错误：这台机器上没有模型 BAAI/bge-small-zh-v1.5"
    assert f"把模型文件夹放到 {tmp_path / '缓存' / 'models' / 'bge-small-zh-v1.5'}（" in hint
    assert hub == []


def test_the_folder_that_the_error_names_is_where_the_model_is_then_found(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    config = rag.Config.load(model="BAAI/bge-small-zh-v1.5")
    with pytest.raises(ModelMissing):
        embed.load(config)
    other_model(model, tmp_path / "缓存" / "models" / "bge-small-zh-v1.5")
    assert embed.load(config).name == "bge-small-zh-v1.5"
    assert embed.load(rag.Config.load(model="bge-small-zh-v1.5")).name == "bge-small-zh-v1.5"


def test_downloading_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch, hub: list[str]) -> None:
    monkeypatch.setattr(transformer, "is_installed", lambda: False)
    with pytest.raises(ModelMissing, match="sentence-transformers") as caught:
        embed.load(rag.Config.load(model="BAAI/bge-small-zh-v1.5", allow_download=True))
    assert caught.value.hint == "pip install 'gangmu[st]'"
    assert hub == []


def test_a_folder_without_onnx_and_without_the_extra_names_both_ways_out(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformer, "is_installed", lambda: False)
    folder = other_model(model, tmp_path / "torch-only")
    shutil.rmtree(folder / "onnx")
    with pytest.raises(ModelUnsupported, match="没有 ONNX 文件") as caught:
        embed.load(rag.Config.load(model=folder))
    assert "pip install 'gangmu[st]'" in caught.value.hint
    assert "onnx/model.onnx" in caught.value.hint


@pytest.mark.parametrize("kind", ["SparseEncoder", "MultiVectorEncoder", "ColBERT", "CrossEncoder"])
def test_a_model_that_gives_no_dense_vector_is_refused(model: Path, tmp_path: Path, kind: str) -> None:
    folder = other_model(model, tmp_path / "other")
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"model_type": kind}), encoding="utf-8")
    with pytest.raises(ConfigError, match=kind):
        embed.load(rag.Config.load(model=folder))


class Tensor:
    def __array__(self, *_: object, **__: object) -> Any:
        raise TypeError("can't convert Sparse layout tensor to numpy")


@pytest.mark.parametrize(
    "rows", [Tensor(), np.zeros((8, 5, 4)), [np.zeros((3, 4)), np.zeros((5, 4))], np.zeros(8), "words"]
)
def test_an_object_that_gives_no_dense_rows_is_refused(config_of: Callable[[], rag.Config], rows: object) -> None:
    class Odd:
        def encode_query(self, _: Sequence[str]) -> object:
            return rows

        encode_document = encode_query

    with pytest.raises(ConfigError, match="稠密"):
        rag.build(config_of(), embedder=Odd())


def test_an_object_that_is_no_embedder_is_refused(config_of: Callable[[], rag.Config]) -> None:
    with pytest.raises(ConfigError, match="不是向量模型"):
        rag.build(config_of(), embedder=object())  # type: ignore[arg-type]


@pytest.fixture
def config_of(tmp_path: Path, samples: Callable[..., Path]) -> Callable[..., rag.Config]:
    def make(**settings: object) -> rag.Config:
        return rag.Config.load(samples=samples(甲=REPORT), index=tmp_path / "索引", **settings)

    return make


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("bundled", "bundled"),
        ("BAAI/bge-small-zh-v1.5", "BAAI/bge-small-zh-v1.5"),
        ("bge", "bge"),
        ("有的", "{here}/有的"),
        ("./没有", "{here}/没有"),
        ("../没有", "{above}/没有"),
        ("/a/b", "/a/b"),
        ("a/b/c", "{here}/a/b/c"),
    ],
)
def test_a_folder_becomes_an_absolute_path_and_a_name_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, wanted: str
) -> None:
    (tmp_path / "有的").mkdir()
    monkeypatch.chdir(tmp_path)
    assert rag.Config.load(model=value).model == wanted.format(here=tmp_path, above=tmp_path.parent)


def test_a_folder_in_rag_toml_is_relative_to_that_file(tmp_path: Path) -> None:
    (tmp_path / "有的").mkdir()
    (tmp_path / "rag.toml").write_text('model = "有的"\nallow_download = true\n', encoding="utf-8")
    config = rag.Config.load(tmp_path / "rag.toml")
    assert (config.model, config.allow_download) == (str(tmp_path / "有的"), True)
    with pytest.raises(ConfigError, match="true 或 false"):
        rag.Config.load(allow_download="yes")


def test_an_index_finds_its_model_again_from_anywhere_and_keeps_it(
    run_rag: Run, model: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    other_model(model, tmp_path / "home" / "内" / "我的模型")
    few, index = str(samples(甲=REPORT)), str(tmp_path / "i")
    assert run_rag("build", few, "--index", index, "--model", "./内/我的模型").returncode == 0
    ask = [sys.executable, "-m", "rag", "outline", *ASK, "--index", index]
    done = subprocess.run(ask, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(run_rag("info", "--index", index, "--json").stdout)["locator"] == str(
        tmp_path / "home" / "内" / "我的模型"
    )
    again = json.loads(run_rag("build", "--index", index, "--json").stdout)
    assert (again["unchanged"], again["chunks"]["embedded"], again["notes"]) == (1, 0, [])


def test_another_model_is_announced_before_anything_is_embedded(
    run_rag: Run, model: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    other = other_model(model, tmp_path / "另一个")
    few, index = str(samples(甲=REPORT)), str(tmp_path / "i")
    own = {"RAG_MODEL_DIR": str(model), "RAG_CACHE_DIR": str(tmp_path / "缓存")}
    assert run_rag("build", few, "--index", index, **own).returncode == 0
    done = run_rag("build", "--index", index, "--model", str(other), **own)
    lines = done.stderr.decode().splitlines()
    note = "模型由 multilingual-e5-small-zh-qint8 换成 另一个：全部向量重新计算（缓存里已有的除外）"
    assert lines.index(note) < next(i for i, line in enumerate(lines) if line.startswith("计算向量"))


def test_asking_with_another_model_names_both_and_the_command_that_rebuilds(
    run_rag: Run, model: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    other = other_model(model, tmp_path / "另一个")
    few, index = str(samples(甲=REPORT)), str(tmp_path / "i")
    assert run_rag("build", few, "--index", index).returncode == 0
    done = run_rag("outline", *ASK, "--index", index, RAG_MODEL=str(other))
    assert done.returncode == 1
    first, hint = done.stderr.decode().splitlines()
    assert first == "错误：索引是用模型 multilingual-e5-small-zh-qint8 建的，现在用的是 另一个"
    command = f'rag build --index "{index}" --model "{other}"'
    assert hint.endswith(command)
    assert run_rag(*("build", "--index", index, "--model", str(other))).returncode == 0
    assert run_rag("outline", *ASK, "--index", index, RAG_MODEL=str(other)).returncode == 0


def test_an_index_made_with_an_object_says_so_when_asked_without_it(config_of: Callable[[], rag.Config]) -> None:
    config = config_of()
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config) as index, pytest.raises(IndexMismatch, match="HashEmbedder"):
        rag.search(index, role="校长", topic="述职报告")
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        assert rag.search(index, role="校长", topic="述职报告")


def test_a_model_that_has_moved_is_named(config_of: Callable[..., rag.Config], model: Path, tmp_path: Path) -> None:
    folder = other_model(model, tmp_path / "另一个")
    rag.build(config_of(model=folder))
    folder.rename(tmp_path / "搬走了")
    with rag.Index.open(config_of()) as index, pytest.raises(ModelError, match="另一个"):
        rag.search(index, role="校长", topic="述职报告")
    with rag.Index.open(config_of(model=tmp_path / "搬走了")) as index:
        assert rag.search(index, role="校长", topic="述职报告")
