"""The index that a command asks of, and what becomes of the command where there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rag.cli.output import note, progress
from rag.errors import IndexMissing

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index import Index


def open_or_build(settings: Config) -> Index:
    """The index asked for; the default one is built first where there is none yet."""
    found = _opened(settings)
    if found is None:
        _build_default(settings)
        found = _opened(settings)
    assert found is not None  # what was built just now is there
    return found


def open_or_none(settings: Config) -> Index | None:
    """The index, if there is one. One that was asked for by name must be there; a damaged one is never passed over."""
    found = _opened(settings)
    if found is None:
        note("没有索引，只运行不需要样本的规则；先用 rag build 建索引，就能与样本比对")
    return found


def _opened(settings: Config) -> Index | None:
    """The index, None where the default one is not there yet."""
    _ask_with_one_thread()
    import rag

    try:
        return rag.Index.open(settings)
    except IndexMissing:
        if settings.index is not None:
            raise
        return None


def _build_default(settings: Config) -> None:
    import rag

    what = "配置里的样本" if settings.samples else "自带的示例样本"
    note(f"还没有索引，先用{what}建一个：{settings.index_folder}")
    report = rag.build(settings, progress=progress)
    note(f"建好了：{report.documents} 篇，{report.chunks} 段")


def _ask_with_one_thread() -> None:
    """Tell numpy's BLAS, before it is loaded, to start no threads: one question has no work for them, and starting
    them took a fifth of the processor time of a search."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
