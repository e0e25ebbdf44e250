"""What a build did and what a file was read as, as text for a terminal; a build's report as a plain object too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.datatypes import BuildReport, Node, Report

SHOWN_PATHS = 20
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


def left_out_text(left: Sequence[tuple[str, int]]) -> str:
    """页眉 3、页码 12: what was left out on purpose, and how often."""
    return "、".join(f"{LEFT_OUT[what]} {count}" for what, count in left)


def _node_text(node: Node, *, offsets: bool) -> str:
    kind = "" if node.kind == "section" else "· "
    where = f"  [{node.start}—{node.end}]" if offsets else ""
    function = f"  〔{node.function}〕" if node.level == 1 and node.function else ""
    return f"{'  ' * (node.level - 1)}{kind}{node.marker}{node.title}{function}{where}"
