"""The track `allocation`: the true total of every day is given, and people are split over camps uncounted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting import skill
from travesia.forecasting.allocate import allocate
from travesia.forecasting.attraction import attraction
from travesia.forecasting.methods import MODEL
from travesia.forecasting.past import Floats, Ints
from travesia.forecasting.signals import pulls
from travesia.observed import camp_counts
from travesia.scenario import CAMPS, FleeSettings, Scenario
from travesia.score import ard

Allocator = Callable[[Scenario, Floats], Floats]
"""People at each camp on each day [day, camp], or quantiles of them [day, camp, member].

Given the scenario with the counts of day 0 alone (camps in the order of its places), and the true total [day].
"""


def without_counts(scenario: Scenario, *, blank: bool) -> Scenario:
    """The scenario with no count of a camp but those of day 0. blank : capacities are taken away too."""
    table = scenario.observations
    counted = (table["quantity"] == "present") & (table["kind"] == "stock")
    first = pd.to_datetime(table["date_from"]) <= pd.Timestamp(scenario.settings.start)
    known = scenario.with_table("observations", table[~counted | first].reset_index(drop=True))
    if not blank:
        return known
    known = known.with_table("places", known.places.assign(capacity=float("nan")))
    movement = known.settings.movement
    if isinstance(movement, FleeSettings):
        movement = movement.model_copy(update={"capacities": "blank"})
    return known.with_settings(known.settings.model_copy(update={"movement": movement}))


def allocation_scores(scenario: Scenario, methods: Mapping[str, Allocator], *, blank: bool) -> pd.DataFrame:
    """Averaged relative difference and scaled CRPS of each method on one case.

    scenario : with every count; those of Flee's camps on every day, as Flee reads them, are what came. methods : by
    name. blank : capacities are taken away. Columns: case, method, ard (rescaled, of the median), scaled_crps. Raises
    UsageError where nobody was counted in a camp.
    """
    came = camp_counts(scenario)[1].T.astype(float)
    if came.sum() <= 0:
        raise UsageError(
            f"{scenario.name}: nobody was counted in a camp, so there is nothing to split; leave the case out, or give "
            "observations of people present at its camps"
        )
    known, rows = without_counts(scenario, blank=blank), []
    for name, method in methods.items():
        said = np.asarray(method(known, came.sum(axis=1)), dtype=float)
        members = said if said.ndim == 3 else said[:, :, None]
        crps = skill.crps(members.reshape(-1, members.shape[2]), came.reshape(-1)).sum()
        rescaled, _ = ard(np.median(members, axis=2)[None], came)
        rows.append(
            {
                "case": scenario.name,
                "method": name,
                "ard": float(rescaled[0]),
                "scaled_crps": float(crps / max(came.sum(), 1.0)),
            }
        )
    return pd.DataFrame(rows)


def equal(known: Scenario, total: Floats) -> Floats:
    """Each camp that can be reached the same."""
    return _split(_usable(known), total)


def by_capacity(known: Scenario, total: Floats) -> Floats:
    """As large as the camps that can be reached are said to be; each the same where that is not known."""
    capacity = known.places["capacity"].fillna(0.0).to_numpy(dtype=float)[_camps(known)]
    return _split(_usable(known) * (capacity if capacity.sum() > 0 else 1.0), total)


def by_distance(known: Scenario, total: Floats) -> Floats:
    """Who was there on day 0 stays; who comes later is split by nearness to where people leave."""
    return _grown(known, total, pulls(known, _camps(known)).nearness * _usable(known))


def by_gravity(known: Scenario, total: Floats) -> Floats:
    """As by distance, with the pull falling with its square and every place in conflict alike."""
    return _grown(known, total, pulls(known, _camps(known)).gravity * _usable(known))


def _model(known: Scenario, total: Floats) -> Floats:
    return allocate(known, total)


ALLOCATORS: dict[str, Allocator] = {
    "equal": equal,
    "capacity": by_capacity,
    "distance": by_distance,
    "gravity": by_gravity,
    MODEL: _model,
}
"""The naive splits, and the model's, by name."""


def _usable(known: Scenario) -> Floats:
    """1 where a camp is open and can be reached [day, camp], else 0."""
    found = attraction(known)
    return found.open[found.state].astype(float)


def _camps(known: Scenario) -> Ints:
    return np.flatnonzero(known.places["kind"].isin(CAMPS).to_numpy())


def _split(weight: Floats, total: Floats) -> Floats:
    found: Floats = _or_equal(weight) * total[:, None]
    return found


def _grown(known: Scenario, total: Floats, pull: Floats) -> Floats:
    """Day 0 kept, each day's gain split by that day's pull, each day's loss taken from all alike."""
    first = camp_counts(known)[1][:, 0].astype(float)
    found = np.zeros((total.size, first.size))
    found[0] = first if first.sum() > 0 else _split(_or_equal(pull[:1]), total[:1])[0]
    for day in range(1, total.size):
        gain, before = total[day] - total[day - 1], found[day - 1]
        if gain >= 0:
            found[day] = before + gain * _or_equal(pull[day : day + 1])[0]
        else:
            found[day] = before * max(total[day], 0.0) / max(before.sum(), 1e-300)
    return found


def _or_equal(pull: Floats) -> Floats:
    whole = pull.sum(axis=1, keepdims=True)
    found: Floats = np.where(whole > 0, pull / np.maximum(whole, 1e-300), 1.0 / pull.shape[1])
    return found
