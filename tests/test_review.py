"""`rag check` with an index: copies and what is left of others, structure, files, baseline, exit codes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rag
from rag.errors import ConfigError, FormatError, RagError, SourceError
from rag.fingerprint import names, winnowing
from tests.conftest import HashEmbedder

ROOT = Path(__file__).resolve().parent.parent
Run = Callable[..., subprocess.CompletedProcess[bytes]]
HANZI = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=0, max_size=60)


# ---------------------------------------------------------------- fingerprints


@given(
    HANZI,
    HANZI,
    HANZI,
    HANZI,
    st.text(st.sampled_from("学习问题整改落实人民"), min_size=winnowing.GUARANTEED, max_size=40),
)
def test_a_shared_run_of_the_guaranteed_length_shares_a_hash(a: str, b: str, c: str, d: str, run: str) -> None:
    left, right = winnowing.grams(a + run + b), winnowing.grams(c + run + d)
    kept = set(right[winnowing.chosen(right)].tolist())
    assert kept & set(left.tolist())
    both = set(left[winnowing.chosen(left)].tolist()) & kept
    assert both


def test_width_case_blanks_and_marks_hide_nothing() -> None:
    plain = winnowing.letters("推进ABC工程3个")
    written = winnowing.letters("推 进Ａｂｃ，工程\n“３”个。")
    assert plain.text == written.text == "推进abc工程3个"
    assert written.places.tolist() == [0, 2, 3, 4, 5, 7, 8, 11, 13]


def test_a_gram_is_kept_in_every_window() -> None:
    hashes = np.random.default_rng(5).integers(0, 1000, 400).astype(np.uint32)
    kept = winnowing.chosen(hashes)
    assert np.diff(kept).max() <= winnowing.WINDOW
    for start in range(len(hashes) - winnowing.WINDOW + 1):
        window = hashes[start : start + winnowing.WINDOW]
        assert any(start <= place < start + winnowing.WINDOW and hashes[place] == window.min() for place in kept)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("我到白沙河镇调研。", {"沙河镇"}),
        ("某县白沙河镇和春和社区的同志。", {"沙河镇", "春和社区"}),
        ("完成市场整治，加强乡村建设，集中学习两次，通过县委审核。", set()),
        ("村民陈桂芳说，述职人：王建国", {"陈桂芳", "王建国"}),
        ("高中老师、金融同志、纪工委书记方某、班子成员在会上说。", set()),
        ("投入1.26亿元，惠及3247户，5次会议，100万元，2024年5月16日开工。", {"1.26亿元", "3247户", "2024-05-16"}),
    ],
)
def test_names_and_figures_of_a_report(text: str, keys: set[str]) -> None:
    assert {mark.key for mark in names.marks(text)} == keys
    assert all(text[mark.start : mark.end] for mark in names.marks(text))


# ---------------------------------------------------------------- against samples

OPENING = "一、履行职责情况\n今年我主要抓了三件事，件件有着落。\n"
OWN = (
    "1.修水渠。三月带着组长沿东干渠走了一遍，数出四十一处渗漏，五月底修好三十八处，剩下三处在村民陈桂芳家屋后，地界没谈拢。"
    "修好以后下游青桐村的水早到了两天，浇地的人不再半夜排队，吵架的也少了。\n"
)
PHRASE = "把工作抓在手上、把责任扛在肩上、把群众放在心上，一件事情接着一件事情办，一年接着一年干。"


def sample(unit: str, words: str, closing: str = "") -> str:
    return (
        f"{unit}镇长2024年度述职报告\n各位代表：\n{OPENING}{words}2.办学校。{unit}中心校的操场九月交付，孩子们有地方跑了，体育课不再挤在走廊里上。\n"
        f"二、存在的问题\n1.调研不够。下去的时候多半是有事才去，平时去得少，{unit}的老人我认不全。\n"
        f"三、下一步打算\n1.多下去。每月到村里住两个晚上，听到的事当周答复，办不了的说清楚为什么。\n{closing}"
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Index]:
    folder = tmp_path_factory.mktemp("samples")
    texts = {
        "甲河镇_2024": sample("甲河镇", OWN),
        "乙山镇_2024": sample("乙山镇", "1.种果树。坡地上补种了六百棵脐橙，死了九十棵，都补上了。\n", PHRASE),
        "丙桥镇_2024": sample("丙桥镇", "1.通公交。班车从一天两趟加到六趟，末班车改到晚上八点。\n", PHRASE),
        "丁岭镇_2024": sample("丁岭镇", "1.清河道。清出淤泥两千多方，河边立了十二块牌子。\n", PHRASE),
        "戊泉镇_2024": sample(
            "戊泉镇",
            "1.建市场。老街的摊子搬进棚里，雨天也能做生意。\n",
            "四、廉洁自律情况\n1.守规矩。下村自己带饭，没有收过一样东西。\n",
        ),
    }
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    config = rag.Config.load(samples=folder, index=tmp_path_factory.mktemp("index"))
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as opened:
        yield opened


def draft(words: str) -> str:
    return (
        f"己湾镇镇长2025年度述职报告\n各位代表：\n一、履行职责情况\n我把去年答应的事过了一遍。\n{words}\n"
        "二、存在的问题\n1.脾气急。开会时话说得重，事后才知道伤了人。\n三、下一步打算\n1.改脾气。开口以前先等一分钟，说错了当面认。\n"
    )


COPIED = "三月带着组长沿东干渠走了一遍，数出四十一处渗漏，五月底修好三十八处，剩下三处在村民陈桂芳家屋后，地界没谈拢。修好以后下游青桐村的水早到了两天，浇地的人不再半夜排队"


def test_a_copied_passage_is_found_and_cited_word_for_word(index: rag.Index) -> None:
    text = draft(f"1.水利。{COPIED}。")
    review = rag.check(index, text)
    (finding,) = [f for f in review.findings if f.rule == "overlap" and f.message.startswith("7")]
    assert finding.severity == "warning"
    assert text[finding.start : finding.end] == COPIED
    (citation,) = finding.citations
    assert citation.path.endswith("甲河镇_2024.txt") and citation.quote == COPIED
    documents = {d.source.path: d.id for d in index.tables.documents()}
    assert index.tables.text(documents[citation.path])[citation.start : citation.end] == citation.quote
    assert citation.section[:1] == ("一、履行职责情况",)
    assert review.sources[0].path == citation.path
    assert review.sources[0].characters == len(winnowing.letters(COPIED).text)


def test_punctuation_and_blanks_hide_no_copy(index: rag.Index) -> None:
    hidden = COPIED.replace("，", " , ").replace("。", "；")
    assert any(f.rule == "overlap" and f.severity == "warning" for f in rag.check(index, draft(hidden)).findings)


def test_a_lightly_edited_copy_is_found(index: rag.Index) -> None:
    edited = (
        COPIED.replace("三月带着", "四月领着")
        .replace("数出", "查到")
        .replace("没谈拢", "还没谈好")
        .replace("两天", "三天")
    )
    (finding,) = [f for f in rag.check(index, draft(edited)).findings if "字与样本" in f.message]
    assert "只略作改动" in finding.message


def test_clauses_in_another_order_are_a_copy_still(index: rag.Index) -> None:
    clauses = COPIED.split("，")
    moved = "，".join([clauses[0], clauses[2], clauses[1], *clauses[3:]])
    assert any(f.rule == "overlap" for f in rag.check(index, draft(moved)).findings)


def test_what_three_authors_say_is_nobodys(index: rag.Index) -> None:
    assert len(winnowing.letters(PHRASE).text) >= 35
    assert [f for f in rag.check(index, draft(PHRASE)).findings if f.rule == "overlap"] == []


def test_a_set_phrase_of_the_table_counts_for_nothing(index: rag.Index) -> None:
    assert [
        f
        for f in rag.check(
            index, draft("深刻领悟“两个确立”的决定性意义，增强“四个意识”、坚定“四个自信”、做到“两个维护”。")
        ).findings
        if f.rule == "overlap"
    ] == []


def test_a_draft_that_is_mostly_anothers_is_an_error(index: rag.Index) -> None:
    text = sample("甲河镇", OWN).replace("甲河镇", "己湾镇").replace("2024", "2025")
    review = rag.check(index, text)
    whole = [f for f in review.findings if f.rule == "overlap" and f.message.startswith("全文")]
    assert [f.severity for f in whole] == ["error"]


def test_a_draft_that_is_a_sample_is_said_so_and_left_out(index: rag.Index) -> None:
    review = rag.check(index, sample("甲河镇", OWN))
    assert any("本身就是样本" in note and "甲河镇_2024.txt" in note for note in review.notes)
    assert [f for f in review.findings if f.rule in ("overlap", "residue")] == []


def test_names_of_a_sample_are_told_unless_they_are_the_writers_own(index: rag.Index) -> None:
    text = draft("1.水利。今年到青桐村看过两次，陈桂芳同志提了意见。")
    marked = {text[f.start : f.end] for f in rag.check(index, text).findings if f.rule == "residue"}
    assert marked == {"青桐村", "陈桂芳"}
    review = rag.check(index, text, units=["青桐村"], names=["陈桂芳"])
    assert [f for f in review.findings if f.rule == "residue"] == []


def test_a_part_that_all_samples_have_is_missed(index: rag.Index) -> None:
    without = draft("1.水利。修了渠。").split("二、存在的问题")[0] + "二、下一步打算\n1.改脾气。开口以前先等一分钟。\n"
    (finding,) = [f for f in rag.check(index, without).findings if f.rule == "structure"]
    assert finding.message.startswith("没有“问题”部分：5 位作者的同类样本里 5 位有")
    assert finding.severity == "warning"
    assert finding.citations[0].quote == "二、存在的问题"
    assert [f for f in rag.check(index, draft("1.水利。修了渠。")).findings if f.rule == "structure"] == []


def test_a_part_that_one_sample_in_five_has_is_no_rule(index: rag.Index) -> None:
    document = next(d for d in index.tables.documents() if d.source.path.endswith("戊泉镇_2024.txt"))
    assert "廉洁" in {zone.function for zone in index.tables.tree(document.id)[1]}
    assert not any("廉洁" in f.message for f in rag.check(index, draft("1.水利。修了渠。")).findings)


def test_parts_in_another_order_than_in_all_samples_are_told(index: rag.Index) -> None:
    head, rest = draft("1.水利。修了渠。").split("二、存在的问题")
    problems, plans = rest.split("三、下一步打算")
    moved = f"{head}二、下一步打算{plans}三、存在的问题{problems}"
    (finding,) = [f for f in rag.check(index, moved).findings if f.rule == "structure"]
    assert finding.severity == "info" and "样本里几乎都是先" in finding.message


def test_an_unknown_genre_has_no_structure_to_hold_against(index: rag.Index) -> None:
    review = rag.check(index, "今天天气很好，大家出门走了走，路上看见一群鸟。")
    assert set(review.skipped) == {"structure", "balance"}
    assert "认不出文种" in review.skipped["structure"]


def test_without_an_index_the_other_rules_run_and_the_rest_is_named() -> None:
    review = rag.check(None, "我在在这里。")
    assert [f.rule for f in review.findings] == ["doubled"]
    assert set(review.skipped) == {"overlap", "residue", "structure", "balance"}


def test_a_long_draft_is_read_to_its_end(index: rag.Index) -> None:
    chance = random.Random(3)
    lines = [
        "".join(chance.choice("学习工作群众问题方法时间地方老人孩子道路") for _ in range(60)) + "。"
        for _ in range(2000)
    ]
    review = rag.check(index, "\n".join([*lines, "我在在这里。"]))
    assert review.document.text[review.findings[-1].start :].startswith("在在")


# ---------------------------------------------------------------- files, settings, baseline


@pytest.mark.parametrize("text", ["", "  \n", "。！？"])
def test_an_empty_draft_is_said_so(text: str) -> None:
    with pytest.raises(SourceError, match="空"):
        rag.check(None, text)


def test_rules_are_switched_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("[check]\ndoubled = false\nquotes = true\n", encoding="utf-8")
    review = rag.check(None, "我在在这里,好。", config=rag.Config.load(file))
    assert [f.rule for f in review.findings] == ["punctuation"]
    assert review.skipped["doubled"] == "已在设置里关掉"
    file.write_text("[check]\ndoubel = false\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        rag.Config.load(file)
    assert "doubled" in error.value.hint


def test_a_baseline_silences_what_it_lists_whatever_moves_above(tmp_path: Path) -> None:
    text = "我在在这里。"
    before = rag.check(None, text)
    file = tmp_path / "接受.json"
    file.write_bytes(rag.render(before, "json"))
    later = rag.check(None, "前面加了一段话。\n" + text + "他也在在那里。", baseline=file)
    assert [later.document.text[f.start - 1 : f.end] for f in later.findings] == ["也在在"]
    assert later.accepted == 1
    file.write_text(f"{before.findings[0].key}  # 看过了\n", encoding="utf-8")
    assert rag.check(None, text, baseline=file).findings == ()
    file.write_text("什么\n", encoding="utf-8")
    with pytest.raises(SourceError):
        rag.check(None, text, baseline=file)


def test_json_keeps_the_contract(index: rag.Index) -> None:
    review = rag.check(index, draft(f"1.水利。{COPIED}。"))
    data = json.loads(rag.render(review, "json"))
    (row,) = [f for f in data["findings"] if f["rule"] == "overlap" and f["message"].startswith("7")]
    assert {"rule", "severity", "start", "end", "section", "message", "suggestion", "citations", "line", "key"} <= set(
        row
    )
    assert row["text"] == COPIED == row["citations"][0]["quote"]
    assert row["line"] == 5 and row["section"] == ["一、履行职责情况", "1.水利"]


def test_the_page_escapes_and_shows_both_sides(index: rag.Index) -> None:
    page = rag.render(rag.check(index, draft(f"<b>1.水利。</b>{COPIED}。")), "html").decode()
    assert "逐段对照" in page and "甲河镇_2024.txt" in page
    assert "<b>" not in page and "<script" not in page
    with pytest.raises(FormatError):
        rag.render(rag.check(None, "好的。"), "docx")


# ---------------------------------------------------------------- the command


def test_the_command_prints_and_exits_by_the_worst(run_rag: Run, tmp_path: Path) -> None:
    clean, bad = tmp_path / "稿.txt", tmp_path / "坏.txt"
    clean.write_text("我们按时开会，按时散会。", encoding="utf-8")
    bad.write_text("一是学。二是想。四是做。", encoding="utf-8")
    done = run_rag("check", str(clean))
    assert done.returncode == 0 and "没有索引" in done.stderr.decode()
    assert "错误 0 处，提醒 0 处，参考 0 处" in done.stdout.decode()
    done = run_rag("check", str(bad))
    assert done.returncode == 1 and "编号缺“三是”" in done.stdout.decode()
    assert run_rag("check", str(tmp_path / "无.txt")).returncode == 1
    assert run_rag("check", str(clean), "--index", str(tmp_path / "无")).returncode == 1


def test_the_command_reads_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rag", "check", "-", "--json"],
        input="我在在这里。".encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert [row["rule"] for row in json.loads(done.stdout)["findings"]] == ["doubled"]


def test_fixing_writes_a_new_file_in_the_old_encoding_and_shows_the_difference(run_rag: Run, tmp_path: Path) -> None:
    file = tmp_path / "稿.txt"
    original = '他说"好",我在在听。\r\n第二行不动。\r\n'.encode("gb18030")
    file.write_bytes(original)
    done = run_rag("check", str(file), "--fix")
    assert done.returncode == 0
    assert file.read_bytes() == original
    assert (tmp_path / "稿.修订.txt").read_bytes() == "他说“好”，我在听。\r\n第二行不动。\r\n".encode("gb18030")
    assert done.stdout.decode().splitlines()[2:] == ["@@ -1 +1 @@", '-他说"好",我在在听。', "+他说“好”，我在听。"]
    again = run_rag("check", str(file), "--fix")
    assert again.returncode == 1 and "不覆盖" in again.stderr.decode()


def test_fixing_a_word_file_keeps_its_runs(tmp_path: Path) -> None:
    import docx

    from rag.review import corrected_file
    from rag.review.fixing import certain

    file = tmp_path / "稿.docx"
    made = docx.Document()
    made.add_paragraph("情况说明")
    paragraph = made.add_paragraph("我在")
    paragraph.add_run("在这里,").bold = True
    paragraph.add_run("认真布署工作。")
    made.save(str(file))
    before = file.read_bytes()
    review = rag.check(None, file)
    path = corrected_file(file, review.document, certain(review.findings), rag.Config())
    assert file.read_bytes() == before and path.name == "稿.修订.docx"
    runs = docx.Document(str(path)).paragraphs[1].runs
    assert [(run.text, run.bold) for run in runs] == [("我在", None), ("这里，", True), ("认真部署工作。", None)]


def test_fixing_what_cannot_be_rewritten_gives_plain_text(tmp_path: Path) -> None:
    from rag.review import corrected_file
    from rag.review.fixing import certain

    file = tmp_path / "稿.html"
    file.write_text("<html><body><p>我在在这里听了很久。</p><p>第二段话在这里。</p></body></html>", encoding="utf-8")
    review = rag.check(None, file)
    path = corrected_file(file, review.document, certain(review.findings), rag.Config())
    assert path.name == "稿.修订.txt" and "我在这里听了很久。" in path.read_text(encoding="utf-8")
    with pytest.raises(RagError, match="不覆盖"):
        corrected_file(file, review.document, certain(review.findings), rag.Config())


# ---------------------------------------------------------------- the short version of bench/review.py


def test_planted_errors_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    import review as bench

    outcomes = bench.planted(bench.seeds_index(tmp_path), 5, 4)
    missed = [f"{row.rule}: {row.what}: {row.where}" for row in outcomes if not row.is_found]
    assert len(outcomes) == 4 * len(bench.PLANTERS)
    assert missed == []
