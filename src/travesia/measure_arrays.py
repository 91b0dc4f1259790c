"""Measures as the kernel has them: arrays, and the words by which their numbers are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from travesia.cohorts import Floats, Ints

# moments at which a measure meets people (bits), what its target is, what becomes of the destination
MORNING, LEAVE, ARRIVE, NIGHT, SHELTER, HARM = 1, 2, 4, 8, 16, 32
MOMENTS = 6  # how many there are
TO_PLACE, TO_STAY, TO_BACK, TO_OUTCOME, TO_PARTY, TO_REUNITE = range(6)
KEEP_AIM, DROP_AIM, DRAW_AIM = range(3)
COMPETING, BESIDE, REUNITING = range(3)  # the turns in which the measures of one moment act
ATTEMPTS = 3  # attempts are told apart up to "3 or more"


class Measures(NamedTuple):
    """Measures as arrays; `share` already holds multipliers and the shocks of the replicate."""

    at_start: Ints  # [place, then directed leg, then end]: which measures stand there
    at: Ints
    moments: Ints  # [measure] bits
    turn: Ints  # [measure] COMPETING where it moves people or holds them, else BESIDE or REUNITING
    share: Floats  # [day, measure] 0 where it does not act
    standing: Ints  # [day, place] `moments` of what acts there or on a leg to it, MOMENTS bits for each turn
    quota: Floats  # [day, measure] people, inf where there is no limit
    limited: Ints  # the measures that have a limit on some day
    meets: Ints  # [measure, group]
    target_kind: Ints
    target: Ints
    list_start: Ints  # [measure] its waiting lists
    list_measure: Ints  # [list]
    list_place: Ints  # [list] where those who wait are held
    list_back: Ints  # [list] the place the target `back` means for them
    wait_days: Floats  # [measure] days on the waiting list; with `waits_geometric` their mean
    waits_geometric: Ints
    aim: Ints
    attempts: Ints  # [measure] 1 where it starts a new attempt
    party_start: Ints  # [measure × groups + group]: which parties one party becomes
    party_group: Ints
    party_count: Floats
    aim_weight: Floats  # [group × aims] shares of the destinations


class Meeting(NamedTuple):
    """Scratch of one round; `size` is [parties, moved, overflowed]."""

    code: Ints
    count: Floats  # type: ignore[assignment]  # a tuple has a method of this name
    time: Floats
    lists: Ints  # [party] how many measures it meets
    measure: Ints  # [party × width + j]
    share: Floats
    hits: Floats
    left: Floats  # [measure] what is left of today's quota
    moved_code: Ints  # people moved, put back when the round is over
    moved_count: Floats
    size: Ints
    weight: Floats
    out: Floats
    shock: NDArray[np.uint64]
