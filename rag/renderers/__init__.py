"""Outlines and reviews to bytes: one renderer a format, behind one table for each."""

from __future__ import annotations

from importlib import import_module

from rag.datatypes import Outline, Review
from rag.errors import FormatError

RENDERERS = {"md": "rag.renderers.markdown", "json": "rag.renderers.json"}
OF_REVIEWS = {
    "md": "rag.renderers.findings_markdown",
    "json": "rag.renderers.findings_json",
    "html": "rag.renderers.findings_html",
}


def render(result: Outline | Review, format: str) -> bytes:
    """An outline in one of RENDERERS' formats, a review in one of OF_REVIEWS', UTF-8. Raises FormatError otherwise."""
    table = OF_REVIEWS if isinstance(result, Review) else RENDERERS
    if format not in table:
        raise FormatError(f"不支持的输出格式：{format}", hint=f"可用的格式：{'、'.join(table)}")
    rendered: bytes = import_module(table[format]).render(result)
    return rendered
