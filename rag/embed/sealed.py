"""A model folder that is whole: its manifest, the check of its files, and putting one in place in one step.

`gangmu-model.json` names every file with its size and SHA-256. A folder without it is somebody else's and is
taken as it is. This module knows nothing of what the files mean.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import ModelError

MANIFEST = "gangmu-model.json"
LOCK_TIMEOUT_S = 600.0
REPAIR = "删去该文件夹后重试，或运行 rag model install FILE"


def seal(folder: Path, **about: Any) -> None:
    """Write the manifest, last of all, and push every file to the disk."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files.pop(MANIFEST, None)
    listed = {name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for name, path in files.items()}
    text = json.dumps({"format": 1, **about, "files": listed}, ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    for path in (*files.values(), folder / MANIFEST):
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest, or `{}` where there is none. Raises ModelError if it cannot be read."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(row["bytes"], int) for row in found["files"].values()):
            raise TypeError
        return dict(found)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"模型清单读不出来：{path}", hint=REPAIR) from error


def check(folder: Path, *, full: bool = False) -> None:
    """Hold the files against the manifest: sizes always, hashes if `full`. Raises ModelError."""
    for name, row in sorted(manifest(folder).get("files", {}).items()):
        path = folder / name
        if not path.is_file():
            raise ModelError(f"模型文件夹缺 {name}：{folder}", hint=REPAIR)
        if path.stat().st_size != row["bytes"] or (full and sha256(path) != row["sha256"]):
            raise ModelError(f"模型文件已损坏：{path}", hint=REPAIR)


def is_whole(folder: Path) -> bool:
    """Sealed by us, and every file there in its right size."""
    try:
        check(folder)
        return bool(manifest(folder))
    except ModelError:
        return False


def place(target: Path, fill: Callable[[Path], None], *, replace: bool = False) -> Path:
    """`fill` a folder beside `target`, then rename it to `target`; what is whole stays, unless `replace`.

    One process at a time does so, the others wait and find it done. A half-written folder is replaced, and
    the leavings of killed processes are swept away. Raises ModelError on a full disk or a read-only folder.
    """
    from filelock import FileLock, Timeout

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_TIMEOUT_S):
            if not replace and is_whole(target):
                return target
            with _aside(target) as fresh:
                fill(fresh)
                _swap(fresh, target)
    except Timeout as error:
        raise ModelError(f"另一个进程一直占着 {target}", hint="等它结束，或结束它之后重试") from error
    except OSError as error:
        hint = "腾出约 100 MB 空间，或把环境变量 RAG_MODEL_DIR 指向可写的文件夹后运行 rag model install FILE"
        raise ModelError(f"模型写不进 {target}：{error.strerror or error}", hint=hint) from error
    return target


def digests(folder: Path, files: Iterable[Path]) -> dict[str, str]:
    """Name below `folder` to SHA-256, by name: as the manifest says, else of the file as it stands."""
    listed = manifest(folder).get("files", {})
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: listed[name]["sha256"] if name in listed else sha256(named[name]) for name in sorted(named)}


def sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    import shutil
    import tempfile

    prefix = f".{target.name}."
    for left in target.parent.glob(f"{prefix}*.part"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=target.parent))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, target: Path) -> None:
    """Rename; a folder in the way is moved aside first, because no system renames over a full one."""
    import shutil

    fresh.chmod(0o755)
    if target.exists():
        old = fresh.with_name(f"{fresh.name.removesuffix('.part')}.old.part")
        target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
        return
    fresh.rename(target)
