"""How compiled functions are compiled: the decorators of the kernel.

`compiled` functions can be called from Python; the others only by compiled code. `inner` ones are pasted into their
caller: they are called for every cohort, and the named tuples of arrays they take would otherwise be copied field by
field at each call (measured: the run takes ten times as long). `outer` ones are called rarely, or take few arrays, and
stay functions, which keeps compilation short. Reference counting is off: nothing in the kernel allocates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(cache=True, nogil=True, _nrt=False)
inner: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(
    nogil=True, _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
)
outer: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(
    nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True
)
