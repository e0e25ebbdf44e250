"""`rag cache`: the vectors kept between builds."""

from rag.cli.options import METAVAR, group
from rag.cli.output import note
from rag.errors import RagError

app = group("向量缓存：算过的向量，换索引也不再重算")


@app.command(options_metavar=METAVAR, help="清空向量缓存；索引不受影响，下次重建时要重新计算")
def clear() -> None:
    import rag
    from rag.cli.inventory import megabytes
    from rag.embed import vector_cache

    cache = vector_cache.opened(rag.Config.load(), note)
    try:
        gone = cache.clear()
    except OSError as error:
        hint = "关掉正在建索引的程序后再试，或自行删除该文件"
        raise RagError(f"清不掉 {cache.file}：{error.strerror or error}", hint=hint) from error
    print(f"已清空向量缓存：{gone.vectors} 条，{megabytes(gone.bytes)}")
