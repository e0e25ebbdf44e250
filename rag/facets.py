"""What ranking and filters ask of every report, as columns: a question is put to each distinct value once.

A corpus has thousands of reports and a few dozen 文种, posts and years, so ranking all of them costs next to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.datatypes import Profile

FACTS = ("genre", "role", "unit", "year", "person", "occasion")
FIELDS = ("family", "systems", "is_material")
FEWEST_TO_CENTRE = 3
NEUTRAL = 0.5
COSINE_SPAN = 0.5  # a centred cosine of this much is as alike as headlines get
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """The distinct values of a fact over all reports, and which of them each report has. None: nothing says it."""

    values: tuple[str | None, ...]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, row: Iterable[str | None]) -> Column:
        places: dict[str | None, int] = {}
        codes = np.fromiter((places.setdefault(value, len(places)) for value in row), dtype=np.int32)
        return cls(tuple(places), codes)

    def map(self, answer: Callable[[str | None], float | bool]) -> Floats:
        """`answer` of each report's value, asked once a distinct value."""
        return np.array([answer(value) for value in self.values], dtype=np.float64)[self.codes]

    def __getitem__(self, place: int) -> str | None:
        return self.values[int(self.codes[place])]

    def counted(self) -> list[tuple[str, int]]:
        """Each known value and in how many reports it stands, most frequent first."""
        counts = np.bincount(self.codes, minlength=len(self.values)).tolist()
        rows = [(value, count) for value, count in zip(self.values, counts, strict=True) if value]
        return sorted(rows, key=lambda row: (-row[1], row[0]))


@dataclass(frozen=True, slots=True)
class Facets:
    """Every report: ids, paths, and a `Column` for each fact. `places` maps an id to its row.

    `systems` holds JSON lists, `is_material` "1" or "0", as SQLite gives them.
    """

    ids: tuple[int, ...]
    paths: tuple[str, ...]
    columns: dict[str, Column]
    places: dict[int, int]

    @classmethod
    def of_rows(cls, rows: Sequence[Any]) -> Facets:
        """From rows of (id, path, *FACTS, *FIELDS)."""
        names = (*FACTS, *FIELDS)
        by_field = list(zip(*rows, strict=True)) if rows else [()] * (2 + len(names))
        ids = tuple(by_field[0])
        columns = {name: Column.of(values) for name, values in zip(names, by_field[2:], strict=True)}
        return cls(ids, tuple(by_field[1]), columns, {i: place for place, i in enumerate(ids)})

    @classmethod
    def of_profiles(cls, profiles: Sequence[Profile]) -> Facets:
        """From profiles that no index holds; their places are their ids."""
        return cls.of_rows(
            [
                (
                    place,
                    "",
                    *(given.value(name) for name in FACTS),
                    given.family,
                    json.dumps(given.systems, ensure_ascii=False, separators=(",", ":")),
                    "1" if given.is_material else "0",
                )
                for place, given in enumerate(profiles)
            ]
        )

    def value(self, document: int, name: str) -> str | None:
        """A fact of the report with id `document`."""
        return self.columns[name][self.places[document]]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Headlines:
    """What each report is about as a whole (title, post, section titles), around the mean of them all.

    Vectors of one model lie close together, so cosines tell apart only around their mean. `rows` are unit,
    float32[n, dim], in the order of `Facets`.
    """

    mean: NDArray[np.float32]
    rows: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Headlines:
        """From the unit rows of all headlines."""
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        norms = np.linalg.norm(centred, axis=1, keepdims=True)
        return cls(mean, np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0))

    def likeness(self, vector: NDArray[np.float32]) -> Floats:
        """How near each report as a whole is to a request's vector, 0..1; NEUTRAL where there are too few to tell."""
        if len(self.rows) < FEWEST_TO_CENTRE:
            return np.full(len(self.rows), NEUTRAL)
        asked = vector - vector @ self.mean / max(float(self.mean @ self.mean), 1e-9) * self.mean
        norm = float(np.linalg.norm(asked)) or 1.0
        # Not `@`: BLAS would wake threads for a matter of microseconds, and wait for them where cores are busy.
        cosines = np.asarray(np.vecdot(self.rows, asked), dtype=np.float64) / norm
        return np.clip(cosines / COSINE_SPAN, 0.0, 1.0)
