"""What several commands of the command line share: options, and how a group of commands is set up."""

import os
from pathlib import Path
from typing import Annotated

import typer

METAVAR = "[选项]"


def _named(path: Path | None) -> Path | None:
    """The file named stands for the whole process: its tables are read before any command's own settings."""
    if path:
        os.environ["RAG_CONFIG"] = str(path)
    return path


ConfigFile = Annotated[Path | None, typer.Option("--config", help="配置文件 rag.toml", metavar="文件", callback=_named)]
IndexFolder = Annotated[Path | None, typer.Option("--index", help="索引所在文件夹", metavar="文件夹")]
Exclude = Annotated[list[str] | None, typer.Option("--exclude", help="不用的样本（通配符，可重复）", metavar="通配")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="写入文件", metavar="文件")]
Force = Annotated[bool, typer.Option("-f", "--force", help="文件已存在时覆盖")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，等于 --format json")]


def group(about: str) -> typer.Typer:
    """A command that has commands: its help in plain text, its errors for `rag.cli.main` to put into words."""
    return typer.Typer(
        help=about,
        add_completion=False,
        no_args_is_help=True,
        options_metavar=METAVAR,
        subcommand_metavar="命令 [参数]...",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
