"""The split of a known total over camps, as draws: parameters from other conflicts, and what nobody knows of a camp."""

from __future__ import annotations

import numpy as np

from travesia.forecasting.attraction import attraction, pull
from travesia.forecasting.hyperpriors import PARAMETERS, Hyper, shipped
from travesia.forecasting.past import Floats
from travesia.forecasting.sharing import shared
from travesia.observed import camp_counts
from travesia.resampling import resample
from travesia.scenario import CAMPS, Scenario

MEMBERS = 99


def allocate(
    known: Scenario,
    total: Floats,
    *,
    hyper: Hyper | None = None,
    origin: int = 0,
    members: int = MEMBERS,
    seed: int = 0,
) -> Floats:
    """People at each camp on each day, as equally likely members [day, camp, member].

    known : the scenario with no count after the origin; camps in the order of its places. Capacities are used where
    it has any. total : people in all camps [day], the true one. hyper : what other conflicts say, those shipped by
    default; cases of the same camps do not count. origin : the day up to which there are counts:
    until then they hold. members : how many. seed : of the effects of camps. The formulas stand in docs/allocation.md.
    """
    learnt, found = hyper or shipped(), attraction(known)
    own = learnt.like(found.camps)
    capacity = capacities(known)
    track = "blank" if capacity is None else "given"
    chosen = resample(learnt.weights(track, without=own), members)
    drawn = {name: learnt.draws[name][chosen] for name in PARAMETERS}
    spread = learnt.effects_spread(track, without=own)
    effects = camp_effects(members, len(found.camps), seed=seed) * spread
    drawing = pull(found, drawn["distance_power"], drawn["newest_boost"], effects)
    counts = camp_counts(known)[1].T[: origin + 1].astype(float)
    return np.moveaxis(follow(drawing, drawn, total, counts, capacity), 0, 2)


def follow(
    drawing: Floats, drawn: dict[str, Floats], total: Floats, counts: Floats, capacity: Floats | None
) -> Floats:
    """The counts as far as they go, then the split of the total [member, day, camp].

    drawing : the share of those who come that each camp draws [member, day, camp]. drawn : each of `PARAMETERS`
    [member]. total : [day]. counts : from day 0 to the origin [day, camp].
    """
    origin = len(counts) - 1
    later = shared(
        total[origin:],
        counts[-1],
        drawing[:, origin : len(total)],
        evidence_people=drawn["evidence_people"],
        capacity=capacity,
        room_power=drawn["room_power"],
    )
    before = np.repeat(counts[None, :-1], len(later), axis=0)
    return np.concatenate([before, later], axis=1)


def capacities(known: Scenario) -> Floats | None:
    """Capacity of each camp [camp], None where no camp has any."""
    kinds = known.places["kind"].isin(CAMPS)
    capacity = known.places["capacity"][kinds].to_numpy(dtype=float)
    return capacity if (capacity > 0).any() else None


def camp_effects(members: int, camps: int, *, seed: int) -> Floats:
    """Standard normal effects [member, camp]; each member has its mirror image, so that none is favoured."""
    half = np.random.default_rng(seed).standard_normal(((members + 1) // 2, camps))
    return np.concatenate([half, -half])[:members]
