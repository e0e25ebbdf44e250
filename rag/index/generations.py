"""Generations on disk: CURRENT names the one that serves; replacing that file is the only moment anything changes.

index/CURRENT            one line: g-3f2a91c0
index/g-3f2a91c0/        manifest.json, chunks.sqlite, vectors.faiss, lexical/, checksums.json
index/lock, lock.holder  one writer at a time, and who
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.datatypes import FailedFile, Manifest
from rag.errors import IndexDamaged, IndexMismatch, IndexMissing, RagError
from rag.index import checksums
from rag.index.refusals import refusals

LAYOUT = 3
CURRENT, MANIFEST, LEXICAL, DRAFT = "CURRENT", "manifest.json", "lexical", ".draft-"
SWAP_TRIES = 20
SWAP_PAUSE_S = 0.05
SPARE_BYTES = 32_000_000
REBUILD = checksums.REBUILD


@dataclass(frozen=True, slots=True)
class Memory:
    """What can still be told of the index that serves, though it be of another layout or damaged."""

    roots: tuple[str, ...] = ()
    model: str = ""
    locator: str = ""
    fingerprint: str = ""


def current(folder: Path) -> Path:
    """The folder of the generation that serves. Raises IndexMissing or IndexDamaged."""
    file = folder / CURRENT
    try:
        name = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise IndexMissing(f"这里还没有索引：{folder}", hint="先建索引：rag build 样本文件夹") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"读不出 {file}", hint=REBUILD) from error
    generation = folder / name
    if not name.startswith("g-") or "/" in name or "\\" in name or not generation.is_dir():
        raise IndexDamaged(f"索引指向的一代不存在：{name or '（空）'}", hint=REBUILD)
    return generation


def manifest(generation: Path) -> Manifest:
    """The manifest of a generation, after the check that opening makes: sizes and first 64 KiB of every file.

    Raises IndexMismatch for another layout and IndexDamaged for what is missing, cut short or altered.
    """
    listed = checksums.sums(generation)
    try:
        data = json.loads((generation / MANIFEST).read_text(encoding="utf-8"))
        layout = data["layout"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"索引的清单读不出来：{generation.name}", hint=REBUILD) from error
    if layout != LAYOUT:
        newer = "更新" if isinstance(layout, int) and layout > LAYOUT else "更旧"
        raise IndexMismatch(f"索引是{newer}版本的软件建的（格式 {layout}，本软件用 {LAYOUT}）", hint="重建：rag build")
    checksums.check(generation, listed, full=False)
    try:
        failed = tuple(FailedFile(**row) for row in data.pop("failed"))
        return Manifest(**{**data, "roots": tuple(data["roots"]), "failed": failed})
    except (KeyError, TypeError) as error:
        raise IndexDamaged(f"索引的清单不完整：{generation.name}", hint=REBUILD) from error


def check_whole(generation: Path) -> None:
    """Hash every file of a generation. Raises IndexDamaged."""
    checksums.check(generation, checksums.sums(generation), full=True)


def is_newer(folder: Path) -> bool:
    """Whether the index in `folder` was written by a newer version of this software."""
    try:
        layout = json.loads((folder / _current_name(folder) / MANIFEST).read_text(encoding="utf-8"))["layout"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(layout, int) and layout > LAYOUT


def memory(folder: Path, *, needed: bool) -> Memory | None:
    """Roots and model of the index in `folder`, from whichever generation still tells them; None where none does.

    Raises IndexDamaged when there is an index that does not tell, and the roots are `needed`.
    """
    names = [_current_name(folder), *sorted(path.name for path in folder.glob("g-*"))]
    for name in filter(None, names):
        try:
            data: dict[str, Any] = json.loads((folder / name / MANIFEST).read_text(encoding="utf-8"))
            known = {key: str(data.get(key, "")) for key in ("model", "locator", "fingerprint")}
            return Memory(roots=tuple(str(root) for root in data["roots"]), **known)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    if needed and any(names):
        raise IndexDamaged(f"索引记不得样本文件夹了：{folder}", hint="写明样本文件夹重建：rag build 样本文件夹 --full")
    return None


def publish(folder: Path, fill: Callable[[Path], Manifest], *, before: Path | None = None) -> Path:
    """Write a new generation with `fill`, seal it, and make it current. The old one serves until the last step.

    `before` is the generation that `fill` carries files over from. Call with the lock held. A crash before the end
    leaves a folder that the next call sweeps away. Raises RagError when the disk is full or refuses, and what `fill`
    raises.
    """
    draft = folder / f"{DRAFT}{os.getpid()}"
    try:
        with refusals():
            draft.mkdir(mode=0o700)
        made = fill(draft)
        with refusals():
            return _let_serve(folder, draft, made, before)
    finally:
        if draft.is_dir():  # something went wrong, or nothing changed
            shutil.rmtree(draft, ignore_errors=True)


def _let_serve(folder: Path, draft: Path, made: Manifest, before: Path | None) -> Path:
    text = json.dumps(asdict(made), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (draft / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    checksums.seal(draft, before=before)
    target = folder / checksums.name_of(draft)
    previous = _current_name(folder)
    if target.name == previous and not checksums.faults(target, checksums.sums(draft), full=True):
        return target  # what serves is already this, byte for byte
    if target.exists():
        _step_aside(folder, target)
    _persistently(lambda: draft.rename(target))
    checksums.sync_folder(folder)
    _swap(folder, target.name)
    _drop_all_but(folder, {target.name, previous})
    return target


def restore(folder: Path) -> Path:
    """Make the generation before the one that serves current again, if it is whole. Call with the lock held.

    Raises IndexMissing when there is none that is whole.
    """
    now = _current_name(folder)
    for path in sorted(folder.glob("g-*")):
        if path.name == now:
            continue
        try:
            manifest(path)
            checksums.check(path, checksums.sums(path), full=True)
        except (IndexDamaged, IndexMismatch):
            continue
        _swap(folder, path.name)
        return path
    raise IndexMissing(f"没有完好的上一代可换：{folder}", hint="重建索引：rag build --full")


def others(folder: Path) -> list[Path]:
    """Generations that do not serve."""
    now = _current_name(folder)
    return [path for path in sorted(folder.glob("g-*")) if path.name != now]


def sweep(folder: Path) -> None:
    """Remove what crashed builds left: drafts, a CURRENT never put in place. Call with the lock held."""
    for path in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        (folder / f"{CURRENT}.new").unlink(missing_ok=True)


def drop_others(folder: Path) -> None:
    """Remove every generation but the one that serves."""
    _drop_all_but(folder, {_current_name(folder)})


def drop(path: Path, aside: Path) -> None:
    """Remove a folder, out of sight first, so that none ever sees a half of it. One that a reader has mapped on
    Windows stays as it is."""
    with suppress(OSError):
        path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def require_room(folder: Path, needed: int) -> None:
    """Raise RagError unless `needed` bytes and some to spare are free where `folder` is."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise RagError(
            f"磁盘空间不够：约需 {(needed + SPARE_BYTES) / 1e6:.0f} MB，只剩 {free / 1e6:.0f} MB（{folder}）",
            hint="腾出空间，或用 --index 换一个磁盘；原来的索引没有动",
        )


