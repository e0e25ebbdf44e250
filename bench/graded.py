"""Graded role+topic queries, the indexes they are asked of, and nDCG@10, Recall@10 and MRR over documents.

A document's rank is that of its best passage. Gains are 2^grade - 1; unjudged documents are dropped before scoring.
Documents are named by a path, or by the id that their file name begins with.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rag
from rag.index import Index

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
_SEEDS, _REAL = (ROOT / "seeds",), (SHARED / "samples/user", SHARED / "samples/official")
# Name, file of queries, folders of samples. The first two were written for this project, the third with the samples.
SETS = (
    ("seeds", ROOT / "tests/data/queries.jsonl", _SEEDS),
    ("real, ours", ROOT / "tests/data/queries_real.jsonl", _REAL),
    ("real, gold", SHARED / "gold/queries.jsonl", _REAL),
)
KINDS = ("exact", "synonym", "cross-role")
GOOD = 2


@dataclass(frozen=True, slots=True)
class Query:
    """One graded query; documents by the key of `key_of`."""

    kind: str
    role: str
    topic: str
    grades: dict[str, int]
    unjudged: frozenset[str]


def key_of(name: str, keys: Sequence[str]) -> str:
    """The graded name of a file: itself, or the id before its first underscore if that is what is graded."""
    base = name.rsplit("/", 1)[-1]
    start = base.split("_")[0]
    return start if start in keys and base not in keys else base


def queries(file: Path) -> list[Query]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Query(
            row["kind"],
            row["role"],
            row["topic"],
            {name.rsplit("/", 1)[-1]: grade for name, grade in row["relevant"].items()},
            frozenset(name.rsplit("/", 1)[-1] for name in row["unjudged"]),
        )
        for row in rows
    ]


@contextmanager
def opened() -> Iterator[list[tuple[str, list[Query], Index]]]:
    """Each set whose samples are on this machine, with an index over them."""
    with tempfile.TemporaryDirectory() as scratch:
        indexes: dict[tuple[Path, ...], Index] = {}
        found = []
        for name, file, roots in SETS:
            if not file.is_file() or not all(root.is_dir() for root in roots):
                continue
            if roots not in indexes:
                config = rag.Config.load(samples=list(roots), index=Path(scratch) / str(len(indexes)))
                rag.build(config)
                indexes[roots] = rag.Index.open(config)
            found.append((name, queries(file), indexes[roots]))
        yield found
        for index in indexes.values():
            index.close()


def figures(ranked: Sequence[str], query: Query) -> dict[str, float]:
    """nDCG@10, Recall@10 and MRR of documents in order of their best passage; names may repeat."""
    keys = [*query.grades, *query.unjudged]
    names = list(dict.fromkeys(key_of(name, keys) for name in ranked))
    names = [name for name in names if name not in query.unjudged]
    good = {name for name, grade in query.grades.items() if grade >= GOOD}
    ideal = gain(sorted(query.grades.values(), reverse=True)[:10])
    return {
        "nDCG": gain([query.grades.get(name, 0) for name in names[:10]]) / ideal,
        "Recall": len(good & set(names[:10])) / max(1, min(10, len(good))),
        "MRR": next((1 / place for place, name in enumerate(names, start=1) if name in good), 0.0),
    }


def gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))
