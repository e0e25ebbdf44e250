"""When sample files change: one signal after each burst, for building anew. Knows nothing of what a build does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from rag.read import READERS, UNREAD, given, zipped

QUIET_MS = 800  # a burst ends when nothing has changed for so long: office programs save in several steps
LONGEST_MS = 10_000
LOOK_MS = 200


def bursts(roots: Sequence[Path], index: Path, stop: Event | None = None) -> Iterator[bool]:
    """True after each burst of changes below `roots`, False in between, until `stop`; `index` is passed over.

    The first value says that watching has begun: nothing that changes afterwards is missed.
    """
    from watchfiles import watch

    def concerns(_: object, name: str) -> bool:
        path = Path(name)
        if index in (path, *path.parents) or path.name.startswith((".", "~$")):
            return False
        if path.suffix.lower() == given.SUFFIX:
            path = path.with_suffix("")  # a sidecar is of the sample it names
        return path.suffix.lower() in (*READERS, *UNREAD, zipped.SUFFIX) or not path.suffix  # a folder that moved

    for changes in watch(
        *roots, watch_filter=concerns, debounce=LONGEST_MS, step=QUIET_MS, stop_event=stop, rust_timeout=LOOK_MS,
        yield_on_timeout=True,
    ):  # fmt: skip
        yield bool(changes)
