"""An index opened for reading: the chunk table, the vectors, the words, and the model they were made with."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from rag import embed, store
from rag.config import Config
from rag.datatypes import Manifest
from rag.embed import Embedder, UnitEmbedder
from rag.errors import IndexMismatch, RagError
from rag.index import generations
from rag.index.tables import Tables
from rag.lexical import Lexical
from rag.store import VectorStore


class Index:
    """One generation of an index. Use as a context manager; safe to share between threads for reading."""

    def __init__(self, generation: Path, manifest: Manifest, config: Config, embedder: UnitEmbedder | None) -> None:
        self.generation = generation
        self.manifest = manifest
        self.config = config
        self.tables = Tables(generation)
        self._embedder = embedder
        self._store: VectorStore | None = None
        self._lexical: Lexical | None = None
        self._warming: threading.Thread | None = None
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: str | Path | Config, *, embedder: Embedder | None = None) -> Index:
        """Open the index in folder `path` (or of a `Config`).

        Raises IndexMissing, IndexDamaged, or IndexMismatch when `embedder` or this software is another than built it.
        """
        config = path if isinstance(path, Config) else Config.load(index=path)
        generation = generations.current(config.index_folder)
        manifest = generations.manifest(generation)
        return cls(generation, manifest, config, embed.wrapped(embedder) if embedder else None)

    @property
    def embedder(self) -> UnitEmbedder:
        """The model the index was built with; loaded on first use. Raises IndexMismatch for another one."""
        with self._lock:
            if self._embedder is None:
                self._embedder = embed.load(self.config, before=self.manifest.locator)
        if self._embedder.fingerprint != self.manifest.fingerprint:
            raise IndexMismatch(
                f"索引是用模型 {self.manifest.model} 建的，现在用的是 {self._embedder.name}",
                hint=f"换回原来的模型，或用现在的模型重建：{self._rebuild(self._embedder)}",
            )
        return self._embedder

    @property
    def store(self) -> VectorStore:
        if self._store is None:
            self._store = store.opened(self.generation)
        return self._store

    @property
    def lexical(self) -> Lexical:
        if self._lexical is None:
            self._lexical = Lexical.opened(self.generation / generations.LEXICAL)
        return self._lexical

    def _rebuild(self, model: UnitEmbedder) -> str:
        """The command that embeds this index anew with `model`."""
        if not model.locator:
            return "rag.build(config, embedder=模型)"
        return f'rag build --index "{self.generation.parent}" --model "{model.locator}"'

    def warm(self) -> None:
        """Begin to load the model, for a process that has one question: it loads while words are looked up."""
        self._warming = threading.Thread(target=self._load, name="index-warm", daemon=True)
        self._warming.start()

    def _load(self) -> None:
        with suppress(RagError):  # whoever asks for the model is told
            self.embedder.encode_query(["暖"])

    def close(self) -> None:
        """Let go of the files."""
        if self._warming:
            self._warming.join()  # a process must not end inside the model's own code
        self.tables.close()
        self._store = self._lexical = None

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
