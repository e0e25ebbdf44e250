"""One generation, open: its chunk table, words and vectors, which stay readable though its folder is removed."""

from __future__ import annotations

import threading
from pathlib import Path

from rag import store
from rag.datatypes import Manifest
from rag.errors import IndexDamaged, IndexMissing
from rag.index import generations, words
from rag.index.originals import Originals
from rag.index.tables import Tables
from rag.lexical import Lexical
from rag.store import VectorStore

TRIES = 8  # an opening reader can be overtaken by two builds, hardly by sixteen


class Parts:
    """What a reader holds of one generation. Nothing in it changes once it is made."""

    def __init__(self, generation: Path) -> None:
        self.generation = generation
        self.manifest: Manifest = generations.manifest(generation)
        self.tables = Tables(generation)
        self.lexical = Lexical.opened(words.openable(generation / generations.LEXICAL))
        self.originals = Originals(self.manifest.roots)
        self._vectors = store.held(generation)
        self._store: VectorStore | None = None
        self._lock = threading.Lock()

    @property
    def store(self) -> VectorStore:
        """The vectors; FAISS is loaded on first use, since not every question needs them."""
        with self._lock:
            if self._store is None:
                self._store = store.opened(self.manifest.store, self._vectors)
            return self._store

    def close(self) -> None:
        self.tables.close()


def opened(folder: Path) -> Parts:
    """The generation that serves the index in `folder`. Raises IndexMissing, IndexDamaged or IndexMismatch.

    Where builds overtake the opening, the generation may vanish under it: then the one that CURRENT names by now.
    """
    for _ in range(TRIES):
        generation = generations.current(folder)
        try:
            return Parts(generation)
        except IndexDamaged:
            if generation == _now(folder):
                raise
    return Parts(generations.current(folder))


def _now(folder: Path) -> Path | None:
    try:
        return generations.current(folder)
    except (IndexMissing, IndexDamaged):
        return None
