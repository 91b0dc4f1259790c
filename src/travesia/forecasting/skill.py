"""How good a forecast was: proper scores, coverage, and the differences Flee's users know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scoringrules
from numpy.typing import ArrayLike, NDArray

from travesia.errors import UsageError

Floats = NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is told."""


def crps(members: ArrayLike, observed: ArrayLike) -> Floats:
    """The continuous ranked probability score of each forecast, in its own unit; 0 is perfect.

    members : forecast [forecast, member]; the members stand for the whole distribution. observed : what came
    [forecast]. Raises UsageError where shapes do not fit. Source: Gneiting & Raftery (2007), equation 21.
    """
    drawn, came = _pair(members, observed)
    return np.asarray(scoringrules.crps_ensemble(came, drawn, backend="numpy"), dtype=float)


def log_crps(members: ArrayLike, observed: ArrayLike) -> Floats:
    """The CRPS of log(1 + people): errors as ratios, alike for small and large places.

    members, observed, raised : as for `crps`; both 0 or more. Source: Bosse et al. (2023), section 2.
    """
    drawn, came = _pair(members, observed)
    return crps(np.log1p(drawn), np.log1p(came))


def upper_tail_crps(members: ArrayLike, observed: ArrayLike, threshold: ArrayLike) -> Floats:
    """The CRPS that looks only at numbers above a threshold: how well a surge was seen.

    members, observed, raised : as for `crps`. threshold : people [forecast] or one. Source: Gneiting & Ranjan
    (2011), equation 4, with weight 1 above the threshold.
    """
    drawn, came = _pair(members, observed)
    least = np.broadcast_to(np.asarray(threshold, dtype=float), came.shape)
    return crps(np.maximum(drawn, least[:, None]), np.maximum(came, least))


def energy_score(members: ArrayLike, observed: ArrayLike) -> Floats:
    """The CRPS of several places at once: also how they go together is scored.

    members : [forecast, member, place]. observed : [forecast, place]. Raises UsageError where shapes do not
    fit. Source: Gneiting & Raftery (2007), equation 22.
    """
    drawn, came = np.asarray(members, dtype=float), np.asarray(observed, dtype=float)
    if drawn.ndim != 3 or came.shape != (drawn.shape[0], drawn.shape[2]):
        raise UsageError(
            f"members has the shape {drawn.shape} and observed {came.shape}; give [forecast, member, place] and "
            "[forecast, place]"
        )
    return np.asarray(scoringrules.es_ensemble(came, drawn, backend="numpy"), dtype=float)


def covered(members: ArrayLike, observed: ArrayLike, levels: Sequence[float] = LEVELS) -> dict[float, Floats]:
    """Whether what came is inside each central interval, 1 or 0, by level.

    members, observed, raised : as for `crps`. levels : shares of the forecast's probability.
    """
    drawn, came = _pair(members, observed)
    inside = {}
    for level in levels:
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
        inside[level] = ((low <= came) & (came <= high)).astype(float)
    return inside


def pit(members: ArrayLike, observed: ArrayLike) -> Floats:
    """The probability integral transform of each forecast: uniform from 0 to 1 where forecasts are calibrated.

    members, observed, raised : as for `crps`. Ties count half: with few members, and many zeros, it is not quite
    uniform. Source: Czado, Gneiting & Held (2009), equation 1 at its mean.
    """
    drawn, came = _pair(members, observed)
    below = (drawn < came[:, None]).mean(axis=1)
    return np.asarray(below + (drawn == came[:, None]).mean(axis=1) / 2, dtype=float)


def mase(errors: ArrayLike, history: Sequence[Floats]) -> float:
    """The mean absolute error over that of saying, within the history, that nothing changes from count to count.

    errors : forecast minus observed. history : counts known at the origin, by place. NaN where nothing changed.
    Source: Hyndman & Koehler (2006), with the step from one count to the next.
    """
    steps = np.concatenate([np.abs(np.diff(counts)) for counts in history]) if history else np.zeros(0)
    scale = steps.mean() if steps.size else 0.0
    return float(np.abs(np.asarray(errors, dtype=float)).mean() / scale) if scale > 0 else float("nan")


def _pair(members: ArrayLike, observed: ArrayLike) -> tuple[Floats, Floats]:
    drawn, came = np.asarray(members, dtype=float), np.asarray(observed, dtype=float)
    if drawn.ndim != 2 or came.shape != drawn.shape[:1] or drawn.shape[1] == 0:
        raise UsageError(
            f"members has the shape {drawn.shape} and observed {came.shape}; give [forecast, member] and [forecast]"
        )
    return drawn, came
