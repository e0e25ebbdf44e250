"""BM25 over character uni- and bigrams in tantivy. Queries are built as objects, so text is words, never syntax."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tantivy

from rag.errors import IndexDamaged
from rag.text import simplified, width_folded

WRITER_MEMORY = 64_000_000
READER_LOCK = ".tantivy-meta.lock"
LOCKS = (READER_LOCK, ".tantivy-writer.lock")
MOST_QUERY_TERMS = 256
_WORDS = re.compile(r"[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def folded(text: str) -> str:
    """`text` as it is matched: width and case folded, simplified characters. Never for display."""
    return simplified(width_folded(text).lower())


def runs(text: str) -> list[str]:
    """The runs of Hanzi and of ASCII letters or digits in `text`, folded."""
    return _WORDS.findall(folded(text))


def terms(text: str) -> list[str]:
    """Single Hanzi, their bigrams, and words of letters or digits, folded, in reading order."""
    found: list[str] = []
    for run in runs(text):
        if run[0].isascii():
            found.append(run)
            continue
        found += list(run)
        found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found


class Lexical:
    """A BM25 index on disk, opened for reading."""

    def __init__(self, index: Any, schema: Any) -> None:
        self._searcher = index.searcher()
        self._schema = schema

    @classmethod
    def opened(cls, folder: Path) -> Lexical:
        """Raises IndexDamaged when the files cannot be read."""
        try:
            index = tantivy.Index(_schema(), path=str(folder), reuse=True)
            index.config_reader("Manual")  # a generation never changes: no thread to watch its files
            return cls(index, _schema())
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"词语索引读不出来：{folder.name}", hint="重建索引：rag build --full") from error

    def search(
        self, text: str, k: int, *, beside: Mapping[str, float] | None = None, ids: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The k best by BM25 as (id, score), best first, ties by id; among `ids` only, if given.

        `beside` are further texts and what a match of each is worth: their terms count where `text` has them not.
        """
        weights = dict.fromkeys(terms(text), 1.0)
        for words, weight in (beside or {}).items():
            for word in terms(words):
                weights.setdefault(word, weight)
        rows = [(word, weight) for word, weight in weights.items() if weight > 0][:MOST_QUERY_TERMS]
        parts = [(tantivy.Occur.Should, self._term(word, weight)) for word, weight in rows]
        return self._found(parts, k, ids)

    def holders(self, words: str, k: int, *, ids: Sequence[int] | None = None) -> list[int]:
        """At most k passages with all characters and bigrams of `words`: every one that holds them, and maybe more."""
        parts = [(tantivy.Occur.Must, self._term(word, 1.0)) for word in dict.fromkeys(terms(words))]
        return [key for key, _ in self._found(parts[:MOST_QUERY_TERMS], k, ids)]

    def frequency(self, term: str) -> int:
        """In how many passages a term (a Hanzi, a bigram, a word) stands."""
        return int(self._searcher.doc_freq("text", term))

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def _term(self, word: str, weight: float) -> Any:
        query = tantivy.Query.term_query(self._schema, "text", word)
        return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)

    def _found(self, parts: list[Any], k: int, ids: Sequence[int] | None) -> list[tuple[int, float]]:
        if not parts or k <= 0:
            return []
        query = tantivy.Query.boolean_query(parts)
        if ids is not None:
            among = tantivy.Query.term_set_query(self._schema, "cid", list(ids))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
            )
        hits = self._searcher.search(query, k, count=False).hits
        keys = self._searcher.fast_field_values("cid", [address for _, address in hits]) if hits else []
        rows = [(int(key), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]
        return sorted(rows, key=lambda row: (-row[1], row[0]))


def is_lockable(folder: Path) -> bool:
    """Whether tantivy gets the lock it needs to open an index in `folder`; permissions do not tell that on Windows."""
    try:
        (folder / READER_LOCK).open("ab").close()
    except OSError:
        return False
    return True


def is_immutable(name: str) -> bool:
    """Whether a file of that name is written once and then only read, so that two generations may share it."""
    return name != "meta.json" and not name.startswith(".")


def dead_share(folder: Path, removed: int) -> float:
    """The share of rows in the index in `folder` that are deleted, or will be with `removed` more; 1 if unreadable.

    Deleted rows still count in the idf of their words, until the segments that hold them are written anew.
    """
    try:
        segments = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
        rows = sum(segment["max_doc"] for segment in segments)
        dead = sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 1.0
    return float((dead + removed) / rows) if rows else 1.0


def write(folder: Path, rows: Iterable[tuple[int, str]], removed: Sequence[int] = ()) -> None:
    """Add (id, text) rows to the index in `folder` (made if empty) after dropping `removed`. Raises OSError."""
    schema = _schema()
    try:
        index = tantivy.Index(schema, path=str(folder), reuse=True)
        writer = index.writer(WRITER_MEMORY, 1)
        for key in removed:
            writer.delete_documents_by_term("cid", key)
        for key, text in rows:
            # Document(cid=…) would make a signed field of another type and end the writer's thread.
            writer.add_document(tantivy.Document.from_dict({"cid": key, "text": " ".join(terms(text))}, schema))
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as error:  # how tantivy reports a full disk
        raise OSError(f"词语索引：{error}") from error
    for lock in LOCKS:
        (folder / lock).unlink(missing_ok=True)


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("cid", stored=True, indexed=True, fast=True)
    builder.add_text_field("text", stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()
