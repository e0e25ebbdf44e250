"""`rag info`: what an index holds."""

from typing import Annotated

import typer

from rag.cli.options import AsJson, ConfigFile, Force, IndexFolder, Output
from rag.cli.output import emit, note, print_json, require_writable


def info(
    format: Annotated[str | None, typer.Option("--format", help="输出格式：text、json 或 html", metavar="格式")] = None,
    output: Output = None,
    force: Force = False,
    index: IndexFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag.cli.inventory import info_object, info_text
    from rag.embed import vector_cache
    from rag.renderers import OF_INFO, chosen

    format = chosen("json" if as_json else format, output, OF_INFO)
    require_writable(output, force=force)
    settings = rag.Config.load(config, index=index)
    with rag.Index.open(settings) as opened:
        found = info_object(opened, vector_cache.opened(settings, note).size())
        if format == "html":
            from rag.renderers.info_html import render as info_page

            emit(info_page(found, opened), output, force=force)
            return
    if format == "json":
        print_json(found, output, force=force)
        return
    emit(f"{info_text(found)}\n".encode(errors="backslashreplace"), output, force=force)
