"""What a .docx holds beside its text: headers and footers, hidden runs, tracked deletions, contents, notes. Counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.read.asides import CONTENTS, DELETED, FOOTER, HEADER, HIDDEN, NOTE, PAGE_NUMBER, Left

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DELETED = (_W + "del", _W + "moveFrom")
_NOTES = tuple(_W + name for name in ("footnoteReference", "endnoteReference", "commentReference"))
_OFF = ("0", "false", "none")
_ONLY_A_NUMBER = re.compile(r"[\W\d第页共of]*", re.IGNORECASE)


def left(file: Any, contents: int) -> Iterator[Left]:
    """`contents` paragraphs of a table of contents were seen on the way."""
    yield Left(CONTENTS, contents)
    for relation in file.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind in (HEADER, FOOTER) and not relation.is_external:
            yield Left(_kind_of_running(relation.target_part, kind), 1 if _words(relation.target_part) else 0)
    body = file.element.body
    yield Left(DELETED, sum(any(_written(run) for run in found.iter()) for found in body.iter(*_DELETED)))
    yield Left(HIDDEN, sum(_is_hidden(run) for run in body.iter(_W + "r")))
    yield Left(NOTE, sum(1 for _ in body.iter(*_NOTES)))


def _kind_of_running(part: Any, kind: str) -> str:
    has_field = b"PAGE" in part.blob
    return PAGE_NUMBER if has_field and _ONLY_A_NUMBER.fullmatch(_words(part)) else kind


def _words(part: Any) -> str:
    """The words of a header or footer; a page field without a stored number counts as one."""
    texts = re.findall(rb"<w:t(?:\s[^>]*)?>([^<]*)</w:t>", part.blob)
    words = b"".join(texts).decode("utf-8", "replace").strip()
    return words or ("1" if b"PAGE" in part.blob else "")


def _written(element: Any) -> bool:
    return element.tag in (_W + "delText", _W + "t") and bool((element.text or "").strip())


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(_W + "val") not in _OFF and any(_written(child) for child in run)
