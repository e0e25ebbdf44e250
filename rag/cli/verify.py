"""`rag verify`: whether an index is sound and its samples are as they were. Exit code 1 where not."""

from typing import Annotated

import typer

from rag.cli.options import AsJson, ConfigFile, IndexFolder
from rag.cli.output import FAILED, note, print_json, progress


def verify(
    restore: Annotated[bool, typer.Option("--restore", help="换回上一代索引（须完好）")] = False,
    index: IndexFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag import pipeline
    from rag.cli.inventory import verdict_object, verdict_text

    settings = rag.Config.load(config, index=index)
    if restore:
        note(f"已换回：{pipeline.restore(settings).name}")
    verdict = pipeline.verify(settings, progress=progress)
    if as_json:
        print_json(verdict_object(verdict))
    else:
        print(verdict_text(verdict))
    if not verdict.is_sound:
        raise typer.Exit(FAILED)
