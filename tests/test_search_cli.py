"""`rag search` as a person and as a program sees it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

import rag
from rag.cli.hits import FAINT, RESET, TIER, WORD, hits_text
from rag.retrieve.marking import context, marks

Run = Callable[..., subprocess.CompletedProcess[bytes]]
ESCAPE = "\x1b["


def test_words_are_marked_where_the_passage_holds_them() -> None:
    #        0123456789
    assert marks("理论学习不深入", "抓理论学习还不深。ABC") == ((1, 5), (6, 8))
    assert marks("理論學習", "理论学习") == ((0, 4),)
    assert marks("abc ２０２４", "用ABC写于2024年") == ((1, 4), (6, 10))
    assert marks("(*)", "（无）") == ()


def test_colour_marks_words_and_plain_text_has_none(seeds_index: rag.Index) -> None:
    hits = rag.search(seeds_index, query="课后服务", k=2)
    coloured = hits_text(hits, "课后服务", coloured=True)
    plain = hits_text(hits, "课后服务")
    assert f"{WORD}课后服务{RESET}" in coloured
    assert ESCAPE not in plain
    stripped = coloured
    for style in (WORD, TIER, FAINT, RESET):
        stripped = stripped.replace(style, "")
    assert stripped == plain


def test_context_is_what_stands_around_the_passage(seeds_index: rag.Index) -> None:
    hit = rag.search(seeds_index, role="小学校长", topic="述职述廉", k=1)[0]
    text = next(
        seeds_index.tables.text(d.id) for d in seeds_index.tables.documents() if d.source.path == hit.chunk.source.path
    )
    before, after = context(seeds_index, hit, 2)
    assert text[: hit.chunk.start].rstrip().endswith(before)
    assert text[hit.chunk.end :].lstrip().startswith(after)
    assert context(seeds_index, hit, 0) == ("", "")


def test_a_mended_slip_is_told_beside_the_result(run_rag: Run, seeds_index: rag.Index) -> None:
    folder = str(seeds_index.config.index_folder)
    done = run_rag("search", "--role", "小学校长", "--topic", "年度述织报告", "-k", "1", "--index", folder, "--json")
    assert done.returncode == 0
    assert "“年度述织报告”按“年度述职报告”理解" in done.stderr.decode()
    assert json.loads(done.stdout)["hits"]


def test_json_keeps_its_contract_and_tells_more(run_rag: Run, seeds_index: rag.Index) -> None:
    folder = str(seeds_index.generation.parent)
    done = run_rag(
        "search", "--role", "小学校长", "--topic", "述职述廉", "-k", "3", "-C", "1", "--json", "--index", folder
    )
    assert done.returncode == 0, done.stderr.decode()
    hits = json.loads(done.stdout)["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    for hit in hits:
        assert hit.keys() >= {"rank", "score", "tier", "source", "section", "start", "end", "quote", "ranks"}
        assert hit.keys() >= {"reason", "year", "genre", "role", "twins", "why", "before", "after", "function", "stale"}
        assert hit["source"].keys() == {"path", "title", "sha256"}
        assert hit["ranks"].keys() == {"dense", "lexical"}
        assert hit["why"]["parts"].keys() == {"fit", "headline", "evidence"}


def test_why_states_ranks_score_and_weights_and_piped_text_is_plain(run_rag: Run, seeds_index: rag.Index) -> None:
    folder = str(seeds_index.generation.parent)
    done = run_rag(
        "search",
        "--role",
        "小学校长",
        "--topic",
        "述职述廉报告",
        "-k",
        "1",
        "--why",
        "--index",
        folder,
        TERM="xterm-256color",
    )
    text = done.stdout.decode()
    assert ESCAPE not in text
    first = text.splitlines()[0]
    assert first.startswith("1. [同岗位] ")
    assert "岗位类别同为学校领导" in first
    assert "得分 " in text
    assert "两路：语义第 " in text
    assert "契合：" in text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--role", "局长", "--topic", "述职报告", "--year", "去年"], 2, "看不懂的年份"),
        (["--role", "局长", "--topic", "述职报告", "--genre", "散文诗"], 2, "不认识的文种"),
        (["--role", "局长", "--topic", "王者荣耀英雄出装"], 3, "没有与“王者荣耀英雄出装”相近的内容"),
        (["--role", "局长", "--topic", "述职报告", "--path", "没有"], 3, "没有样本符合"),
        (["--role", "局长"], 2, "主题"),
        ([], 2, "岗位"),
    ],
)
def test_what_cannot_be_found_is_said_in_two_lines(
    run_rag: Run, seeds_index: rag.Index, arguments: list[str], code: int, said: str
) -> None:
    done = run_rag("search", *arguments, "--index", str(seeds_index.generation.parent))
    lines = done.stderr.decode().splitlines()
    assert done.returncode == code, lines
    assert len(lines) == 2
    assert said in lines[0]
    assert lines[1].startswith("提示：")
    assert done.stdout == b""
