"""Reports come in a batch at a time: memory holds one batch, and nothing of the batches shows in the index."""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag.embed import vector_cache
from rag.errors import RagError, SourceError
from rag.index import checksums, generations, intake
from rag.index.clock import Clock
from rag.index.spool import Spool
from rag.pipeline import verify
from rag.read import sample_files
from rag.store import Vectors

LETTERS = "春夏秋冬山川草木风云雨雪江河湖海"


def report(number: int, points: int = 6) -> str:
    """A report that shares no sentence with another."""
    draw = random.Random(number)
    lines = "\n".join(f"{i + 1}.抓好第{number}号事。{''.join(draw.choices(LETTERS, k=60))}。" for i in range(points))
    return f"某局长{2000 + number % 25}年述职报告第{number}号\n一、履职情况\n{lines}\n二、存在的问题\n{lines}\n"


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> rag.Config:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    return rag.Config.load(samples=samples(**{f"文{i}": report(i) for i in range(8)}), index=tmp_path / "索引")


def test_an_index_does_not_tell_in_how_many_batches_it_was_made(
    config: rag.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = rag.build(config, embedder=HashEmbedder())
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    other = rag.Config.load(samples=config.samples[0], index=tmp_path / "另一")
    in_eight = rag.build(other, embedder=HashEmbedder(), full=True)
    one, another = (checksums.sums(generations.current(c.index_folder)) for c in (config, other))
    for name in ("chunks.sqlite", "vectors.faiss", "manifest.json"):  # tantivy draws the names of its files
        assert one[name] == another[name]
    assert (in_eight.chunks, in_eight.documents) == (at_once.chunks, at_once.documents) == (at_once.chunks, 8)
    assert at_once.embedded > 8
    assert in_eight.embedded == 0


@pytest.mark.parametrize("cache_mb", [512, 0])
def test_edits_in_many_batches_embed_only_what_is_new(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch, cache_mb: int
) -> None:
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    settings = rag.Config.load(samples=config.samples[0], index=config.index, vector_cache_mb=cache_mb)
    rag.build(settings, embedder=HashEmbedder())
    files = sorted(config.samples[0].glob("*.txt"))
    for file in files[:3]:
        file.write_text(file.read_text("utf-8") + "三、打算\n1.再修一条渠。\n", encoding="utf-8")
    files[3].rename(files[3].with_name("改名.txt"))
    done = rag.build(settings, embedder=HashEmbedder())
    assert (len(done.edited), len(done.renamed)) == (3, 1)
    # Of each edited report the new section's passage and points, and the headline that names its sections.
    assert 3 <= done.embedded <= 12 < done.reused
    assert verify(settings).is_sound


MEASURED = """
import sys, tracemalloc
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import rag
from conftest import HashEmbedder
from rag.index import filling, intake
from test_index_intake import report

intake.BATCH_TEXTS = filling.STORE_BATCH = 100
folder = Path(sys.argv[2])

def peak(count, name):
    for i in range(count):
        (folder / f"{i}.txt").write_text(report(i, points=30), encoding="utf-8")
    config = rag.Config.load(samples=folder, index=folder.parent / name)
    tracemalloc.start()
    rag.build(config, embedder=HashEmbedder())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most

peak(8, "loads tables and modules")
print(peak(8, "few"), peak(64, "many"))
"""


def test_memory_holds_a_batch_and_not_the_samples(tmp_path: Path, samples: Callable[..., Path]) -> None:
    # In a process of its own: what other tests left alive, threads too, would be counted.
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(Path(__file__).parent), str(samples())],
        env=os.environ | {"RAG_CACHE_DIR": str(tmp_path / "缓存")},
        capture_output=True,
        check=True,
        text=True,
    )
    few, many = map(int, done.stdout.split())
    assert many < 2 * few, f"{few} bytes for 8 reports, {many} for 64"


class Interrupted(HashEmbedder):
    """Stops after so many texts, as Ctrl-C would."""

    def __init__(self, after: int) -> None:
        self.after, self.made = after, -8  # the eight fixed sentences that tell one model from another

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        if self.made > self.after:
            raise KeyboardInterrupt
        self.made += len(sentences)
        return super().encode_document(sentences)


