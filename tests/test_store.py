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


@pytest.fixture(params=["new", "mapped", "writable"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> VectorStore:
    made = store.new(DIM)
    made.add([i * 2**40 + 3 for i in range(50)], rows(50))
    if request.param == "new":
        return made
    folder = tmp_path / "向量"
    folder.mkdir()
    made.save(folder)
    return store.opened(folder, writable=request.param == "writable")


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
    assert filled.search(rows(1)[0], 0) == []
    assert len(filled.search(rows(1)[0], 500)) == 50


def test_get_returns_rows_in_order_and_refuses_unknown_ids(filled: VectorStore) -> None:
    np.testing.assert_allclose(filled.get([2 * 2**40 + 3, 3]), rows(50)[[2, 0]], atol=1e-3)
    with pytest.raises(KeyError):
        filled.get([4])


def test_equal_scores_are_ordered_by_id() -> None:
    made = store.new(DIM)
    made.add([9, 5, 7], np.repeat(rows(1), 3, axis=0))
    assert [key for key, _ in made.search(rows(1)[0], 3)] == [5, 7, 9]


def test_add_replaces_and_remove_forgets() -> None:
    made = store.new(DIM)
    made.add([1, 2], rows(2))
    made.add([2], rows(1, seed=9))
    assert len(made) == 2
    np.testing.assert_allclose(made.get([2]), rows(1, seed=9), atol=1e-3)
    made.remove([1, 99])
    assert len(made) == 1


def test_a_cut_file_is_damage_not_a_crash(tmp_path: Path) -> None:
    made = store.new(DIM)
    made.add([1, 2], rows(2))
    made.save(tmp_path)
    file = tmp_path / "vectors.faiss"
    file.write_bytes(file.read_bytes()[:40])
    for writable in (False, True):
        with pytest.raises(IndexDamaged):
            store.opened(tmp_path, writable=writable)
