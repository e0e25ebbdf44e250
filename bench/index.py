"""What an index costs: one changed report among many, growth, and 1,000 to 1,000,000 passages.

    python bench/index.py costs --reports 10000     one new, edited, renamed, deleted report; share of a full build
    python bench/index.py curve                     the same at 100, 1,000 and 10,000 reports
    python bench/index.py scale --passages 1000000  build time, disk, memory, search time and recall
    python bench/index.py                           costs at 300 reports, scale at 1,000 and 10,000

Reports are made by drawing sections of seeds/ anew; vectors are drawn, not computed: a passage's is a pure function of
its text (costs), or a real passage's vector moved by the difference of two others (scale), so that this measures the
index and not the model. Every process of `scale` is its own, so that memory is of one cold search.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import rag
from rag import lexical, store
from rag.embed import UnitEmbedder
from rag.store import Vectors

ROOT = Path(__file__).resolve().parent.parent
DIM = 384
QUERIES = 200
SECTION = re.compile(r"(?m)^(?=[一二三四五六七八九十]+、)")


class DrawnEmbedder:
    """float32[n, 384], each row a pure function of its text, at the speed of a random generator."""

    def encode_query(self, sentences: Sequence[str]) -> Vectors:
        return self.encode_document(sentences)

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        from hashlib import blake2b

        seeds = [int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) for text in sentences]
        return np.stack([np.random.default_rng(seed).standard_normal(DIM, dtype=np.float32) for seed in seeds])


MODEL = UnitEmbedder(DrawnEmbedder(), name="drawn", fingerprint="drawn")


def sections() -> list[str]:
    """Every first-level section of the seeds."""
    found: list[str] = []
    for path in sorted((ROOT / "seeds").glob("*")):
        if path.suffix in (".txt", ".md"):
            data = path.read_bytes()
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = data.decode("gb18030", "replace")
            found += SECTION.split(text)[1:]
    return found


def write_reports(folder: Path, count: int) -> None:
    """`count` reports of four sections each, every line numbered, so that no two share a passage."""
    parts = sections()
    for number in range(count):
        write_report(folder / f"{number:06d}.txt", number, parts)


def write_report(path: Path, number: int, parts: Sequence[str], extra: str = "") -> None:
    draw = random.Random(number)
    body = []
    for place in range(4):
        lines = SECTION.sub("", draw.choice(parts)).split("\n")
        lines[0] = "一二三四"[place] + "、" + lines[0].partition("、")[2]
        body += [f"{line}（{number}号）" if place and len(line) > 20 else line for place, line in enumerate(lines)]
    title = f"某县{draw.choice(['教育', '水务', '民政', '财政'])}局局长{2005 + number % 20}年述职报告"
    path.write_text(f"{title}\n{number}\n" + "\n".join(body) + extra + "\n", encoding="utf-8")


def costs(reports: int, folder: Path) -> dict[str, Any]:
    """Seconds of a full build with every vector cached, and of builds after one change each."""
    samples = folder / "samples"
    samples.mkdir()
    write_reports(samples, reports)
    os.environ["RAG_CACHE_DIR"] = str(folder / "cache")
    config = rag.Config.load(samples=samples, index=folder / "index", vector_cache_mb=100_000)

    def seconds(**options: bool) -> tuple[float, float, Any]:
        start, cpu = time.perf_counter(), time.process_time()
        report = rag.build(config, embedder=MODEL, **options)
        return time.perf_counter() - start, time.process_time() - cpu, report

    with peak_mb() as memory:
        _, _, first = seconds()
    full, full_cpu, report = seconds(full=True)
    assert report.embedded == 0
    parts = sections()
    changes: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "new": lambda: write_report(samples / "新.txt", reports + 1, parts),
        "edited": lambda: write_report(samples / "000001.txt", 1, parts, "\n又补充一句，今年改过。"),
        "renamed": lambda: (samples / "000002.txt").rename(samples / "改名.txt"),
        "deleted": lambda: (samples / "000003.txt").unlink(),
    }
    found: dict[str, Any] = {
        "reports": reports, "passages": first.chunks, "full_s": round(full, 1), "full_cpu_s": round(full_cpu, 1),
        "stages_s": report.seconds, "own memory at the peak_mb": memory[0],
        "bytes a passage": bytes_a_passage(config.index_folder, first.chunks),
    }  # fmt: skip
    for name, change in changes.items():
        change()
        took, cpu, report = seconds()
        counts = (len(report.added), len(report.edited), len(report.renamed), len(report.removed))
        assert sum(counts) == (name != "nothing"), report
        found[name] = {
            "s": round(took, 2),
            "of_full": f"{took / full:.2%}",
            "of_full_cpu": f"{cpu / full_cpu:.2%}",
            "stages_s": report.seconds,
        }
    size = sum(path.stat().st_size for path in config.index_folder.glob("g-*/**/*") if path.is_file())
    found["two generations, MB"] = round(size / 1e6)
    return found


def bytes_a_passage(index: Path, passages: int) -> dict[str, int]:
    """On the disk, of one generation: the chunk table (texts, trees and points with their vectors too), the rest."""
    (generation,) = (index / name for name in (index / "CURRENT").read_text(encoding="utf-8").split())
    parts = {"table": "chunks.sqlite", "vectors": store.FILE, "words": "lexical/*"}
    return {
        name: round(sum(path.stat().st_size for path in generation.glob(pattern)) / passages)
        for name, pattern in parts.items()
    }


@contextmanager
def peak_mb() -> Iterator[list[int]]:
    """The most memory of its own (mapped files aside) that this process had meanwhile, looked at every 20 ms."""
    found, is_over = [0], threading.Event()

    def look() -> None:
        while not is_over.wait(0.02):
            status = Path("/proc/self/status").read_text(encoding="ascii")
            found[0] = max(found[0], int(status.split("RssAnon:")[1].split()[0]) // 1000)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        watcher.join()


def real_vectors() -> Vectors:
    """The seeds' own vectors under the bundled model, of passages and of points."""
    with tempfile.TemporaryDirectory() as folder:
        config = rag.Config.load(samples=ROOT / "seeds", index=folder)
        rag.build(config)
        with rag.Index.open(config) as index:
            points = [p.vector for d in index.tables.documents() for p in index.tables.points(d.id)]
            return np.concatenate([index.store.get(index.tables.all_chunk_ids()), np.stack(points)])


