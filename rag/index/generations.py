"""Generations on disk: CURRENT names the one that serves; replacing that file is the only moment anything changes.

index/CURRENT            one line: g-3f2a91c0
index/g-3f2a91c0/        manifest.json, chunks.sqlite, vectors.faiss, lexical/, checksums.json
index/lock               one writer at a time
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rag.datatypes import FailedFile, Manifest
from rag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, RagError

LAYOUT = 2
CURRENT, LOCK, MANIFEST, CHECKSUMS, LEXICAL = "CURRENT", "lock", "manifest.json", "checksums.json", "lexical"
HEAD_BYTES = 65_536
SWAP_TRIES = 20
SWAP_PAUSE_S = 0.05
REBUILD = "重建索引：rag build --full"


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
    listed = sums(generation)
    try:
        data = json.loads((generation / MANIFEST).read_text(encoding="utf-8"))
        layout = data["layout"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"索引的清单读不出来：{generation.name}", hint=REBUILD) from error
    if layout != LAYOUT:
        newer = "更新" if isinstance(layout, int) and layout > LAYOUT else "更旧"
        raise IndexMismatch(f"索引是{newer}版本的软件建的（格式 {layout}，本软件用 {LAYOUT}）", hint=REBUILD)
    check(generation, listed, full=False)
    try:
        failed = tuple(FailedFile(**row) for row in data.pop("failed"))
        return Manifest(**{**data, "roots": tuple(data["roots"]), "failed": failed})
    except (KeyError, TypeError) as error:
        raise IndexDamaged(f"索引的清单不完整：{generation.name}", hint=REBUILD) from error


def sums(generation: Path) -> dict[str, list[object]]:
    """File name to [bytes, sha256 of its first 64 KiB, sha256]. Raises IndexDamaged when the list is unreadable."""
    try:
        return dict(json.loads((generation / CHECKSUMS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(f"索引的校验表读不出来：{generation.name}", hint=REBUILD) from error


def check(generation: Path, listed: dict[str, list[object]], *, full: bool) -> None:
    """Hold the files against their sums: size and first 64 KiB, everything if `full`. Raises IndexDamaged."""
    for name, (size, head, whole) in sorted(listed.items()):
        path = generation / name
        try:
            if path.stat().st_size != size:
                raise IndexDamaged(f"索引文件长度不对：{name}", hint=REBUILD)
            if _head_sum(path) != head or (full and _sum(path) != whole):
                raise IndexDamaged(f"索引文件被改动过：{name}", hint=REBUILD)
        except OSError as error:
            raise IndexDamaged(f"索引文件缺失或打不开：{name}", hint=REBUILD) from error


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Hold the lock of the index in `folder`. Raises IndexBusy when another process holds it."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RagError(
            f"建不了索引文件夹：{folder}（{error.strerror}）", hint="用 --index 指定一个可写的文件夹"
        ) from error
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise IndexBusy(f"另一个进程正在写这个索引：{folder}", hint="等它完成后再试") from error
    except PermissionError as error:
        raise RagError(f"没有写入索引的权限：{folder}", hint="用 --index 指定一个可写的文件夹") from error


def publish(folder: Path, made: Manifest, fill: Callable[[Path], None]) -> Path:
    """Write a new generation with `fill`, seal it, and make it current. The old one serves until the last step.

    Call with the lock held. A crash before the end leaves a folder that the next call sweeps away.
    """
    _sweep(folder)
    draft = folder / f".draft-{os.getpid()}"
    try:
        draft.mkdir()
        fill(draft)
        text = json.dumps(asdict(made), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (draft / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
        _seal(draft)
        name = "g-" + hashlib.sha256((draft / CHECKSUMS).read_bytes()).hexdigest()[:8]
        target = folder / name
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise RagError(f"写索引失败：{error.strerror or error}", hint="检查磁盘空间和权限；原来的索引没有动") from error
    previous = _current_name(folder)
    _swap(folder, name)
    _drop_all_but(folder, {name, previous})
    return target


def _seal(draft: Path) -> None:
    """Checksums of all files, and everything on the disk before anything points to it."""
    listed = {}
    for path in sorted(draft.rglob("*")):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
            listed[path.relative_to(draft).as_posix()] = [path.stat().st_size, _head_sum(path), _sum(path)]
    (draft / CHECKSUMS).write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    with (draft / CHECKSUMS).open("rb+") as stream:
        os.fsync(stream.fileno())


def _swap(folder: Path, name: str) -> None:
    aside = folder / f"{CURRENT}.new"
    with aside.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(name + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    for attempt in range(SWAP_TRIES):
        try:
            aside.replace(folder / CURRENT)
            break
        except PermissionError:  # Windows, while a reader has CURRENT open
            if attempt == SWAP_TRIES - 1:
                raise
            time.sleep(SWAP_PAUSE_S)
    _fsync_folder(folder)


def _fsync_folder(folder: Path) -> None:
    if os.name == "nt":  # no handle on a folder there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _current_name(folder: Path) -> str:
    try:
        return (folder / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _sweep(folder: Path) -> None:
    for path in folder.glob(".draft-*"):
        shutil.rmtree(path, ignore_errors=True)


def _drop_all_but(folder: Path, kept: set[str]) -> None:
    """Older generations go; one that a reader has mapped on Windows waits for the next build."""
    for path in folder.glob("g-*"):
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _head_sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.sha256(stream.read(HEAD_BYTES)).hexdigest()


def _sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
