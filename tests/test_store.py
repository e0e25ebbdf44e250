"""The contract of a vector store, against brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag import store
from rag.errors import IndexDamaged
from rag.store import Vectors, VectorStore

DIM = 16


def rows(count: int, seed: int = 7) -> Vectors:
    found = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


KINDS = sorted(store.STORES)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["new", "mapped", "writable"])
def filled(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> VectorStore:
    made = store.new(kind, rows(50), 50)
    made.add([i * 2**40 + 3 for i in range(50)], rows(50))
    if request.param == "new":
        return made
    folder = tmp_path / "向量"
    folder.mkdir()
    made.save(folder)
    return store.writable(kind, folder) if request.param == "writable" else store.opened(kind, store.held(folder))


def test_search_is_exact_cosine_best_first(filled: VectorStore) -> None:
    vectors, query = rows(50), rows(1, seed=8)[0]
    cosines = vectors @ query
    expected = [int(i) * 2**40 + 3 for i in np.argsort(-cosines)[:5]]
    found = filled.search(query, 5)
    assert [key for key, _ in found] == expected
    np.testing.assert_allclose([score for _, score in found], np.sort(cosines)[::-1][:5], atol=2e-3)


def test_search_among_some_ids_is_restricted_and_never_padded(filled: VectorStore) -> None:
    some = [3, 2**40 + 3]
    assert {key for key, _ in filled.search(rows(1)[0], 10, ids=some)} == set(some)
    assert {key for key, _ in filled.search(rows(1)[0], 10, ids=[*some, 3, 8])} == set(some), "8 is not there"
    assert filled.search(rows(1)[0], 0) == []
    assert len(filled.search(rows(1)[0], 500)) == 50


def test_get_returns_rows_in_order_and_refuses_unknown_ids(filled: VectorStore) -> None:
    np.testing.assert_allclose(filled.get([2 * 2**40 + 3, 3]), rows(50)[[2, 0]], atol=1e-3)
    with pytest.raises(KeyError):
        filled.get([4])


def test_equal_scores_are_ordered_by_id(kind: str) -> None:
    made = store.new(kind, rows(3), 3)
    made.add([9, 5, 7], np.repeat(rows(1), 3, axis=0))
    assert [key for key, _ in made.search(rows(1)[0], 3)] == [5, 7, 9]


def test_add_replaces_and_remove_forgets(kind: str) -> None:
    made = store.new(kind, np.concatenate((rows(50), rows(50, seed=9))), 2)
    made.add([1, 2], rows(2))
    made.add([2], rows(1, seed=9))
    assert len(made) == 2
    np.testing.assert_allclose(made.get([2]), rows(1, seed=9), atol=1e-3)
    made.remove([1, 99])
    assert len(made) == 1


def test_a_cut_file_is_damage_not_a_crash(kind: str, tmp_path: Path) -> None:
    made = store.new(kind, rows(2), 2)
    made.add([1, 2], rows(2))
    made.save(tmp_path)
    file = tmp_path / "vectors.faiss"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(IndexDamaged):
        store.opened(kind, store.held(tmp_path))
    with pytest.raises(IndexDamaged):
        store.writable(kind, tmp_path)
    file.write_bytes(b"")
    with pytest.raises(IndexDamaged):
        store.held(tmp_path)


def test_many_rows_in_lists_are_found_as_brute_force_finds_them() -> None:
    count = 8000
    ids = [i * 7 + 1 for i in range(count)]
    centres = rows(40, seed=1)
    vectors = centres[np.arange(count) % 40] + 0.3 * rows(count)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = store.new(store.IVF, vectors, count)
    made.add(ids, vectors)
    queries = vectors[::400]
    expected = [set(np.argsort(-(vectors @ query))[:10] * 7 + 1) for query in queries]

    def recall(found: list[list[tuple[int, float]]]) -> float:
        return float(
            np.mean([len({i for i, _ in some} & best) / 10 for some, best in zip(found, expected, strict=True)])
        )

    assert recall([made.search(query, 10) for query in queries]) >= 0.95
    some = ids[:3000]
    for query in queries[:3]:
        best = {ids[i] for i in np.argsort(-(vectors[:3000] @ query))[:10]}
        found = {i for i, _ in made.search(query, 10, ids=some)}
        assert found <= set(some)
        assert found == best


def test_the_kind_is_chosen_by_size_and_does_not_flutter() -> None:
    assert store.chosen("auto", 50_000) == "flat"
    assert store.chosen("auto", 50_001) == "ivf"
    assert store.chosen("auto", 30_000, before="ivf") == "ivf"
    assert store.chosen("auto", 30_000, before="flat") == "flat"
    assert store.chosen("auto", 25_000, before="ivf") == "flat"
    assert store.chosen("ivf", 10) == "ivf"
    assert store.is_outgrown("ivf", 2001, 1000)
    assert not store.is_outgrown("ivf", 2000, 1000)
    assert not store.is_outgrown("flat", 10**9, 0)


def test_a_full_disk_is_an_os_error(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store.new(kind, rows(50), 50)
    made.add(range(50), rows(50))

    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None: ...

        def write(self, _: bytes) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda *_: Full())
    with pytest.raises(OSError, match="No space left"):
        made.save(tmp_path)
