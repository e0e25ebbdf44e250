"""Taking files of one generation over into the next, at no cost in bytes where the file system can do so."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

LINUX_COPY_BYTES = 1 << 30
_CANNOT = {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM}


def copied(source: Path, target: Path) -> None:
    """A copy of its own: blocks are shared where the file system can (reflink), and parted when either is written."""
    copy = getattr(os, "copy_file_range", None)
    if copy is None:
        shutil.copyfile(source, target)
        return
    with source.open("rb") as old, target.open("wb") as new:
        left = os.fstat(old.fileno()).st_size
        try:
            while left > 0 and (moved := copy(old.fileno(), new.fileno(), min(left, LINUX_COPY_BYTES))):
                left -= moved
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
    if left:
        shutil.copyfile(source, target)


def linked(source: Path, target: Path) -> None:
    """The same file under a second name, for files that nobody ever writes to; a copy where links are not to be had."""
    try:
        target.hardlink_to(source)
    except OSError:
        copied(source, target)
