"""`rag outline`: a cited outline for a role and a topic."""

from typing import Annotated

import typer

from rag.cli.opening import open_or_build
from rag.cli.options import AsJson, ConfigFile, Exclude, Force, IndexFolder, Output
from rag.cli.output import BINARY, emit, note, require_writable


def outline(
    role: Annotated[
        str, typer.Option("--role", help="岗位，如 市科协机关党支部书记", metavar="岗位", show_default=False)
    ],
    topic: Annotated[
        str, typer.Option("--topic", help="主题，如 专题组织生活会对照检查", metavar="主题", show_default=False)
    ],
    genre: Annotated[str | None, typer.Option("--genre", help="文种，不写则从主题里认", metavar="文种")] = None,
    year: Annotated[
        int | None,
        typer.Option("--year", help="年份，不写则从主题里认，再不然是今年", metavar="年份", min=1949, max=2100),
    ] = None,
    exclude: Exclude = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format", help="输出格式：md、json、docx、html、prompt；不写则看 -o 的扩展名，再不然是 md", metavar="格式"
        ),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option("--length", help="全文大约多少字，写了就给每部分分字数", metavar="字数", min=200, max=1_000_000),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="说明为什么这样列：样本权重、取舍、顺序")] = False,
    max_chars: Annotated[
        int | None,
        typer.Option("--max-chars", help="提示词最多多少字，多了就从用处最小的段落减起", metavar="字数", min=1),
    ] = None,
    output: Output = None,
    force: Force = False,
    index: IndexFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag.renderers import OF_OUTLINES, chosen

    format = chosen("json" if as_json else format, output, OF_OUTLINES)
    require_writable(output, force=force, is_binary=format in BINARY)
    with open_or_build(rag.Config.load(config, index=index)) as opened:
        plan = rag.outline(
            opened,
            role=role,
            topic=topic,
            genre=genre,
            year=year,
            exclude=exclude or (),
            length=length,
            explain=explain,
        )
    emit(rag.render(plan, format, max_chars=max_chars), output, force=force)
    if format == "docx":
        from rag.cli.fonts import word_on_missing

        if missing := word_on_missing():
            note(missing)
