"""`rag build`: an index from folders of samples; with --watch, again whenever they change."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli.options import AsJson, ConfigFile, IndexFolder
from rag.cli.output import complain, print_json, progress
from rag.errors import RagError


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
    threads: Annotated[
        int | None, typer.Option("--threads", help="线程数，默认用全部核心", metavar="个数", min=0)
    ] = None,
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
            complain(str(report), report.hint)
        elif as_json:
            print_json(build_object(report))
        else:
            print(build_text(report, settings.index_folder, dry_run=dry_run), flush=True)
