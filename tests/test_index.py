"""Generations: what a crash, a cut file, a second writer or another version does, and what a rebuild reuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HashEmbedder
from filelock import FileLock

import rag
from rag import lexical
from rag.datatypes import BuildReport
from rag.embed import vector_cache
from rag.errors import ConfigError, IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, RagError, SourceError
from rag.index import checksums, filling, generations, lock

A = "某局长2024年对照检查材料\n一、存在的问题\n一是学习不够深入。读得少。\n二是作风不实。开会多。\n二、整改措施\n1.加强学习。每周一次。"
B = "某镇长2023年述职报告\n一、履职情况\n1.抓生产。修了渠。\n二、存在的问题\n1.调研不多。下去得少。"


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> rag.Config:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    return rag.Config.load(samples=samples(甲=A, 乙=B), index=tmp_path / "索引 一")


def make(config: rag.Config, **options: bool) -> BuildReport:
    return rag.build(config, embedder=HashEmbedder(), **options)


def titles(config: rag.Config) -> list[str]:
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        return [document.source.title for document in index.tables.documents()]


def test_a_build_makes_one_generation_and_a_second_build_reuses_every_vector(config: rag.Config) -> None:
    first = make(config)
    assert len(first.added) == 2
    assert first.reused == 0
    again = make(config)
    assert (again.embedded, again.reused, again.unchanged) == (0, first.embedded, 2)
    assert len(list(config.index_folder.glob("g-*"))) <= 2


def test_the_report_says_what_happened_to_each_file(config: rag.Config) -> None:
    make(config)
    folder = config.samples[0]
    (folder / "甲.txt").rename(folder / "丙.txt")
    (folder / "乙.txt").write_text(B + "\n2.方法不多。老一套。", encoding="utf-8")
    report = make(config)
    assert report.renamed == (("samples/甲.txt", "samples/丙.txt"),)
    assert report.edited == ("samples/乙.txt",)
    (folder / "丙.txt").unlink()
    assert make(config).removed == ("samples/丙.txt",)


def test_one_bad_file_is_listed_and_the_rest_is_built(config: rag.Config) -> None:
    (config.samples[0] / "坏.txt").write_bytes(b"\x00\x01\x02" * 50)
    report = make(config)
    assert [row.path for row in report.failed] == ["samples/坏.txt"]
    assert report.failed[0].hint
    assert report.documents == 2


@pytest.mark.parametrize("stage", ["tables", "vectors", "lexical", "seal", "swap"])
def test_a_crash_at_any_stage_leaves_the_old_index(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    make(config)
    (config.samples[0] / "丁.txt").write_text(A.replace("2024", "2025"), encoding="utf-8")

    def crash(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    target = {
        "tables": (filling.rows, "insert"),
        "vectors": (filling.store, "writable"),
        "lexical": (lexical, "write"),
        "seal": (checksums, "seal"),
        "swap": (generations, "_swap"),
    }[stage]
    with monkeypatch.context() as patch:
        patch.setattr(*target, crash)
        with pytest.raises(RagError):
            make(config)
    assert len(titles(config)) == 2
    assert make(config).added == ("samples/丁.txt",)
    assert not list(config.index_folder.glob(".draft-*"))


def test_a_second_writer_is_told(config: rag.Config) -> None:
    make(config)
    with FileLock(config.index_folder / lock.LOCK), pytest.raises(IndexBusy):
        make(config)


@pytest.mark.parametrize("name", ["manifest.json", "checksums.json", "chunks.sqlite", "vectors.faiss"])
def test_cut_and_altered_files_are_damage_with_a_way_out(config: rag.Config, tmp_path: Path, name: str) -> None:
    make(config)
    file = generations.current(config.index_folder) / name
    whole = file.read_bytes()
    for broken in (whole[: len(whole) // 2], bytes([whole[0] ^ 1]) + whole[1:]):
        file.write_bytes(broken)
        with pytest.raises(IndexDamaged, match="索引") as caught:
            rag.Index.open(config)
        assert "rag build --full" in caught.value.hint
    (tmp_path / "缓存" / vector_cache.FILE).unlink()
    assert make(config).embedded > 0, "a damaged generation is not reused"
    assert len(titles(config)) == 2


def test_an_index_of_another_layout_is_a_mismatch(config: rag.Config) -> None:
    make(config)
    file = generations.current(config.index_folder) / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "layout": 99}), encoding="utf-8")
    with pytest.raises(IndexMismatch, match="更新版本"):
        rag.Index.open(config)


def test_another_model_is_a_mismatch_before_any_search(config: rag.Config) -> None:
    class Reversed(HashEmbedder):
        def encode_document(self, sentences):  # type: ignore[no-untyped-def]
            return super().encode_document(sentences)[:, ::-1]

    make(config)
    with rag.Index.open(config, embedder=Reversed()) as index, pytest.raises(IndexMismatch, match="HashEmbedder"):
        rag.search(index, role="局长", topic="对照检查")


def test_what_is_missing_says_so(tmp_path: Path, config: rag.Config) -> None:
    with pytest.raises(IndexMissing):
        rag.Index.open(tmp_path / "没有")
    with pytest.raises(SourceError, match="不存在"):
        make(rag.Config.load(samples=tmp_path / "没有样本", index=tmp_path / "i"))
    (tmp_path / "空").mkdir()
    with pytest.raises(SourceError, match="没有可读的样本"):
        make(rag.Config.load(samples=tmp_path / "空", index=tmp_path / "i"))
    make(config)
    shutil.rmtree(generations.current(config.index_folder))
    with pytest.raises(IndexDamaged):
        rag.Index.open(config)


def test_same_samples_same_rows(tmp_path: Path, config: rag.Config) -> None:
    import sqlite3

    other = rag.Config.load(samples=config.samples[0], index=tmp_path / "另一处")
    make(config)
    make(other)

    def rows(settings: rag.Config) -> list[object]:
        with sqlite3.connect(generations.current(settings.index_folder) / "chunks.sqlite") as connection:
            tables = ("documents", "texts", "points", "chunks")
            return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    def vectors(settings: rag.Config) -> bytes:
        return (generations.current(settings.index_folder) / "vectors.faiss").read_bytes()

    assert rows(config) == rows(other)
    assert vectors(config) == vectors(other)


def test_settings_are_refused_with_the_nearest_known_name(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("thread = 2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="thread") as caught:
        rag.Config.load(file)
    assert "threads" in caught.value.hint
    with pytest.raises(ConfigError, match="超出范围"):
        rag.Config.load(threads=-1)


def test_resources_come_from_the_user_then_the_package_then_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import config as module

    monkeypatch.chdir(tmp_path)
    checkout = Path(module.__file__).resolve().parent.parent
    assert module.resource("prompts") == checkout / "prompts"
    package = tmp_path / "installed" / "rag"
    (package / "prompts").mkdir(parents=True)
    monkeypatch.setattr(module, "PACKAGE", package)
    assert module.resource("prompts") == package / "prompts"
    (tmp_path / "prompts").mkdir()
    assert module.resource("prompts") == tmp_path / "prompts"
    with pytest.raises(ConfigError):
        module.resource("没有这个")
