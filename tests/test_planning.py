"""Needs of places: by hand on a short road, and rules that hold for any numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fake_result import make_result, make_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from journeys import ALONE, FAMILIES, PLACES, central, road, series

from travesia.composition import WHO, composition
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.headlines import QUANTILES
from travesia.incoming import geometric_wait, shifted
from travesia.planning import Needs, first_over, needs, next_days
from travesia.result import Result
from travesia.scenario import GroupValue, Parameter, Policy, Prior

HELD = {"measure": "hold", "kind": "detain", "place": "post", "share": 0.5, "target": "cell"}
KIT = {"unit": "piece", "edition": "1", "source": "assumption"}


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame([{"indicator": i, "per": per, "amount": a, **KIT} for i, per, a in rows])


def medians(found: Needs, place: str, quantity: str, who: str = "") -> list[float]:
    rows = found.daily[(found.daily["place"] == place) & (found.daily["quantity"] == quantity)]
    return list(rows.loc[(rows["who"] == who) | (who == ""), "median"])


def row_of(found: Needs, place: str) -> dict[str, Any]:
    rows = found.places[found.places["place"] == place].to_dict("records")
    assert len(rows) == 1
    return {str(k): v for k, v in rows[0].items()}


def with_people(result: Result, place: str, counts: list[list[float]]) -> Result:
    """The same result with other people at one place, [replicate, date], all in the first group."""
    data = result.data.copy(deep=True)
    data["people"].loc[{"place": place}] = 0
    first = {d: data[d].values[0] for d in data["people"].dims if d not in ("replicate", "date", "place")}
    data["people"].loc[{"place": place, **first}] = np.array(counts)
    return replace(result, data=data)


# --- by hand


def test_the_detained_are_counted_where_they_are_brought() -> None:
    """1,000 walk half a day to the post; half are taken to the cell that day, the others go on to the city."""
    result = central(road(HELD))
    found = needs(result)
    day = int(series(result, "events", "hold").argmax())
    assert medians(found, "post", "arrivals")[0] == pytest.approx(1000)
    assert medians(found, "cell", "present")[day] == pytest.approx(500)
    assert medians(found, "cell", "arrivals")[day] == pytest.approx(500)
    assert medians(found, "cell", "water")[day] == pytest.approx(15 * 500)
    assert medians(found, "cell", "toilet")[day] == pytest.approx(500 / 20)
    assert medians(found, "cell", "covered_area")[day] == pytest.approx(3.5 * 500)
    assert medians(found, "cell", "food")[day] == pytest.approx(2100 * 500)
    assert medians(found, "cell", "health_worker")[day] == pytest.approx(23 * 500 / 10_000)
    assert medians(found, "city", "arrivals", "person")[day] == pytest.approx(500)
    assert row_of(found, "cell")["first_arrival_median"] == result.dates[day]
    assert row_of(found, "cell")["kind"] == "detention"


def test_the_returned_are_counted_at_home_when_they_get_there() -> None:
    back = {
        "measure": "back",
        "kind": "return",
        "place": "cell",
        "share": 1.0,
        "target": "town",
        "after_days": 2,
    }
    result = central(road(HELD, back, days=6))
    found = needs(result, places=["town"])
    day = int(series(result, "events", "back").argmax())
    arrivals = medians(found, "town", "arrivals")
    assert arrivals[day + 2] == pytest.approx(500)
    assert sum(arrivals) == pytest.approx(500)
    stock = medians(found, "town", "present", "person")
    assert stock[day + 2] - stock[day + 1] == pytest.approx(500)
    assert medians(found, "town", "arrivals_3_days", "person")[day] == pytest.approx(500)
    assert np.isnan(medians(found, "town", "arrivals_3_days", "person")[-3:]).all()
    assert np.isnan(medians(found, "town", "arrivals_14_days", "person")).all()


def test_who_waits_a_random_time_arrives_on_average_then() -> None:
    """A central run: the waiting list of the engine empties as the geometric wait says."""
    back = {
        "measure": "back",
        "kind": "return",
        "place": "cell",
        "share": 1.0,
        "target": "town",
        "mean_days": 2.0,
    }
    result = central(road(HELD, back, days=9))
    found = needs(result, places=["town"])
    stock = np.array(medians(found, "town", "present", "person"))
    arrivals = np.array(medians(found, "town", "arrivals"))
    assert np.diff(stock)[1:] == pytest.approx(arrivals[2:], abs=1e-6)
    assert arrivals.max() > 100


def test_families_by_hand() -> None:
    """All in families of two adults and a child: 999 people at the town on a day they may not leave."""
    stop = {"measure": "stop", "kind": "block", "place": "town", "share": 1.0}
    result = central(road(stop, groups={"travel": FAMILIES["travel"]}, departures=[
        {"departure": "march", "kind": "known", "place": "town", "people": 999}
    ]))  # fmt: skip
    indicators = table(
        ("kit", "family", 1),
        ("meal", "adult", 3),
        ("meal", "child", 4),
        ("women", "adult", 0.25),
        ("pad", "woman", 2),
    )
    found = needs(result, indicators=indicators, places=["town"], dates=[str(result.dates[0].date())])
    counts = {
        who: medians(found, "town", "present", who)[0] for who in ("person", "adult", "child", "family")
    }
    assert counts == pytest.approx({"person": 999, "adult": 666, "child": 333, "family": 333})
    assert medians(found, "town", "present", "woman") == pytest.approx([166.5])
    assert medians(found, "town", "present", "man") == pytest.approx([499.5])
    assert medians(found, "town", "present", "unaccompanied_child") == pytest.approx([0])
    assert medians(found, "town", "kit") == pytest.approx([333])
    assert medians(found, "town", "meal") == pytest.approx([3 * 666 + 4 * 333])
    assert medians(found, "town", "pad") == pytest.approx([333])
    assert found.notes[0].startswith("Women are taken as 25 % of adults")


def test_gender_tells_women_where_it_is_there() -> None:
    groups = {
        "travel": {"alone": GroupValue(adults=1), "family": GroupValue(adults=1, children=1, share=0.0)},
        "gender": {"female": GroupValue(share=0.4), "male": GroupValue()},
    }
    stop = {"measure": "stop", "kind": "block", "place": "town", "share": 1.0}
    result = central(road(stop, groups=groups, by=("travel", "gender")))
    found = needs(result, places=["town"], dates="fullest")
    assert medians(found, "town", "present", "woman") == pytest.approx([400])
    assert medians(found, "town", "present", "man") == pytest.approx([600])
    assert not [note for note in found.notes if "omen" in note]


def test_ages_that_are_not_told_are_not_made_up() -> None:
    found = needs(central(road(groups=ALONE)), indicators=table(("bed", "person", 1), ("cot", "child", 1)))
    assert set(found.daily["who"]) == {"person"}
    assert set(found.indicators["indicator"]) == {"bed"}
    assert any("cannot be told apart: no kind of party" in note for note in found.notes)
    assert "Left out: cot per child, who cannot be counted here." in found.notes
    split = needs(central(road(groups=FAMILIES, by=("caravan",))))
    assert "the result does not keep 'travel'" in split.notes[0]


def test_first_arrival_and_peak_and_capacity_by_hand() -> None:
    """Four replicates: over 80 on day 1, on day 2, never, and exactly full (which is not over)."""
    counts = [[0, 90, 70, 0], [10, 20, 81, 95], [0, 0, 0, 0], [80, 80, 80, 80]]
    scenario = make_scenario(days=4)
    scenario.tables["places"].loc[scenario.places["place"] == "mexico", "capacity"] = 80.0
    result = with_people(make_result(scenario, replicates=4), "mexico", counts)
    found = row_of(needs(result, places=["mexico"]), "mexico")
    days = result.dates
    assert found["capacity"] == 80
    assert found["over"] == 0.5
    assert found["first_over_median"] == days[1]
    assert (found["first_over_low90"], found["first_over_high90"]) == (days[1], days[2])
    assert found["peak_people_median"] == pytest.approx(np.median([90, 95, 0, 80]))
    assert found["peak_date_median"] == days[1]  # of days 1, 3 and 0; nobody is ever there in one replicate
    assert found["fullest"] == days[2]  # the means are 22.5, 47.5, 57.75, 43.75


def test_capacity_follows_the_policy_and_its_parameters() -> None:
    places = [*PLACES[:3], {**PLACES[3], "capacity": "room"}]
    more = {"measure": "more", "kind": "capacity", "place": "cell", "policy": "wide", "capacity": 10_000}
    parameters = {
        "room": Parameter(value=400, prior=Prior(kind="uniform", low=100, high=900), source="assumption")
    }
    policies = {"actual": Policy(), "wide": Policy(include=["actual"])}
    scenario = road(HELD, more, places=places, parameters=parameters, policies=policies)
    result = simulate(scenario, replicates=40, seed=3)
    there = result.total("people").sel(place="cell").values
    room = result.data["parameters"].sel(parameter="room").values
    over = (there > room[:, None]).any(axis=1).mean()
    assert 0.1 < over < 0.9
    assert row_of(needs(result), "cell")["over"] == pytest.approx(over)
    wide = simulate(scenario, replicates=4, seed=3, policy="wide")
    assert row_of(needs(wide), "cell")["over"] == 0
    assert row_of(needs(wide), "cell")["capacity"] == 10_000


def test_places_without_capacity_have_no_probability() -> None:
    found = row_of(needs(central(road(HELD))), "cell")
    assert np.isnan(found["capacity"])
    assert np.isnan(found["over"])
    assert pd.isna(found["first_over_median"])


def test_costs_and_totals_by_hand() -> None:
    """Two replicates, three nights: 10 + 20 + 30 people, and 0 + 0 + 100; a price of 2, from 1 to 5."""
    result = make_result(make_scenario(days=3), replicates=2)
    result = with_people(result, "guate", [[10, 20, 30], [0, 0, 100]])
    prices = table(
        ("cost", "person", 2.0), ("bed", "person", 1.0), ("meal", "adult", 3.0), ("meal", "child", 4.0)
    )
    prices["unit"] = ["USD/day", "bed", "meal/day", "meal/day"]
    prices["low"], prices["high"] = [1.0, np.nan, np.nan, 4.0], [5.0, np.nan, np.nan, 6.0]
    prices.loc[3, ["low", "high"]] = [4.0, 6.0]
    found = needs(result, indicators=prices, places=["guate"])
    last = found.daily[found.daily["date"] == result.dates[2]].set_index(["quantity", "who"])
    people = [30, 100]
    for band, price in {"median": 2, "low50": 1, "high50": 5, "low90": 1, "high90": 5}.items():
        assert last.at[("cost", "person"), band] == pytest.approx(
            price * np.quantile(people, QUANTILES[band])
        )
    adults, children = (last.loc[("present", who)] for who in ("adult", "child"))
    meals = last.loc[("meal", "adult+child")]
    assert meals["median"] == pytest.approx(3 * adults["median"] + 4 * children["median"])
    assert meals["high90"] == pytest.approx(3 * adults["high90"] + 6 * children["high90"])
    totals = found.totals.set_index(["place", "quantity"])
    assert set(totals.loc["guate"].index) == {"nights", "arrivals", "cost", "meal"}
    assert totals.at[("guate", "nights"), "median"] == pytest.approx(80)  # of 60 and 100
    assert totals.at[("guate", "cost"), "median"] == pytest.approx(160)
    assert totals.at[("guate", "cost"), "low90"] == pytest.approx(np.quantile([60, 100], 0.05))
    assert totals.at[("guate", "cost"), "high90"] == pytest.approx(5 * np.quantile([60, 100], 0.95))
    assert totals.at[("guate", "cost"), "unit"] == "USD"


def test_totals_of_all_places_are_sums_in_each_replicate() -> None:
    """Where one place is full when the other is empty, the total does not vary."""
    result = make_result(make_scenario(days=1), replicates=2)
    result = with_people(with_people(result, "guate", [[0], [70]]), "mexico", [[70], [0]])
    found = needs(result, indicators=table(("kit", "arrival", 1.0)), places=["guate", "mexico"])
    nights = found.totals[found.totals["quantity"] == "nights"].set_index("name")
    assert nights.loc["All places", list(QUANTILES)].tolist() == [70] * 5
    assert set(nights["kind"]) == {"", *found.places["kind"]}
    together = found.totals[found.totals["place"] == "all"]
    assert "arrivals" not in set(together["quantity"])
    assert "kit" in set(together["quantity"])


def test_places_people_only_pass_are_told_where_asked() -> None:
    found = needs(central(road()), places=["post"])
    assert [note for note in found.notes if note.startswith("Nobody spends a night at post")]
    assert not [note for note in needs(central(road())).notes if note.startswith("Nobody")]


def test_the_returned_are_told() -> None:
    back = {"measure": "back", "kind": "return", "place": "cell", "share": 1.0, "target": "town"}
    notes = needs(central(road(HELD, back, days=6))).notes
    assert [note for note in notes if note.startswith("The returned are counted at night at town")]


def test_nobody_anywhere() -> None:
    result = make_result(departing=0)
    empty = result.data.map(lambda values: values * 0)
    found = needs(replace(result, data=empty))
    assert found.places.empty
    assert found.daily.empty
    assert found.totals.empty
    asked = needs(replace(result, data=empty), places=["mexico"], dates=["2021-01-20"])
    assert row_of(asked, "mexico")["arrives"] == 0
    assert pd.isna(row_of(asked, "mexico")["peak_date_median"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"places": ["mexiko"]}, "no place 'mexiko' in the run; did you mean 'mexico'?"),
        ({"dates": ["2022-01-01"]}, "2022-01-01 is no day of the run; it goes from 2021-01-14 to 2021-02-02"),
        (
            {"dates": ["yesterday-ish"]},
            "'yesterday-ish' is no date; write it as year-month-day, like 2021-01-14",
        ),
        ({"dates": "peak"}, "dates 'peak': give a list of days, 'all' or 'fullest'"),
        (
            {"indicators": "none.csv"},
            "no file 'none.csv'; name a CSV file of indicators, or leave --indicators out",
        ),
    ],
)
def test_what_is_not_there_is_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        needs(make_result(), **arguments)
    assert str(error.value) == message


def test_a_place_goes_by_its_name_or_id_however_capitalised() -> None:
    result = make_result()
    table = result.scenario.places
    named = table.assign(name=[f"Name of {place.title()}" for place in table["place"]])
    result = replace(result, scenario=result.scenario.with_table("places", named))
    for word in ("mexico", "MEXICO", "name of mexico", "Name of Mexico"):
        assert list(needs(result, places=[word]).places["place"]) == ["mexico"]
    assert len(needs(result, places=["MEXICO", "name of mexico"]).places) == 1
    both = replace(result, scenario=result.scenario.with_table("places", table.assign(name="Here")))
    with pytest.raises(UsageError, match=r"no place 'here' in the run; it may be .*guate or .*mexico"):
        needs(both, places=["here"])


def test_results_do_not_depend_on_what_is_asked() -> None:
    result = make_result(replicates=7)
    whole = needs(result)
    one = needs(result, places=["guate"], dates=["2021-01-20"])
    rows = whole.daily[(whole.daily["place"] == "guate") & (whole.daily["date"] == "2021-01-20")]
    pd.testing.assert_frame_equal(rows.reset_index(drop=True), one.daily)
    summary = whole.places[whole.places["place"] == "guate"].reset_index(drop=True)
    pd.testing.assert_frame_equal(summary, one.places)


def test_replicates_in_blocks_are_the_same() -> None:
    result = make_result(replicates=7)
    made = composition(result.scenario, result.data["people"], women_share=0.3)
    there = result.data["people"].sel(place="guate", drop=True)
    whole = made.count(there)
    assert made.who == WHO
    np.testing.assert_array_equal(whole[..., 0], result.total("people").sel(place="guate").values)
    for most_cells in (1, 50, 90):
        np.testing.assert_allclose(made.count(there, most_cells=most_cells), whole)


# --- for any numbers


PEOPLE = arrays(np.int64, (5, 6), elements=st.integers(0, 10_000))


@settings(max_examples=40)
@given(people=PEOPLE, times=st.integers(1, 50))
def test_needs_are_linear_in_people(people: np.ndarray, times: int) -> None:
    result = make_result(make_scenario(days=6), replicates=5)
    indicators = table(
        ("water", "person", 15), ("both", "adult", 2), ("both", "child", 3), ("kit", "arrival", 1)
    )
    once = needs(with_people(result, "guate", people.tolist()), indicators=indicators, places=["guate"])
    more = needs(
        with_people(result, "guate", (people * times).tolist()), indicators=indicators, places=["guate"]
    )
    at_night = ~once.daily["quantity"].str.startswith("arrivals") & (once.daily["quantity"] != "kit")
    for band in QUANTILES:
        a, b = once.daily.loc[at_night, band].to_numpy(), more.daily.loc[at_night, band].to_numpy()
        np.testing.assert_allclose(b, times * a, rtol=1e-9, atol=1e-4)
        same = once.daily.loc[~at_night, band].to_numpy(), more.daily.loc[~at_night, band].to_numpy()
        np.testing.assert_array_equal(*same)


@settings(max_examples=100)
@given(people=PEOPLE, room=st.integers(0, 10_000), more=st.integers(0, 5_000))
def test_more_room_is_never_fuller_nor_earlier(people: np.ndarray, room: int, more: int) -> None:
    narrow, first = first_over(people, np.full((1, 6), float(room)))
    wide, later = first_over(people, np.full((1, 6), float(room + more)))
    assert wide <= narrow
    assert len(later) <= len(first)
    if len(later):
        assert later.max() >= first.min()
    assert narrow == np.mean(people.max(axis=1) > room)


@settings(max_examples=100)
@given(arrivals=PEOPLE, days=st.integers(1, 8))
def test_windows_are_sums_of_the_days_ahead(arrivals: np.ndarray, days: int) -> None:
    found = next_days(arrivals.astype(float), days)
    for day in range(6):
        if day + days < 6:
            np.testing.assert_array_equal(found[:, day], arrivals[:, day + 1 : day + 1 + days].sum(axis=1))
        else:
            assert np.isnan(found[:, day]).all()


@settings(max_examples=60)
@given(taken=arrays(np.float64, (3, 6, 2), elements=st.floats(0, 1000)), wait=st.integers(0, 8))
def test_waits_create_and_lose_nobody(taken: np.ndarray, wait: int) -> None:
    late = shifted(taken, np.array([float(wait)]))
    np.testing.assert_allclose(late.sum(axis=1), taken[:, : max(0, 6 - wait)].sum(axis=1))
    mean = np.array([1.0 + wait])
    spread = geometric_wait(taken, mean)
    assert (spread.cumsum(axis=1)[:, 1:] <= taken.cumsum(axis=1)[:, :-1] + 1e-6).all()
    if wait == 0:
        np.testing.assert_allclose(spread, shifted(taken, np.array([1.0])))
