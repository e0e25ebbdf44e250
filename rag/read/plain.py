"""Plain text: BOM, strict UTF-8, strict GB18030, in this order; lines become blocks, blanks and all.

The canonical text of such a file is the file itself (line ends made one), so its offsets are the file's; front
matter above it is read as facts and is no text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from rag.datatypes import Block
from rag.errors import SourceError
from rag.read.asides import Item
from rag.read.given import front_matter

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HASHES = re.compile(r"\s{0,3}(#{1,6})\s+\S")
_BOLD_LINE = re.compile(r"\s*\*\*[^*]{2,60}\*\*\s*")
MOST_CONTROLS = 0.01
BOLD_LEVEL = 6


def blocks(path: Path) -> Iterator[Item]:
    facts, text = front_matter(decoded(path).replace("\r\n", "\n").replace("\r", "\n"))
    yield from facts
    for line in text.split("\n"):
        yield Block(line, level=_level(line))


def decoded(path: Path) -> str:
    """The file's text. Raises SourceError when no encoding fits or the file is not text at all."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"无法打开：{error.strerror or error}", hint="检查文件权限，或文件是否还在") from error
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding)
    if b"\x00" in data[:4096]:
        raise SourceError("不是文本文件（含有二进制内容）", hint="用原来的程序打开，另存为 .docx 或 UTF-8 文本")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _strictly(data, "gb18030")
    if len(_CONTROLS.findall(text)) > MOST_CONTROLS * len(text):
        raise SourceError("不是文本文件（含有二进制内容）", hint="用原来的程序打开，另存为 .docx 或 UTF-8 文本")
    return text


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            "认不出文字编码（不是 UTF-8、UTF-16 或 GB18030）", hint="用记事本打开，另存为 UTF-8"
        ) from error


def _level(line: str) -> int | None:
    """Markdown marks in a .txt, as pasted from chat or web: `# ` lines and lines that are bold as a whole."""
    match = _HASHES.match(line)
    if match:
        return len(match[1]) - 1
    return BOLD_LEVEL if _BOLD_LINE.fullmatch(line) else None