def _swap(folder: Path, name: str) -> None:
    aside = folder / f"{CURRENT}.new"
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(name + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        _persistently(lambda: aside.replace(folder / CURRENT))
    finally:
        aside.unlink(missing_ok=True)
    try:
        checksums.sync_folder(folder)
    except OSError as error:
        raise RagError(
            f"新索引已经换上，但磁盘没有确认写好：{error.strerror or error}", hint="检查磁盘，再运行一次 rag build"
        ) from error


def _persistently(step: Callable[[], object]) -> None:
    """Windows refuses for a moment while a reader or a virus scanner has the file open."""
    for attempt in range(SWAP_TRIES):
        try:
            step()
            return
        except PermissionError:
            if attempt == SWAP_TRIES - 1:
                raise
            time.sleep(SWAP_PAUSE_S)


def _current_name(folder: Path) -> str:
    try:
        return (folder / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _step_aside(folder: Path, target: Path) -> None:
    """A folder of that name is damaged or was left by a crash: it must not be in the way, nor vanish bit by bit."""
    aside = folder / f"{DRAFT}old-{target.name}"
    _persistently(lambda: target.rename(aside))
    shutil.rmtree(aside, ignore_errors=True)


def _drop_all_but(folder: Path, kept: set[str]) -> None:
    """Older generations go; a build that dies here leaves a draft, which the next one sweeps away."""
    for path in folder.glob("g-*"):
        if path.name not in kept:
            drop(path, folder / f"{DRAFT}old-{path.name}")