def drawn(base: Vectors, count: int, seed: int) -> Iterator[Vectors]:
    """Unit rows in batches: one real vector each, moved by a part of the difference of two others."""
    draw = np.random.default_rng(seed)
    for start in range(0, count, 20_000):
        some = min(20_000, count - start)
        one, two, three = (base[draw.integers(0, len(base), some)] for _ in range(3))
        rows = one + draw.uniform(0.2, 0.8, (some, 1)).astype(np.float32) * (two - three)
        yield (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


def scale(passages: int, folder: Path) -> dict[str, Any]:
    """The vector store and the words at `passages`; what a cold search costs is measured in processes of its own."""
    base = real_vectors()
    kind = store.chosen(store.AUTO, passages)
    start = time.perf_counter()
    step = max(1, passages // store.sample_size(kind, passages))
    sample = np.concatenate([rows[::step] for rows in drawn(base, passages, 1)])
    made = store.new(kind, sample, passages)
    trained = time.perf_counter() - start
    for number, rows in enumerate(drawn(base, passages, 1)):
        made.add(range(number * 20_000, number * 20_000 + len(rows)), rows)
    made.save(folder)
    vectors_s = time.perf_counter() - start
    parts, draw = [part for part in "".join(sections()).split("。") if len(part) > 30], random.Random(3)
    start = time.perf_counter()
    (folder / "words").mkdir()
    words = ((i, f"{draw.choice(parts)}。{draw.choice(parts)}。{i}") for i in range(passages))
    lexical.write(folder / "words", words)
    words_s = time.perf_counter() - start
    queries = np.concatenate(list(drawn(base, QUERIES, 2)))
    np.save(folder / "queries.npy", queries)
    (folder / "asked.json").write_text(json.dumps([draw.choice(parts)[:20] for _ in range(QUERIES)]), encoding="utf-8")
    best = np.full((QUERIES, 10), -2.0, dtype=np.float32)
    exact = np.zeros((QUERIES, 10), dtype=np.int64)
    for number, rows in enumerate(drawn(base, passages, 1)):
        scores = np.concatenate([best, queries @ rows.T], axis=1)
        ids = np.concatenate([exact, np.tile(np.arange(len(rows)) + number * 20_000, (QUERIES, 1))], axis=1)
        order = np.argsort(-scores, axis=1)[:, :10]
        best, exact = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)
    np.save(folder / "exact.npy", exact)
    runs = [
        json.loads(subprocess.check_output([sys.executable, __file__, "--probe", str(folder), kind])) for _ in range(5)
    ]
    return {
        "passages": passages, "store": kind, "train_s": round(trained, 1), "vectors_s": round(vectors_s, 1),
        "words_s": round(words_s, 1),
        "vector bytes a passage": round((folder / store.FILE).stat().st_size / passages),
        "word bytes a passage": round(sum(p.stat().st_size for p in (folder / "words").iterdir()) / passages),
        **{name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]},
    }  # fmt: skip


