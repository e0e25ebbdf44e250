"""The vector cache: nothing is embedded twice, whatever moves; damage, limits, several processes, a killed build."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag.datatypes import BuildReport
from rag.embed import UnitEmbedder, vector_cache
from rag.embed.vector_cache import Size, VectorCache
from rag.index import generations, intake
from rag.store import Vectors

A = "某局长2024年对照检查材料\n一、存在的问题\n一是学习不够深入。读得少。\n二是作风不实。开会多。\n二、整改措施\n1.加强学习。每周一次。"
B = "某镇长2023年述职报告\n一、履职情况\n1.抓生产。修了渠。\n二、存在的问题\n1.调研不多。下去得少。"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "缓存"))
    return tmp_path / "缓存" / vector_cache.FILE


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path]) -> rag.Config:
    return rag.Config.load(samples=samples(甲=A, 乙=B), index=tmp_path / "索引")


def make(config: rag.Config, **options: bool) -> BuildReport:
    return rag.build(config, embedder=HashEmbedder(), **options)


def vectors_file(config: rag.Config) -> bytes:
    return (generations.current(config.index_folder) / "vectors.faiss").read_bytes()


def key(i: int) -> bytes:
    return i.to_bytes(32, "big")


def rows(first: int, last: int, dim: int = 64) -> dict[bytes, Vectors]:
    return {key(i): np.full(dim, 1 / (i + 1), dtype=np.float32) for i in range(first, last)}


def test_nothing_is_embedded_again_after_full_a_rename_or_in_another_index(config: rag.Config, tmp_path: Path) -> None:
    first = make(config)
    assert (first.embedded > 0, first.reused) == (True, 0)
    assert make(config, full=True).embedded == 0
    (config.samples[0] / "甲.txt").rename(config.samples[0] / "丙.txt")
    assert make(config, full=True).embedded == 0
    other = rag.Config.load(samples=config.samples[0], index=tmp_path / "另一处")
    again = make(other)
    assert (again.embedded, again.reused) == (0, first.embedded)
    assert vectors_file(other) == vectors_file(config)


def test_vectors_out_of_the_cache_have_the_bits_of_fresh_ones(config: rag.Config, cache: Path) -> None:
    make(config)
    fresh = vectors_file(config)
    make(config, full=True)
    assert vectors_file(config) == fresh
    cache.unlink()
    make(config, full=True)
    assert vectors_file(config) == fresh


def test_what_the_index_holds_is_not_embedded_again_though_the_cache_was_cleared(
    config: rag.Config, cache: Path
) -> None:
    make(config)
    cache.unlink()
    assert make(config).embedded == 0
    (config.samples[0] / "甲.txt").rename(config.samples[0] / "丙.txt")
    renamed = make(config)
    assert (renamed.embedded, renamed.reused) == (0, 19)
    assert VectorCache(cache.parent, largest_mb=1).size().vectors == 10, "those of the renamed report"


def test_another_model_finds_none_of_these_vectors(config: rag.Config) -> None:
    class Reversed(HashEmbedder):
        def encode_document(self, sentences: Sequence[str]) -> Vectors:
            return super().encode_document(sentences)[:, ::-1]

    first = make(config)
    assert rag.build(config, embedder=Reversed()).embedded == first.embedded
    assert make(config).embedded == 0


class Interrupted(HashEmbedder):
    """Stops at the third batch of texts, as a user's Ctrl+C would (the first call is the fingerprint's)."""

    def __init__(self) -> None:
        self.calls = 0

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls == 4:
            raise KeyboardInterrupt
        return super().encode_document(sentences)


def test_an_interrupted_build_goes_on_where_it_stopped(config: rag.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "EMBED_BATCH", 3)
    stopped = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        rag.build(config, embedder=UnitEmbedder(stopped, name="x", fingerprint="x"))
    report = rag.build(config, embedder=UnitEmbedder(HashEmbedder(), name="x", fingerprint="x"))
    assert report.reused == 9
    assert report.embedded > 0


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import numpy as np
from rag.embed.vector_cache import VectorCache
cache = VectorCache(Path(sys.argv[2]), largest_mb=1)
for i in range(1000):
    cache.put({(1000 * i + j).to_bytes(32, "big"): np.ones(64, dtype=np.float32) for j in range(20)})
    print(i, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_process_leaves_what_it_had_put(cache: Path) -> None:
    root = str(Path(rag.__file__).parent.parent)
    process = subprocess.Popen([sys.executable, "-c", KILLED, root, str(cache.parent)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(5):
        last = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    said: list[str] = []
    found = VectorCache(cache.parent, largest_mb=1, note=said.append)
    wanted = [(1000 * i + j).to_bytes(32, "big") for i in range(last + 1) for j in range(20)]
    assert found.get(wanted).keys() == set(wanted)
    found.put(rows(7, 8))
    assert said == []


SPOILED = {
    "no database": lambda f: f.write_bytes(b"no database at all" * 1000),
    "cut short": lambda f: os.truncate(f, f.stat().st_size // 2 + 100),
    "zeroed": lambda f: f.write_bytes(f.read_bytes()[:4096] + bytes(f.stat().st_size - 4096)),
    "without tables": lambda f: drop_tables(f),
}


def drop_tables(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.executescript("DROP TABLE vectors; DROP TABLE uses")
    connection.close()


@pytest.mark.parametrize("kind", SPOILED)
def test_a_damaged_cache_is_made_anew_and_reported(config: rag.Config, cache: Path, kind: str) -> None:
    first = make(config)
    SPOILED[kind](cache)
    said: list[str] = []
    report = rag.build(config, embedder=HashEmbedder(), full=True, progress=lambda stage, _, __: said.append(stage))
    assert (report.embedded, len(report.notes)) == (first.embedded, 1)
    assert report.notes[0].startswith("向量缓存已损坏")
    assert report.notes[0] in said
    again = make(config, full=True)
    assert (again.embedded, again.notes) == (0, ())


def test_a_flipped_bit_in_a_row_is_noticed_and_the_row_made_again(config: rag.Config, cache: Path) -> None:
    make(config)
    whole = vectors_file(config)
    connection = sqlite3.connect(cache)
    ((i, row),) = connection.execute("SELECT id, vector FROM vectors LIMIT 1").fetchall()
    connection.execute("UPDATE vectors SET vector = ? WHERE id = ?", (bytes([row[0] ^ 1]) + row[1:], i))
    connection.commit()
    connection.close()
    report = make(config, full=True)
    assert report.embedded == 1
    assert "1 条校验不符" in report.notes[0]
    assert vectors_file(config) == whole
    assert make(config, full=True).embedded == 0


def test_a_cache_that_cannot_be_written_is_noted_and_the_build_goes_on(
    config: rag.Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "文件").write_text("", encoding="utf-8")
    monkeypatch.setenv("RAG_CACHE_DIR", str(tmp_path / "文件"))
    report = make(config)
    assert report.documents == 2
    assert [note.startswith("向量缓存用不了") for note in report.notes] == [True]


def test_a_size_of_zero_switches_it_off(config: rag.Config, cache: Path) -> None:
    off = rag.Config.load(samples=config.samples[0], index=config.index, vector_cache_mb=0)
    assert make(off).notes == ()
    assert not cache.exists()
    assert make(off, full=True).reused == 0


def test_the_vectors_longest_unused_go_first_and_the_file_shrinks(cache: Path) -> None:
    for build in range(4):  # four builds of about 400 kB each
        VectorCache(cache.parent, largest_mb=9).put(rows(1000 * build, 1000 * build + 1000, 128))
    assert VectorCache(cache.parent, largest_mb=9).get([key(i) for i in range(1000)]).keys() == rows(0, 1000).keys()
    before = cache.stat().st_size
    assert before > 1_200_000
    VectorCache(cache.parent, largest_mb=1).trim()
    assert cache.stat().st_size <= 1_000_000
    left = VectorCache(cache.parent, largest_mb=1).get([key(i) for i in range(4000)])
    assert {i for i in range(1000) if key(i) in left} == set(range(1000)), "used last"
    assert not {i for i in range(1000, 2000) if key(i) in left}, "used least"
    assert len(left) > 1000


def test_within_its_limit_nothing_goes(cache: Path) -> None:
    kept = VectorCache(cache.parent, largest_mb=1)
    kept.put(rows(0, 100))
    kept.trim()
    assert kept.get([key(i) for i in range(200)]).keys() == rows(0, 100).keys()


def test_rows_come_back_in_half_precision(cache: Path) -> None:
    kept = VectorCache(cache.parent, largest_mb=1)
    row = np.random.default_rng(1).normal(size=64).astype(np.float32)
    kept.put({key(1): row})
    assert kept.get([key(1)])[key(1)].tobytes() == row.astype(np.float16).astype(np.float32).tobytes()


def test_four_processes_and_four_threads_lose_nothing(cache: Path) -> None:
    code = KILLED.replace("range(1000)", "range(int(sys.argv[3]), int(sys.argv[3]) + 10)")
    root = str(Path(rag.__file__).parent.parent)
    processes = [
        subprocess.Popen([sys.executable, "-c", code, root, str(cache.parent), str(10 * n)], stdout=subprocess.DEVNULL)
        for n in range(4)
    ]
    kept = VectorCache(cache.parent, largest_mb=9)
    threads = [
        threading.Thread(target=lambda n=n: kept.put({key(10**6 + n * 100 + j): np.ones(64) for j in range(100)}))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(60) for process in processes] == [0] * 4
    wanted = [key(1000 * i + j) for i in range(40) for j in range(20)] + [key(10**6 + i) for i in range(400)]
    said: list[str] = []
    assert len(VectorCache(cache.parent, largest_mb=9, note=said.append).get(wanted)) == len(wanted)
    assert said == []


def test_clearing_gives_back_the_disk(cache: Path) -> None:
    kept = VectorCache(cache.parent, largest_mb=9)
    assert kept.clear() == Size(cache, 0, 0)
    kept.put(rows(0, 1000))
    size = cache.stat().st_size
    assert kept.clear() == Size(cache, size, 1000)
    assert not cache.exists()
    assert kept.size() == Size(cache, 0, 0)
    kept.put(rows(0, 1))
    assert kept.size().vectors == 1


@pytest.mark.skipif(os.name == "nt", reason="no such permissions on Windows")
def test_the_file_is_its_owners_only(cache: Path) -> None:
    VectorCache(cache.parent, largest_mb=1).put(rows(0, 1))
    assert cache.stat().st_mode & 0o077 == 0
