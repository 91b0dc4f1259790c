"""How much memory there is, and a word before more than that is asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path

from travesia.errors import UsageError

GIB = 1 << 30


def check_memory(needed_bytes: int, *, replicates: int) -> None:
    """Raise UsageError, with what to do, where a run needs more memory than there is; unknown memory is enough.

    needed_bytes : for all replicates together, which are so many.
    """
    free = available_bytes()
    if free is None or needed_bytes <= free:
        return
    fitting = free * replicates // needed_bytes
    remedy = f"at most {fitting:,} fit" if fitting else "not even one fits"
    raise UsageError(
        f"{replicates:,} replicate{'s' * (replicates != 1)} would need about {_gib(needed_bytes)} of memory, and "
        f"{_gib(free)} are free: {remedy}; take fewer replicates, fewer days, or fewer attributes in outputs.by"
    )


def available_bytes() -> int | None:
    """Memory this process can still get: what the machine has left, within the limits set for it; None if unknown."""
    found = [_machine_bytes(), _group_bytes(), _process_bytes()]
    return min((count for count in found if count is not None), default=None)


def _machine_bytes() -> int | None:
    told = re.search(r"^MemAvailable:\s+(\d+) kB", _text("/proc/meminfo"), re.MULTILINE)
    if told:
        return int(told[1]) * 1024
    try:  # what there is at all, where nothing says what is left
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _group_bytes() -> int | None:
    """What is left of the limit of a container (cgroup 2); its cache of files can be taken back."""
    most, used = (_text(f"/sys/fs/cgroup/memory.{name}").strip() for name in ("max", "current"))
    if not (most.isdigit() and used.isdigit()):
        return None
    cache = re.search(r"^inactive_file (\d+)", _text("/sys/fs/cgroup/memory.stat"), re.MULTILINE)
    return max(int(most) - int(used) + (int(cache[1]) if cache else 0), 0)


def _process_bytes() -> int | None:
    """What is left of a limit on the addresses of this process (`ulimit -v`)."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    used = _text("/proc/self/statm").split()
    if most == resource.RLIM_INFINITY or not used:
        return None
    return max(most - int(used[0]) * os.sysconf("SC_PAGE_SIZE"), 0)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _gib(count: int) -> str:
    return f"{count / GIB:,.1f} GiB" if count < 100 * GIB else f"{count / GIB:,.0f} GiB"
