"""The command line: a command a module (parse arguments, call `rag`, print). Listed here, where errors become text.

Results go to stdout as UTF-8, everything else to stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 nothing found.

Modules of commands do without `from __future__ import annotations`: typer compiles annotations that are text, twice
for each option of every command whichever is asked for, a seventh of the time of `rag --help`.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from rag.cli import build, cache, check, info, model, outline, parse, search, verify
from rag.cli.chinese import speak_chinese, usage_text
from rag.cli.options import METAVAR, group
from rag.cli.output import FAILED, INTERRUPTED, NOTHING, USAGE, complain
from rag.errors import BadFilter, EmptyRequest, FormatError, NothingFound, RagError

# As `rag --help` lists them.
COMMANDS = (
    (build.build, "把样本文件夹建成索引（可写多个文件夹；不写则重建原有的，最初是自带样本）"),
    (outline.outline, "按岗位和主题给出提纲，每一点都注明出处"),
    (
        search.search,
        "按岗位和主题找可比的段落；写了词语，就找含有这些词的段落。"
        "筛选只去掉明确不符的样本：没有认出该项的照样看，加 --strict 才不看",
    ),
    (parse.parse, "看一个文件被读成什么：标题、文种、岗位、各级标题和要点"),
    (info.info, "索引里有什么：样本数、文种、年份、读不出来的文件；--format html 是一张网页"),
    (verify.verify, "核对索引：文件是否完好，样本是否改动过；有问题时退出码为 1"),
    (check.check, "拿写好的稿子与样本和规则核对：雷同、残留、结构、序号、过时提法、用字等"),
)

app = group("纲目：从你自己的范文里检索可比段落，给出条条有出处的提纲。全程离线。")
for command, about in COMMANDS:
    app.command(options_metavar=METAVAR, help=about)(command)
app.add_typer(model.app, name="model")
app.add_typer(cache.app, name="cache")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _speak_utf8()
    speak_chinese()
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
    complain(message, hint)
    sys.exit(code)


def _speak_utf8() -> None:
    """UTF-8 whatever the terminal's code page says, also when piped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
