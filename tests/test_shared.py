"""The real samples, where this machine has them: structure against hand-made gold, and citations over all of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rag
from rag.pipeline import parsed
from rag.read import READERS
from rag.text import bare

REQUESTS = [
    ("市科协机关党支部", "专题组织生活会支部班子对照检查"),
    ("教育科技体育局长", "专题组织生活会个人对照检查"),
    ("市科协科普部干部、支部书记", "党性分析"),
    ("省长", "2026年政府工作报告"),
    ("县教育局", "关于加强校园安全的意见"),
]


@pytest.fixture(scope="module")
def real_index(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> rag.Index:
    roots = [shared / "samples/user", shared / "samples/official"]
    config = rag.Config.load(samples=roots, index=tmp_path_factory.mktemp("real"))
    report = rag.build(config)
    files = [path for root in roots for path in root.iterdir() if path.is_file()]
    unread = {f"{p.parent.name}/{p.name}" for p in files if p.suffix.lower() not in READERS}
    assert {row.path for row in report.failed} == unread
    assert report.documents == len(files) - len(unread)
    return rag.Index.open(config)


def test_every_citation_of_every_outline_and_hit_is_the_stored_text(real_index: rag.Index) -> None:
    texts = {d.source.path: real_index.tables.text(d.id) for d in real_index.tables.documents()}
    for role, topic in REQUESTS:
        plan = rag.outline(real_index, role=role, topic=topic)
        assert plan.citations
        assert all(texts[c.path][c.start : c.end] == c.quote for c in plan.citations)
        hits = rag.search(real_index, role=role, topic=topic, k=50)
        assert all(texts[h.chunk.source.path][h.chunk.start : h.chunk.end] == h.chunk.text for h in hits)


def test_every_passage_and_point_of_every_sample_is_its_span(real_index: rag.Index) -> None:
    for document in real_index.tables.documents():
        text = real_index.tables.text(document.id)
        chunks = real_index.tables.chunks(real_index.tables.chunk_ids([document.id]))
        assert chunks
        assert all(text[c.start : c.end] == c.text for c in chunks.values())
        points = [stored.point for stored in real_index.tables.points(document.id)]
        assert all(text[slice(*p.head_span)] == p.head for p in points)


def test_structure_agrees_with_the_hand_made_gold(shared: Path) -> None:
    script = shared / "score/structure.py"
    command = [sys.executable, str(script), "--rag", f"{sys.executable} -m rag"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300)
    found = re.search(r"F1 section ([\d.]+) point ([\d.]+) lenient ([\d.]+) title ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    section, point, _, title = map(float, found.groups())
    assert section >= 0.97
    assert point >= 0.95
    assert title >= 0.95


def test_nothing_personal_is_read_from_a_page_around_the_article(shared: Path) -> None:
    page = next((shared / "samples/official").glob("R034*.html"))
    text = parsed(page, rag.Config()).report.document.text
    assert "扫一扫" not in text
    assert "索 引 号" not in text


OFFICIAL = json.loads((Path(__file__).parent / "data/official.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("gold", OFFICIAL, ids=lambda row: row["id"])
def test_real_reports_have_the_tree_that_was_annotated_blind(shared: Path, gold: dict[str, Any]) -> None:
    """Kind, level, marker and length of every heading: the words stay with the samples."""
    report = parsed(next((shared / "samples/official").glob(f"{gold['id']}*")), rag.Config()).report
    assert len(bare(report.profile.value("title") or "")) == gold["title_length"]
    assert [[n.kind, n.level, n.marker, len(n.title)] for n in report.root.walk() if n.marker] == gold["nodes"]
