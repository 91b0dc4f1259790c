"""The packaged caravans of 2018 to 2021: shared parameters, sourced rows, and what comes out beside the reports."""

from __future__ import annotations

import csv
import re
from datetime import date
from importlib.resources import files

import numpy as np
import pytest
import yaml

from travesia import simulate
from travesia.folder import check, read_scenario
from travesia.parameters import quantile
from travesia.result import Result
from travesia.scenario import TABLES, Settings

PACKAGED = files("travesia") / "scenarios"
FOLDER = PACKAGED / "caravans-history"
CARAVANS = {
    "2018_03", "2018_10", "2018_10b", "2019_01", "2019_04", "2020_01", "2020_06", "2020_10", "2020_12",
    "2021_01_main", "2021_01_advance", "2021_03",
}  # fmt: skip
NUMBERS = ("share", "concentration", "multiplier", "choice_cost", "distance_factor", "people")

Row = dict[str, str]


def settings_of(name: str) -> Settings:
    return Settings(**yaml.safe_load((PACKAGED / name / "scenario.yaml").read_text(encoding="utf-8")))


def read(table: str) -> list[Row]:
    path = FOLDER / f"{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []


SETTINGS, JANUARY = settings_of("caravans-history"), settings_of("caravan-2021")
ROWS = {name: read(name) for name in TABLES}
SOURCES = {row["source"]: row for row in ROWS["sources"]}
PARAMETERS = SETTINGS.parameters


@pytest.fixture(scope="module")
def central() -> Result:
    return simulate(read_scenario("caravans-history"), expected=True)


def test_every_caravan_is_a_departure() -> None:
    assert {row["departure"].removeprefix("caravan_") for row in ROWS["departures"]} == CARAVANS
    days = {row["departure"]: row["date_from"] for row in ROWS["departures"]}
    assert days["caravan_2018_10"] == "2018-10-13"
    assert days["caravan_2020_10"] == "2020-09-30"
    assert days["caravan_2021_01_main"] == "2021-01-15"
    for row in ROWS["departures"]:
        assert row["people"] in PARAMETERS, row


def test_parameters_are_those_of_january_2021() -> None:
    """Every parameter of caravan-2021 is here under its name with the same prior."""
    for name, parameter in JANUARY.parameters.items():
        own = PARAMETERS[name]
        assert own.prior == parameter.prior, name
        assert own.value == pytest.approx(parameter.value, rel=0.01), name
        assert own.data_until == parameter.data_until, name


def test_one_parameter_serves_several_caravans() -> None:
    used: dict[str, set[str]] = {}
    for row in ROWS["measures"]:
        for year in re.findall(r"_(20\d\d_\d\d)", row["measure"]):
            used.setdefault(row["share"], set()).add(year)
    assert {"2018_10", "2019_04", "2020_10", "2021_01"} <= used["cordon_hold_large"]
    assert {"2020_06", "2020_12", "2021_03"} <= used["cordon_hold_small"]
    assert {"2020_10", "2021_01"} <= used["blockade_hold_caravan"]
    assert {"2020_01", "2021_01"} <= used["mexico_detain_caravan"]


def test_the_reader_finds_nothing_to_say() -> None:
    assert check("caravans-history") == []


@pytest.mark.parametrize("table", [name for name in TABLES if name != "sources"])
def test_every_row_has_a_source_or_is_an_assumption_with_a_prior(table: str) -> None:
    for row in ROWS[table]:
        if row["source"] != "assumption":
            assert row["source"] in SOURCES, row
            continue
        assert row["note"], row
        words = (
            re.findall(r"\w+", row["note"])
            if table == "places"
            else [row[column] for column in NUMBERS if row.get(column)]
        )
        priors = [PARAMETERS[name].prior for name in words if name in PARAMETERS]
        assert priors, row
        assert None not in priors, row


def test_every_parameter_has_a_prior_with_its_median_and_a_source() -> None:
    for name, parameter in PARAMETERS.items():
        assert parameter.prior is not None, name
        assert parameter.note, name
        assert parameter.source in {*SOURCES, "assumption"}, name
        middle = float(quantile(parameter.prior, np.array([0.5]))[0])
        assert parameter.value == pytest.approx(middle, rel=0.02), name


def test_no_prior_rests_on_what_came_after_10_january_2021() -> None:
    for name, parameter in PARAMETERS.items():
        given = name.startswith("departed_") or name == "unsourced_distance"
        assert (parameter.data_until is None) == given, name
        if parameter.data_until is not None:
            assert parameter.data_until <= date(2021, 1, 10), name


def test_sources_are_used_and_say_where_they_are() -> None:
    text = (FOLDER / "scenario.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"\w+", text + " ".join(v for t in TABLES for r in ROWS[t] for v in r.values())))
    for key, row in SOURCES.items():
        assert key in used, key
        assert row["title"], key
        assert row["licence"], key
        assert row["url"].startswith("http") or row["licence"].startswith("compilation"), key


def test_no_figure_that_may_not_be_shipped() -> None:
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"d[t]m\b|a[c]led", text, re.IGNORECASE), path.name


def test_january_2021_has_the_forces_of_its_own_scenario() -> None:
    own = {row["measure"]: row for row in ROWS["measures"]}
    january = read_scenario("caravan-2021").measures
    for row in january[january["kind"].isin(["block", "return", "disperse"])].to_dict("records"):
        name = row["measure"] if row["measure"] in own else f"{row['measure']}_2021_01"
        same = own[name]
        assert (same["place"], same["share"]) == (row["place"], row["share"]), name
        if name.endswith("_2021_01"):
            assert same["date_from"] == f"{row['date_from']:%Y-%m-%d}", name


def test_policies_never_move_forces() -> None:
    assert {row.get("policy", "") or "actual" for row in ROWS["measures"]} == {"actual"}
    for name, policy in SETTINGS.policies.items():
        assert set(policy.title) == {"en", "es"}, name
        assert not policy.scale, name


def test_every_caravan_but_those_of_spring_and_late_2018_has_an_observation() -> None:
    observed = {row["date_from"][:7] for row in ROWS["observations"]}
    assert {"2018-10", "2019-01", "2019-04", "2020-01", "2020-06", "2020-12", "2021-01"} <= observed
    assert {"2020-10", "2021-03"} <= observed
    for row in ROWS["observations"]:
        assert row["quantity"] in SETTINGS.outputs.quantities, row
        assert row["value"] or (row["low"] and row["high"]), row


def test_the_central_run_keeps_the_times_that_were_reported(central: Result) -> None:
    """At the Suchiate four to eight days after San Pedro Sula, in Tijuana 28 to 40 days after, in 2018."""
    assert float(abs(central.accounts()["missing"]).max()) < 1e-3
    crossed = central.total("crossed").isel(replicate=0)

    def middle(leg: str) -> np.datetime64:
        people = crossed.sel(leg=leg, date=slice("2018-10-13", "2018-12-31"))
        return np.datetime64(people["date"].values[int(np.searchsorted(people.cumsum(), people.sum() / 2))])

    start = np.datetime64("2018-10-13")
    assert 4 <= (middle("tecunuman>cdhidalgo") - start) / np.timedelta64(1, "D") <= 8
    assert 28 <= (middle("mexicali>tijuana") - start) / np.timedelta64(1, "D") <= 40


def test_free_passage_returns_nobody() -> None:
    free = simulate(read_scenario("caravans-history"), expected=True, policy="free-passage")
    for name in ("returned_2020_10", "returned_2021_01", "returned_from_mexico", "detained_2020_01"):
        assert float(free.quantity(name).sum()) == 0.0, name
