"""`rag parse`: what a file is read as."""

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.options import AsJson, ConfigFile
from rag.cli.output import print_json


def parse(
    file: Annotated[Path, typer.Argument(help="要看的文件", metavar="文件")],
    offsets: Annotated[bool, typer.Option("--offsets", help="显示每个标题的字符位置")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag.pipeline import parsed

    report = parsed(file, rag.Config.load(config)).report
    if as_json:
        from rag.renderers.json import report_object

        print_json(report_object(report))
        return
    from rag.cli.reports import report_text

    print(report_text(report, offsets=offsets))
