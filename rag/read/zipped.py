"""A .zip of samples as a folder: its members have paths below it (范文.zip/2024/总结.docx) and are read one by one.

Limits stand against bombs; a member that breaks one fails alone. A zip inside a zip is named and not opened.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from rag.errors import SourceError
from rag.read import archive

SUFFIX = ".zip"
MOST_MEMBERS = 5000
LARGEST_TOTAL_MB = 2000
_UTF8_NAME = 0x800
_LOCKED = 0x1
_PIECE = 1 << 20
_HINT = "解压后把文件夹放进来，或重新打包"


def split(path: Path) -> tuple[Path, str] | None:
    """(the archive, the member) where `path` leads into a .zip file; None for a path of the file system."""
    if SUFFIX not in str(path).lower():
        return None
    for folder in path.parents:
        if folder.suffix.lower() == SUFFIX and folder.is_file():
            return folder, path.relative_to(folder).as_posix()
    return None


def members(path: Path) -> list[str]:
    """Names of the files in an archive, as paths, sorted. Raises SourceError when it cannot be listed."""
    return sorted(_directory(path))


def is_member(path: Path) -> bool:
    """Whether `path` leads to a file in an archive that is there."""
    place = split(path)
    return place is not None and place[1] in _directory(place[0])


@contextmanager
def unpacked(path: Path, member: str, most_mb: int) -> Iterator[Path]:
    """One member as a file of the same suffix, in a folder that is gone afterwards.

    Raises SourceError for what is locked, damaged, larger than `most_mb` or packed like a bomb.
    """
    info = _directory(path).get(member)
    if info is None:
        raise SourceError(f"压缩包里没有这个文件：{member}", hint="检查路径")
    if info.flag_bits & _LOCKED:
        raise SourceError("压缩包里的这个文件有密码", hint="用密码解压后把文件放进来")
    if info.file_size > most_mb * 1_000_000:
        raise SourceError(
            f"文件过大：解压后有 {info.file_size / 1e6:.0f} MB",
            hint=f"上限 {most_mb} MB，可在 rag.toml 里改 largest_file_mb",
        )
    archive.check_ratio(info)
    with tempfile.TemporaryDirectory(prefix="gangmu-") as folder:
        target = Path(folder) / f"member{Path(member).suffix.lower()}"
        _write(path, info, target)
        yield target


def content(path: Path, member: str, most: int) -> bytes | None:
    """At most `most` + 1 bytes of a small member; None where there is none."""
    info = _directory(path).get(member)
    if info is None:
        return None
    with _sound(path), ZipFile(path) as package, package.open(info) as stream:
        return stream.read(most + 1)


def _write(path: Path, info: ZipInfo, target: Path) -> None:
    left = info.file_size
    with _sound(path), ZipFile(path) as package, package.open(info) as stream, target.open("wb") as file:
        while piece := stream.read(min(_PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile("longer than its directory says")
            file.write(piece)


def _directory(path: Path) -> dict[str, ZipInfo]:
    status = path.stat()
    return _listed(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _listed(path: Path, _changed: int, _size: int) -> dict[str, ZipInfo]:
    with _sound(path), ZipFile(path) as package:
        infos = [info for info in package.infolist() if not info.is_dir()]
    if len(infos) > MOST_MEMBERS:
        raise SourceError(f"压缩包里有 {len(infos)} 个文件，上限 {MOST_MEMBERS} 个", hint=_HINT)
    total = sum(info.file_size for info in infos) / 1e6
    if total > LARGEST_TOTAL_MB:
        raise SourceError(f"压缩包解压后有 {total:.0f} MB，上限 {LARGEST_TOTAL_MB} MB", hint=_HINT)
    found: dict[str, ZipInfo] = {}
    for info in infos:
        name = _path(info)
        while name in found:
            stem, dot, suffix = name.rpartition(".")
            name = f"{stem}_{dot}{suffix}" if dot else f"{name}_"
        found[name] = info
    return found


def _path(info: ZipInfo) -> str:
    """The member's path below the archive: nothing absolute in it, nothing that leads out."""
    parts = _name(info).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "_"


def _name(info: ZipInfo) -> str:
    """Names without the UTF-8 flag are in the encoding of the machine that packed them: UTF-8 (macOS) or GB18030."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        raise SourceError(f"压缩包打不开（已损坏，或不完整）：{path.name}", hint=_HINT) from error
