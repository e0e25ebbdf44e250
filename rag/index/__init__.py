"""An index opened for reading: the chunk table, the vectors, the words, and the model they were made with."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from rag import embed
from rag.config import Config
from rag.datatypes import Manifest
from rag.embed import Embedder, UnitEmbedder
from rag.errors import IndexDamaged, IndexMismatch, IndexMissing, RagError
from rag.index import checksums, generations, parts
from rag.index.originals import Originals
from rag.index.tables import Tables
from rag.lexical import Lexical
from rag.store import VectorStore


class Index:
    """An index, open. Threads may share it; use it as a context manager, or keep it open as long as a server runs.

    It reads one generation, until `pinned` notices that a newer one serves.
    """

    def __init__(self, opened: parts.Parts, config: Config, models: Models) -> None:
        self.config = config
        self._parts = opened
        self._models = models
        self._damage: dict[str, IndexDamaged] = {}
        self._lock = threading.Lock()
        self._warming: threading.Thread | None = None

    @classmethod
    def open(cls, path: str | Path | Config, *, embedder: Embedder | None = None) -> Index:
        """Open the index in folder `path` (or of a `Config`).

        Raises IndexMissing, IndexDamaged, or IndexMismatch when `embedder` or this software is another than built it.
        """
        config = path if isinstance(path, Config) else Config.load(index=path)
        return cls(parts.opened(config.index_folder), config, Models(config, embedder))

    def pinned(self) -> Index:
        """This index as of now, for one question: no build changes what the answer reads, not even halfway.

        Costs the reading of one line, unless a newer generation serves: then that is opened. Where it cannot be
        opened, the one in hand goes on. Raises IndexDamaged for what a background check found in the one in hand.
        """
        with self._lock:
            self._renew()
            if damage := self._damage.get(self.generation.name):
                raise damage
            return Index(self._parts, self.config, self._models)

    def check_in_background(self) -> threading.Thread:
        """Hash every file of the generation in hand, once, as a server does when it starts; `pinned` raises what it
        finds. The thread ends by itself and holds nobody up."""
        thread = threading.Thread(target=self._check, args=(self.generation,), name="index-check", daemon=True)
        thread.start()
        return thread

    @property
    def generation(self) -> Path:
        return self._parts.generation

    @property
    def manifest(self) -> Manifest:
        return self._parts.manifest

    @property
    def tables(self) -> Tables:
        return self._parts.tables

    @property
    def lexical(self) -> Lexical:
        return self._parts.lexical

    @property
    def store(self) -> VectorStore:
        return self._parts.store

    @property
    def originals(self) -> Originals:
        """The files that the samples were read from, as they are now."""
        return self._parts.originals

    @property
    def embedder(self) -> UnitEmbedder:
        """The model the index was built with; loaded on first use. Raises IndexMismatch for another one."""
        found = self._models.of(self.manifest)
        if found.fingerprint != self.manifest.fingerprint:
            raise IndexMismatch(
                f"索引是用模型 {self.manifest.model} 建的，现在用的是 {found.name}",
                hint=f"换回原来的模型，或用现在的模型重建：{self._rebuild(found)}",
            )
        return found

    def warm(self) -> None:
        """Begin to load the model, for a process that has one question: it loads while words are looked up."""
        self._warming = threading.Thread(target=self._load, name="index-warm", daemon=True)
        self._warming.start()

    def close(self) -> None:
        """Let go of the files. A pinned view must not be in use any more."""
        if self._warming:
            self._warming.join()  # a process must not end inside the model's own code
        self._parts.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _load(self) -> None:
        with suppress(RagError):  # whoever asks for the model is told
            self.embedder.encode_query(["暖"])

    def _renew(self) -> None:
        folder = self.generation.parent
        try:
            if generations.current(folder) != self.generation:
                self._parts = parts.opened(folder)
        except (IndexMissing, IndexDamaged, IndexMismatch):
            return  # what is open is whole and stays readable

    def _check(self, generation: Path) -> None:
        try:
            checksums.check(generation, checksums.sums(generation), full=True)
        except IndexDamaged as error:
            if generation.is_dir():  # else a build has removed it, which is no damage
                self._damage[generation.name] = error

    def _rebuild(self, model: UnitEmbedder) -> str:
        """The command that embeds this index anew with `model`."""
        if not model.locator:
            return "rag.build(config, embedder=模型)"
        return f'rag build --index "{self.generation.parent}" --model "{model.locator}"'


class Models:
    """The embedding model of an index and all its views: the one given, else the one that a generation names."""

    def __init__(self, config: Config, given: Embedder | None) -> None:
        self._config = config
        self._is_given = given is not None
        self._loaded = embed.wrapped(given) if given is not None else None
        self._lock = threading.Lock()

    def of(self, manifest: Manifest) -> UnitEmbedder:
        """The model for a generation, loaded once; anew when a build has changed the model."""
        with self._lock:
            known = self._loaded
            if known is None or not (self._is_given or known.fingerprint == manifest.fingerprint):
                known = self._loaded = embed.load(self._config, before=manifest.locator)
            return known