def test_an_interrupted_build_leaves_no_draft_and_goes_on_where_it_stopped(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH_TEXTS", 20)
    monkeypatch.setattr(intake, "EMBED_BATCH", 10)
    model = Interrupted(after=30)
    with pytest.raises(KeyboardInterrupt):
        rag.build(config, embedder=model)
    assert not list(config.index_folder.glob(".draft-*"))
    assert vector_cache.opened(config).size().vectors == model.made > 30
    done = rag.build(config, embedder=HashEmbedder())
    assert done.embedded > 0
    assert done.reused == model.made


class Asking(HashEmbedder):
    """Verifies the index while a build is in the midst of making the next generation."""

    def __init__(self, config: rag.Config) -> None:
        self.config = config
        self.orphans: list[tuple[str, ...]] = []

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        if list(self.config.index_folder.glob(".draft-*")):
            self.orphans.append(verify(self.config).orphans)
        return super().encode_document(sentences)


def test_the_draft_of_a_build_that_goes_on_is_no_orphan(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    rag.build(config, embedder=HashEmbedder())
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    for i in range(8, 11):
        (config.samples[0] / f"文{i}.txt").write_text(report(i), encoding="utf-8")
    model = Asking(config)
    rag.build(config, embedder=model)
    assert model.orphans
    assert set(model.orphans) == {()}


def test_files_that_stay_unreadable_cost_no_new_generation(config: rag.Config) -> None:
    (config.samples[0] / "坏.txt").write_bytes(b"\x00\x01\x02" * 50)
    rag.build(config, embedder=HashEmbedder())
    before = generations.current(config.index_folder)
    stamp = before.stat().st_mtime_ns
    again = rag.build(config, embedder=HashEmbedder())
    assert [row.path for row in again.failed] == ["samples/坏.txt"]
    assert (generations.current(config.index_folder), before.stat().st_mtime_ns) == (before, stamp)


def test_nothing_readable_makes_no_index_and_says_why(tmp_path: Path, samples: Callable[..., Path]) -> None:
    folder = samples()
    for name in ("乙", "甲"):
        (folder / f"{name}.txt").write_bytes(b"\x00\x01\x02" * 50)
    config = rag.Config.load(samples=folder, index=tmp_path / "索引")
    with pytest.raises(SourceError, match=r"2 个文件都读不出来，例如 samples/乙\.txt"):
        rag.build(config, embedder=HashEmbedder())
    assert not list(config.index_folder.glob("*g-*"))


def test_a_disk_that_fills_between_two_batches_is_said(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    real, asked = generations.require_room, []

    def filling_up(folder: Path, needed: int) -> None:
        asked.append(needed)
        real(folder, needed if len(asked) < 4 else 1 << 60)

    monkeypatch.setattr(generations, "require_room", filling_up)
    with pytest.raises(RagError, match="磁盘空间不够"):
        rag.build(config, embedder=HashEmbedder())
    assert len(asked) == 4
    assert asked[3] > asked[0], "what is still to be written of the batches before counts too"
    assert not list(config.index_folder.glob(".draft-*"))


class Failing(HashEmbedder):
    """Fails from the second batch on, when a draft is being written."""

    def __init__(self, error: Exception) -> None:
        self.error, self.calls = error, 0

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls > 3:
            raise self.error
        return super().encode_document(sentences)


@pytest.mark.parametrize("error", [ConnectionError("refused"), sqlite3.OperationalError("the model's own cache")])
def test_what_a_model_raises_is_not_said_to_be_the_disk(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    with pytest.raises(type(error), match=str(error)):
        rag.build(config, embedder=Failing(error))
    assert not list(config.index_folder.glob(".draft-*"))


def test_texts_that_batches_share_are_embedded_once_and_are_not_called_reused(
    tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    folder = samples(**{f"文{i}": report(1) for i in range(5)})
    at_once = rag.build(rag.Config.load(samples=folder, index=tmp_path / "一"), embedder=HashEmbedder())
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "另一缓存"))
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    in_five = rag.build(rag.Config.load(samples=folder, index=tmp_path / "二"), embedder=HashEmbedder())
    assert (in_five.embedded, in_five.reused) == (at_once.embedded, at_once.reused) == (at_once.embedded, 0)


def test_a_report_moved_and_edited_keeps_its_vectors_without_a_cache(config: rag.Config) -> None:
    settings = rag.Config.load(samples=config.samples[0], index=config.index, vector_cache_mb=0)
    rag.build(settings, embedder=HashEmbedder())
    file = config.samples[0] / "文3.txt"
    (config.samples[0] / "搬走.txt").write_text(
        file.read_text("utf-8") + "三、打算\n1.再修一条渠。\n", encoding="utf-8"
    )
    file.unlink()
    done = rag.build(settings, embedder=HashEmbedder())
    assert (len(done.added), len(done.removed)) == (1, 1)
    assert 0 < done.embedded <= 4


def test_every_build_tells_the_seconds_of_every_stage(config: rag.Config) -> None:
    stages = ["scan", "read", "embed", "write"]
    assert list(rag.build(config, embedder=HashEmbedder()).seconds) == stages
    assert list(rag.build(config, embedder=HashEmbedder()).seconds) == stages


def test_members_of_an_archive_are_read_together(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    folder.mkdir()
    for name in ("甲", "乙", "丙"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as package:
            for i in range(4):
                package.writestr(f"{name}{i}.txt", report(i))
        (folder / f"单{name}.txt").write_text(report(9), encoding="utf-8")
    files = sorted(sample_files([folder]), key=intake._order)
    places = [file.place for file in files]
    assert len(files) == 15
    assert set(places) == {f"samples/{name}" for x in "甲乙丙" for name in (f"{x}.zip", f"单{x}.txt")}
    assert len(list(itertools.groupby(places))) == 6


def test_passages_of_a_report_are_those_found_one_by_one(config: rag.Config) -> None:
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        for document in index.tables.documents():
            ids = index.tables.chunk_ids([document.id])
            one_by_one = index.tables.chunks(ids)
            assert index.tables.chunks_of(document.id) == [one_by_one[i] for i in ids]
            assert len(ids) > 2


def test_progress_tells_reading_once_and_embedding_as_one_sum(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH_TEXTS", 1)
    told: list[tuple[str, int, int]] = []
    done = rag.build(config, embedder=HashEmbedder(), progress=lambda *row: told.append(row))
    ended = [row for row in told if row[2] and row[1] == row[2]]
    assert ended == [("核对样本", 8, 8), ("读取样本", 8, 8), ("计算向量", done.embedded, done.embedded)]
    sums = [row[1] for row in told if row[0] == "计算向量"]
    assert sums == sorted(sums)
    told.clear()
    rag.build(config, embedder=HashEmbedder(), progress=lambda *row: told.append(row))
    assert {row[0] for row in told} == {"核对样本"}, "what there is nothing to do of is not told"


def test_a_spool_gives_rows_back_and_leaves_no_file(tmp_path: Path) -> None:
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    with Spool(tmp_path) as spool:
        spool.add([7, 3], rows[:2])
        assert spool.get([3]).tolist() == [[3.0, 4.0, 5.0]]
        spool.add([9, 1], rows[2:])
        assert spool.get([1, 7]).tolist() == [[9.0, 10.0, 11.0], [0.0, 1.0, 2.0]]
        assert (spool.ids(), len(spool), 9 in spool, 4 in spool) == ([1, 3, 7, 9], 4, True, False)
        assert spool.get([]).shape == (0, 3)
        with pytest.raises(KeyError):
            spool.get([4])
    assert list(tmp_path.iterdir()) == []


def test_a_stage_within_another_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 3.0, 4.0, 8.0, 10.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    clock = Clock("scan", "read", "embed", "write")
    with clock("write"):  # 0 to 10
        with clock("read"):  # 1 to 3
            pass
        with clock("embed"):  # 4 to 8
            pass
    assert clock.seconds == {"scan": 0.0, "read": 2.0, "embed": 4.0, "write": 4.0}
