"""`rag verify`, `rag info`, stale citations, and builds that follow the samples."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import HashEmbedder

import rag
from rag import watching
from rag.cli.inventory import info_object, info_text, verdict_text
from rag.cli.reports import build_text
from rag.datatypes import BuildReport, Source
from rag.embed.vector_cache import Size
from rag.index import checksums, generations
from rag.index.originals import Originals
from rag.pipeline import verify, watched

A = "某局长2024年对照检查材料\n一、存在的问题\n一是学习不够深入。读得少。\n二是作风不实。开会多。\n二、整改措施\n1.加强学习。每周一次。"
B = "某镇长2023年述职报告\n一、履职情况\n1.抓生产。修了渠。\n二、存在的问题\n1.调研不多。下去得少。"
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> rag.Config:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    config = rag.Config.load(samples=samples(甲=A, 乙=B), index=tmp_path / "索引")
    rag.build(config, embedder=HashEmbedder())
    return config


@pytest.fixture
def index(config: rag.Config) -> Iterator[rag.Index]:
    with rag.Index.open(config, embedder=HashEmbedder()) as opened:
        yield opened


def test_a_sound_index_is_said_to_be(config: rag.Config) -> None:
    verdict = verify(config)
    assert verdict.is_sound
    assert verdict_text(verdict) == f"索引 {verdict.generation}：样本 2 篇，段落 6 段\n完好"


def test_samples_that_changed_or_went_are_named(config: rag.Config, tmp_path: Path) -> None:
    folder = config.samples[0]
    (folder / "甲.txt").write_text(A + "改", encoding="utf-8")
    (folder / "乙.txt").unlink()
    verdict = verify(config)
    assert (verdict.changed, verdict.gone, verdict.away) == (("samples/甲.txt",), ("samples/乙.txt",), ())
    assert not verdict.damage
    folder.rename(tmp_path / "拔掉的盘")
    away = verify(config)
    assert (away.changed, away.gone, away.away) == ((), (), (str(folder),))
    assert not away.is_sound


def test_what_belongs_to_nothing_is_named(config: rag.Config) -> None:
    (config.index_folder / "别人的.txt").write_text("x", encoding="utf-8")
    (config.index_folder / ".draft-1").mkdir()
    inside = generations.current(config.index_folder) / "lexical" / "多余.idx"
    inside.write_bytes(b"x")
    assert verify(config).orphans == (
        ".draft-1",
        "别人的.txt",
        inside.relative_to(config.index_folder).as_posix(),
    )


def resealed(config: rag.Config, script: str) -> None:
    """Alter the chunk table and seal it again, as a fault of the program would."""
    generation = generations.current(config.index_folder)
    with sqlite3.connect(generation / "chunks.sqlite") as connection:
        connection.executescript(script)
    (generation / checksums.FILE).unlink()
    checksums.seal(generation)
    generation.rename(generation.with_name(checksums.name_of(generation)))
    (config.index_folder / "CURRENT").write_text(
        checksums.name_of(next(config.index_folder.glob("g-*"))) + "\n", "utf-8"
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("UPDATE chunks SET start = start + 1 WHERE id = (SELECT min(id) FROM chunks)", "段落与原文"),
        ("UPDATE texts SET text = replace(text, '学习', '学系')", "与原文第"),
        ("UPDATE texts SET text = text || '。'", "应为"),
        ("DELETE FROM chunks WHERE id = (SELECT min(id) FROM chunks)", "段落有 5 条，应为 6"),
        ("UPDATE chunks SET id = 5 WHERE id = (SELECT min(id) FROM chunks)", "没有向量"),
        ("DELETE FROM points", "要点有 0 条"),
    ],
)
def test_rows_that_do_not_fit_are_found_though_the_sums_do(config: rag.Config, script: str, said: str) -> None:
    resealed(config, script)
    damage = verify(config).damage
    assert any(said in line for line in damage), damage


def test_a_citation_of_a_changed_original_says_so_wherever_it_stands(config: rag.Config, index: rag.Index) -> None:
    assert {c.stale for c in rag.outline(index, role="局长", topic="对照检查").citations} == {None}
    (config.samples[0] / "甲.txt").write_text(A + "改", encoding="utf-8")
    plan = rag.outline(index, role="局长", topic="对照检查")
    assert {c.stale for c in plan.citations if c.path == "samples/甲.txt"} == {"changed"}
    assert "〔原件在建索引后改动过，请核对〕" in rag.render(plan, "md").decode()
    (config.samples[0] / "甲.txt").unlink()
    plan = rag.outline(index, role="局长", topic="对照检查")
    assert {c["stale"] for c in json.loads(rag.render(plan, "json"))["citations"] if c["path"] == "samples/甲.txt"} == {
        "gone"
    }
    assert "〔原件已不在〕" in rag.render(plan, "md").decode()
    hits = rag.search(index, role="局长", topic="对照检查", k=10)
    assert {(hit.chunk.source.path, hit.stale) for hit in hits} == {
        ("samples/甲.txt", "gone"),
        ("samples/乙.txt", None),
    }


def test_originals_are_looked_at_through_their_roots(tmp_path: Path) -> None:
    folder, single = tmp_path / "范文", tmp_path / "单篇.txt"
    folder.mkdir()
    single.write_text("一", encoding="utf-8")
    digest = "3a3dc0bb4ed1ba4c1b8f1f4d5a1e2c6f"
    originals = Originals([str(folder), str(single)])
    assert originals.state(Source(f"{tmp_path.name}/单篇.txt", "", digest)) == "changed"
    single.unlink()
    assert originals.state(Source(f"{tmp_path.name}/单篇.txt", "", digest)) == "gone"
    assert originals.state(Source("范文/没有.txt", "", digest)) == "gone"
    assert originals.state(Source("别的盘/没有.txt", "", digest)) is None
    folder.rmdir()
    assert originals.state(Source("范文/没有.txt", "", digest)) is None


def test_verify_and_restore_on_the_command_line(
    run_rag: Run, samples: Callable[..., Path], tmp_path: Path, model: Path
) -> None:
    own = {"RAG_CACHE_DIR": str(tmp_path / "c"), "RAG_MODEL_DIR": str(model)}
    folder, at = samples(甲=A, 乙=B), str(tmp_path / "i")
    planned = json.loads(run_rag("build", str(folder), "--index", at, "--dry-run", "--json", **own).stdout)
    assert planned["added"] == ["samples/乙.txt", "samples/甲.txt"]
    assert not Path(at).exists()
    built = json.loads(run_rag("build", str(folder), "--index", at, "--json", **own).stdout)
    keys = {"added", "edited", "renamed", "removed", "unchanged", "failed", "duplicates", "chunks", "seconds"}
    assert keys <= set(built)
    done = run_rag("verify", "--index", at, "--json", **own)
    assert (done.returncode, json.loads(done.stdout)["sound"]) == (0, True)
    (folder / "甲.txt").write_text(A + "又一句。", encoding="utf-8")
    done = run_rag("verify", "--index", at, **own)
    assert done.returncode == 1
    assert "原件在建索引后改动过（更新：rag build）：1\n  samples/甲.txt" in done.stdout.decode()
    said = run_rag("search", "--role", "局长", "--topic", "学习", "--index", at, **own).stdout.decode()
    hits = {hit for hit in said.split("\n\n") if "samples/" in hit}
    assert {("甲.txt" in hit, "〔原件在建索引后改动过，请核对〕" in hit) for hit in hits} == {
        (True, True),
        (False, False),
    }
    assert run_rag("build", "--index", at, **own).returncode == 0
    file = generations.current(Path(at)) / "vectors.faiss"
    file.write_bytes(file.read_bytes()[:-1])
    assert run_rag("verify", "--index", at, **own).returncode == 1
    restored = run_rag("verify", "--restore", "--index", at, **own)
    assert re.match(r"已换回：g-[0-9a-f]{8}\n", restored.stderr.decode())
    assert "samples/甲.txt" in restored.stdout.decode(), "the older generation holds the older words"


def test_info_is_a_table_by_genre_role_year_and_unit(index: rag.Index) -> None:
    found = info_object(index, Size(Path("c"), 0, 0))
    assert found["genre"] == {"对照检查材料": 1, "述职报告": 1}
    assert found["year"] == {"2023": 1, "2024": 1}
    assert {"role", "unit", "family", "duplicates", "store", "bytes"} <= set(found)
    assert "文种\t篇数\n对照检查材料\t1\n述职报告\t1\n" in info_text(found)
    many = {**found, "unit": {f"单位{i}": 1 for i in range(15)}}
    assert "其余 3 种\t3" in info_text(many)


def test_the_report_names_every_file_and_shortens_only_long_lists() -> None:
    report = BuildReport(
        added=tuple(f"a/{i}" for i in range(25)), renamed=(("a/x", "a/y"),), duplicates=(("a/1", "a/2"),), documents=26
    )
    said = build_text(report, Path("i")).splitlines()
    assert "  新增 a/19" in said
    assert "  新增 a/20" not in said
    assert "  新增 另有 5 篇（--json 全部列出）" in said
    assert "  改名 a/x → a/y" in said
    assert said[-2:] == ["内容基本相同的样本 1 组，每组只算一篇：", "  a/1、a/2"]
    assert build_text(report, Path("i"), dry_run=True).startswith("试运行，什么都没有动：i\n")


def test_a_watching_build_follows_the_samples(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "QUIET_MS", 50)
    monkeypatch.setattr(watching, "LOOK_MS", 20)
    stop = threading.Event()
    guard = threading.Timer(60, stop.set)  # a test that waits for ever tells nobody what is wrong
    guard.start()
    reports = watched(config, embedder=HashEmbedder(), stop=stop)
    try:
        first = next(reports)
        assert isinstance(first, BuildReport)
        assert first.unchanged == 2
        (config.samples[0] / "丙.txt").write_text(A.replace("2024", "2025"), encoding="utf-8")
        second = next(reports)
        assert isinstance(second, BuildReport)
        assert second.added == ("samples/丙.txt",)
        for file in config.samples[0].iterdir():
            file.unlink()
        failed = next(reports)
        assert isinstance(failed, rag.RagError), "emptied: said, and tried again at the next change"
        (config.samples[0] / "甲.txt").write_text(A, encoding="utf-8")
        (config.samples[0] / "乙.txt").write_text(B, encoding="utf-8")
        third = next(report for report in reports if isinstance(report, BuildReport))
        assert third.removed == ("samples/丙.txt",)
    finally:
        guard.cancel()
        stop.set()
        assert list(reports) == []


def test_what_is_no_sample_wakes_nobody(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "QUIET_MS", 50)
    monkeypatch.setattr(watching, "LOOK_MS", 20)
    stop = threading.Event()
    folder = config.samples[0]
    signals = watching.bursts([folder], folder / "索引", stop)
    assert next(signals) is False
    (folder / "~$甲.docx").write_text("x", encoding="utf-8")
    (folder / "图.png").write_text("x", encoding="utf-8")
    (folder / "索引").mkdir()
    (folder / "索引" / "lock").write_text("x", encoding="utf-8")
    assert [next(signals) for _ in range(10)] == [False] * 10
    (folder / "丁.docx").write_text("x", encoding="utf-8")
    assert any(next(signals) for _ in range(500))
    stop.set()
    assert list(signals) == []
