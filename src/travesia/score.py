"""How far a result is from what was observed, in the measure Flee's users know."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from travesia.errors import UsageError
from travesia.observed import camp_counts, daily_series
from travesia.result import Result
from travesia.scenario import FleeSettings


def ard(simulated: ArrayLike, observed: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Averaged relative difference of each replicate, rescaled and normal; 0 is perfect.

    simulated : people [replicate, day, place]. observed : people [day, place]. Per day Σ|simulated −
    observed| / max(1, Σ observed), then the mean over days; rescaled, the simulated total of each day is
    first scaled to the observed one (0 where nobody is simulated). 2 is the worst a rescaled one can be. Both
    in the same unit. Raises UsageError where shapes do not fit. Source: Suleimenova, Bell & Groen (2017),
    equations 1-2, as FabFlee's validation computes it.
    """
    sim, obs = np.asarray(simulated, dtype=float), np.asarray(observed, dtype=float)
    if sim.ndim != 3 or sim.shape[1:] != obs.shape or obs.size == 0:
        raise UsageError(
            f"simulated has the shape {sim.shape} and observed {obs.shape}; give [replicate, day, place] and "
            "[day, place] of the same days and places"
        )
    totals = sim.sum(axis=2, keepdims=True)
    scale = np.divide(obs.sum(axis=1)[None, :, None], totals, out=np.zeros_like(totals), where=totals > 0)
    return _mean_difference(sim * scale, obs), _mean_difference(sim, obs)


def scores(result: Result) -> dict[str, float]:
    """The averaged relative difference where people at camps were observed, else nothing.

    result : of a run. Returns ard_rescaled (0 perfect, 2 worst) and ard_normal (0 perfect), means over the replicates:
    the sum over camps of |simulated − counted| over the number counted in all, the mean over days (Suleimenova, Bell &
    Groen 2017), as Flee computes it; see `scores_by_replicate`.
    """
    return {name: float(values.mean()) for name, values in scores_by_replicate(result).items()}


def scores_by_replicate(result: Result) -> dict[str, NDArray[Any]]:
    """The averaged relative difference of each replicate where people at camps were observed, else nothing.

    result : of a run. Returns ard_rescaled and ard_normal [replicate], of the places of kind camp and idp_camp.
    Counts are compared in units of `hasten` people, as Flee compares its agents: an observation is cut to whole
    units, on the days between two it is interpolated, and a camp of a Flee folder without observations counts as
    empty.
    """
    movement = result.scenario.settings.movement
    hasten = movement.hasten if isinstance(movement, FleeSettings) else 1
    camps, counts = camp_counts(result.scenario, hasten=hasten)
    observed = {*camps} & {*daily_series(result.scenario)[0]}
    if not observed:
        return {}
    if movement.rule != "flee":
        rows = [row for row, camp in enumerate(camps) if camp in observed]
        camps, counts = [camps[row] for row in rows], counts[rows]
    people = result.total("people").sel(place=camps).transpose("replicate", "date", "place").values
    rescaled, normal = ard(people / hasten, counts[:, : people.shape[1]].T)
    return {"ard_rescaled": rescaled, "ard_normal": normal}


def _mean_difference(sim: NDArray[Any], obs: NDArray[Any]) -> NDArray[Any]:
    wrong: NDArray[Any] = np.abs(sim - obs[None]).sum(axis=2) / np.maximum(obs.sum(axis=1), 1)
    mean: NDArray[Any] = wrong.mean(axis=1)
    return mean
