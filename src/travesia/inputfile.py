"""The bytes of an input file, and nothing that only looks like one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 100_000_000
"""A table of three million rows is smaller."""


def input_bytes(path: Path, *, most_bytes: int = MOST_BYTES) -> bytes:
    """The content of a file that a person has named or put into a folder.

    path : the file. most_bytes : it may have. Raises FileNotFoundError where nothing stands, OSError for anything
    but a regular file (a pipe would be waited for, a device read for ever) and for one that is too large.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise OSError(errno.EINVAL, "a link to nothing", str(path)) from None
        raise
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if found.st_size > most_bytes:
        raise OSError(errno.EFBIG, f"larger than {most_bytes // 1_000_000} MB", str(path))
    return path.read_bytes()
