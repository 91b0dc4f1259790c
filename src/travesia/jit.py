"""How compiled functions are compiled: the decorators of the kernel.

`compiled` functions can be called from Python; the others only by compiled code. `inner` ones are pasted into their
caller: they are called for every cohort, and the named tuples of arrays they take would otherwise be copied field by
field at each call (measured: the run takes ten times as long). `outer` ones are called rarely, or take few arrays, and
stay functions, which keeps compilation short. `merged` ones are called from one place, and become part of it before
anything is compiled: a fifth less to compile. Reference counting is off: nothing in the kernel allocates.

What is compiled is kept on disk. Numba would use it again as long as the file of the `compiled` function is the same;
here it is compiled anew when any file of the kernel has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

njit: Any = numba.njit  # the options used below are not in its types
config: Any = numba.config
KEPT = {"nogil": True, "_nrt": False}
CONSTANTS = ("flee_columns.py", "measure_arrays.py")
PASTED = KEPT | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel_files() -> list[Path]:
    """All files with compiled functions, and those whose constants are compiled in."""
    here = Path(__file__)
    known = {here, *(here.with_name(name) for name in CONSTANTS)}
    every = sorted(here.parent.rglob("*.py"))
    return [path for path in every if path in known or b"from travesia.jit import" in path.read_bytes()]


@cache
def kernel_stamp() -> str:
    """The SHA-256 of `kernel_files`."""
    return sha256(b"".join(path.read_bytes() for path in kernel_files())).hexdigest()


class _Stamped:
    """Kept code is stale when any file of the kernel has changed."""

    _lineno: int

    def get_source_stamp(self) -> str:
        """What is compared with what was noted when the code was kept."""
        return kernel_stamp()

    def get_disambiguator(self) -> str:
        """A part of the names of the files: code of another kernel is never found under the same name."""
        return f"{self._lineno}-{kernel_stamp()[:12]}"


class KeptWhereTold(_Stamped, caching.UserProvidedCacheLocator):
    """In the folder NUMBA_CACHE_DIR."""


class KeptBeside(_Stamped, caching.InTreeCacheLocator):
    """Beside the source, where that can be written."""


class KeptAtHome(_Stamped, caching.UserWideCacheLocator):
    """In the user's folder for such things."""


class _Kept(caching.FunctionCache):
    """Code on disk that a run can do without: where the disk is full it is compiled anew, and damaged files go."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code kept, if it can be had."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # whatever a file cut short by a power cut leads to
            with suppress(OSError):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code, if there is room."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the kernel that Python calls; compiled at its first call, or read from disk."""
    before = config.CACHE_LOCATOR_CLASSES
    places = (KeptWhereTold, KeptBeside, KeptAtHome)
    config.CACHE_LOCATOR_CLASSES = ",".join(f"{__name__}.{place.__name__}" for place in places)
    found: Any = njit(**KEPT)(function)
    try:
        found._cache = _Kept(function)  # type: ignore[no-untyped-call]
    except RuntimeError:  # no folder can be written: compile in each process
        pass
    finally:
        config.CACHE_LOCATOR_CLASSES = before
    return found  # type: ignore[no-any-return]


@contextmanager
def quick_compilation() -> Iterator[None]:
    """Have LLVM optimise at its first level: a tenth less to compile, and runs that are as fast to a percent."""
    before = config.OPT
    config.OPT = type(before)(min(before, 1))
    try:
        yield
    finally:
        config.OPT = before


inner: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(forceinline=True, **PASTED)
merged: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(inline="always", **PASTED)
outer: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(**PASTED)
