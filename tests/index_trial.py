"""An index under attack: builds killed at random, writers beside readers, a disk that is full at any byte.

For tests/test_index_faults.py, and for bench/index_faults.py, which goes on for longer. Unix only (kill -9, fork).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

from conftest import HashEmbedder

import rag
from rag.errors import IndexBusy, RagError
from rag.index import generations, verifying

REPORTS = 12
PAUSE_S = 0.01  # between two readings, or readers leave no processor to the builds
FILLER = "filler"
FIGURES = "一二三四五六七八九十"
START = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
START.set_forkserver_preload(["rag.pipeline", "rag.store.flat", "rag.lexical"])


class Trial:
    """Samples that carry their version in their words, and an index of them."""

    def __init__(self, folder: Path) -> None:
        self.samples, self.index = folder / "samples", folder / "index"
        self.samples.mkdir()
        os.environ["RAG_CACHE_DIR"] = str(folder / "cache")
        self.versions = [0] * REPORTS
        for number in range(REPORTS):
            self.write(number, 0)

    @property
    def config(self) -> rag.Config:
        return rag.Config.load(samples=self.samples, index=self.index)

    def write(self, number: int, version: int) -> None:
        """A new version of a report, put in place in one step."""
        self.versions[number] = version
        points = "\n".join(
            f"{i}.第{number}号第{version}版要点{FIGURES[i]}。学习不够，调研不多，落实不实。" for i in range(1, 6)
        )
        aside = self.samples / f".{number}.{os.getpid()}"
        aside.write_text(
            f"某局长2024年述职报告第{version}版\n一、履职情况\n{points}\n二、存在的问题\n{points}\n", "utf-8"
        )
        aside.replace(self.samples / f"{number}.txt")


def build(config: rag.Config, said: SimpleQueue[Any] | None = None) -> None:
    """In a process of its own; the second thing it says is its seconds: then the build is acknowledged."""
    if said:
        said.put("begun")
    start = time.perf_counter()
    rag.build(config, embedder=HashEmbedder())
    if said:
        said.put(time.perf_counter() - start)


def versions_of(index: rag.Index) -> tuple[int, ...]:
    """What every report says of itself; everything in the index is held against everything else."""
    view = index.pinned()
    found = {}
    for document in view.tables.documents():
        text = view.tables.text(document.id)
        found[int(Path(document.source.path).stem)] = int(text.split("报告第")[1].split("版")[0])
    chunks = view.tables.chunks(view.tables.all_chunk_ids())
    assert len(chunks) == view.manifest.chunks == len(view.store) == len(view.lexical), "parts of one generation"
    hits = rag.search(index, role="局长", topic="述职报告", k=5)
    assert hits, "an answer"
    return tuple(found[number] for number in sorted(found))


def read_all_the_while(config: rag.Config, kept_open: bool, seen: SimpleQueue[Any], stop: Any) -> None:
    """Reads until told to stop; says what it saw, or what went wrong."""
    count = 0
    states: set[tuple[int, ...]] = set()
    index = rag.Index.open(config, embedder=HashEmbedder())
    try:
        while not stop.is_set():
            if not kept_open:
                index.close()
                index = rag.Index.open(config, embedder=HashEmbedder())
            states.add(versions_of(index))
            count += 1
            time.sleep(PAUSE_S)
    except BaseException as error:
        seen.put(("error", repr(error), []))
        raise
    seen.put(("ok", count, sorted(states)))


def kills(folder: Path, times: int, seed: int = 1) -> dict[str, Any]:
    """`times` builds killed at random moments. Raises AssertionError on a torn index or a lost build."""
    trial, draw = Trial(folder), random.Random(seed)
    first: SimpleQueue[Any] = START.SimpleQueue()
    run(build, trial.config, first)
    _, usual = first.get(), first.get()
    valid, acknowledged, start = {tuple(trial.versions)}, tuple(trial.versions), time.perf_counter()
    stop, seen = START.Event(), START.SimpleQueue()
    readers = [
        START.Process(daemon=True, target=read_all_the_while, args=(trial.config, kept, seen, stop))
        for kept in (True, False)
    ]
    for reader in readers:
        reader.start()
    stages: Counter[str] = Counter()
    for turn in range(1, times + 1):
        for number in draw.sample(range(REPORTS), 4):
            trial.write(number, turn)
        valid.add(tuple(trial.versions))
        said: SimpleQueue[Any] = START.SimpleQueue()
        process = START.Process(daemon=True, target=build, args=(trial.config, said))
        process.start()
        assert said.get() == "begun"
        time.sleep(draw.uniform(0, 1.2 * usual))
        with suppress(ProcessLookupError):  # it was faster
            os.kill(process.pid or 0, signal.SIGSTOP)  # so that the stage is the one it dies in
            stages[stage(trial.index)] += 1
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        with rag.Index.open(trial.config, embedder=HashEmbedder()) as index:
            now = versions_of(index)
        assert now in valid, f"turn {turn}: an index that never was"
        if said.empty():
            usual *= 1.1  # it did not live to tell how long a build takes now
        else:
            usual = (usual + said.get()) / 2
            acknowledged = tuple(trial.versions)
            stages["acknowledged before"] += 1
        assert all(a >= b for a, b in zip(now, acknowledged, strict=True)), (
            f"turn {turn}: an acknowledged build is lost"
        )
    stop.set()
    reads, states = finished(readers, seen)
    assert states <= valid, "a reader saw an index that never was"
    run(build, trial.config)
    nothing_is_left(trial)
    seconds = round(time.perf_counter() - start)
    return {"kills": times, "reads": reads, "states seen": len(states), "seconds": seconds, **stages}


def churn(folder: Path, seconds: float) -> dict[str, Any]:
    """Two writers and eight readers. Raises AssertionError on the first error of any."""
    trial = Trial(folder)
    run(build, trial.config)
    stop, seen, told = START.Event(), START.SimpleQueue(), START.SimpleQueue()
    readers = [
        START.Process(daemon=True, target=read_all_the_while, args=(trial.config, i % 2 == 0, seen, stop))
        for i in range(8)
    ]
    writers = [START.Process(daemon=True, target=write_all_the_while, args=(folder, i, told, stop)) for i in range(2)]
    for process in (*readers, *writers):
        process.start()
    time.sleep(seconds)
    stop.set()
    reads, states = finished(readers, seen)
    counts = [told.get() for _ in writers]
    for process in writers:
        process.join()
        assert process.exitcode == 0, "a writer failed"
    run(build, trial.config)
    nothing_is_left(trial)
    built, busy = (sum(row[i] for row in counts) for i in (0, 1))
    return {"seconds": seconds, "builds": built, "told to wait": busy, "reads": reads, "states seen": len(states)}


def write_all_the_while(folder: Path, who: int, told: SimpleQueue[Any], stop: Any) -> None:
    trial = Trial.__new__(Trial)
    trial.samples, trial.index, trial.versions = folder / "samples", folder / "index", [0] * REPORTS
    draw, built, busy = random.Random(who), 0, 0
    while not stop.is_set():
        trial.write(draw.randrange(REPORTS), 1 + built + busy)
        try:
            rag.build(trial.config, embedder=HashEmbedder())
            built += 1
        except IndexBusy as error:
            assert "进程" in str(error) or "正在写" in str(error)
            busy += 1
            time.sleep(PAUSE_S)
    told.put((built, busy))


def full(folder: Path, steps: int = 40, *, disk: bool = False) -> dict[str, Any]:
    """Builds that the kernel refuses a byte, at 0 bytes and then ever later: beyond a file size (RLIMIT_FSIZE), or on
    a file system of that much room (`disk`: a tmpfs, for root)."""
    trial = Trial(folder)
    trial.index.mkdir()
    with small_disk(trial.index) if disk else nullcontext():
        run(build, trial.config)
        sizes = [path.stat().st_size for path in generations.current(trial.index).rglob("*") if path.is_file()]
        most = int((sum(sizes) if disk else max(sizes)) * 1.5)
        before, counts = tuple(trial.versions), Counter()
        for step in range(steps):
            limit = int(most * (step / (steps - 1)) ** 2)
            trial.write(step % REPORTS, step + 1)
            if disk:
                leave_room(trial.index, limit)
            said: SimpleQueue[Any] = START.SimpleQueue()
            run(build_refused, trial.config, None if disk else limit, said)
            outcome = said.get()
            counts[outcome.split("：")[0]] += 1
            with rag.Index.open(trial.config, embedder=HashEmbedder()) as index:
                now = versions_of(index)
            expected = tuple(trial.versions) if outcome == "built" else before
            assert now == expected, f"{limit} bytes: {outcome}"
            before = expected
        (trial.index / FILLER).unlink(missing_ok=True)
        run(build, trial.config)
        nothing_is_left(trial)
    return {"limits": steps, "up to bytes": most, **counts}


def build_refused(config: rag.Config, limit: int | None, said: SimpleQueue[Any]) -> None:
    """Says "built", or the error that says what to do."""
    import resource

    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    generations.require_room = lambda *_: None  # or it would say so before the first write
    try:
        rag.build(config, embedder=HashEmbedder())
    except RagError as error:
        assert error.hint
        said.put(str(error))
        return
    said.put("built")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def leave_room(folder: Path, room: int) -> None:
    """Fill the disk of `folder` but for `room` bytes."""
    (folder / FILLER).unlink(missing_ok=True)
    free = shutil.disk_usage(folder).free
    (folder / FILLER).write_bytes(bytes(max(0, free - room)))


def stage(index: Path) -> str:
    """How far the build is, by what stands in its draft."""
    draft = next(index.glob(".draft-*"), None)
    if draft is None:
        return "before or after writing"
    for name in ("checksums.json", "manifest.json", "lexical", "vectors.faiss", "chunks.sqlite"):
        if (draft / name).exists():
            return f"at {name}"
    return "at the draft"


def nothing_is_left(trial: Trial) -> None:
    verdict = verifying.verified(trial.index, lambda *_: None)
    assert verdict.is_sound, verdict
    assert len(list(trial.index.glob("g-*"))) <= 2, "generations"


def finished(readers: Sequence[Any], seen: SimpleQueue[Any]) -> tuple[int, set[tuple[int, ...]]]:
    """How often they read and which states they saw. Raises AssertionError for what one of them met."""
    reads, states = 0, set()
    for _ in readers:
        outcome, count, some = seen.get()
        assert outcome == "ok", f"a reader failed: {count}"
        reads += count
        states |= set(some)
    for reader in readers:
        reader.join()
    return reads, states


def run(work: Callable[..., None], *values: object) -> None:
    process = START.Process(target=work, args=values)
    process.start()
    process.join()
    assert process.exitcode == 0
