"""What a build takes in: files read, understood and embedded, a batch at a time, so that memory holds one batch."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rag.config import Config
from rag.datatypes import FailedFile
from rag.embed import UnitEmbedder
from rag.embed.vector_cache import VectorCache
from rag.errors import SourceError
from rag.index import Index, preparing, rows, sources, tables
from rag.index.clock import Clock
from rag.index.rows import NewDocument
from rag.index.tables import Vectors
from rag.read import SampleFile, read
from rag.understanding import understood

BATCH_TEXTS = 2_000  # some sixty reports
EMBED_BATCH = 64
READING, EMBEDDING = "读取样本", "计算向量"

Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Reports that go in together, and the vectors of their texts by key."""

    documents: tuple[NewDocument, ...]
    vectors: Mapping[bytes, Vectors]


@dataclass(slots=True)
class Tally:
    """What came in so far. `digests` are by source path, `embedded` counts the vectors that were made."""

    digests: dict[str, str] = field(default_factory=dict)
    failed: list[FailedFile] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    embedded: int = 0
    keys: array[int] = field(default_factory=lambda: array("Q"))  # the first 64 bits of each, a batch at a time

    @property
    def vectors(self) -> int:
        """How many different texts needed one."""
        return len(np.unique(np.frombuffer(self.keys, dtype=np.uint64)))


@dataclass(frozen=True, slots=True)
class Intake:
    """How files become batches. Where the cache lacks a vector, it is looked for in the index `before`: in the report
    under the path it had (`was` maps new paths of renamed files to old ones) and in the reports that are `gone` (ids).
    """

    config: Config
    model: UnitEmbedder
    cache: VectorCache
    before: Index | None
    was: Mapping[str, str]
    gone: frozenset[int]
    clock: Clock
    say: Say
    tally: Tally = field(default_factory=Tally)

    def batches(self, files: Sequence[SampleFile]) -> Iterator[Batch]:
        """The readable ones of `files`, in the order of their ids (members of a .zip together), for a table that is
        written from its start to its end is dense. What cannot be read is a row of the tally. Raises what the model
        raises."""
        documents: list[NewDocument] = []
        texts: dict[bytes, str] = {}
        for place, file in enumerate(sorted(files, key=_order)):
            self.say(READING, place, len(files))
            with self.clock("read"):
                new = self._prepared(file, texts)
            if new:
                documents.append(new)
            if len(texts) >= BATCH_TEXTS:
                yield self._batch(documents, texts)
                documents, texts = [], {}
        if files:
            self.say(READING, len(files), len(files))
        if documents:
            yield self._batch(documents, texts)
        if self.tally.embedded:
            self.say(EMBEDDING, self.tally.embedded, self.tally.embedded)
        with self.clock("embed"):
            self.cache.trim()

    def _prepared(self, file: SampleFile, texts: dict[bytes, str]) -> NewDocument | None:
        """The rows of one file; None, and a row of the tally, where it cannot be read."""
        try:
            one = understood(sources.steadily(file.path, partial(read, file.path, file.name, self.config)))
        except SourceError as error:
            self.tally.failed.append(FailedFile(file.name, str(error), error.hint))
            return None
        document = one.report.document
        self.tally.digests[document.source.path] = document.source.sha256
        self.tally.remarks += [(document.source.path, remark) for remark in document.remarks]
        self.tally.left.update(dict(document.left))
        return preparing.prepared(one, self.model.fingerprint, texts)

    def _batch(self, documents: Sequence[NewDocument], texts: Mapping[bytes, str]) -> Batch:
        paths = {new.source.path for new in documents}
        among = {rows.document_id(path) for path in paths | {self.was[path] for path in paths & self.was.keys()}}
        with self.clock("embed"):
            vectors = self._embedded(texts, self.gone | among)
        self.tally.rows += sum(1 + len(new.chunks) + len(new.points) for new in documents)
        self.tally.keys.frombytes(b"".join(key[:8] for key in vectors))
        return Batch(tuple(documents), vectors)

    def _embedded(self, texts: Mapping[bytes, str], among: Set[int]) -> dict[bytes, Vectors]:
        """The vectors of `texts` by key, from the cache, else from the reports `among` (ids) of before, else made."""
        vectors = self.cache.get(texts)
        if self.before and len(vectors) < len(texts):
            known = _known_vectors(self.before, texts.keys() - vectors.keys(), among)
            self.cache.put(known)
            vectors |= known
        missing = [key for key in texts if key not in vectors]
        made, of = self.tally.embedded, self.tally.embedded + len(missing)
        for start in range(0, len(missing), EMBED_BATCH):
            self.say(EMBEDDING, made + start, of)
            some = missing[start : start + EMBED_BATCH]
            encoded = tables.rounded(self.model.encode_document([texts[key] for key in some]))
            fresh = dict(zip(some, encoded, strict=True))
            self.cache.put(fresh)  # a build that is interrupted goes on from here
            vectors |= fresh
        self.tally.embedded = of
        return vectors


def _order(file: SampleFile) -> tuple[int, int]:
    return rows.document_id(file.place), rows.document_id(file.name)


def _known_vectors(before: Index, wanted: Set[bytes], among: Set[int]) -> dict[bytes, Vectors]:
    known = before.tables.keyed_vectors(wanted, among)
    ids = before.tables.chunk_keys(wanted, among)
    return known | dict(zip(ids, before.store.get(list(ids.values())), strict=True))
