"""How well `rag check` finds planted errors, how quiet it is on published texts, and how fast on many samples.

    python bench/review.py [planted] [clean] [user] [speed] [--seed 11] [--documents 1000 10000]

planted: errors of every rule, put into the shipped seeds by a seeded script that shares no code and no word list with
the rules; recall a rule. A planted error counts as found when a finding of its rule that the clean draft did not have
touches its place (for rules about a whole part: when there is such a finding at all). clean, user: the real samples,
each held against an index of all others; every error and warning is listed. speed: one 6,000-character draft against
many samples (sentences of the seeds, shuffled), and the size of what the index keeps for it.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np

import rag
from rag.datatypes import Review
from rag.errors import SourceError
from rag.fingerprint import names
from rag.index import Index, preparing, rows, tables
from rag.pipeline import parsed
from rag.read import read, sample_files
from rag.understanding import understood

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from planting import PLANTERS, Draft, Planted  # noqa: E402

SHARED = ROOT.parent / "shared/samples"
LEAST = {"overlap": 0.98, "edited": 0.90}
ROUNDS = 60
DRAFT_CHARACTERS = 6000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--documents", type=int, nargs="*", default=[100, 1000, 10000])
    options = parser.parse_args()
    parts = options.parts or ["planted", "clean", "user", "speed"]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        if "planted" in parts:
            failed = report(planted(seeds_index(Path(folder)), options.seed, ROUNDS))
        for group in ("clean", "user"):
            if group in parts and SHARED.is_dir():
                published(Path(folder), SHARED / ("official" if group == "clean" else "user"), group)
        if "speed" in parts:
            speed(Path(folder), options.documents, options.seed)
    return 1 if failed else 0


def seeds_index(folder: Path) -> Index:
    """Everything that `check` asks of an index over the seeds: the tables; no vectors are made."""
    return bare_index(folder / "seeds", [ROOT / "seeds"])


def bare_index(folder: Path, roots: Sequence[Path]) -> Index:
    made = []
    for file in sample_files(list(roots)):
        try:
            made.append(preparing.prepared(understood(read(file.path, file.name, rag.Config())), "none", {}))
        except SourceError as error:
            print(f"not read: {file.name}: {error}", file=sys.stderr)
    return opened(folder, [without_vectors(new) for new in made])


def without_vectors(new: rows.NewDocument) -> rows.NewDocument:
    return replace(new, headline_key=b"k", points=(), chunks=())


def opened(folder: Path, documents: Sequence[rows.NewDocument]) -> Index:
    """An index of `documents` that holds no passages, opened."""
    draft = folder / "g-00000000"
    draft.mkdir(parents=True)
    with rows.created(draft) as connection:
        for new in documents:
            rows.insert(connection, new, {b"k": np.zeros(2, dtype=np.float32)})
    tables_only = SimpleNamespace(
        tables=tables.Tables(draft), config=rag.Config(), pinned=lambda: tables_only, close=lambda: None
    )
    return cast(Index, tables_only)


# ---------------------------------------------------------------- planted errors


@dataclass(frozen=True)
class Outcome:
    """One planted error: its rule, what was done, and whether it was found."""

    rule: str
    what: str
    is_found: bool
    where: str


def planted(index: Index, seed: int, rounds: int) -> list[Outcome]:
    drafts = list(clean_drafts())
    outcomes = []
    for rule, planter in PLANTERS.items():
        chance = random.Random(f"{seed}{rule}")
        made = 0
        for attempt in range(rounds * 12):
            if made == rounds:
                break
            draft = drafts[(attempt * 7 + chance.randrange(len(drafts))) % len(drafts)]
            error = planter(draft, drafts, chance)
            if error is None:
                continue
            made += 1
            outcomes.append(outcome(index, draft, error, rule))
    return outcomes


def outcome(index: Index, draft: Draft, error: Planted, rule: str) -> Outcome:
    before, after = checked(index, draft, draft.text, error), checked(index, draft, error.text, error)
    name = "overlap" if rule == "edited" else rule
    known = Counter((f.rule, f.message) for f in before.findings)
    fresh = []
    for finding in after.findings:
        key = (finding.rule, finding.message)
        if known[key]:
            known[key] -= 1
        elif finding.rule == name:
            fresh.append(finding)
    is_found = any(
        error.start is None or (finding.start <= error.end + 2 and error.start - 2 <= finding.end) for finding in fresh
    )
    if error.source:
        is_found = any(
            finding.start < error.end and error.start < finding.end
            and any(error.source in citation.path for citation in finding.citations)
            for finding in fresh
        )  # fmt: skip
    return Outcome(
        rule,
        error.what,
        is_found,
        f"{draft.name}: {error.text[max(0, (error.start or 0) - 15) : (error.end or 0) + 15]!r}",
    )


def checked(index: Index, draft: Draft, text: str, error: Planted) -> Review:
    names = ("陈志远",) if error.what == "signed name" else ()
    return rag.check(
        index, text, year=error.year or draft.year, genre=draft.genre, names=names, exclude=[f"*{draft.author}_*"]
    )


def clean_drafts() -> Iterator[Draft]:
    for file in sample_files([ROOT / "seeds"]):
        one = parsed(file.path, rag.Config())
        report = one.report
        name = file.path.name
        yield Draft(name, name.split("_")[0], report.document.text, report.profile.year_number or 2025,
                    report.profile.value("genre"), report.profile.value("person"))  # fmt: skip


def report(outcomes: Sequence[Outcome]) -> bool:
    """Print recall a rule; True when one falls below its mark."""
    failed = False
    print("| rule | planted | found | recall |\n|---|---|---|---|")
    for rule in dict.fromkeys(row.rule for row in outcomes):
        own = [row for row in outcomes if row.rule == rule]
        found = sum(row.is_found for row in own)
        failed |= found < LEAST.get(rule, 0.98) * len(own)
        print(f"| {rule} | {len(own)} | {found} | {found / len(own):.3f} |")
    for row in outcomes:
        if not row.is_found:
            print(f"missed {row.rule} ({row.what}): {row.where}")
    return failed


# ---------------------------------------------------------------- published texts


def published(folder: Path, group: Path, name: str) -> None:
    """Every file of `group` against an index of the seeds and all real samples but itself."""
    counts: Counter[tuple[str, str]] = Counter()
    characters = 0
    index = bare_index(folder / name, [ROOT / "seeds", SHARED / "official", SHARED / "user"])
    for file in sample_files([group]):
        try:
            year = 2026 if name == "user" else None
            review = rag.check(index, file.path, year=year, exclude=[f"*{file.path.name}"])
        except SourceError as error:
            print(f"not read: {file.name}: {error}")
            continue
        characters += len(review.document.text)
        for finding in review.findings:
            counts[finding.rule, finding.severity] += 1
            if finding.severity != "info" or name == "user":
                print(f"{file.path.name[:12]} {finding.severity} {finding.rule}: {finding.message}")
    for (rule, severity), count in sorted(counts.items()):
        print(f"{name} {rule} {severity}: {count}")
    for severity in ("error", "warning", "info"):
        total = sum(count for (_, kind), count in counts.items() if kind == severity)
        print(f"{name}: {severity} {total}, {total / characters * 10_000:.2f} per 10,000 characters of {characters}")


# ---------------------------------------------------------------- speed and size


def speed(folder: Path, sizes: Sequence[int], seed: int) -> None:
    chance = random.Random(seed)
    bases = [parsed(file.path, rag.Config()) for file in sample_files([ROOT / "seeds"])]
    pool = [s for one in bases for s in re.findall(r"[^。\n]{12,80}。", one.report.document.text)]
    draft = "2026年个人对照检查材料\n" + "\n".join(varied(chance.choice(pool), chance) for _ in range(400))
    draft = draft[:DRAFT_CHARACTERS]
    print("| samples | text MB | fingerprints MB | share | check, s (median of 5) |\n|---|---|---|---|---|")
    for size in sizes:
        documents = []
        for number in range(size):
            one = bases[number % len(bases)]
            report = one.report
            parts: list[str] = []
            while sum(map(len, parts)) < len(report.document.text):
                parts.append(varied(chance.choice(pool), chance))
            text = "\n".join(parts)
            source = replace(report.document.source, path=f"samples/{number:05d}.txt", sha256=f"{number:064d}")
            new = rows.NewDocument(
                source, text, report.profile, report.root, one.zones, np.zeros(0, dtype=np.uint32),
                names.fingerprint(text), b"k", (), (),
            )  # fmt: skip
            documents.append(new)
        index = opened(folder / f"speed{size}", documents)
        times = []
        for _ in range(6):
            begin = time.perf_counter()
            rag.check(index, draft)
            times.append(time.perf_counter() - begin)
        texts = sum(len(new.text.encode()) for new in documents)
        kept = sum(len(new.hashes) for new in documents)
        taken = statistics.median(times[1:])
        print(f"| {size} | {texts / 1e6:.1f} | {kept / 1e6:.2f} | {kept / texts:.1%} | {taken:.3f} |")


def varied(sentence: str, chance: random.Random) -> str:
    """The sentence with every tenth character exchanged: samples share much, yet 10,000 of them are not 48."""
    letters = list(sentence)
    for place in range(len(letters) - 1):
        if chance.random() < 0.1:
            letters[place] = chr(chance.randrange(0x4E00, 0x8000))
    return "".join(letters)


if __name__ == "__main__":
    sys.exit(main())
