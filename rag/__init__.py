"""纲目 (gangmu): cited outlines for Chinese official reports, mined from the user's own samples, offline.

The public names. They load on first use, so `import rag` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.config import Config
    from rag.errors import RagError
    from rag.index import Index
    from rag.pipeline import build, check, outline, search
    from rag.renderers import render

__all__ = ["Config", "Index", "RagError", "build", "check", "outline", "render", "search"]

_HOMES = {
    "Config": "rag.config",
    "Index": "rag.index",
    "RagError": "rag.errors",
    "build": "rag.pipeline",
    "check": "rag.pipeline",
    "outline": "rag.pipeline",
    "render": "rag.renderers",
    "search": "rag.pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
