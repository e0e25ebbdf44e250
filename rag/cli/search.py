"""`rag search`: passages for a role and a topic, or such as hold given words."""

from typing import Annotated

import typer

from rag.cli.opening import open_or_build
from rag.cli.options import AsJson, ConfigFile, Exclude, IndexFolder
from rag.cli.output import note, print_json


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

    with open_or_build(rag.Config.load(config, index=index)) as opened:
        opened.warm()
        from rag import pipeline
        from rag.retrieve.marking import context

        hits = rag.search(
            opened, role=role, topic=topic, query=query, k=count, genre=genre, role_family=role_family, unit=unit,
            year=year, person=person, path=path, function=function, exclude=exclude or (), strict=strict,
        )  # fmt: skip
        contexts = [context(opened, hit, around) for hit in hits] if around else []
        for told in pipeline.slips(opened, role, topic, query):
            note(told)
    if as_json:
        from rag.renderers.json import search_object

        print_json(search_object(hits, contexts))
        return
    from rag.cli.hits import hits_text, is_coloured

    print(hits_text(hits, query or topic, why=why, around=contexts, coloured=is_coloured()))
