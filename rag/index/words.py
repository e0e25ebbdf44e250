"""Where the words of a generation are opened: where they lie, or in a copy in the cache if that cannot be written.

<cache>/lexical/<index>/g-3f2a91c0    the copy asked for last; of an index the cache keeps no other
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from rag import lexical
from rag.config import cache_folder
from rag.errors import IndexDamaged, RagError
from rag.index import generations
from rag.index.generations import REBUILD

LOCK, ASIDE = "lock", ".aside"


def openable(words: Path) -> Path:
    """`words`, or a copy of that folder: tantivy locks what it opens, even for reading, and a shared drive may refuse.

    Raises IndexDamaged when the folder is gone, and RagError when the cache cannot take the copy.
    """
    if lexical.is_lockable(words):
        return words
    if not words.is_dir():
        raise IndexDamaged(f"词语索引不见了：{words.parent.name}", hint=REBUILD)
    index = hashlib.sha256(os.fsencode(words.parent.parent.resolve())).hexdigest()[:16]
    copies = cache_folder() / "lexical" / index
    try:
        return _copied(words, copies)
    except OSError as error:
        if not words.is_dir():  # a build has removed it meanwhile
            raise IndexDamaged(f"词语索引不见了：{words.parent.name}", hint=REBUILD) from error
        raise RagError(
            f"索引所在的文件夹不能写，要用的文件抄不进缓存：{error.strerror or error}（{copies}）",
            hint="检查缓存文件夹的空间和权限，或用环境变量 RAG_CACHE_DIR 换一个",
        ) from error


def _copied(words: Path, copies: Path) -> Path:
    from filelock import FileLock

    copy = copies / words.parent.name
    if copy.is_dir():
        return copy
    copies.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(copies / LOCK):
        if copy.is_dir():  # another process was first
            return copy
        for old in copies.glob("g-*"):  # purged words must not live on here
            generations.drop(old, copies / f"{ASIDE}-{old.name}")
        for left in copies.glob(f"{ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = copies / ASIDE
        shutil.copytree(words, aside, ignore=shutil.ignore_patterns(*lexical.LOCKS), copy_function=shutil.copyfile)
        aside.chmod(0o700)  # the mode it was copied with may be that of a read-only folder
        aside.rename(copy)
    return copy
