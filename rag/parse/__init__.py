"""From lines to a tree of sections and points. What a section is *for* is not asked here (see functions.py)."""

from rag.parse.front import Front, front
from rag.parse.tree import parse

__all__ = ["Front", "front", "parse"]
