"""Hostile text, the same bits in any company, threads, fork and spawn, folders of other people."""

import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.embed import layout, sealed
from rag.embed.onnx import LONGEST_TEXT, MOST_WINDOWS, OnnxEmbedder, clean
from rag.errors import ModelError

PROBE = "在组织开展学习教育方面，存在重形式轻实效的问题。"
HOSTILE = {
    "lone surrogates": "党\ud800支\udfff部",
    "only surrogates": "\ud800\udfff",
    "NUL": "党支部\x00书记",
    "only NUL": "\x00\x00",
    "controls": "".join(map(chr, range(0x20))) + "\x7f\x85\u2028",
    "ligature that becomes 18 letters": "\ufdfa" * 3000,
    "100,000 Hanzi": "汉" * 100_000,
    "100,000 letters": "a" * 100_000,
    "100,000 ligatures": "\ufdfa" * 100_000,
    "100,000 combining marks": "e" + "\u0301" * 100_000,
    "empty": "",
    "blank": " \t\r\n\u3000\xa0",
    "zero width": "\u200b\u200d\ufeff",
    "emoji": "👨‍👩‍👧‍👦😀🇨🇳",
    "private use": "\ue000\uf8ff\U000f0000",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "special tokens": "<s></s><pad><unk><mask>",
    "right to left": "\u202eabc\u202c",
}
ZERO = {"only surrogates", "only NUL", "controls", "empty", "blank"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_gives_a_unit_row_or_the_zero_row_in_bounded_time(embedder: OnnxEmbedder, name: str) -> None:
    started = time.process_time()
    found = np.concatenate([embedder.encode_document([HOSTILE[name]]), embedder.encode_query([HOSTILE[name]])])
    assert time.process_time() - started < 20
    assert found.shape == (2, 384)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 0 if name in ZERO else 1, atol=1e-5)


def test_controls_and_surrogates_leave_no_trace(embedder: OnnxEmbedder) -> None:
    plain, dirty = embedder.encode_document(["党支部书记", "党\x00支\ud800部书\x1f记"])
    assert plain.tobytes() == dirty.tobytes()


def test_no_sentences_give_no_rows(embedder: OnnxEmbedder) -> None:
    assert embedder.encode_query([]).shape == (0, 384)


def test_clean_cuts_first_and_strips_last() -> None:
    assert clean("\x00 a\tb\n\nc \ud83d") == "a b c"
    assert len(clean("汉" * 100_000)) == LONGEST_TEXT


def texts(count: int) -> list[str]:
    return [f"{i}、{PROBE}" + "扎实推进党建工作。" * (i % 7) for i in range(count)]


def test_a_text_alone_and_among_others_has_the_same_bits(embedder: OnnxEmbedder) -> None:
    among = embedder.encode_document([*texts(9), "", "长" * 3000, PROBE])
    assert embedder.encode_document([PROBE]).tobytes() == among[-1].tobytes()
    assert embedder.encode_document(["长" * 3000])[0].tobytes() == among[-2].tobytes()


def test_eight_threads_and_one_thread_give_the_same_bits(model: Path) -> None:
    one = OnnxEmbedder(model, threads=1).encode_document(texts(200))
    shared = OnnxEmbedder(model, threads=2)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: shared.encode_document(texts(200)[k::8]), range(8)))
    for k, rows in enumerate(found):
        assert rows.tobytes() == one[k::8].tobytes()
    assert OnnxEmbedder(model, threads=8).encode_document(texts(200)).tobytes() == one.tobytes()


def child(embedder: OnnxEmbedder, answer: "multiprocessing.SimpleQueue[bytes]") -> None:
    answer.put(embedder.encode_document([PROBE, "二"]).tobytes())


def in_a_child(embedder: OnnxEmbedder, method: str) -> bytes:
    context = multiprocessing.get_context(method)
    answer = context.SimpleQueue()
    process = context.Process(target=child, args=(embedder, answer))
    with warnings.catch_warnings():  # Python 3.12 warns of any fork in a process with threads
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    process.join(60)
    is_stuck = process.is_alive()
    if is_stuck:
        process.kill()
    assert not is_stuck
    assert process.exitcode == 0
    return answer.get()


