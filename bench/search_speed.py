"""How fast a search and an outline are: cold as a whole process, warm as a library, over the seeds and over more.

    python bench/search_speed.py                100,000 passages (about 7 minutes, 1 GB); --passages N for another size

Outlines are drawn up over 1,000 reports: of the whole and, in it, of assembly (the samples chosen and read already).

The synthetic corpus recombines sections of the seeds, each with its vector and a little noise, so that nothing is
embedded: the index is written by the program's own parts, the query is embedded by the model. Ratios are taken in one
run, the processes by turns; a ratio is that of the medians of user + system time, and of wall time beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import numpy as np
from graded import SETS, queries

import rag
from rag import assemble, embed
from rag.datatypes import Chunk, Outline, Request
from rag.embed import UnitEmbedder
from rag.index import Index

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
REPORTS = 1_000
QUERIES = 1000
THREADS = 8
PER_REPORT = 40
PASSAGES_A_REPORT = 27  # some of the 40 are short enough to share one
NOISE = 0.005
NUMERALS = [f"{tens}{ones}" for tens in ("", "十", "二十") for ones in "一二三四五六七八九"]
ROLE, TOPIC = "乡镇干部", "理论学习不深入"
BARE = "import numpy, faiss, tantivy, onnxruntime"
MODEL = f"{BARE}\nfrom rag import Config, embed\nembed.load(Config.load()).encode_query(['a'])"
TRANSFORMERS = """
import sys
from sentence_transformers import SentenceTransformer
import rag
graph = {"file_name": "model_qint8.onnx", "provider": "CPUExecutionProvider"}
model = SentenceTransformer(sys.argv[2], device="cpu", backend="onnx", local_files_only=True, model_kwargs=graph)
with rag.Index.open(sys.argv[1]) as index:
    index.store.search(model.encode_query([sys.argv[3]], normalize_embeddings=True)[0], 100)
    index.lexical.search(sys.argv[3], 100)
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=100_000)
    wanted = parser.parse_args().passages
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "seeds"
        rag.build(rag.Config.load(samples=ROOT / "seeds", index=small))
        cold("seeds", small)
        warm("seeds", small)
        thousand = Path(scratch) / "thousand"
        synthesise(small, thousand, REPORTS * PASSAGES_A_REPORT)
        outlines(thousand)
        large = Path(scratch) / "large"
        synthesise(small, large, wanted)
        cold("synthetic", large)
        warm("synthetic", large)
    imports()
    return 0


def cold(name: str, folder: Path) -> None:
    """Whole processes by turns: a search, the bare imports, the imports and the model, sentence-transformers."""
    asked = ["--role", ROLE, "--topic", TOPIC, "--index", str(folder)]
    runs = {name: [sys.executable, "-m", "rag", name.split()[1], *asked] for name in ("rag search", "rag outline")}
    runs["bare imports"] = [sys.executable, "-c", BARE]
    runs["imports + model"] = [sys.executable, "-c", MODEL]
    if find_spec("sentence_transformers"):
        model = str(embed.load(rag.Config.load()).locator)
        model = str(bundled_folder()) if model == "bundled" else model
        runs["sentence-transformers"] = [sys.executable, "-c", TRANSFORMERS, str(folder), model, f"{TOPIC} {ROLE}"]
    times: dict[str, list[tuple[float, float]]] = {label: [] for label in runs}
    for _ in range(ROUNDS):
        for label, command in runs.items():
            times[label].append(timed(command))
    with rag.Index.open(folder) as index:
        print(f"cold, {name}: {len(index.tables.facets())} reports, {len(index.lexical)} passages")
    cpu = {label: statistics.median(c for c, _ in rows) for label, rows in times.items()}
    wall = {label: statistics.median(w for _, w in rows) for label, rows in times.items()}
    for label in runs:
        ratio = f"{cpu[label] / cpu['rag search']:.2f} x cpu, {wall[label] / wall['rag search']:.2f} x wall"
        print(f"  {label:24s} cpu {cpu[label]:.2f} s, wall {wall[label]:.2f} s; {ratio} of rag search")
    for name, base in (("rag search", "imports + model"), ("rag outline", "rag search")):
        print(f"  {name} / ({base}): {cpu[name] / cpu[base]:.2f} cpu, {wall[name] / wall[base]:.2f} wall")


