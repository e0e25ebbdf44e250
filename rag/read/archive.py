"""Zip containers of office files, opened within limits: no bombs, no entities, no locked or cut members."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from rag.errors import SourceError

MOST_MEMBERS = 20_000
LARGEST_XML_MB = 64
LARGEST_TOTAL_MB = 512
# Repetitive text deflates to a hundredth; a bomb to a thousandth. Small members may be as repetitive as they like.
HIGHEST_RATIO = 200
RATIO_MATTERS_MB = 16
PIECE = 1 << 20
# What cut or altered bytes raise in zipfile, in the XML parsers (SyntaxError) and in code that rests on a schema.
_BROKEN: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, SyntaxError),
    *(ValueError, LookupError, TypeError, AttributeError),
)
_DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_MEGABYTE = 1_000_000


@contextmanager
def opened(path: Path, hint: str) -> Iterator[ZipFile]:
    """The container, its directory within limits; whatever is broken in it while it is open is a SourceError."""
    with path.open("rb") as stream:  # a missing file is an OSError, and no broken one
        try:
            with ZipFile(stream) as package:
                _check_directory(package)
                yield package
        except _BROKEN as error:
            raise SourceError(f"不是有效的 {path.suffix} 文件（已损坏，或不完整）", hint=hint) from error


def check_members(package: ZipFile) -> None:
    """Unpack everything once, piece by piece, so that a library that reads members whole meets no surprise."""
    for info in package.infolist():
        with package.open(info) as stream:
            first = True
            while piece := stream.read(PIECE):
                if first and info.filename.endswith((".xml", ".rels")):
                    _check_declarations(piece)
                first = False


def member(package: ZipFile, name: str) -> bytes:
    """A member's bytes. Raises SourceError when it is missing."""
    try:
        info = package.getinfo(name)
    except KeyError as error:
        raise SourceError(f"文件不完整：缺少 {name}", hint="用原来的程序打开后另存一份") from error
    with package.open(info) as stream:
        return stream.read(info.file_size + 1)  # bounded: read() alone trusts the sender about the size


def tree(package: ZipFile, name: str) -> ElementTree.Element:
    """A member as XML; declarations of entities are refused, so nothing is fetched or multiplied."""
    data = member(package, name)
    _check_declarations(data)
    return ElementTree.fromstring(data)


def _check_directory(package: ZipFile) -> None:
    infos = package.infolist()
    if len(infos) > MOST_MEMBERS:
        raise _bomb(f"压缩包里有 {len(infos)} 个文件，上限 {MOST_MEMBERS} 个")
    if any(info.flag_bits & 1 for info in infos):
        raise SourceError("文件有打开密码", hint="用原来的程序输入密码打开，取消密码后另存")
    total = sum(info.file_size for info in infos)
    if total > LARGEST_TOTAL_MB * _MEGABYTE:
        raise _bomb(f"解压后有 {total / _MEGABYTE:.0f} MB，上限 {LARGEST_TOTAL_MB} MB")
    for info in infos:
        size = info.file_size
        if info.filename.lower().endswith(".xml") and size > LARGEST_XML_MB * _MEGABYTE:
            raise _bomb(f"{info.filename} 解压后有 {size / _MEGABYTE:.0f} MB，上限 {LARGEST_XML_MB} MB")
        check_ratio(info)


def check_ratio(info: zipfile.ZipInfo) -> None:
    """Raises SourceError when a large member is packed as no document is."""
    if info.file_size > RATIO_MATTERS_MB * _MEGABYTE and info.file_size > HIGHEST_RATIO * info.compress_size:
        raise _bomb(f"{info.filename} 的压缩比超过 {HIGHEST_RATIO}，像是压缩炸弹")


def _check_declarations(data: bytes) -> None:
    if any(word in data for word in _DECLARATIONS):
        raise SourceError("文件里有实体声明，可能是恶意文件", hint="核实文件来源；可靠的话用原来的程序打开后另存")


def _bomb(what: str) -> SourceError:
    return SourceError(f"压缩内容过大：{what}", hint="核实文件来源；可靠的话把正文另存为 .txt")
