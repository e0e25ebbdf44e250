"""Results as text for a terminal, and build and info reports as plain objects. No logic of the tool lives here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.datatypes import BuildReport, Node, Report
from rag.embed.bundled import Model
from rag.embed.vector_cache import Size
from rag.index import Index
from rag.index.verifying import Verdict

SHOWN_PATHS = 20
SHOWN_VALUES = 12
UNKNOWN = "未识别"
LEFT_OUT = {
    "header": "页眉",
    "footer": "页脚",
    "page_number": "页码",
    "navigation": "网页导航",
    "hidden": "隐藏文字",
    "deleted": "修订中删去的",
    "contents": "目录行",
    "note": "脚注批注",
}
ORIGINS = {"cache": "已装入", "package": "随包权重（首次使用时解开）", "gangmu_model": "模型数据包"}


def build_text(report: BuildReport, folder: Path, *, dry_run: bool = False) -> str:
    renamed = [f"{old} → {new}" for old, new in report.renamed]
    named = {"新增": report.added, "改动": report.edited, "改名": renamed, "删除": report.removed}
    counts = "，".join(f"{label} {len(paths)}" for label, paths in named.items()) + f"，未变 {report.unchanged}"
    lines = [f"试运行，什么都没有动：{folder}" if dry_run else f"索引已更新：{folder}"]
    if dry_run:
        lines.append(f"样本 {report.documents} 篇；{counts}")
    else:
        lines.append(f"样本 {report.documents} 篇，段落 {report.chunks} 段；{counts}")
        seconds = sum(report.seconds.values())
        lines.append(f"向量：新算 {report.embedded}，沿用 {report.reused}；用时 {seconds:.1f} 秒")
    for label, paths in named.items():
        lines += [f"  {label} {path}" for path in paths[:SHOWN_PATHS]]
        if len(paths) > SHOWN_PATHS:
            lines.append(f"  {label} 另有 {len(paths) - SHOWN_PATHS} 篇（--json 全部列出）")
    if report.duplicates:
        lines.append(f"内容基本相同的样本 {len(report.duplicates)} 组，每组只算一篇：")
        lines += [f"  {'、'.join(paths)}" for paths in report.duplicates]
    if report.left:
        lines.append(f"没有读入正文的：{left_out_text(report.left)}")
    if report.failed:
        lines.append(f"读不出来的文件 {len(report.failed)} 个：")
        lines += [f"  {row.path}：{row.error}（{row.hint}）" for row in report.failed]
    return "\n".join(lines)


def build_object(report: BuildReport) -> dict[str, Any]:
    return {
        "added": list(report.added),
        "edited": list(report.edited),
        "renamed": [{"from": old, "to": new} for old, new in report.renamed],
        "removed": list(report.removed),
        "unchanged": report.unchanged,
        "failed": [{"path": row.path, "error": row.error, "hint": row.hint} for row in report.failed],
        "duplicates": [list(paths) for paths in report.duplicates],
        "documents": report.documents,
        "chunks": {"embedded": report.embedded, "reused": report.reused, "total": report.chunks},
        "left_out": dict(report.left),
        "seconds": report.seconds,
        "notes": list(report.notes),
    }


def report_text(report: Report, *, offsets: bool) -> str:
    profile = report.profile
    names = {
        "title": "标题",
        "genre": "文种",
        "role": "岗位",
        "unit": "单位",
        "duties": "分工",
        "year": "年份",
        "person": "人称",
        "occasion": "场合",
    }
    lines = [f"{label}：{profile.value(name) or '（没有认出）'}" for name, label in names.items()]
    lines.append(f"岗位类别：{profile.family or '（没有认出）'}　系统：{'、'.join(profile.systems) or '（没有认出）'}")
    given = [names.get(name, name) for name, _ in report.document.given]
    lines += [f"由你写明：{'、'.join(given)}"] if given else []
    lines += [f"没有读入正文：{left_out_text(report.document.left)}"] if report.document.left else []
    lines += [f"注意：{remark}" for remark in report.document.remarks]
    lines.append("")
    lines += [_node_text(node, offsets=offsets) for node in report.root.walk()]
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


def left_out_text(left: Sequence[tuple[str, int]]) -> str:
    """页眉 3、页码 12: what was left out on purpose, and how often."""
    return "、".join(f"{LEFT_OUT[what]} {count}" for what, count in left)


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


def _counted(counts: dict[str, int]) -> list[str]:
    """A table's rows, most frequent first; the long tail in one."""
    rows = [f"{value}\t{count}" for value, count in list(counts.items())[:SHOWN_VALUES]]
    rest = list(counts.values())[SHOWN_VALUES:]
    return [*rows, f"其余 {len(rest)} 种\t{sum(rest)}"] if rest else rows


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


def _model_text(found: dict[str, Any]) -> str:
    is_elsewhere = found["locator"] not in ("", "bundled", found["model"])
    return f"模型 {found['model']}" + (f"（{found['locator']}）" if is_elsewhere else "")


def _node_text(node: Node, *, offsets: bool) -> str:
    kind = "" if node.kind == "section" else "· "
    where = f"  [{node.start}—{node.end}]" if offsets else ""
    function = f"  〔{node.function}〕" if node.level == 1 and node.function else ""
    return f"{'  ' * (node.level - 1)}{kind}{node.marker}{node.title}{function}{where}"