@pytest.mark.parametrize("method", sorted(set(multiprocessing.get_all_start_methods()) - {"forkserver"}))
def test_a_child_process_gets_the_same_bits(embedder: OnnxEmbedder, method: str) -> None:
    wanted = embedder.encode_document([PROBE, "二"]).tobytes()
    assert in_a_child(embedder, method) == wanted


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_while_other_threads_start_and_run_does_not_hang_the_child(embedder: OnnxEmbedder) -> None:
    wanted = embedder.encode_document([PROBE, "二"]).tobytes()
    turns = embedder._ready().turns
    for _ in range(embedder.threads):
        turns.acquire()
    try:
        with embedder._lock:
            assert in_a_child(embedder, "fork") == wanted
    finally:
        turns.release(embedder.threads)


def test_an_embedder_survives_pickling_without_its_session(embedder: OnnxEmbedder) -> None:
    packed = pickle.dumps(embedder)
    assert len(packed) < 1000
    assert pickle.loads(packed).encode_query([PROBE]).tobytes() == embedder.encode_query([PROBE]).tobytes()


def test_query_and_document_prompts_come_from_the_folder(embedder: OnnxEmbedder) -> None:
    query, document = embedder.encode_query([PROBE])[0], embedder.encode_document([PROBE])[0]
    assert 0.8 < float(query @ document) < 0.9999


def test_a_long_text_is_the_token_weighted_mean_of_its_windows(embedder: OnnxEmbedder) -> None:
    runtime = embedder._ready()
    windows = runtime.windows("passage: " + "扎实推进党的建设各项工作，" * 250)
    lengths = [len(window.ids) for window in windows]
    assert lengths[:-1] == [512] * (len(lengths) - 1)
    assert len(lengths) > 2
    sums = [runtime.states(window).sum(axis=0) for window in windows]
    mean = np.sum(sums, axis=0) / sum(lengths)
    found = embedder.encode_document(["扎实推进党的建设各项工作，" * 250])[0]
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-6)


def test_windows_are_bounded(embedder: OnnxEmbedder) -> None:
    assert len(embedder._ready().windows("测 " * 20_000)) == MOST_WINDOWS


def copied(model: Path, target: Path) -> Path:
    shutil.copytree(model, target)
    (target / sealed.MANIFEST).unlink()
    return target


def rewrite(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_the_fingerprint_is_the_same_with_and_without_manifest(model: Path, tmp_path: Path) -> None:
    bare = copied(model, tmp_path / "bare")
    assert OnnxEmbedder(bare).fingerprint == OnnxEmbedder(model).fingerprint


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config_sentence_transformers.json", {"prompts": {"query": "", "document": "passage: "}}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}),
        ("sentence_bert_config.json", {"max_seq_length": 256}),
    ],
)
def test_the_fingerprint_changes_with_all_that_changes_a_vector(
    model: Path, tmp_path: Path, file: str, changes: dict[str, object]
) -> None:
    other = copied(model, tmp_path / "other")
    rewrite(other / file, **changes)
    assert OnnxEmbedder(other).fingerprint != OnnxEmbedder(model).fingerprint


@pytest.mark.parametrize("key", ["pooling_mode_cls_token", "pooling_mode_max_tokens"])
def test_pooling_follows_the_config(model: Path, tmp_path: Path, key: str) -> None:
    other = copied(model, tmp_path / "other")
    rewrite(other / "1_Pooling/config.json", pooling_mode_mean_tokens=False, **{key: True})
    changed = OnnxEmbedder(other, threads=1)
    runtime = changed._ready()
    states = runtime.states(runtime.windows("passage: " + PROBE)[0])
    wanted = states[0] if "cls" in key else states.max(axis=0)
    found = changed.encode_document([PROBE])[0]
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-6)


def test_without_a_normalize_module_rows_are_not_normalised(model: Path, tmp_path: Path) -> None:
    other = copied(model, tmp_path / "other")
    rows = json.loads((other / "modules.json").read_text(encoding="utf-8"))
    (other / "modules.json").write_text(json.dumps(rows[:2]), encoding="utf-8")
    raw, unit = (
        OnnxEmbedder(other).encode_document([PROBE])[0],
        OnnxEmbedder(model).encode_document([PROBE])[0],
    )
    assert float(np.linalg.norm(raw)) > 1.5
    np.testing.assert_allclose(raw / np.linalg.norm(raw), unit, atol=1e-6)