def probe(folder: Path, kind: str) -> dict[str, float]:
    """One process: open, the first search, then all of them; recall against brute force; memory at the end."""
    queries = np.load(folder / "queries.npy")
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    exact = np.load(folder / "exact.npy")
    before = resident_mb()
    start = time.perf_counter()
    vectors = store.opened(kind, store.held(folder))
    words = lexical.Lexical.opened(folder / "words")
    opened = time.perf_counter()
    vectors.search(queries[0], 100)
    words.search(asked[0], 100)
    cold = time.perf_counter()
    memory = resident_mb()
    dense, lexic, hits = [], [], 0
    for query, text, right in zip(queries, asked, exact, strict=True):
        begun = time.perf_counter()
        found = vectors.search(query, 10)
        dense.append(time.perf_counter() - begun)
        hits += len({i for i, _ in found} & set(right.tolist()))
        begun = time.perf_counter()
        words.search(text, 100)
        lexic.append(time.perf_counter() - begun)
    return {
        "open_ms": (opened - start) * 1e3, "cold search_ms": (cold - opened) * 1e3,
        "resident after a cold search_mb": memory,
        "of it index_mb": memory - before,
        "dense p50_ms": float(np.percentile(dense, 50)) * 1e3, "dense p95_ms": float(np.percentile(dense, 95)) * 1e3,
        "words p50_ms": float(np.percentile(lexic, 50)) * 1e3, "words p95_ms": float(np.percentile(lexic, 95)) * 1e3,
        "recall@10": hits / exact.size,
    }  # fmt: skip


def resident_mb() -> float:
    """What this process has in memory now; of a mapped file, the pages that were touched."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("costs", "curve", "scale"))
    parser.add_argument("--reports", type=int, default=300)
    parser.add_argument("--passages", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--probe", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.probe:
        print(json.dumps(probe(Path(asked.probe[0]), asked.probe[1])))
        return 0
    work: list[Callable[[Path], dict[str, Any]]] = []
    if asked.what in (None, "costs"):
        work.append(lambda folder: costs(asked.reports, folder))
    if asked.what == "curve":
        work += [lambda folder, n=n: costs(n, folder) for n in (100, 1_000, 10_000)]  # type: ignore[misc]
    if asked.what in (None, "scale"):
        work += [lambda folder, n=n: scale(n, folder) for n in asked.passages]  # type: ignore[misc]
    for one in work:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(one(Path(folder)), ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
