"""Small disks that are full, for a test alone."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="made with Linux's namespaces")


@cache
def own_mounts() -> list[str]:
    """The words before a command that give it mounts of its own; a skip where this user may have none."""
    trial = ["sh", "-c", 'mount -t tmpfs none /mnt && exec "$0" -V', sys.executable]
    for words in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        try:
            tried = subprocess.run([*words, *trial], capture_output=True, check=False)
        except FileNotFoundError:
            break
        if tried.returncode == 0:
            return words
    pytest.skip("neither as root nor in a user namespace may a disk be mounted here")


def on_a_disk(disk: Path, kilobytes: int, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell beside a small disk that only it sees, and that goes with it."""
    disk.mkdir()
    mounting = f"mount -t tmpfs -o size={kilobytes}k none {shlex.quote(str(disk))}"
    words = [*own_mounts(), "bash", "-c", f"{mounting} || exit 99\n{script}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def filled(disk: Path, left_kb: int) -> str:
    """What fills a disk up to so many kB."""
    free = f"$(df --output=avail {disk} | tail -n 1)"
    return f"head -c $(( ({free} - {left_kb}) * 1024 )) /dev/zero > {disk}/filler"


def typed(words: Sequence[str | Path]) -> str:
    return shlex.join(str(word) for word in words)
