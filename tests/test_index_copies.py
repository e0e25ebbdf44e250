"""Near-copies: what MinHash finds, what decides, and which groups the index says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag.fingerprint import minhash
from rag.index import copies

HANZI = [chr(code) for code in range(0x4E00, 0x4E00 + 2000)]


def prose(seed: int, length: int = 2000) -> str:
    return "".join(random.Random(seed).choices(HANZI, k=length))


def groups(config: rag.Config) -> dict[str, str]:
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        return {d.source.path.rsplit("/")[-1]: d.group.rsplit("/")[-1] for d in index.tables.documents()}


def test_runs_are_of_letters_alone_and_shares_are_of_the_longer_text() -> None:
    assert len(minhash.runs("学习不够深入")) == 2
    assert np.array_equal(minhash.runs("学习，不够 深入。Ａ"), minhash.runs("学习不够深入a"))
    assert len(minhash.runs("学习")) == 1
    assert len(minhash.runs("。")) == 0
    one, longer = minhash.runs("甲乙丙丁戊己庚"), minhash.runs("甲乙丙丁戊己庚辛壬")  # 3 runs of 5 against 5
    assert minhash.shared(one, longer) == minhash.shared(longer, one) == 3 / 5
    assert minhash.shared(minhash.runs(""), minhash.runs("")) == 0.0


def test_a_signature_agrees_as_often_as_the_texts_resemble_each_other() -> None:
    whole = prose(1, 3000)
    for kept in (0.9, 0.6, 0.3):
        other = whole[: int(3000 * kept)] + prose(2, 3000 - int(3000 * kept))
        left, right = minhash.runs(whole), minhash.runs(other)
        jaccard = len(np.intersect1d(left, right)) / len(np.union1d(left, right))
        agreed = (minhash.signature(left) == minhash.signature(right)).mean()
        assert abs(agreed - jaccard) < 0.12  # 128 draws: a standard deviation of at most .044


def test_candidates_hold_every_copy_and_no_stranger() -> None:
    texts = [prose(seed) for seed in range(30)]
    texts += [text[:1800] + prose(100 + place, 200) for place, text in enumerate(texts[:10])]
    signatures = {i: minhash.signature(minhash.runs(text)) for i, text in enumerate(texts)}
    pairs = set(minhash.candidates(signatures, signatures))
    assert pairs == {(i, 30 + i) for i in range(10)}
    assert minhash.candidates(signatures, {33}) == [(3, 33)]
    assert minhash.candidates(signatures, set()) == []


def test_few_texts_and_many_are_paired_by_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    base = prose(1, 1500)
    texts = [base[: draw.randrange(700, 1500)] + prose(seed, draw.randrange(0, 900)) for seed in range(60)]
    signatures = {i: minhash.signature(minhash.runs(text)) for i, text in enumerate([*texts, texts[3], texts[7]])}
    for fresh in (set(signatures), {3, 40}, {60}, set()):
        monkeypatch.setattr(minhash, "FEW", 1000)
        few = minhash.candidates(signatures, fresh)
        monkeypatch.setattr(minhash, "FEW", -1)
        assert minhash.candidates(signatures, fresh) == few
        assert bool(few) == bool(fresh)
    assert len(minhash.candidates(signatures, set(signatures))) > 60


def test_a_thousand_copies_make_no_million_pairs() -> None:
    signatures = dict.fromkeys(range(1000), minhash.signature(minhash.runs(prose(1))))
    assert len(minhash.candidates(signatures, signatures)) == 999


@pytest.fixture
def config(tmp_path: Path, samples: Callable[..., Path]) -> rag.Config:
    text = prose(1)
    folder = samples(
        甲=text, 乙=text[:1750] + prose(3, 250), 丙=text[250:] + prose(4, 250), 丁=prose(5), 戊=text[:1400]
    )
    return rag.Config.load(samples=folder, index=tmp_path / "索引")


def test_copies_are_one_group_and_are_reported(config: rag.Config) -> None:
    report = rag.build(config, embedder=HashEmbedder())
    # 乙 shares 87 % with 甲 and so does 丙; 戊 is 70 % of 甲; 丁 is its own.
    first = min("丙.txt", "乙.txt", "甲.txt")
    assert groups(config) == {
        "甲.txt": first,
        "乙.txt": first,
        "丙.txt": first,
        "丁.txt": "丁.txt",
        "戊.txt": "戊.txt",
    }
    assert report.duplicates == (("samples/丙.txt", "samples/乙.txt", "samples/甲.txt"),)


def test_reports_that_are_alike_and_no_copies_are_each_run_once_a_tile(
    tmp_path: Path, samples: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "KEPT_RUNS", 8)
    text = prose(1)
    folder = samples(**{f"文{i:02}": text[:1500] + prose(10 + i, 500) for i in range(24)})
    made: list[str] = []
    real = minhash.runs

    def noting(text: str) -> minhash.Runs:
        made.append(text)
        return real(text)

    config = rag.Config.load(samples=folder, index=tmp_path / "索引")
    rag.build(config, embedder=HashEmbedder())
    monkeypatch.setattr(minhash, "runs", noting)
    rag.build(rag.Config.load(samples=folder, index=tmp_path / "另一"), embedder=HashEmbedder())
    # 24 reports are read; some 276 pairs of them are compared, in 21 tiles of four reports by four.
    assert 24 + 24 <= len(made) <= 24 + 21 * 8


def test_copies_fall_apart_when_the_one_that_joined_them_goes(config: rag.Config) -> None:
    rag.build(config, embedder=HashEmbedder())
    (config.samples[0] / "甲.txt").unlink()
    assert (
        minhash.shared(minhash.runs(prose(1)[:1750] + prose(3, 250)), minhash.runs(prose(1)[250:] + prose(4, 250)))
        < 0.8
    )
    report = rag.build(config, embedder=HashEmbedder())
    assert report.duplicates == ()
    assert groups(config) == {name: name for name in ("乙.txt", "丙.txt", "丁.txt", "戊.txt")}
