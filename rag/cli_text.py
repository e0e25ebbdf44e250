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

ORIGINS = {"cache": "已装入", "package": "随包权重（首次使用时解开）", "gangmu_model": "模型数据包"}


def build_text(report: BuildReport, folder: Path) -> str:
    lines = [
        f"索引已更新：{folder}",
        f"样本 {report.documents} 篇，段落 {report.chunks} 段；新增 {len(report.added)}，改动 {len(report.edited)}，"
        f"改名 {len(report.renamed)}，删除 {len(report.removed)}，未变 {report.unchanged}",
        f"向量：新算 {report.embedded}，沿用 {report.reused}；用时 {sum(report.seconds.values()):.1f} 秒",
    ]
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
        "documents": report.documents,
        "chunks": {"embedded": report.embedded, "reused": report.reused, "total": report.chunks},
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
    lines.append("")
    lines += [_node_text(node, offsets=offsets) for node in report.root.walk()]
    return "\n".join(lines)


def info_object(index: Index, cache: Size) -> dict[str, Any]:
    manifest = index.manifest
    documents = index.tables.documents()
    counted = {
        name: Counter(d.profile.value(name) or "未识别" for d in documents) for name in ("genre", "year", "person")
    }
    counted["family"] = Counter(d.profile.family or "未识别" for d in documents)
    return {
        "index": str(index.generation.parent),
        "generation": index.generation.name,
        "model": manifest.model,
        "locator": manifest.locator,
        "documents": manifest.documents,
        "chunks": manifest.chunks,
        "points": manifest.points,
        "roots": list(manifest.roots),
        **{name: dict(sorted(counts.items(), key=lambda row: (-row[1], row[0]))) for name, counts in counted.items()},
        "failed": [{"path": row.path, "error": row.error, "hint": row.hint} for row in manifest.failed],
        "cache": {"path": str(cache.path), "bytes": cache.bytes, "vectors": cache.vectors},
    }


def info_text(found: dict[str, Any]) -> str:
    lines = [
        f"索引：{found['index']}（{found['generation']}）",
        f"样本 {found['documents']} 篇，段落 {found['chunks']} 段，要点 {found['points']} 条；{_model_text(found)}",
        f"样本文件夹：{'、'.join(found['roots'])}",
    ]
    for name, label in (("genre", "文种"), ("family", "岗位类别"), ("year", "年份"), ("person", "人称")):
        lines.append(f"{label}：" + "，".join(f"{value} {count}" for value, count in found[name].items()))
    if found["failed"]:
        lines.append(f"没有读入的文件 {len(found['failed'])} 个：")
        lines += [f"  {row['path']}：{row['error']}（{row['hint']}）" for row in found["failed"]]
    cache = found["cache"]
    lines.append(f"向量缓存：{cache['vectors']} 条，{megabytes(cache['bytes'])}（{cache['path']}）")
    return "\n".join(lines)


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
