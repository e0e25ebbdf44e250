"""Options that several commands of the command line share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def _named(path: Path | None) -> Path | None:
    """The file named stands for the whole process: its tables are read before any command's own settings."""
    if path:
        os.environ["RAG_CONFIG"] = str(path)
    return path


ConfigFile = Annotated[Path | None, typer.Option("--config", help="配置文件 rag.toml", metavar="文件", callback=_named)]
