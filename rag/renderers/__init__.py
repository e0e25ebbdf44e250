"""Outlines and reviews to bytes: one renderer a format, behind one table for each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from rag.datatypes import Outline, Review
from rag.errors import FormatError

OF_OUTLINES = {
    "md": "rag.renderers.markdown",
    "json": "rag.renderers.json",
    "docx": "rag.renderers.docx",
    "html": "rag.renderers.html",
    "prompt": "rag.renderers.prompt",
}
OF_REVIEWS = {
    "md": "rag.renderers.findings_markdown",
    "json": "rag.renderers.findings_json",
    "html": "rag.renderers.findings_html",
}
OF_INFO = {"text": "", "json": "", "html": "rag.renderers.info_html"}


def render(result: Outline | Review, format: str, *, max_chars: int | None = None) -> bytes:
    """An outline in one of OF_OUTLINES' formats, a review in one of OF_REVIEWS': UTF-8, or a Word file.

    `max_chars` bounds a prompt. Raises FormatError for an unknown format, and where there is nothing to bound.
    """
    table = OF_REVIEWS if isinstance(result, Review) else OF_OUTLINES
    renderer = import_module(table[chosen(format, None, table)])
    if max_chars is None:
        return bytes(renderer.render(result))
    if format != "prompt":
        raise FormatError(f"--max-chars 只用于 prompt，不用于 {format}", hint="去掉 --max-chars，或写 --format prompt")
    return bytes(renderer.render(result, max_chars=max_chars))


def chosen(format: str | None, output: Path | None, known: Mapping[str, str]) -> str:
    """`format`, else what the suffix of `output` names, else the first of `known`. Raises FormatError for another."""
    if format is None:
        suffix = output.suffix[1:].lower() if output else ""
        return suffix if suffix in known else next(iter(known))
    if format not in known:
        raise FormatError(f"不支持的输出格式：{format}", hint=f"可用的格式：{'、'.join(known)}")
    return format
