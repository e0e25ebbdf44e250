"""How a surface of the command line speaks: results to stdout, progress and notes to stderr, exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from rag.errors import OutputExists, RagError

FAILED, USAGE, NOTHING, INTERRUPTED = 1, 2, 3, 130
LINE, BAR = 60, 24  # characters
BINARY = ("docx",)


def progress(stage: str, done: int, of: int) -> None:
    """A bar on a terminal; elsewhere one line a stage."""
    if not of:
        note(stage)
        return
    if sys.stderr.isatty():
        filled = BAR * done // of
        line = f"{stage} [{'#' * filled}{'.' * (BAR - filled)}] {done}/{of}"
        # Stages take turns on one line: what is left of a longer one is wiped.
        print(f"\r{line:<{LINE}}", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif done == of:
        print(f"{stage}：{of}", file=sys.stderr)


def note(text: str) -> None:
    print(text, file=sys.stderr)


def complain(message: str, hint: str) -> None:
    """What went wrong, and on a line of its own what to do."""
    note(f"错误：{message}")
    if hint:
        note(f"提示：{hint}")


def require_writable(output: Path | None, *, force: bool = False, is_binary: bool = False) -> None:
    """Said before the work is done. Raises OutputExists for a file that is there, RagError for a place that is none."""
    if output is None:
        if is_binary and sys.stdout.isatty():
            raise RagError("Word 文件不能显示在终端里", hint="用 -o 写入文件，例如 -o 提纲.docx")
        return
    if output.is_dir():
        raise RagError(f"写不进 {output}：这是一个文件夹", hint="在 -o 后写文件名")
    if not output.parent.is_dir():
        raise RagError(f"写不进 {output}：没有这个文件夹", hint=f"先建文件夹 {output.parent}，或换一个")
    if output.is_file() and not force:
        raise OutputExists(f"文件已存在：{output}", hint="换一个文件名；要覆盖它就加 -f")


def emit(data: bytes, output: Path | None = None, *, force: bool = False) -> None:
    """Bytes to `output`, whole or not at all, or to stdout. Raises RagError when the file cannot be written."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    require_writable(output, force=force)
    target = output.resolve()
    # Devices and pipes are written to, never replaced.
    is_plain = target.is_file() or not target.exists()
    aside = target.with_name(f".{os.getpid()}.part") if is_plain else target
    try:
        aside.write_bytes(data)
        if is_plain:
            aside.replace(target)
    except OSError as error:
        if is_plain:
            aside.unlink(missing_ok=True)
        raise RagError(f"写不进 {output}：{error.strerror}", hint="换一个文件名或文件夹") from error
    print(f"已写入 {output}", file=sys.stderr)


def print_json(value: Any, output: Path | None = None, *, force: bool = False) -> None:
    from rag.renderers.json import dumped

    emit(dumped(value), output, force=force)
