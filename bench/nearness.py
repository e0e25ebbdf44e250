"""Where the bounds of "nothing near" lie: graded topics should pass, topics of another world should not.

python bench/nearness.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from graded import ROOT, opened

import rag
from rag.errors import NothingFound
from rag.index import Index

FAR = ROOT / "tests/data/queries_far.txt"
ROLE = "县教育局局长"


def main() -> int:
    far = FAR.read_text(encoding="utf-8").splitlines()
    with opened() as sets:
        for name, asked, index in sets:
            refused = [query.topic for query in asked if not finds(index, query.role, query.topic)]
            passed = [topic for topic in far if finds(index, ROLE, topic)]
            print(f"{name}: {share(refused, asked)} graded topics refused; {share(passed, far)} far topics answered")
            for topic in (*refused, *passed):
                print(f"  {topic}")
    return 0


def finds(index: Index, role: str, topic: str) -> bool:
    try:
        return bool(rag.search(index, role=role, topic=topic, k=1))
    except NothingFound:
        return False


def share(some: Sequence[str], of: Sequence[object]) -> str:
    return f"{len(some)} of {len(of)}"


if __name__ == "__main__":
    sys.exit(main())
