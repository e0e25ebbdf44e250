"""What an index holds, as a web page: genres, roles, years, usual sections of each genre, near-copies, unread files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from rag.index import Index
from rag.renderers.web import bar, page, section, table, tag, tools

UNKNOWN = "未识别"
COUNTED = {"genre": "文种", "family": "岗位类别", "role": "岗位", "year": "年份", "unit": "单位", "person": "人称"}
MOST_ROWS = 15
LEAST_SHARE = 0.2  # a section that fewer reports of its genre have is not usual


def render(found: Mapping[str, Any], index: Index) -> bytes:
    """`found` is `rag info --json`; `index` is asked for the sections of its reports."""
    counts = (_counted(label, found[name]) for name, label in COUNTED.items())
    sizes = f"样本 {found['documents']} 篇，段落 {found['chunks']} 段，要点 {found['points']} 条"
    return page(
        "索引里有什么",
        tag("a", "跳到内容", class_="skip", href="#counts"),
        tag("header", tag("h1", "索引里有什么"),
            tag("p", sizes, class_="asked"),
            tag("p", f"{found['index']}（{found['generation']}），模型 {found['model']}", class_="asked soft"),
            tag("p", f"样本文件夹：{'、'.join(found['roots'])}", class_="asked soft")),
        tools(("theme", "深色／浅色"), ("print", "打印")),
        tag("main",
            section("按类计数", tag("div", *counts, class_="two"), id="counts"),
            section("各文种常见的部分", *_sections(sections_by_genre(index)), id="sections"),
            section("内容基本相同的样本", *_copies(found["duplicates"]), id="copies"),
            section("没有读入的文件", *_unread(found["failed"]), id="unread")),
    )  # fmt: skip


def sections_by_genre(index: Index) -> dict[str, tuple[int, dict[str, int]]]:
    """For each genre how many reports there are, and how many of them have a section of each function."""
    reports: Counter[str] = Counter()
    having: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document in index.tables.documents():
        genre = document.profile.value("genre") or UNKNOWN
        reports[genre] += 1
        having[genre].update({zone.function for zone in index.tables.tree(document.id)[1]})
    return {
        genre: (count, dict(sorted(having[genre].items(), key=lambda row: (-row[1], row[0]))))
        for genre, count in sorted(reports.items(), key=lambda row: (-row[1], row[0]))
    }


def _counted(label: str, counts: Mapping[str, int]) -> Element:
    """A table of values, most frequent first; what is beyond MOST_ROWS in one row."""
    most = max(counts.values(), default=1)
    rows = list(counts.items())
    shown: list[tuple[str, int]] = rows[:MOST_ROWS]
    if rest := rows[MOST_ROWS:]:
        shown.append((f"其余 {len(rest)} 种", sum(count for _, count in rest)))
    body = ((value, tag("span", bar(count / most), str(count), class_="number")) for value, count in shown)
    return table(label, (label, "篇数"), body)


def _sections(found: Mapping[str, tuple[int, Mapping[str, int]]]) -> Iterable[Element]:
    for genre, (count, functions) in found.items():
        rows = (
            (function, tag("span", bar(having / count), f"{count} 篇中 {having} 篇", class_="number"))
            for function, having in functions.items()
            if having / count >= LEAST_SHARE
        )
        yield tag("details", tag("summary", tag("h3", f"{genre}（{count} 篇）")),
                  table(f"{genre}常见的部分", ("部分", "有几篇"), rows), open="open")  # fmt: skip


def _copies(groups: list[list[str]]) -> Iterable[Element]:
    if not groups:
        return [tag("p", "没有。", class_="soft")]
    rows = (tag("li", *(tag("div", path, class_="name") for path in paths)) for paths in groups)
    return [tag("p", f"{len(groups)} 组，每组只算一篇。", class_="soft"), tag("ul", *rows)]


def _unread(failed: list[dict[str, str]]) -> Iterable[Element]:
    if not failed:
        return [tag("p", "没有。", class_="soft")]
    rows = ((row["path"], row["error"], row["hint"]) for row in failed)
    return [table(f"{len(failed)} 个", ("文件", "为什么", "怎么办"), rows)]
