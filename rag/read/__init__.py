"""Files to documents: one reader a format behind one suffix table and a look at the first bytes.

Knows nothing of what a report means.
"""

from __future__ import annotations

import errno
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from rag.config import Config
from rag.datatypes import Block, Document, Source
from rag.errors import MissingExtra, SourceError, UnsupportedFormat
from rag.read import given, kinds, zipped
from rag.read.asides import KINDS, Given, Item, Left, Remark
from rag.read.kinds import READERS, UNREAD
from rag.read.samples import SampleFile, sample_files

__all__ = [
    "READERS", "UNREAD", "SampleFile", "by_kind", "file_digest", "files_behind", "is_there", "joined", "read",
    "sample_files",
]  # fmt: skip


def read(path: Path, name: str, config: Config) -> Document:
    """The document in `path`, which may lead into a .zip. Raises SourceError when it cannot be read."""
    digest = file_digest(path, config)
    stated = given.stated(data, given.sidecar_of(path).name) if (data := _sidecar(path)) is not None else {}
    try:
        with _on_disk(path, config) as file:
            blocks, asides = _sorted(_items(file, path))
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag."):
            raise
        raise MissingExtra(f"读取 {path.name} 需要 {error.name}", hint=f"pip install {error.name}") from error
    except OSError as error:
        raise SourceError(f"读取中断：{error.strerror or error}", hint="检查文件权限，或文件是否还在") from error
    except RecursionError as error:
        raise SourceError("文件层层嵌套得太深", hint="用原来的程序打开，把正文另存为 .docx 或 .txt") from error
    if not any(block.text.strip() for block in blocks):
        raise SourceError("文件里没有文字", hint="确认文件不是空的或扫描图片")
    document = joined(Source(path=name, title="", sha256=digest), blocks)
    counts = Counter[str]()
    for aside in asides:
        if isinstance(aside, Left):
            counts[aside.what] += aside.count
    facts = {aside.name: aside.value for aside in asides if isinstance(aside, Given)} | stated
    return replace(
        document,
        left=by_kind(counts),
        given=tuple(facts.items()),
        remarks=tuple(aside.text for aside in asides if isinstance(aside, Remark)),
    )


def by_kind(left: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """How much of each kind readers left out, in the order of the kinds."""
    return tuple((kind, left[kind]) for kind in KINDS if left.get(kind))


def files_behind(path: Path) -> tuple[Path, ...]:
    """The files of the file system that `file_digest` depends on: the file and its sidecar, or a .zip."""
    place = zipped.split(path)
    if place:
        return (place[0],)
    aside = given.sidecar_of(path)
    return (path, aside) if _sidecar(path) is not None else (path,)


def is_there(path: Path) -> bool:
    """Whether `path` is a file, or a file in a .zip."""
    return path.is_file() or zipped.is_member(path)


def joined(source: Source, blocks: Sequence[Block]) -> Document:
    """A document whose canonical text is `blocks` joined by line breaks."""
    starts, position = [], 0
    for block in blocks:
        starts.append(position)
        position += len(block.text) + 1
    return Document(source, tuple(blocks), "\n".join(block.text for block in blocks), tuple(starts))


def file_digest(path: Path, config: Config) -> str:
    """sha256 of what `read` reads: the file's (or the member's) bytes, and those of its sidecar where it has one.

    Raises SourceError when it is unreadable, empty or too large.
    """
    try:
        if zipped.split(path) is None and path.stat().st_size > config.largest_file_mb * 1_000_000:
            raise SourceError(
                f"文件过大：{path.stat().st_size / 1e6:.0f} MB",
                hint=f"上限 {config.largest_file_mb} MB，可在 rag.toml 里改 largest_file_mb",
            )
        with _on_disk(path, config) as file:
            size = file.stat().st_size
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        sidecar = _sidecar(path)
    except OSError as error:
        raise SourceError(f"无法打开：{error.strerror or error}", hint="检查文件权限，或文件是否还在") from error
    if size == 0:
        raise SourceError("文件是空的", hint="删除它，或放入有内容的文件")
    return digest if sidecar is None else hashlib.sha256(bytes.fromhex(digest) + sidecar).hexdigest()


@contextmanager
def _on_disk(path: Path, config: Config) -> Iterator[Path]:
    """`path` itself, or the member of a .zip that it leads to, unpacked for as long as it is needed."""
    place = zipped.split(path)
    if place is None:
        yield path
        return
    _check_suffix(path)
    with zipped.unpacked(*place, config.largest_file_mb) as file:
        yield file


def _items(file: Path, path: Path) -> Iterator[Item]:
    _check_suffix(path)
    kind = kinds.kind(file)
    if kind == zipped.SUFFIX:
        zipped.members(path)  # says what is wrong with it
        raise UnsupportedFormat(
            "压缩包里没有可读的样本",
            hint="放入 .docx、.doc、.pdf、.ofd、.txt 等文件；看包里的一个文件：rag parse 包.zip/文件",
        )
    reader = import_module(READERS[kind])
    yield from reader.blocks(file)


def _check_suffix(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == zipped.SUFFIX and zipped.split(path) is not None:
        raise UnsupportedFormat("压缩包里还有压缩包", hint="把里面的压缩包解压后再放进来")
    if suffix not in READERS and suffix != zipped.SUFFIX:
        known = "、".join(sorted({s.lstrip(".") for s in (*READERS, zipped.SUFFIX)}))
        raise UnsupportedFormat(f"不支持的格式：{suffix or '无扩展名'}", hint=f"另存为以下格式之一：{known}")


def _sorted(items: Iterator[Item]) -> tuple[list[Block], list[Item]]:
    blocks: list[Block] = []
    asides: list[Item] = []
    for item in items:
        if isinstance(item, Block):
            blocks.append(item)
        else:
            asides.append(item)
    return blocks, asides


def _sidecar(path: Path) -> bytes | None:
    """The bytes of the sidecar of `path`, None where it has none."""
    aside = given.sidecar_of(path)
    place = zipped.split(aside)
    if place:
        return zipped.content(*place, given.LARGEST)
    try:
        with aside.open("rb") as stream:
            return stream.read(given.LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise
