"""Seconds by stage, for a build's report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up what stages take; what one stage does inside another counts for the inner one alone."""

    def __init__(self, *stages: str) -> None:
        self._taken = dict.fromkeys(stages, 0.0)
        self._inner = 0.0

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        outer, self._inner, start = self._inner, 0.0, time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self._taken[stage] += took - self._inner
            self._inner = outer + took

    @property
    def seconds(self) -> dict[str, float]:
        return {stage: round(taken, 3) for stage, taken in self._taken.items()}
