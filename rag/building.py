"""What `pipeline.build` is made of: what changed, the generation made of it, and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from rag.config import Config
from rag.datatypes import BuildReport, FailedFile, Manifest
from rag.embed import UnitEmbedder, vector_cache
from rag.errors import IndexDamaged, IndexMismatch, IndexMissing, SourceError
from rag.index import Index, filling, generations, rows, software, sources
from rag.index.clock import Clock
from rag.index.filling import Filled, Filling
from rag.index.intake import Batch, Intake, Tally
from rag.index.roots import named
from rag.index.tables import Tables
from rag.read import by_kind, sample_files

Progress = Callable[[str, int, int], None]
Note = Callable[[str], None]
DAMAGED = "现有索引已损坏，不再沿用，全部重做：{}"
STAGES = ("scan", "read", "embed", "write")


@dataclass(frozen=True, slots=True)
class Sight:
    """The index that serves and the sample files as they are now. `before` maps its source paths to sha256."""

    config: Config
    roots: tuple[Path, ...]
    old: Index | None
    before: Mapping[str, str]
    found: sources.Found
    changes: sources.Changes
    seen: sources.Seen
    full: bool
    clock: Clock


def sight(config: Config, roots: Sequence[Path], note: Note, say: Progress, *, full: bool) -> Sight:
    """Find every sample file and compare it, by content, with the index that serves."""
    clock = Clock(*STAGES)
    with clock("scan"), ThreadPoolExecutor(max_workers=1) as beside:
        old = _serving(config, note, full=full)
        checked = beside.submit(generations.check_whole, old.generation) if old else None
        seen = sources.Seen.opened(config.index_folder, trusted=not full)
        found = sources.hashed(sample_files(roots), seen, config, say)
        try:
            if checked:
                checked.result()
        except IndexDamaged as error:
            note(DAMAGED.format(error))
            old = None
        before = old.tables.files() if old else {}
    return Sight(config, tuple(roots), old, before, found, sources.compared(before, found.digests), seen, full, clock)


def made(sight: Sight, model: UnitEmbedder, note: Note, say: Progress, *, compact: bool) -> BuildReport:
    """Make the generation that `sight` asks for and let it serve. Raises RagError, then the old one goes on."""
    config, changes, clock = sight.config, sight.changes, sight.clock
    previous = _with_vectors(sight, model, note)
    carried = _with_rows(previous, note)
    generations.sweep(config.index_folder)
    intake = Intake(
        config, model, vector_cache.opened(config, note), previous,
        was={new: old for old, new in changes.renamed}, gone=_ids(changes.removed), clock=clock, say=say,
        tally=Tally(failed=list(sight.found.failed)),
    )  # fmt: skip
    wanted = changes.to_read if carried else sight.found.digests
    comes_any, batches = _peeked(intake.batches([sight.found.files[path] for path in wanted]))
    tally = intake.tally
    kept = {path: sight.before[path] for path in changes.unchanged} if carried else {}
    if not comes_any and not kept:
        raise _nothing_to_index(sight.roots, _by_path(tally.failed))
    plan = Filling(carried, _ids(changes.to_forget), batches, config.store, compact)
    with clock("write"):
        is_idle = not (comes_any or plan.gone or compact)
        generation = _published(sight, plan, model, tally, is_idle=is_idle)
        sight.seen.save(list(sight.found.files.values()))
    for path, remark in sorted(tally.remarks, key=itemgetter(0)):
        note(f"{path}：{remark}")
    table = Tables(generation)
    counts = table.counts()
    return replace(
        reported(sight, kept | tally.digests, tally.failed),
        embedded=tally.embedded,
        reused=sum(counts) - tally.rows + tally.vectors - tally.embedded,
        duplicates=table.duplicates(),
        chunks=counts[1],
        left=by_kind(tally.left),
    )


def held(folder: Path, note: Note) -> set[bytes]:
    """Keys of the texts that any generation in `folder` holds."""
    found: set[bytes] = set()
    for generation in sorted(folder.glob("g-*")):
        try:
            found |= Tables(generation).keys()
        except IndexDamaged as error:
            note(f"{generation.name} 读不出来，只有它才有的缓存向量没有清：{error}")
    return found


def purge(config: Config, held_before: Set[bytes], note: Note) -> None:
    """Drop every generation but the one that serves, and of the texts `held_before` the cached vectors it lacks."""
    folder = config.index_folder
    kept = Tables(generations.current(folder)).keys()
    vector_cache.opened(config, note).drop(sorted(held_before - kept))
    generations.drop_others(folder)
    if left := generations.others(folder):
        note(f"上一代还被占用，没有删去：{'、'.join(map(str, left))}；关掉占用它的程序后再运行 rag build --purge")


def reported(sight: Sight, now: Mapping[str, str], failed: Sequence[FailedFile], **more: Any) -> BuildReport:
    """What became of each file; `more` are further fields of the report."""
    changes = sources.compared(sight.before, now)
    return BuildReport(
        added=changes.added,
        edited=changes.edited,
        renamed=changes.renamed,
        removed=changes.removed,
        unchanged=len(changes.unchanged),
        failed=_by_path(failed),
        documents=len(now),
        seconds=sight.clock.seconds,
        **more,
    )


def silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


def _serving(config: Config, note: Note, *, full: bool) -> Index | None:
    """The index as it serves now, checked as every opening checks it; None where there is none to be built upon.

    Raises IndexMismatch for one of a newer layout, unless `full` says to replace it.
    """
    try:
        return Index.open(config)
    except IndexMissing:
        return None
    except IndexMismatch as error:
        if generations.is_newer(config.index_folder) and not full:
            raise IndexMismatch(str(error), hint="升级本软件；或用 rag build --full 以本版本重建") from error
        note(f"{error}：全部重读")
    except IndexDamaged as error:
        note(DAMAGED.format(error))
    return None


def _with_vectors(sight: Sight, model: UnitEmbedder, note: Note) -> Index | None:
    """The index that serves, if its vectors are of this model."""
    if sight.old is None:
        return None
    before = sight.old.manifest
    if before.fingerprint != model.fingerprint:
        note(f"模型由 {before.model} 换成 {model.name}：全部向量重新计算（缓存里已有的除外）")
        return None
    return None if sight.full else sight.old


def _with_rows(previous: Index | None, note: Note) -> Index | None:
    """The index whose rows can be carried over: made by the same reading and parsing."""
    if previous and previous.manifest.software != software.fingerprint():
        note("读取和解析的程序更新过：全部样本重读，向量沿用")
        return None
    return previous


def _published(sight: Sight, plan: Filling, model: UnitEmbedder, tally: Tally, *, is_idle: bool) -> Path:
    """The new generation; the old one where there is nothing to change."""
    folder = sight.config.index_folder

    def fill(draft: Path) -> Manifest:
        filled = filling.write(draft, plan)
        with closing(Tables(draft)) as table:
            return _manifest(sight, model, filled, tally.failed, table.counts())

    if plan.before and is_idle:
        was = plan.before.manifest
        filled = filling.settled_store(was, plan.store_setting, was.chunks, was.dim)
        if was == _manifest(sight, model, filled, tally.failed, (was.documents, was.chunks, was.points)):
            return plan.before.generation
    return generations.publish(folder, fill, before=plan.before.generation if plan.before else None)


def _manifest(
    sight: Sight, model: UnitEmbedder, filled: Filled, failed: Sequence[FailedFile], counts: tuple[int, int, int]
) -> Manifest:
    documents, chunks, points = counts
    return Manifest(
        layout=generations.LAYOUT,
        model=model.name,
        fingerprint=model.fingerprint,
        dim=filled.dim,
        store=filled.store,
        roots=named(sight.roots),
        documents=documents,
        chunks=chunks,
        points=points,
        failed=_by_path(failed),
        locator=model.locator,
        software=software.fingerprint(),
        trained=filled.trained,
    )


def _peeked(batches: Iterator[Batch]) -> tuple[bool, Iterator[Batch]]:
    """Whether there is any, and all of them."""
    for first in batches:
        return True, chain([first], batches)
    return False, iter(())


def _ids(paths: Sequence[str]) -> frozenset[int]:
    return frozenset(rows.document_id(path) for path in paths)


def _by_path(failed: Sequence[FailedFile]) -> tuple[FailedFile, ...]:
    return tuple(sorted(failed, key=lambda row: row.path))


def _nothing_to_index(roots: Sequence[Path], failed: Sequence[FailedFile]) -> SourceError:
    where = "、".join(str(root) for root in roots)
    if failed:
        first = failed[0]
        return SourceError(f"{len(failed)} 个文件都读不出来，例如 {first.path}：{first.error}", hint=first.hint)
    return SourceError(f"文件夹里没有可读的样本：{where}", hint="放入 .docx、.doc、.pdf、.ofd、.txt 等文件后再试")
