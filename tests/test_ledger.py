"""The ledger adds up with the stocks: what measures did explains every change of who is where, and what they are.

On random networks of the rule `goal` with every kind of measure it has, by day and replicate. Stochastic runs
agree exactly, the central run within rounding.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from verification.networks import TRAVEL, random_goal

from travesia.ensemble import simulate
from travesia.measure_table import KINDS
from travesia.result import Result
from travesia.scenario import Outputs

BY = ("travel", "caravan", "attempt")
PARTIES = {name: (value.adults, value.children) for name, value in TRAVEL.items()}


def run(seed: int, policy: str, expected: bool) -> Result:
    """A few replicates of a random network, counted by who people are and by attempt."""
    made = random_goal(seed)
    told = made.with_settings(made.settings.model_copy(update={"outputs": Outputs(by=BY)}))
    return simulate(told, replicates=1 if expected else 3, seed=seed, policy=policy, expected=expected)


def everybody(result: Result, *keep: str) -> xr.DataArray:
    """Who has departed, wherever they are by now, up to each day: at places, on legs, at the end of their story."""
    data = result.data
    outcomes = data["outcomes"].cumsum("date")
    parts = (data["people"], data["in_transit"], outcomes)
    return sum((summed(part, *keep) for part in parts[1:]), summed(parts[0], *keep))


def summed(array: xr.DataArray, *keep: str) -> xr.DataArray:
    """The sum over all but the replicates, the dates and these."""
    return array.sum([dim for dim in array.dims if dim not in ("replicate", "date", *keep)])


def events(result: Result, *measures: str, attempt: str = "") -> xr.DataArray:
    """People to whom any of these measures happened, [replicate, date]. attempt : they were on; all if blank."""
    known = [name for name in measures if name in result.data["measure"]]
    found = result.data["events"].sel(measure=known).sum("measure")
    return summed(found.sel(attempt=attempt) if attempt else found)


def same(left: xr.DataArray, right: xr.DataArray, expected: bool) -> None:
    """Whether two counts agree: exactly, or as far as real numbers do."""
    gap = abs(left.transpose("replicate", "date").values - right.transpose("replicate", "date").values).max()
    assert gap < 1e-6 if expected else gap == 0


def bands_are_conserved(result: Result) -> None:
    """Whatever joins or splits: adults and children, each on its own, are all somewhere each day."""
    departed, now = summed(result.data["departed"], "travel").cumsum("date"), everybody(result, "travel")
    for band in (0, 1):
        shares = [PARTIES[str(name)][band] / sum(PARTIES[str(name)]) for name in now["travel"].values]
        gap = (departed - now) * xr.DataArray(shares, coords={"travel": now["travel"]})
        assert float(abs(gap.sum("travel")).max()) < 1e-6


@examples(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(["actual", "strict"]), st.booleans())
def test_the_ledger_adds_up_with_the_stocks(seed: int, policy: str, expected: bool) -> None:
    result = run(seed, policy, expected)
    data = result.data
    same(summed(data["departed"]).cumsum("date"), everybody(result), expected)
    bands_are_conserved(result)

    # ends of the story: whoever died or was admitted is in the ledger of a measure, and only they
    outcomes = summed(data["outcomes"], "outcome")
    same(outcomes.sel(outcome="died"), events(result, "hurt", "drown"), expected)
    same(outcomes.sel(outcome="admitted"), events(result, "visa"), expected)

    # the centre: raids bring people in; transfer and release take them out at once, flights home a day later
    held = summed(data["people"].sel(place="centre"))
    home = events(result, "fly_back").shift(date=1, fill_value=0)
    change = events(result, "raid") - events(result, "move", "free") - home
    same(held, change.cumsum("date"), expected)

    # families: 4 people become 2 adults and 2 children, 3 become 2 and 1; reunions are the same backwards
    departed = summed(data["departed"], "travel").cumsum("date")
    now = everybody(result, "travel")
    gone = {name: events(result, name).cumsum("date") for name in ("split", "tear", "join", "rejoin")}
    small, large = gone["tear"] - gone["join"], gone["split"] - gone["rejoin"]
    lost = {"family": small, "large_family": large, "alone": -2 / 3 * small - large / 2}
    lost["child"] = -small / 3 - large / 2
    for name, people in lost.items():
        gap = (departed.sel(travel=name) - now.sel(travel=name) - people).values
        assert abs(gap).max() < 1e-6, name

    # caravans that broke up
    main = summed(data["departed"].sel(caravan="main")).cumsum("date") - events(result, "scatter").cumsum(
        "date"
    )
    same(summed(everybody(result, "caravan").sel(caravan="main")), main, expected)

    # attempts: who is on a second has set off again once
    tries = everybody(result, "attempt")
    first = events(result, "again", "again_p1", attempt="1").cumsum("date")
    second = events(result, "again", "again_p1", attempt="2").cumsum("date")
    same(tries.sel(attempt="1"), summed(data["departed"]).cumsum("date") - first, expected)
    same(tries.sel(attempt="2"), first - second, expected)
    same(tries.sel(attempt="3+"), second, expected)


def test_every_kind_is_in_the_networks_and_happens() -> None:
    """Each kind that acts on people has events in one of ten networks, and dated changes stand in each."""
    kinds = dict[str, float]()
    for seed in range(10):
        made = random_goal(seed)
        assert {"close", "corridor", "capacity", "share_information", *KINDS} <= set(made.measures["kind"])
        told = run(seed, "actual", False).data["events"].sum(["replicate", "date", *BY])
        kind_of = dict(zip(made.measures["measure"], made.measures["kind"], strict=True))
        for name in told["measure"].values:
            kind = kind_of[str(name)]
            kinds[kind] = kinds.get(kind, 0.0) + float(told.sel(measure=name))
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 0, kinds


def test_a_ledger_that_does_not_add_up_is_seen() -> None:
    """One event more than happened, and the stocks of the centre no longer follow from the ledger."""
    result = run(3, "actual", False)
    data = result.data.copy(deep=True)
    data["events"].loc[{"measure": "raid", "date": data["date"][0]}] += 1
    wrong = replace(result, data=data)
    held = summed(data["people"].sel(place="centre"))
    home = events(wrong, "fly_back").shift(date=1, fill_value=0)
    change = events(wrong, "raid") - events(wrong, "move", "free") - home
    with pytest.raises(AssertionError):
        same(held, change.cumsum("date"), False)
