"""What a disk refuses while an index is written, as an error that says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import RagError


@contextmanager
def refusals() -> Iterator[None]:
    """Around what writes, and nothing else: not around reading samples or the model, whose errors are their own."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:  # the latter is how SQLite reports a full disk
        what = getattr(error, "strerror", None) or error
        raise RagError(f"写索引失败：{what}", hint="检查磁盘空间和权限；原来的索引没有动") from error