def test_a_padded_batch_gives_each_row_its_own_vector(embedder: OnnxEmbedder) -> None:
    """What sentence-transformers does with the folder: the mask must keep the padding out."""
    runtime = embedder._ready()
    short, long = runtime.windows("passage: " + PROBE)[0], runtime.windows("passage: " + PROBE * 3)[0]
    width = len(long.ids)
    ids = np.full((2, width), 1, dtype=np.int64)
    mask = np.zeros((2, width), dtype=np.int64)
    for row, window in enumerate((short, long)):
        ids[row, : len(window.ids)], mask[row, : len(window.ids)] = window.ids, 1
    (states,) = runtime.session.run(None, {"input_ids": ids, "attention_mask": mask})
    pooled = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    alone = embedder.encode_document([PROBE, PROBE * 3])
    assert float((pooled * alone).sum(axis=1).min()) > 0.998


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "onnx/model_qint8.onnx").unlink(), "没有 ONNX 文件"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json"),
        (lambda f: (f / "tokenizer.json").write_text("{}", encoding="utf-8"), "打不开"),
        (lambda f: (f / "onnx/model_qint8.onnx").write_bytes(b"\x00" * 99), "打不开"),
        (lambda f: (f / "onnx/model_qint8.onnx_data").write_bytes(b"\x00" * 99), "打不开"),
        (lambda f: (f / "modules.json").write_text("[{", encoding="utf-8"), "读不出来"),
        (lambda f: (f / "config.json").write_text("[]", encoding="utf-8"), "不成样子"),
        (lambda f: rewrite(f / "1_Pooling/config.json", pooling_mode_lasttoken=True), "池化"),
        (lambda f: shutil.rmtree(f), "没有这个模型文件夹"),
    ],
)
def test_a_folder_that_cannot_run_says_so(model: Path, tmp_path: Path, spoil: object, message: str) -> None:
    other = copied(model, tmp_path / "other")
    spoil(other)  # type: ignore[operator]
    with pytest.raises(ModelError, match=message) as caught:
        OnnxEmbedder(other, threads=1).encode_query([PROBE])
    assert caught.value.hint


def test_a_dimension_that_contradicts_the_graph_is_refused(model: Path, tmp_path: Path) -> None:
    other = copied(model, tmp_path / "other")
    rewrite(other / "1_Pooling/config.json", word_embedding_dimension=512)
    with pytest.raises(ModelError, match="512 维"):
        OnnxEmbedder(other).encode_query([PROBE])


def test_a_graph_that_wants_another_input_is_refused(model: Path, tmp_path: Path) -> None:
    import onnx

    other = copied(model, tmp_path / "other")
    graph = onnx.load(str(other / "onnx/model_qint8.onnx"), load_external_data=False)
    extra = onnx.helper.make_tensor_value_info("position_ids", onnx.TensorProto.INT64, ["batch", "sequence"])
    graph.graph.input.append(extra)
    (other / "onnx/model_qint8.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(ModelError, match="position_ids"):
        OnnxEmbedder(other).encode_query([PROBE])


def test_token_ids_beyond_the_table_are_a_model_error(model: Path, tmp_path: Path) -> None:
    other = copied(model, tmp_path / "other")
    tokenizer = json.loads((other / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"] += [["纲目纲目", 0.0]]
    (other / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ModelError, match="运行失败"):
        OnnxEmbedder(other).encode_query(["纲目纲目"])


def test_a_part_of_another_kind_is_refused(model: Path, tmp_path: Path) -> None:
    other = copied(model, tmp_path / "other")
    rows = json.loads((other / "modules.json").read_text(encoding="utf-8"))
    rows.insert(2, {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (other / "modules.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(ModelError, match="Dense"):
        OnnxEmbedder(other)


def test_a_plain_export_without_modules_runs_with_mean_pooling(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "plain"
    other.mkdir()
    shutil.copy(model / "tokenizer.json", other)
    for name in ("model_qint8.onnx", "model_qint8.onnx_data"):
        shutil.copy(model / "onnx" / name, other)
    (other / "model_qint8.onnx").rename(other / "model.onnx")
    plain = OnnxEmbedder(other, threads=1)
    assert plain.dim == 384
    found = plain.encode_document(["passage: " + PROBE])[0]
    wanted = OnnxEmbedder(model, threads=1).encode_document([PROBE])[0]
    np.testing.assert_allclose(found / np.linalg.norm(found), wanted, atol=1e-6)
    assert layout.read(other).document_prompt == ""


def test_importing_loads_neither_onnxruntime_nor_numpy() -> None:
    code = """
import sys, rag.embed.onnx, rag.embed.bundled
print(sorted({"numpy", "onnxruntime", "tokenizers", "onnx", "platformdirs", "filelock"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert result.stdout == "[]\n"
