"""`rag check`: a draft against the rules and the samples. Exit code 1 when an error-level finding stands."""

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.opening import open_or_none
from rag.cli.options import AsJson, ConfigFile, Force, IndexFolder, Output
from rag.cli.output import emit, note, require_writable
from rag.errors import EmptyRequest

if TYPE_CHECKING:
    from rag.config import Config
    from rag.datatypes import Review

FOUND = 1
STDIN = "-"


def check(
    draft: Annotated[Path, typer.Argument(help="稿件；写 - 则从标准输入读", metavar="稿件", show_default=False)],
    name: Annotated[list[str] | None, typer.Option("--name", help="本人姓名（可重复）", metavar="姓名")] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", help="本单位名称（可重复）", metavar="单位")] = None,
    year: Annotated[
        int | None,
        typer.Option("--year", help="这份稿子是哪一年的，不写则从标题和日期里认", metavar="年份", min=1949, max=2100),
    ] = None,
    role: Annotated[str, typer.Option("--role", help="岗位", metavar="岗位", show_default=False)] = "",
    topic: Annotated[str, typer.Option("--topic", help="主题", metavar="主题", show_default=False)] = "",
    genre: Annotated[str | None, typer.Option("--genre", help="文种，不写则从稿子里认", metavar="文种")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="不比对的样本（通配符，可重复）", metavar="通配")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="已接受的结果（以前的 JSON 结果），里面有的不再列出", metavar="文件"),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="改正有把握的，写成新文件并显示改动；原稿不动")] = False,
    format: Annotated[
        str | None,
        typer.Option("--format", help="输出格式：md、json 或 html；不写则看 -o 的扩展名，再不然是 md", metavar="格式"),
    ] = None,
    output: Output = None,
    force: Force = False,
    index: IndexFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    import rag
    from rag.datatypes import ERROR
    from rag.renderers import OF_REVIEWS, chosen, render

    wanted = chosen("json" if as_json else format, None if fix else output, OF_REVIEWS)
    if not fix:
        require_writable(output, force=force)
    settings = rag.Config.load(config, index=index)
    text = sys.stdin.buffer.read().decode("utf-8-sig", "replace") if str(draft) == STDIN else None
    if fix and text is not None:
        raise EmptyRequest("--fix 要改的是文件，不能从标准输入读", hint="先存成文件，再 rag check 文件 --fix")
    opened = open_or_none(settings)
    try:
        review = rag.check(
            opened, draft if text is None else text, role=role, topic=topic, genre=genre, year=year,
            names=name or (), units=unit or (), exclude=exclude or (), baseline=baseline, config=settings,
        )  # fmt: skip
    finally:
        if opened:
            opened.close()
    if fix:
        review = _fixed(review, draft, settings, output)
    else:
        emit(render(review, wanted), output, force=force)
    if any(finding.severity == ERROR for finding in review.findings):
        raise typer.Exit(FOUND)


def _fixed(review: "Review", draft: Path, settings: "Config", output: Path | None) -> "Review":
    """Write the corrected copy, print the difference, and return the review of what is left."""
    from dataclasses import replace

    from rag.review import corrected, corrected_file
    from rag.review.fixing import certain

    edits = certain(review.findings)
    if not edits:
        note("没有有把握自动改正的地方，没有写新文件")
        return review
    before, after = review.document.text, corrected(review.document.text, edits)
    path = corrected_file(draft, review.document, edits, settings, output)
    difference = difflib.unified_diff(before.split("\n"), after.split("\n"), draft.name, path.name, lineterm="", n=0)
    emit(("\n".join(difference) + "\n").encode("utf-8", "backslashreplace"))
    left = tuple(finding for finding in review.findings if not finding.edits)
    note(f"改了 {len(edits)} 处，写入 {path}；还有 {len(left)} 处要自己定，原稿没有动")
    if path.suffix.lower() != draft.suffix.lower():
        note("这种格式不能原样改写，新文件只有文字，没有原来的排版")
    return replace(review, findings=left)
