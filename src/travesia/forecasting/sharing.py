"""People in camps day by day, from the total: who is there stays, who comes is split."""

from __future__ import annotations

import numpy as np

from travesia.forecasting.past import Floats

EMPTY = 1e-300
FULL = 0.01
"""A full camp still takes this share of its capacity, so that somebody is left to take those who come."""


def shared(
    total: Floats,
    first: Floats,
    pull: Floats,
    *,
    evidence_people: Floats,
    capacity: Floats | None = None,
    room_power: Floats | None = None,
) -> Floats:
    """People at each camp on each day [member, day, camp], from the total.

    total : people in all camps [day]. first : those counted on its first day [camp]; nobody where none was. pull :
    the share of those who come that each camp draws [member, day, camp]. evidence_people : [member]; n people counted
    on the first day weigh n/(n + evidence) against the pull, as shares of those who come. capacity : [camp], NaN or 0
    where it is not known; a camp then draws by pull × room^room_power [member], room what is free of it, at most
    the total. A gain of the total is split so, a loss is taken from all alike.
    """
    members, days, _ = pull.shape
    counted = float(first.sum())
    trust = (counted / (counted + evidence_people))[:, None] if counted > 0 else np.zeros((members, 1))
    before = first / counted if counted > 0 else np.zeros_like(first)
    found = np.zeros(pull.shape)
    here = np.zeros((members, first.size))
    for day in range(days):
        gain = total[day] - here.sum(axis=1, keepdims=True)
        if day == 0 and counted > 0:
            here = np.repeat(first[None] * (total[0] / counted), members, axis=0)
        elif day == 0 or total[day] >= total[day - 1]:
            draw = pull[:, day]
            if capacity is not None and room_power is not None:
                draw = _by_room(draw, here, capacity, float(total[day]), room_power)
            here = here + np.maximum(gain, 0.0) * (trust * before + (1.0 - trust) * draw)
        else:
            here = here * (max(total[day], 0.0) / np.maximum(here.sum(axis=1, keepdims=True), EMPTY))
        found[:, day] = here
    return found


def _by_room(draw: Floats, here: Floats, capacity: Floats, total: float, power: Floats) -> Floats:
    """Shares of those who come, [member, camp], by the pull and by what is free."""
    whole = max(total, 1.0)
    most = np.minimum(np.where(capacity > 0, capacity, whole), whole)
    room = np.maximum(most - here, np.maximum(FULL * most, 1e-9))
    weight = draw * (room / whole) ** power[:, None]
    summed = weight.sum(axis=1, keepdims=True)
    return np.where(summed > EMPTY, weight / np.maximum(summed, EMPTY), draw)