def warm(name: str, folder: Path) -> None:
    """Library calls in one process: single, then THREADS at a time, over every graded query in turn."""
    asked = [query for _, file, _ in SETS if file.is_file() for query in queries(file)]
    draw = random.Random(7)
    rows = [draw.choice(asked) for _ in range(QUERIES)]
    with rag.Index.open(folder) as index:
        for query in rows[:20]:
            once(index, query.role, query.topic)
        single = [once(index, query.role, query.topic) for query in rows]
        print(f"warm, {name}: single p50 {percentile(single, 50):.1f} ms, p95 {percentile(single, 95):.1f} ms")
        parts(index, [(query.role, query.topic) for query in rows[:200]])
        taken: list[float] = []

        def work(some: Sequence[tuple[str, str]]) -> None:
            taken.extend([once(index, role, topic) for role, topic in some])

        shares = [[(q.role, q.topic) for q in rows[i::THREADS]] for i in range(THREADS)]
        threads = [threading.Thread(target=work, args=(share,)) for share in shares]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(taken) / (time.perf_counter() - start)
        print(
            f"  {THREADS} threads p50 {percentile(taken, 50):.1f} ms, p95 {percentile(taken, 95):.1f} ms, {rate:.0f}/s"
        )


def outlines(folder: Path) -> None:
    """Warm outlines for every graded query in turn, and what of their time assembly takes."""
    asked = [query for _, file, _ in SETS if file.is_file() for query in queries(file)]
    assembling: list[float] = []
    plain = assemble.assemble

    def noted(request: Request, samples: Sequence[assemble.Sample]) -> Outline:
        start = time.perf_counter()
        plan = plain(request, samples)
        assembling.append((time.perf_counter() - start) * 1000)
        return plan

    with rag.Index.open(folder) as index, patch.object(assemble, "assemble", noted):
        whole = [
            clock(lambda query=query: rag.outline(index, role=query.role, topic=query.topic, year=2026))
            for query in (*asked[:10], *asked)
        ][10:]
        print(f"outlines over {len(index.tables.facets())} reports: p50 {percentile(whole, 50):.0f} ms, "
              f"p95 {percentile(whole, 95):.0f} ms; of it assembly p50 {percentile(assembling, 50):.0f} ms, "
              f"p95 {percentile(assembling, 95):.0f} ms ({len(assembling)} from samples)")  # fmt: skip


def parts(index: Index, asked: Sequence[tuple[str, str]]) -> None:
    """Where a warm search spends its time."""
    words = [f"{topic} {role}" for role, topic in asked]
    vectors = [index.embedder.encode_query([text])[0] for text in words]
    spent = {
        "embedding": [clock(lambda text=text: index.embedder.encode_query([text])) for text in words],
        "FAISS": [clock(lambda v=v: index.store.search(v, 100)) for v in vectors],
        "tantivy": [clock(lambda text=text: index.lexical.search(text, 100)) for text in words],
    }
    print("  of it: " + ", ".join(f"{label} p50 {percentile(rows, 50):.1f} ms" for label, rows in spent.items()))


def once(index: Index, role: str, topic: str) -> float:
    return clock(lambda: rag.search(index, role=role, topic=topic, k=10))


def clock(call: Callable[[], object]) -> float:
    """Milliseconds of one call; a refusal counts like an answer."""
    start = time.perf_counter()
    with suppress(rag.RagError):
        call()
    return (time.perf_counter() - start) * 1000


def percentile(rows: Sequence[float], share: int) -> float:
    return float(np.percentile(rows, share))


