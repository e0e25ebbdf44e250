"""Whether the shipped seeds are our own writing: long runs of Hanzi shared with the real samples, or between authors.

    python bench/overlap.py            exits 1 when a run is found that no set phrase explains

Runs are over Hanzi alone (punctuation, digits and letters dropped). Names of campaigns, of 对照方面 and of meetings are
set phrases: they are cut out of a run before it is measured.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import rag
from rag.config import table
from rag.errors import SourceError
from rag.read import read, sample_files

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared/samples"
WITH_SAMPLES, BETWEEN_AUTHORS = 14, 20
NOT_HANZI = re.compile(r"[^\u4e00-\u9fff]+")
FORMULAS = ("习近平新时代中国特色社会主义思想",)
MEETINGS = (
    "主题教育专题组织生活会",
    "党史学习教育专题组织生活会",
    "班子对照检查材料",
    "个人对照检查材料",
    "民主生活会",
    "年度",
    "支部班子",
)


def main() -> int:
    seeds = hanzi(ROOT / "seeds")
    real = hanzi(SHARED) if SHARED.is_dir() else {}
    found = 0
    for name, text in seeds.items():
        for other, words in real.items():
            for run in shared_runs(text, words, WITH_SAMPLES):
                found += 1
                print(f"{name} ~ {other}: {run}")
    names = sorted(seeds)
    for place, left in enumerate(names):
        for right in names[place + 1 :]:
            if author(left) != author(right):
                for run in shared_runs(seeds[left], seeds[right], BETWEEN_AUTHORS):
                    found += 1
                    print(f"{left} ~ {right}: {run}")
    print(
        f"{len(seeds)} seeds, {len({author(name) for name in seeds})} authors, {len(real)} real samples: {found} runs"
    )
    return 1 if found else 0


def author(name: str) -> str:
    """Seeds are named 岗位_年份…: one post in one unit is one author."""
    return name.rsplit("/", 1)[-1].split("_")[0]


def hanzi(folder: Path) -> dict[str, str]:
    """File name to its Hanzi, for every file that can be read."""
    found = {}
    for file in sample_files([folder]):
        try:
            found[file.name] = NOT_HANZI.sub("", read(file.path, file.name, rag.Config()).text)
        except SourceError as error:
            print(f"not read: {file.name}: {error}", file=sys.stderr)
    return found


def shared_runs(left: str, right: str, least: int) -> Iterator[str]:
    """Maximal runs of at least `least` Hanzi in both texts, set phrases aside."""
    grams = {right[i : i + least] for i in range(len(right) - least + 1)}
    start = 0
    while start + least <= len(left):
        if left[start : start + least] not in grams:
            start += 1
            continue
        end = start + least
        while end < len(left) and left[end - least + 1 : end + 1] in grams:
            end += 1
        run = left[start:end]
        if len(without_set_phrases(run)) >= least:
            yield run
        start = end


def without_set_phrases(run: str) -> str:
    for phrase in set_phrases():
        run = run.replace(phrase, "")
    return run


def set_phrases() -> list[str]:
    campaigns = [word for row in table("campaigns")["campaign"] for word in (row["name"], *row["aliases"])]
    aspects = [aspect for row in table("aspects")["meeting"] for aspect in row["aspects"]]
    bare = {NOT_HANZI.sub("", phrase) for phrase in (*campaigns, *aspects, *FORMULAS, *MEETINGS)}
    return sorted((phrase for phrase in bare if len(phrase) >= 2), key=len, reverse=True)


if __name__ == "__main__":
    sys.exit(main())
