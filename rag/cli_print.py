"""How a surface of the command line speaks: results to stdout, progress and notes to stderr."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rag.errors import RagError

BAR = 24


def progress(stage: str, done: int, of: int) -> None:
    """A bar on a terminal; elsewhere one line a stage."""
    if not of:
        note(stage)
        return
    if sys.stderr.isatty():
        filled = BAR * done // of
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}]"
        print(f"\r{stage} {bar} {done}/{of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif done == of:
        print(f"{stage}：{of}", file=sys.stderr)


def note(text: str) -> None:
    print(text, file=sys.stderr)


def emit(data: bytes, output: Path | None = None) -> None:
    """Bytes to `output`, or to stdout. Raises RagError when the file cannot be written."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise RagError(f"写不进 {output}：{error.strerror}", hint="换一个文件名或文件夹") from error
    print(f"已写入 {output}", file=sys.stderr)


def print_json(value: Any) -> None:
    from rag.renderers.json import dumped

    emit(dumped(value))
