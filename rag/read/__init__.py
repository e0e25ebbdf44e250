"""Files to documents: one reader a format behind one suffix table and a look at the first bytes.

Knows nothing of what a report means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from rag.config import Config
from rag.datatypes import Block, Document, Source
from rag.errors import MissingExtra, RagError, SourceError, UnsupportedFormat
from rag.read import kinds

READERS = {
    ".txt": "rag.read.plain",
    ".text": "rag.read.plain",
    ".md": "rag.read.markdown",
    ".markdown": "rag.read.markdown",
    ".docx": "rag.read.word",
    ".doc": "rag.read.word_old",
    ".wps": "rag.read.word_old",
    ".rtf": "rag.read.rtf",
    ".odt": "rag.read.odt",
    ".pdf": "rag.read.pdf",
    ".ofd": "rag.read.ofd",
    ".html": "rag.read.html",
    ".htm": "rag.read.html",
}
# Formats that hold reports and that no reader handles: named to the user, never passed over in silence.
UNREAD = (
    ".et",
    ".xls",
    ".xlsx",
    ".ppt",
    ".pptx",
    ".zip",
    ".rar",
    ".7z",
)
NO_SAMPLE = ("readme.md", "readme.txt", "rag.toml")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file below a root; `name` is root name / relative posix path."""

    path: Path
    name: str


def sample_files(roots: Sequence[Path]) -> list[SampleFile]:
    """Every file below `roots` that may be a sample, sorted by name. Hidden files, lock files and READMEs are none.

    Raises SourceError for a root that does not exist, and RagError for two roots of one name.
    """
    names: dict[str, Path] = {}
    found: list[SampleFile] = []
    for root in roots:
        if not root.exists():
            raise SourceError(f"样本文件夹不存在：{root}", hint="检查路径；样本放进该文件夹后再运行 rag build 文件夹")
        label = root.name or "samples"
        if names.setdefault(label, root) != root:
            raise RagError(
                f"两个样本文件夹同名：{names[label]} 与 {root}",
                hint="给其中一个改名；引用出处时要靠文件夹名区分",
            )
        if root.is_file():
            found.append(SampleFile(root, f"{root.parent.name}/{root.name}"))
            continue
        found += [SampleFile(path, f"{label}/{path.relative_to(root).as_posix()}") for path in _below(root)]
    return sorted(found, key=lambda file: file.name)


def read(path: Path, name: str, config: Config) -> Document:
    """The document in `path`. Raises SourceError (or a narrower one) when it cannot be read."""
    suffix = path.suffix.lower()
    if suffix not in READERS:
        known = "、".join(sorted({s.lstrip(".") for s in READERS}))
        raise UnsupportedFormat(f"不支持的格式：{suffix or '无扩展名'}", hint=f"另存为以下格式之一：{known}")
    digest = file_digest(path, config)
    try:
        reader = import_module(READERS[kinds.kind(path)])
        blocks = tuple(reader.blocks(path))
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
    return joined(Source(path=name, title="", sha256=digest), blocks)


def joined(source: Source, blocks: Sequence[Block]) -> Document:
    """A document whose canonical text is `blocks` joined by line breaks."""
    starts, position = [], 0
    for block in blocks:
        starts.append(position)
        position += len(block.text) + 1
    return Document(source, tuple(blocks), "\n".join(block.text for block in blocks), tuple(starts))


def file_digest(path: Path, config: Config) -> str:
    """sha256 of the file's bytes. Raises SourceError when it is unreadable, empty or too large."""
    try:
        size = path.stat().st_size
        if size > config.largest_file_mb * 1_000_000:
            raise SourceError(
                f"文件过大：{size / 1e6:.0f} MB",
                hint=f"上限 {config.largest_file_mb} MB，可在 rag.toml 里改 largest_file_mb",
            )
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"无法打开：{error.strerror or error}", hint="检查文件权限，或文件是否还在") from error
    if size == 0:
        raise SourceError("文件是空的", hint="删除它，或放入有内容的文件")
    return digest


def _below(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part.startswith((".", "~$")) for part in parts) or path.name.lower() in NO_SAMPLE:
            continue
        if path.suffix.lower() in READERS or path.suffix.lower() in UNREAD:
            try:
                is_file = path.is_file()
            except OSError:
                is_file = True  # a link loop: let read() say so, file by file
            if is_file:
                yield path