def timed(command: Sequence[str]) -> tuple[float, float]:
    """User + system seconds and wall seconds of one process, its modules compiled beforehand as an installation has
    them: an environment that forbids writing bytecode would have this project alone compiled at each start."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"HF_HUB_OFFLINE": "1"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def imports() -> None:
    """What a cold search imports, by package, least of three runs."""
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as scratch:
        rag.build(rag.Config.load(samples=ROOT / "seeds", index=scratch))
        command = [sys.executable, "-X", "importtime", "-m", "rag", "search", "--role", ROLE, "--topic", TOPIC]
        for _ in range(3):
            done = subprocess.run([*command, "--index", scratch], capture_output=True, text=True, check=True)
            for line in done.stderr.splitlines():
                cells = line.removeprefix("import time:").split("|")
                if len(cells) == 3 and cells[0].strip().isdigit():
                    found[cells[2].strip()] = min(int(cells[0]), found.get(cells[2].strip(), 1 << 40))
    sums: dict[str, int] = {}
    for module, spent in found.items():
        package = module.split(".")[0]
        sums[package] = sums.get(package, 0) + spent
    print("imports of a cold search, ms by package:")
    rows = sorted(sums.items(), key=lambda row: -row[1])
    print("  " + ", ".join(f"{package} {spent / 1000:.0f}" for package, spent in rows[:12]))


def bundled_folder() -> Path:
    from rag.embed import bundled

    return bundled.folder()


class Recombined:
    """Documents get the vector of some real passage and a little noise, by their text; queries the model's own."""

    def __init__(self, model: UnitEmbedder, vectors: np.ndarray) -> None:
        self._model, self._vectors = model, vectors

    def encode_query(self, sentences: Sequence[str]) -> np.ndarray:
        return self._model.encode_query(sentences)

    def encode_document(self, sentences: Sequence[str]) -> np.ndarray:
        rows = np.empty((len(sentences), self._vectors.shape[1]), dtype=np.float32)
        for row, text in zip(rows, sentences, strict=True):
            draw = np.random.default_rng(zlib.crc32(text.encode("utf-8", "surrogatepass")))
            row[:] = self._vectors[draw.integers(len(self._vectors))] + NOISE * draw.standard_normal(len(row))
        return rows


def synthesise(source: Path, target: Path, wanted: int) -> None:
    """An index of about `wanted` passages in `target`: reports whose sections are drawn from those of `source`."""
    draw = random.Random(7)
    with rag.Index.open(source) as index:
        tables = index.tables
        reports = tables.documents()
        ids = tables.chunk_ids([report.id for report in reports])
        vectors, chunks = index.store.get(ids), list(tables.chunks(ids).values())
        model = embed.load(index.config)
    folder = target.parent / f"samples of {target.name}"
    folder.mkdir()
    for number in range(wanted // PASSAGES_A_REPORT + 1):
        some = draw.sample(chunks, PER_REPORT)
        title = f"{draw.choice(reports).source.title}（{number}）"
        # Two passages to a section, a sentence of each moved to the other: no two texts are alike.
        pairs = zip(NUMERALS, some[::2], some[1::2], strict=False)
        parts = [f"{numeral}、{heading(a)}\n{mixed(draw, a.text, b.text)}" for numeral, a, b in pairs]
        (folder / f"{number:07d}.txt").write_text(f"{title}\n" + "\n".join(parts), encoding="utf-8")
    fake = UnitEmbedder(Recombined(model, vectors), name=model.name, fingerprint=model.fingerprint, locator="bundled")
    # No vector cache: these vectors must not be taken for the model's.
    rag.build(rag.Config.load(samples=folder, index=target, vector_cache_mb=0), embedder=fake)


def heading(chunk: Chunk) -> str:
    return chunk.path[-1].split("、")[-1] if chunk.path else "工作情况"


def mixed(draw: random.Random, one: str, other: str) -> str:
    sentences = one.split("。") + other.split("。")
    draw.shuffle(sentences)
    return "。".join(sentence for sentence in sentences if sentence.strip()) + "。"


if __name__ == "__main__":
    sys.exit(main())
