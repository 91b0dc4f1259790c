"""Results: quantities, accounts, and what was observed beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fake_result import make_result, make_scenario

from travesia.errors import UsageError
from travesia.figures import OBSERVED_COLUMNS
from travesia.result import Result
from travesia.scenario import Quantity


def watching(**spec: object) -> Result:
    """A result with the one quantity `it`."""
    return make_result(make_scenario(quantities={"it": spec}))


def test_present_sums_places_and_groups() -> None:
    result = watching(present=["tapachula", "mexico"])
    people = result.data["people"]
    for replicate, day in ((0, 0), (4, 19), (2, 7)):
        want = sum(
            int(people.sel(place=p).isel(replicate=replicate, date=day).sum())
            for p in ("tapachula", "mexico")
        )
        assert int(result.quantity("it").isel(replicate=replicate, date=day)) == want
    assert result.quantity("it").dims == ("replicate", "date")
    assert result.quantity("it").dtype == np.int64


def test_present_is_never_cumulated() -> None:
    stock = watching(present=["mexico"], cumulative=True)
    assert (stock.quantity("it") == stock.total("people").sel(place="mexico")).all()


@pytest.mark.parametrize(
    ("spec", "variable", "label"),
    [
        ({"crossed": ["corinto>guate"]}, "crossed", {"leg": "corinto>guate"}),
        ({"events": ["block_corinto"]}, "events", {"measure": "block_corinto"}),
        ({"outcomes": ["died"]}, "outcomes", {"outcome": "died"}),
    ],
)
def test_flows_are_of_the_day_or_up_to_it(
    spec: dict[str, list[str]], variable: str, label: dict[str, str]
) -> None:
    daily = watching(**spec)
    array = daily.data[variable].sel(label).sum("travel").values
    assert np.array_equal(daily.quantity("it").values, array)
    assert np.array_equal(watching(**spec, cumulative=True).quantity("it").values, array.cumsum(axis=1))


def test_a_leg_of_the_table_counts_both_ways_and_a_directed_one_its_own() -> None:
    both = watching(crossed=["road"]).quantity("it")
    there = watching(crossed=["sps>corinto"]).quantity("it")
    back = watching(crossed=["corinto>sps"]).quantity("it")
    assert (both == there + back).all()
    assert int(back.sum()) > 0


def test_a_measure_of_another_policy_counts_nothing() -> None:
    assert int(watching(events=["other_policy"]).quantity("it").sum()) == 0


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"present": ["mexiko"]}, "mexico"),
        ({"crossed": ["sps>guate"]}, "sps>corinto"),
        ({"events": ["block_corint"]}, "block_corinto"),
        ({"outcomes": ["dies"]}, "died"),
    ],
)
def test_an_unknown_label_is_named_with_the_nearest(spec: dict[str, list[str]], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        watching(**spec).quantity("it")


def test_unknown_names() -> None:
    result = make_result()
    with pytest.raises(UsageError, match="did you mean 'stopped'"):
        result.quantity("stoped")
    with pytest.raises(UsageError, match="did you mean 'people'"):
        result.frame("peple")
    with pytest.raises(UsageError, match="0 to 4"):
        result.people_json(5)


def test_quantiles() -> None:
    result = make_result(replicates=11)
    table = result.quantiles("stopped", q=(0.0, 0.25, 0.975, 1.0))
    assert list(table.columns) == ["date", "q00", "q25", "q97.5", "q100"]
    series = result.quantity("stopped").values
    assert np.array_equal(table["q00"], series.min(axis=0))
    assert np.array_equal(table["q25"], np.quantile(series, 0.25, axis=0))
    assert list(result.quantiles("stopped").columns) == ["date", "q05", "q50", "q95"]


def test_frame_is_tidy_and_complete() -> None:
    result = make_result()
    table = result.frame("crossed")
    assert {"replicate", "date", "leg", "travel", "from", "to", "crossed"} == set(table.columns)
    assert len(table) == result.data["crossed"].size
    row = table[
        (table["replicate"] == 3) & (table["leg"] == "sps>corinto") & (table["travel"] == "family")
    ].iloc[4]
    array = result.data["crossed"].sel(replicate=3, leg="sps>corinto", travel="family")
    assert row["crossed"] == int(array.isel(date=4))


@pytest.mark.parametrize("mode", ["stochastic", "expected"])
def test_accounts_close(mode: str) -> None:
    result = make_result(mode=mode)  # type: ignore[arg-type]
    accounts = result.accounts()
    assert float(np.abs(accounts["missing"]).max()) == 0
    assert accounts["missing"].dtype == (np.int64 if mode == "stochastic" else np.float64)
    assert (accounts["departed"].diff("date") >= 0).all()


def test_someone_lost_is_missing() -> None:
    result = make_result()
    people = result.data["people"].copy(deep=True)
    people[1, 5, 2, 0] -= 3
    accounts = replace(result, data=result.data.assign(people=people)).accounts()
    assert int(accounts["missing"][1, 5]) == 3
    assert int(np.abs(accounts["missing"]).sum()) == 3


def test_people_json_adds_up() -> None:
    result = make_result()
    told = result.people_json(2)
    people = told["people"]
    assert people["departed"] == people["at_places"] + people["in_transit"] + sum(people["outcomes"].values())
    assert people["departed"] == int(result.data["departed"].sel(replicate=2).sum())
    assert told["events"]["block_corinto"] == int(
        result.data["events"].sel(replicate=2, measure="block_corinto").sum()
    )
    assert all(type(count) is int for count in [*people["outcomes"].values(), *told["events"].values()])


OBSERVATIONS = [
    {
        "quantity": "into_guatemala",
        "date_from": "2021-01-16",
        "date_to": "2021-01-18",
        "kind": "flow",
        "value": 900,
    }
    | {"reported_by": "IOM", "source": "iom"},
    {
        "quantity": "into_guatemala",
        "date_from": "2021-01-16",
        "kind": "flow",
        "value": 250,
        "reported_by": "IGM",
    },
    {"quantity": "into_guatemala", "date_from": "2021-01-20", "kind": "cumulative", "low": 100, "high": 300},
    {
        "quantity": "stopped",
        "date_from": "2021-01-20",
        "kind": "cumulative",
        "value": 400,
        "reported_by": "INM",
    },
    {
        "quantity": "stopped",
        "date_from": "2021-01-20",
        "kind": "cumulative",
        "value": 500,
        "reported_by": "press",
    },
    {"quantity": "stopped", "date_from": "2021-01-17", "date_to": "2021-01-19", "kind": "flow", "value": 120},
    {
        "quantity": "present",
        "place": "mexico",
        "date_from": "2021-01-21",
        "value": 300,
        "reported_by": "COMAR",
    },
    {
        "quantity": "present",
        "area": "Chiapas",
        "date_from": "2021-01-21",
        "value": 77,
        "reported_by": "COMAR",
    },
    {
        "quantity": "on_the_road",
        "date_from": "2021-01-10",
        "date_to": "2021-01-15",
        "kind": "flow",
        "value": 9,
    },
    {"quantity": "stopped", "date_from": "2031-01-20", "kind": "cumulative", "value": 123456},
]


@pytest.fixture(scope="module")
def observed() -> Result:
    return make_result(make_scenario(observations=OBSERVATIONS))


def rows(result: Result, day: str, quantity: str) -> pd.DataFrame:
    table = result.observed_table()
    return table[(table["date"] == day) & (table["quantity"] == quantity)]


def test_observed_table_has_every_date_of_every_series(observed: Result) -> None:
    table = observed.observed_table()
    assert tuple(table.columns) == OBSERVED_COLUMNS
    counts = table.drop_duplicates(["date", "quantity", "place"]).groupby(["quantity", "place"]).size()
    assert counts.drop(("present", "Chiapas")).eq(20).all()
    assert ("present", "mexico") in counts.index
    assert table["reported"].notna().sum() + (table["low"].notna()).sum() == 9
    assert 123456 not in set(table["reported"])
    assert not (table["reported_by"] == "nan").any()


def test_a_flow_over_days_is_compared_with_their_sum(observed: Result) -> None:
    found = rows(observed, "2021-01-18", "into_guatemala")
    assert list(found["reported"].fillna(0)) == [900, 0]
    three_days = observed.quantity("into_guatemala").sel(date=slice("2021-01-16", "2021-01-18")).sum("date")
    assert found["q50"].iloc[0] == float(three_days.median())
    assert found["q50"].iloc[1] == float(observed.quantity("into_guatemala").sel(date="2021-01-18").median())
    assert (found["source"].iloc[0], found["reported_by"].iloc[0]) == ("iom", "IOM")


def test_a_figure_of_the_day_replaces_the_blank_row(observed: Result) -> None:
    found = rows(observed, "2021-01-16", "into_guatemala")
    assert list(found["reported"]) == [250]
    assert list(found["q50"]) == [float(observed.quantity("into_guatemala").sel(date="2021-01-16").median())]


def test_two_reporters_have_two_rows(observed: Result) -> None:
    found = rows(observed, "2021-01-20", "stopped")
    assert list(found["reported_by"]) == ["INM", "press"]
    assert found["q50"].nunique() == 1


def test_cumulative_and_flow_figures_are_converted(observed: Result) -> None:
    entering = observed.quantity("into_guatemala")
    so_far = rows(observed, "2021-01-20", "into_guatemala")
    assert so_far["q50"].iloc[0] == float(entering.sel(date=slice(None, "2021-01-20")).sum("date").median())
    assert (so_far["low"].iloc[0], so_far["high"].iloc[0]) == (100, 300)
    stopped = observed.quantity("stopped")
    rise = stopped.sel(date="2021-01-19") - stopped.sel(date="2021-01-16")
    flow = rows(observed, "2021-01-19", "stopped").query("kind == 'flow'")
    assert flow["q50"].iloc[0] == float(rise.median())


def test_figures_that_cannot_be_compared_stay_with_blanks(observed: Result) -> None:
    before_the_run = rows(observed, "2021-01-15", "on_the_road").query("reported == 9")
    elsewhere = rows(observed, "2021-01-21", "present").query("place == 'Chiapas'")
    for found in (before_the_run, elsewhere):
        assert len(found) == 1
        assert found[["q05", "q50", "q95"]].isna().all(axis=None)


def test_a_quantity_without_anything_is_zero() -> None:
    assert Quantity() == Quantity(present=())
    assert int(watching().quantity("it").sum()) == 0


def test_it_shows_itself() -> None:
    result = make_result()
    text = repr(result)
    assert "fake, policy actual" in text
    assert "5 replicates, seed 1" in text
    assert "2021-01-14 to 2021-02-02 (20)" in text
    assert "0 in every replicate, every day" in text
    assert text.count("\n") < 10
    assert result._repr_html_().count("<tr>") == text.count("\n")
    people = result.data["people"] + 1
    assert "a defect" in repr(replace(result, data=result.data.assign(people=people)))
