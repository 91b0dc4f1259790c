"""The bytes of an input file, and nothing that only looks like one."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

MOST_BYTES = 100_000_000
"""A table of three million rows is smaller."""
UNSEEN = re.compile(
    "[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]"
)
"""Signs that show nothing: of control, of direction, hyphens and spaces without width (joiners are part of words)."""
_MIXED = re.compile(
    "[A-Za-z\\u00c0-\\u024f][\\u0370-\\u03ff\\u0400-\\u052f]|[\\u0370-\\u03ff\\u0400-\\u052f][A-Za-z\\u00c0-\\u024f]"
)


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


def odd_sign(text: str) -> tuple[int, str, str] | None:
    """Where a text has a sign that makes it another text than it looks, what it is, and what to do; None for nowhere.

    text : of a cell or a file.
    """
    unseen = UNSEEN.search(text)
    if unseen:
        message = f"a sign that cannot be seen (U+{ord(unseen[0]):04X}), read as it stands"
        return unseen.start(), message, "delete it"
    mixed = None if text.isascii() else _MIXED.search(text)
    if not mixed:
        return None
    other = max(mixed[0])
    message = f"letters of two alphabets in one word ({other!r}, U+{ord(other):04X}), read as they stand"
    return mixed.start(), message, "write the word anew"
