"""A corrected copy of a draft's file, beside it; the original is never opened for writing.

.txt keeps its encoding and line ends; .docx keeps its formatting, each correction made inside the runs that hold the
words. A .docx is read again before it counts: unless its text is exactly the corrected one, there is no file. Every
other format (and a .docx that fails this) gives a .txt of the corrected text, and the caller says so.
"""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.config import Config
from rag.datatypes import Document, Edit
from rag.errors import RagError
from rag.read import read
from rag.review.fixing import corrected

SUFFIX = ".修订"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def corrected_file(
    draft: Path, document: Document, edits: Sequence[Edit], config: Config, target: Path | None = None
) -> Path:
    """Write the corrected copy and return its path: 稿.修订.docx beside 稿.docx, or `target`.

    Raises RagError when that file exists already or cannot be written.
    """
    wanted = corrected(document.text, edits)
    suffix = draft.suffix.lower()
    data = None
    if suffix == ".docx":
        data = _docx(draft, document, edits)
        data = data if data and _reads_as(data, wanted, draft, config) else None
    elif suffix in (".txt", ".text"):
        data = _plain(draft, wanted)
    path = target or draft.with_name(f"{draft.stem}{SUFFIX}{draft.suffix if data else '.txt'}")
    if path.exists():
        raise RagError(f"文件已存在，不覆盖：{path}", hint="先改名或删掉它，或用 -o 指定另一个文件名")
    try:
        with path.open("xb") as stream:
            stream.write(data or (wanted + "\n").encode("utf-8", "backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise RagError(f"写不进 {path}：{error.strerror or error}", hint="用 -o 指定一个可写的位置") from error
    return path


def _plain(draft: Path, wanted: str) -> bytes:
    """The corrected text in the encoding and with the line ends of the original."""
    data = draft.read_bytes()
    bom, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", ""))
    if not encoding:
        try:
            data.decode("utf-8")
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = "gb18030"
    text = data[len(bom) :].decode(encoding)
    newline = "\r\n" if "\r\n" in text else "\r" if "\r" in text and "\n" not in text else "\n"
    return bom + wanted.replace("\n", newline).encode(encoding)


def _docx(draft: Path, document: Document, edits: Sequence[Edit]) -> bytes | None:
    """The package with the edits made in its runs; None when an edit's place is not found with certainty."""
    import docx

    file = docx.Document(str(draft))
    paragraphs = [_runs(element) for element in file.element.body.iter(_W + "p")]
    position = 0
    for block, start in zip(document.blocks, document.starts, strict=True):
        own = [edit for edit in edits if start <= edit.start and edit.end <= start + len(block.text)]
        place = _place(paragraphs, block.text, position)
        if place is None:
            if own:
                return None
            continue
        position = place + 1
        words = "".join(run.text or "" for run in paragraphs[place])
        shift = start + len(block.text) - len(words)  # automatic numbers stand before the words
        for edit in reversed(own):
            if edit.start < shift or not _replace(paragraphs[place], edit.start - shift, edit.end - shift, edit.text):
                return None
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _runs(paragraph: Any) -> list[Any]:
    """The w:t elements of a paragraph that a reader shows, those of text boxes inside it left to their own."""
    return [
        element
        for element in paragraph.iter(_W + "t")
        if next(parent for parent in element.iterancestors() if parent.tag == _W + "p") is paragraph
    ]


def _place(paragraphs: Sequence[list[Any]], text: str, position: int) -> int | None:
    """The next paragraph whose words are the end of `text` (all of it but an automatic number)."""
    if not text.strip():
        return None
    for place in range(position, len(paragraphs)):
        words = "".join(run.text or "" for run in paragraphs[place])
        if words.strip() and text.endswith(words) and len(text) - len(words) <= 8:
            return place
    return None


def _replace(runs: Sequence[Any], start: int, end: int, text: str) -> bool:
    """Put `text` for the words[start:end] of a paragraph; what lies in the first run touched takes it."""
    position, is_placed = 0, False
    for run in runs:
        words = run.text or ""
        first, last = max(start - position, 0), min(end - position, len(words))
        if first < last:
            run.text = words[:first] + ("" if is_placed else text) + words[last:]
            is_placed = True
        position += len(words)
    return is_placed


def _reads_as(data: bytes, wanted: str, draft: Path, config: Config) -> bool:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / draft.name
        copy.write_bytes(data)
        return read(copy, draft.name, config).text == wanted
