"""One writer at a time: a lock that the system frees when its process dies, and a note of who holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from rag.errors import IndexBusy, RagError

LOCK, HOLDER = "lock", "lock.holder"
LOOK_S = 0.2  # a writer waits longer than `may_be_held` has the lock
ELSEWHERE = "用 --index 指定一个可写的文件夹"


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Hold the lock of the index in `folder`, which is made where it is missing, readable by its owner only.

    Raises IndexBusy when another process holds it (who, and since when), and RagError where nothing can be written
    or where locks have no effect, as on some network drives.
    """
    from filelock import FileLock, Timeout

    _make(folder)
    # No fallback to a file that merely exists: a killed process would leave it behind for ever.
    lock = FileLock(folder / LOCK, timeout=LOOK_S, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise IndexBusy(f"另一个进程正在写这个索引：{folder}{_holder(folder)}", hint="等它完成后再试") from error
    except PermissionError as error:
        raise RagError(f"没有写入索引的权限：{folder}", hint=ELSEWHERE) from error
    except (OSError, NotImplementedError) as error:
        raise _no_locks(folder, str(error)) from error
    try:
        _prove(folder)
        _sign(folder)
        yield
    finally:
        with suppress(OSError):
            (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def may_be_held(folder: Path) -> bool:
    """Whether a build may be writing the index in `folder` now: also where that cannot be found out."""
    if not (folder / LOCK).is_file():
        return False
    try:
        return _is_refused(folder)
    except (OSError, NotImplementedError):
        return True


def _prove(folder: Path) -> None:
    """A second lock must be refused: there are drives that grant every one. Raises RagError."""
    try:
        is_refused = _is_refused(folder)
    except OSError as error:
        raise _no_locks(folder, str(error)) from error
    if not is_refused:
        raise _no_locks(folder, "同一把锁给了两次")


def _is_refused(folder: Path) -> bool:
    """Whether somebody holds the lock; it is asked for and, if had, given back. Raises OSError."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def _no_locks(folder: Path, why: str) -> RagError:
    return RagError(
        f"这个位置的文件锁不起作用（{why}），多半是网络盘：{folder}",
        hint="两个人同时重建会互相损坏，所以不在这里写；把索引放到本机磁盘：rag build --index 本机文件夹",
    )


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # it holds the texts of the samples
    except OSError as error:
        raise RagError(f"建不了索引文件夹：{folder}（{error.strerror}）", hint=ELSEWHERE) from error


def _sign(folder: Path) -> None:
    """Say who holds the lock. Only for a message, so a full disk is no reason to stop here."""
    about = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    with suppress(OSError):
        (folder / HOLDER).write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _holder(folder: Path) -> str:
    try:
        about = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f"（进程 {about['pid']}，主机 {about['host']}，从 {about['since']} 起）"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
