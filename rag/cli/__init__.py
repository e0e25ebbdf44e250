"""The command line: parse arguments, call `rag`, print. The one place where errors become text.

Results go to stdout as UTF-8, everything else to stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 nothing found.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from rag.cli.check import check
from rag.cli.chinese import speak_chinese, usage_text
from rag.cli.model import cache_app, model_app
from rag.cli.options import ConfigFile
from rag.cli.output import BINARY, emit, note, print_json, progress, require_writable
from rag.errors import BadFilter, EmptyRequest, FormatError, IndexMissing, NothingFound, RagError

if TYPE_CHECKING:
    from rag.config import Config
    from rag.index import Index

FAILED, USAGE, NOTHING, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="rag",
    help="纲目：从你自己的范文里检索可比段落，给出条条有出处的提纲。全程离线。",
    add_completion=False,
    no_args_is_help=True,
    options_metavar="[选项]",
    subcommand_metavar="命令 [参数]...",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Role = Annotated[str, typer.Option("--role", help="岗位，如 市科协机关党支部书记", metavar="岗位", show_default=False)]
Topic = Annotated[
    str, typer.Option("--topic", help="主题，如 专题组织生活会对照检查", metavar="主题", show_default=False)
]
Genre = Annotated[str | None, typer.Option("--genre", help="文种，不写则从主题里认", metavar="文种")]
Year = Annotated[
    int | None,
    typer.Option("--year", help="年份，不写则从主题里认，再不然是今年", metavar="年份", min=1949, max=2100),
]
IndexFolder = Annotated[Path | None, typer.Option("--index", help="索引所在文件夹", metavar="文件夹")]
Exclude = Annotated[list[str] | None, typer.Option("--exclude", help="不用的样本（通配符，可重复）", metavar="通配")]
Threads = Annotated[int | None, typer.Option("--threads", help="线程数，默认用全部核心", metavar="个数", min=0)]
Force = Annotated[bool, typer.Option("-f", "--force", help="文件已存在时覆盖")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，等于 --format json")]


@app.command(options_metavar="[选项]", help="把样本文件夹建成索引（可写多个文件夹；不写则重建原有的，最初是自带样本）")
def build(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="样本文件夹", metavar="文件夹", show_default=False)
    ] = None,
    index: IndexFolder = None,
    full: Annotated[bool, typer.Option("--full", help="全部重做，不用现有索引（校验过的向量缓存照用）")] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="向量模型：bundled、模型文件夹或模型名", metavar="模型")
    ] = None,
    allow_download: Annotated[bool, typer.Option("--allow-download", help="本机没有该模型时联网下载")] = False,
    add: Annotated[
        list[Path] | None, typer.Option("--add", help="在原有文件夹之外再加一个（可重复）", metavar="文件夹")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="同意去掉不见了的文件夹、去掉一半以上的样本")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="不留痕迹：连上一代索引和已删样本的缓存向量一并清除")] = False,
    with_seeds: Annotated[bool, typer.Option("--with-seeds", help="有了自己的样本，也收自带的示例样本")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说会怎样，什么都不做")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="守着样本文件夹，有改动就重建，按 Ctrl+C 结束")] = False,
    threads: Threads = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag.cli.reports import build_object, build_text
    from rag.pipeline import watched

    settings = rag.Config.load(
        config,
        samples=folders or None,
        index=index,
        model=model,
        allow_download=allow_download or None,
        threads=threads,
    )
    wanted: dict[str, Any] = {"full": full, "add": add or (), "prune": prune, "purge": purge, "with_seeds": with_seeds}
    reports = (
        watched(settings, progress=progress, **wanted)
        if watch and not dry_run
        else iter([rag.build(settings, dry_run=dry_run, progress=progress, **wanted)])
    )
    for report in reports:
        if isinstance(report, RagError):
            note(f"错误：{report}\n提示：{report.hint}")
        elif as_json:
            print_json(build_object(report))
        else:
            print(build_text(report, settings.index_folder, dry_run=dry_run), flush=True)


@app.command(options_metavar="[选项]", help="按岗位和主题给出提纲，每一点都注明出处")
def outline(
    role: Role,
    topic: Topic,
    genre: Genre = None,
    year: Year = None,
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
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件", metavar="文件")] = None,
    force: Force = False,
    index: IndexFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag.renderers import OF_OUTLINES, chosen

    format = chosen("json" if as_json else format, output, OF_OUTLINES)
    require_writable(output, force=force, is_binary=format in BINARY)
    with _opened(config, index) as opened:
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


@app.command(
    options_metavar="[选项]",
    help="按岗位和主题找可比的段落；写了词语，就找含有这些词的段落。"
    "筛选只去掉明确不符的样本：没有认出该项的照样看，加 --strict 才不看",
)
def search(
    query: Annotated[str, typer.Argument(help="要找的词语（可不写）", metavar="[词语]", show_default=False)] = "",
    role: Annotated[str, typer.Option("--role", help="岗位，或一句话说明你是谁", metavar="岗位")] = "",
    topic: Annotated[str, typer.Option("--topic", help="主题，如 专题组织生活会对照检查", metavar="主题")] = "",
    count: Annotated[int, typer.Option("-k", help="最多几段", metavar="段数", min=1, max=1000)] = 10,
    genre: Annotated[str | None, typer.Option("--genre", help="只看这个文种", metavar="文种")] = None,
    role_family: Annotated[
        str | None, typer.Option("--role-family", help="只看这类岗位，如 部门正职，或写一个岗位", metavar="类别")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="只看这个单位，如 教体局", metavar="单位")] = None,
    year: Annotated[
        str | None, typer.Option("--year", help="只看这些年份：2024、2023..、..2022、2021..2023", metavar="年份")
    ] = None,
    person: Annotated[str | None, typer.Option("--person", help="只看 个人 或 班子 的材料", metavar="人称")] = None,
    path: Annotated[
        str | None, typer.Option("--path", help="只看路径含有这些字（或符合通配）的样本", metavar="路径")
    ] = None,
    function: Annotated[
        str | None, typer.Option("--function", help="只看这种功能的部分：问题、原因、整改……", metavar="功能")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="没有认出筛选项的样本也不看")] = False,
    exclude: Exclude = None,
    why: Annotated[bool, typer.Option("--why", help="说明每段的名次、得分和各项权重")] = False,
    around: Annotated[int, typer.Option("-C", help="前后各带几句", metavar="句数", min=0, max=20)] = 0,
    index: IndexFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag

    with _opened(config, index) as opened:
        opened.warm()
        from rag.retrieve.marking import context

        hits = rag.search(
            opened, role=role, topic=topic, query=query, k=count, genre=genre, role_family=role_family, unit=unit,
            year=year, person=person, path=path, function=function, exclude=exclude or (), strict=strict,
        )  # fmt: skip
        contexts = [context(opened, hit, around) for hit in hits] if around else []
    if as_json:
        from rag.renderers.json import search_object

        print_json(search_object(hits, contexts))
        return
    from rag.cli.hits import hits_text, is_coloured

    print(hits_text(hits, query or topic, why=why, around=contexts, coloured=is_coloured()))


@app.command(options_metavar="[选项]", help="看一个文件被读成什么：标题、文种、岗位、各级标题和要点")
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


@app.command(
    options_metavar="[选项]", help="索引里有什么：样本数、文种、年份、读不出来的文件；--format html 是一张网页"
)
def info(
    format: Annotated[str | None, typer.Option("--format", help="输出格式：text、json 或 html", metavar="格式")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件", metavar="文件")] = None,
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


@app.command(options_metavar="[选项]", help="核对索引：文件是否完好，样本是否改动过；有问题时退出码为 1")
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


app.command(options_metavar="[选项]", help="拿写好的稿子与样本和规则核对：雷同、残留、结构、序号、过时提法、用字等")(
    check
)
app.add_typer(model_app, name="model")
app.add_typer(cache_app, name="cache")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _speak_utf8()
    speak_chinese()
    import click

    try:
        code = app(prog_name="rag", standalone_mode=False)
    except click.UsageError as error:
        _fail(usage_text(error), "", USAGE)
    except click.ClickException as error:
        _fail(error.format_message(), "", FAILED)
    except click.exceptions.Abort:
        _fail("已中断", "", INTERRUPTED)
    except RagError as error:
        _fail(str(error), error.hint, _code(error))
    except KeyboardInterrupt:
        _fail("已中断", "", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _code(error: RagError) -> int:
    if isinstance(error, NothingFound):
        return NOTHING
    return USAGE if isinstance(error, EmptyRequest | FormatError | BadFilter) else FAILED


def _fail(message: str, hint: str, code: int) -> NoReturn:
    print(f"错误：{message}", file=sys.stderr)
    if hint:
        print(f"提示：{hint}", file=sys.stderr)
    sys.exit(code)


def _opened(config: Path | None, index: Path | None) -> Index:
    """The index asked for; the default one is built first where there is none yet."""
    import rag

    settings = rag.Config.load(config, index=index)
    try:
        return rag.Index.open(settings)
    except IndexMissing:
        if settings.index is not None:
            raise
        _build_default(settings)
        return rag.Index.open(settings)


def _build_default(settings: Config) -> None:
    from rag.pipeline import build as build_index

    what = "配置里的样本" if settings.samples else "自带的示例样本"
    print(f"还没有索引，先用{what}建一个：{settings.index_folder}", file=sys.stderr)
    report = build_index(settings, progress=progress)
    print(f"建好了：{report.documents} 篇，{report.chunks} 段", file=sys.stderr)


def _speak_utf8() -> None:
    """UTF-8 whatever the terminal's code page says, also when piped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
