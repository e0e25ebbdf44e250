"""What a generation's files must be: sizes and sums, written last, held against them on opening and in full.

checksums.json    {file: [bytes, sha256 of the first 64 KiB, sha256]}
"""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag.errors import IndexDamaged

FILE = "checksums.json"
HEAD_BYTES = 65_536
REBUILD = "重建索引：rag build --full；或换回上一代：rag verify --restore"

Sums = dict[str, list[object]]


def seal(draft: Path, *, before: Path | None = None) -> None:
    """Sum every file and push it to the disk. A file that is one with that of `before` keeps the sum it has there."""
    known = sums(before) if before else {}
    listed: Sums = {}
    with ThreadPoolExecutor(max_workers=1) as beside:  # the disk writes while this thread sums
        synced = []
        for path in sorted(path for path in draft.rglob("*") if path.is_file()):
            name = path.relative_to(draft).as_posix()
            if before and name in known and (before / name).exists() and path.samefile(before / name):
                listed[name] = known[name]
                continue
            synced.append(beside.submit(sync, path))
            listed[name] = [path.stat().st_size, _head_sum(path), _sum(path)]
        for one in synced:
            one.result()
    (draft / FILE).write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    sync(draft / FILE)
    for folder in (*(path for path in draft.rglob("*") if path.is_dir()), draft):
        sync_folder(folder)


def sums(generation: Path) -> Sums:
    """File name to its sums. Raises IndexDamaged when the list is unreadable."""
    try:
        found = json.loads((generation / FILE).read_text(encoding="utf-8"))
        return {name: [size, head, whole] for name, (size, head, whole) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"索引的校验表读不出来：{generation.name}", hint=REBUILD) from error


def check(generation: Path, listed: Sums, *, full: bool) -> None:
    """Hold the files against their sums: size and first 64 KiB, everything if `full`. Raises IndexDamaged."""
    if damaged := faults(generation, listed, full=full, most=1):
        raise IndexDamaged(damaged[0], hint=REBUILD)


def faults(generation: Path, listed: Sums, *, full: bool, most: int | None = None) -> list[str]:
    """What is wrong with the files, a line each, at most `most`."""
    found: list[str] = []
    if generation.name != name_of(generation):
        found.append(f"索引的校验表被改动过：{generation.name}")
    for name, (size, head, whole) in sorted(listed.items()):
        if most is not None and len(found) >= most:
            break
        path = generation / name
        try:
            if path.stat().st_size != size:
                found.append(f"索引文件长度不对：{name}")
            elif _head_sum(path) != head or (full and _sum(path) != whole):
                found.append(f"索引文件被改动过：{name}")
        except OSError:
            found.append(f"索引文件缺失或打不开：{name}")
    return found


def name_of(folder: Path) -> str:
    """The name of a sealed generation: a hash of its checksums, so of all it holds."""
    try:
        return "g-" + hashlib.sha256((folder / FILE).read_bytes()).hexdigest()[:8]
    except OSError:
        return ""


def sync(path: Path) -> None:
    """Push a file to the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Push a folder's list of names to the disk."""
    if os.name == "nt":  # no handle on a folder there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _head_sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.sha256(stream.read(HEAD_BYTES)).hexdigest()


def _sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
