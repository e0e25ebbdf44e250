"""Outlines to bytes: one renderer a format, behind one table."""

from __future__ import annotations

from importlib import import_module

from rag.datatypes import Outline
from rag.errors import FormatError

RENDERERS = {"md": "rag.renderers.markdown", "json": "rag.renderers.json"}


def render(outline: Outline, format: str) -> bytes:
    """`outline` in one of RENDERERS' formats, UTF-8. Raises FormatError for any other."""
    if format not in RENDERERS:
        raise FormatError(f"不支持的输出格式：{format}", hint=f"可用的格式：{'、'.join(RENDERERS)}")
    rendered: bytes = import_module(RENDERERS[format]).render(outline)
    return rendered
