"""What is on the disk, as text for a terminal and as plain objects: an index and its soundness, models, their sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.embed.bundled import Model
    from rag.embed.vector_cache import Size
    from rag.index import Index
    from rag.index.verifying import Verdict

SHOWN_VALUES = 12
UNKNOWN = "未识别"
ORIGINS = {"cache": "已装入", "package": "随包权重（首次使用时解开）", "gangmu_model": "模型数据包"}


def info_object(index: Index, cache: Size) -> dict[str, Any]:
    manifest = index.manifest
    documents = index.tables.documents()
    counted = {
        name: Counter(d.profile.value(name) or UNKNOWN for d in documents)
        for name in ("genre", "role", "unit", "year", "person")
    }
    counted["family"] = Counter(d.profile.family or UNKNOWN for d in documents)
    return {
        "index": str(index.generation.parent),
        "generation": index.generation.name,
        "model": manifest.model,
        "locator": manifest.locator,
        "documents": manifest.documents,
        "chunks": manifest.chunks,
        "points": manifest.points,
        "store": manifest.store,
        "bytes": sum(path.stat().st_size for path in index.generation.rglob("*") if path.is_file()),
        "roots": list(manifest.roots),
        **{name: dict(sorted(counts.items(), key=lambda row: (-row[1], row[0]))) for name, counts in counted.items()},
        "duplicates": [list(paths) for paths in index.tables.duplicates()],
        "failed": [{"path": row.path, "error": row.error, "hint": row.hint} for row in manifest.failed],
        "cache": {"path": str(cache.path), "bytes": cache.bytes, "vectors": cache.vectors},
    }


def info_text(found: dict[str, Any]) -> str:
    lines = [
        f"索引：{found['index']}（{found['generation']}）",
        f"样本 {found['documents']} 篇，段落 {found['chunks']} 段，要点 {found['points']} 条；{_model_text(found)}",
        f"向量存法 {found['store']}，占用 {megabytes(found['bytes'])}",
        f"样本文件夹：{'、'.join(found['roots'])}",
    ]
    columns = {"genre": "文种", "family": "岗位类别", "role": "岗位", "year": "年份", "unit": "单位", "person": "人称"}
    for name, label in columns.items():
        lines += ["", f"{label}\t篇数", *_counted(found[name])]
    lines.append("")
    if found["duplicates"]:
        lines.append(f"内容基本相同的样本 {len(found['duplicates'])} 组，每组只算一篇：")
        lines += [f"  {'、'.join(paths)}" for paths in found["duplicates"]]
    if found["failed"]:
        lines.append(f"没有读入的文件 {len(found['failed'])} 个：")
        lines += [f"  {row['path']}：{row['error']}（{row['hint']}）" for row in found["failed"]]
    cache = found["cache"]
    lines.append(f"向量缓存：{cache['vectors']} 条，{megabytes(cache['bytes'])}（{cache['path']}）")
    return "\n".join(lines)


def verdict_object(verdict: Verdict) -> dict[str, Any]:
    names = ("damage", "changed", "gone", "away", "orphans")
    return {
        "sound": verdict.is_sound,
        "generation": verdict.generation,
        "documents": verdict.documents,
        "chunks": verdict.chunks,
        **{name: list(getattr(verdict, name)) for name in names},
    }


def verdict_text(verdict: Verdict) -> str:
    lines = [f"索引 {verdict.generation}：样本 {verdict.documents} 篇，段落 {verdict.chunks} 段"]
    for rows, said in (
        (verdict.damage, "已损坏（重建：rag build --full；或换回上一代：rag verify --restore）"),
        (verdict.changed, "原件在建索引后改动过（更新：rag build）"),
        (verdict.gone, "原件已不在（更新：rag build）"),
        (verdict.away, "样本文件夹现在看不到，没有核对"),
        (verdict.orphans, "索引文件夹里多余的文件（下次 rag build 会清理自己留下的）"),
    ):
        if rows:
            lines.append(f"{said}：{len(rows)}")
            lines += [f"  {row}" for row in rows]
    return "\n".join([*lines, "完好"] if verdict.is_sound else lines)


def models_object(models: Sequence[Model]) -> dict[str, Any]:
    return {
        "models": [
            {"name": m.name, "path": str(m.path), "origin": m.origin, "usable": m.is_usable, "bytes": m.bytes}
            for m in models
        ]
    }


def models_text(models: Sequence[Model]) -> str:
    return "\n".join(
        f"{m.name}\t{'可用' if m.is_usable else '已损坏'}\t{megabytes(m.bytes)}\t"
        f"{ORIGINS.get(m.origin, m.origin)}\t{m.path}"
        for m in models
    )


def megabytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"


def _counted(counts: dict[str, int]) -> list[str]:
    """A table's rows, most frequent first; the long tail in one."""
    rows = [f"{value}\t{count}" for value, count in list(counts.items())[:SHOWN_VALUES]]
    rest = list(counts.values())[SHOWN_VALUES:]
    return [*rows, f"其余 {len(rest)} 种\t{sum(rest)}"] if rest else rows


def _model_text(found: dict[str, Any]) -> str:
    is_elsewhere = found["locator"] not in ("", "bundled", found["model"])
    return f"模型 {found['model']}" + (f"（{found['locator']}）" if is_elsewhere else "")
