"""The packaged corridor of 2021 and the thirty claims: every figure sourced, no prior knows 2021, every name exists."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from travesia import simulate
from travesia.folder import check, read_scenario
from travesia.model import compile_model
from travesia.parameters import quantile
from travesia.policy import measures_of
from travesia.result import Result
from travesia.scenario import TABLES, GoalSettings, Settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = files("travesia") / "scenarios"
FOLDER = PACKAGED / "corridor-2021"
ORIGIN = date(2020, 12, 31)
OF_CARAVAN = date(2021, 1, 10)
HISTORY = {
    "departed_main", "departed_advance", "departed_march", "unsourced_distance", "heading_tapachula",
    "stay_at_shelter_towns", "treat_per_night",
}  # fmt: skip
OF_POLICIES = {
    "beds_per_town",
    "beds_tapachula",
    "beds_reynosa",
    "treat_public_per_night",
    "public_health_harm",
    "asylum_access_factor",
    "harder_factor",
    *(
        f"response_{what}_{n}"
        for what in ("departures", "danger", "smugglers")
        for n in ("eased", "small", "harder")
    ),
}
NUMBERS = (
    "share", "per_day", "after_days", "mean_days", "concentration", "multiplier", "choice_cost", "capacity",
    "distance_factor", "people", "rate_per_day", "stay_mean_days",
)  # fmt: skip
FORCES = ("block", "detain", "return", "disperse")
SPREAD = {"alone": (1, 0), "family": (1, 1), "child": (0, 1)}

Row = dict[str, str]


def read(table: str) -> list[Row]:
    return list(csv.DictReader((FOLDER / f"{table}.csv").read_text(encoding="utf-8").splitlines()))


SETTINGS = Settings(**yaml.safe_load((FOLDER / "scenario.yaml").read_text(encoding="utf-8")))
READ = read_scenario("corridor-2021")
ROWS = {name: read(name) for name in TABLES}
PLACES = {row["place"]: row for row in ROWS["places"]}
MEASURES = {row["measure"]: row for row in ROWS["measures"]}
SOURCES = {row["source"]: row for row in ROWS["sources"]}
PARAMETERS = SETTINGS.parameters
CARAVAN = Settings(
    **yaml.safe_load((PACKAGED / "caravan-2021" / "scenario.yaml").read_text(encoding="utf-8"))
).parameters
CLAIMS = list(
    csv.DictReader(
        (ROOT / "src" / "travesia" / "data" / "claims.csv").read_text(encoding="utf-8").splitlines()
    )
)


def named(row: Mapping[str, str]) -> list[str]:
    """The parameters a row refers to."""
    found = [row[column] for column in NUMBERS if row.get(column, "") in PARAMETERS]
    pairs = re.findall(r"=(\w+)", row.get("drivers", ""))
    return found + [name for name in pairs if name in PARAMETERS]


@pytest.fixture(scope="module")
def central() -> Result:
    return simulate(read_scenario("corridor-2021"), expected=True)


def test_what_is_packaged() -> None:
    assert isinstance(SETTINGS.movement, GoalSettings)
    assert (SETTINGS.start, SETTINGS.days) == (date(2021, 1, 1), 365)
    assert (len(PLACES), len(ROWS["legs"])) == (179, 213)
    assert {row["mode"] for row in ROWS["legs"]} == {"walk", "bus", "train", "boat"}
    assert prod(len(values) for values in SETTINGS.groups.values()) <= 16
    assert {"HND", "GTM", "SLV", "HND_caravan"} == set(SETTINGS.groups["nationality"])
    parties = {name: (value.adults, value.children) for name, value in SETTINGS.groups["travel"].items()}
    assert parties == SPREAD
    wanted = {"actual", "free-passage", "shelters", "public-health", "no-detention", "asylum-access"}
    assert wanted | {"no-agreement", "harder"} == set(SETTINGS.policies)


def test_the_reader_finds_nothing_to_say() -> None:
    assert check("corridor-2021") == []


@pytest.mark.parametrize("table", [name for name in TABLES if name != "sources"])
def test_every_row_has_a_source_or_is_an_assumption_with_a_prior(table: str) -> None:
    for row in ROWS[table]:
        if row["source"] != "assumption":
            assert row["source"] in SOURCES, row
            continue
        assert row["note"], row
        words = re.findall(r"\w+", row["note"]) if table == "places" else named(row)
        priors = [PARAMETERS[name].prior for name in words if name in PARAMETERS]
        assert priors, row
        assert None not in priors, row


def test_every_parameter_has_a_prior_with_its_median_and_a_source() -> None:
    for name, parameter in PARAMETERS.items():
        assert parameter.prior is not None, name
        assert parameter.note, name
        assert parameter.unit, name
        assert parameter.source in {*SOURCES, "assumption"}, name
        middle = float(quantile(parameter.prior, np.array([0.5]))[0])
        assert parameter.value == pytest.approx(middle, rel=0.02), name


def test_no_policy_takes_beds_away() -> None:
    more = [row for row in ROWS["measures"] if row["kind"] == "capacity"]
    assert len(more) == 7
    for row in more:
        prior = PARAMETERS[row["capacity"]].prior
        assert prior is not None
        assert prior.kind == "triangular"  # which has ends
        assert prior.low >= float(PLACES[row["place"]]["capacity"]), row["measure"]


def test_every_parameter_is_used() -> None:
    text = (FOLDER / "scenario.yaml").read_text(encoding="utf-8").partition("\nparameters:")[0]
    cells = {name for table in TABLES for row in ROWS[table] for name in named(row)}
    cells |= {row["share"] for row in ROWS["destinations"]}
    for name in PARAMETERS:
        assert name in cells or re.search(rf"\b{name}\b", text), name


def test_no_prior_rests_on_2021() -> None:
    for name, parameter in PARAMETERS.items():
        if name in HISTORY | OF_POLICIES:
            assert parameter.data_until is None, name
            continue
        assert parameter.data_until is not None, name
        assert parameter.data_until <= (OF_CARAVAN if name in CARAVAN else ORIGIN), name
        if parameter.source == "assumption":
            continue
        source = SOURCES[parameter.source]
        assert source["date"] <= "2020-12-31" or "Only" in source["note"], name


def test_no_outcome_of_2021_stands_in_a_prior() -> None:
    told = {
        f"{int(float(row['value'])):,}"
        for row in ROWS["observations"]
        if float(row["value"]) % 100 and (row["date_to"] or row["date_from"]) > ORIGIN.isoformat()
    }
    for name, parameter in PARAMETERS.items():
        if name not in HISTORY:
            numbers = set(re.findall(r"\d{1,3}(?:,\d{3})+", parameter.note))
            assert not told & numbers, name


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


def test_deaths_are_counts_of_a_year_by_region_and_cause() -> None:
    deaths = [row for row in ROWS["observations"] if row["quantity"].startswith("died")]
    assert len(deaths) >= 6
    for row in deaths:
        assert (row["date_from"], row["date_to"]) == ("2021-01-01", "2021-12-31")
        assert not row.get("place")


def test_risks_of_death_do_not_depend_on_the_place() -> None:
    """One risk for each kind of leg, by its parameter: nothing ranks places by danger."""
    shares: dict[str, set[str]] = {}
    for row in ROWS["measures"]:
        if row["kind"] == "harm":
            shares.setdefault(row["measure"].split("_")[1], set()).add(row["share"])
            assert row["cause"] == row["measure"].split("_")[1], row["measure"]
    assert {kind: len(names) for kind, names in shares.items()} == dict.fromkeys(
        ("drowning", "heat", "unknown", "vehicle", "violence", "illness"), 1
    )
    risks = {PARAMETERS[name].source for names in shares.values() for name in names}
    assert risks == {"iom_mmp"}


def test_deaths_that_nobody_counted_are_a_prior_of_each_kind_of_leg() -> None:
    scale = READ.settings.policies["actual"].scale
    for row in ROWS["measures"]:
        if row["kind"] == "harm":
            prior = PARAMETERS[str(scale[row["measure"]])].prior
            assert prior is not None
            assert prior.low == 1 < prior.high, row["measure"]


def test_danger_as_people_see_it_is_that_of_a_kind_of_crossing() -> None:
    risks = {f"{row['from']}>{row['to']}": row["risk"] for row in ROWS["legs"] if row["risk"]}
    crossings = {row["leg"] for row in ROWS["measures"] if row["cause"] == "unknown"}
    assert set(risks) == crossings
    assert len(crossings) == 13
    causes = {(row["leg"], row["cause"]) for row in ROWS["measures"]}
    assert all((leg, {"1": "drowning", "2": "heat"}[risk]) in causes for leg, risk in risks.items())


def test_policies_never_move_or_add_forces() -> None:
    for row in ROWS["measures"]:
        if row["policy"] != "actual":
            assert row["kind"] not in FORCES, row["measure"]
    for name, policy in SETTINGS.policies.items():
        assert set(policy.title) == {"en", "es"}, name
        assert name == "actual" or policy.include == ("actual",)
    harder = READ.settings.policies["harder"]
    assert set(harder.scale.values()) == {"harder_factor"}
    assert not harder.off


def test_policies_switch_off_what_they_name() -> None:
    scenario = read_scenario("corridor-2021")

    def kinds(policy: str, countries: set[str]) -> set[str]:
        table = measures_of(scenario, policy)
        inside = table[[PLACES[p]["country"] in countries if p else False for p in table["place"]]]
        return set(inside["kind"])

    assert not set(FORCES) & kinds("free-passage", {"HND", "GTM"})
    assert not {"detain", "return"} & kinds("free-passage", {"MEX"})
    detained = measures_of(scenario, "no-detention")
    assert "detain" not in set(detained["kind"])
    names = set(measures_of(scenario, "asylum-access")["measure"])
    assert not [name for name in names if name.startswith(("expel_t42", "metering", "mpp", "aca"))]
    assert "four_state_declaration" not in set(measures_of(scenario, "no-agreement")["measure"])
    assert {"capacity", "shelter"} <= set(measures_of(scenario, "shelters")["kind"])


@pytest.mark.parametrize("policy", sorted(SETTINGS.policies))
def test_every_policy_can_be_compiled(policy: str) -> None:
    compile_model(read_scenario("corridor-2021"), policy)


def test_forces_stand_when_history_has_them() -> None:
    january = [r for r in ROWS["measures"] if r["kind"] in ("block", "return") and "_jan_" in r["measure"]]
    assert {r["date_from"] for r in january if r["place"] == "vadohondo"} == {"2021-01-16"}
    assert all("2021-01-14" <= r["date_from"] <= "2021-01-16" for r in january if "expel" not in r["measure"])
    assert MEASURES["four_state_declaration"]["date_from"] == "2021-01-11"
    assert MEASURES["mpp_donna"]["date_to"] == "2021-01-20"
    assert MEASURES["aca_donna"]["date_to"] == "2021-02-05"


def test_the_declaration_multiplies_forces_of_the_four_states_alone() -> None:
    table = READ.measures.set_index("measure")
    for name in str(table.loc["four_state_declaration", "multiplies"]).split(";"):
        row = MEASURES[name]
        where = row["place"] or row["leg"].split(">")[1]
        assert PLACES[where]["country"] in {"HND", "GTM", "SLV", "MEX"}, name
        assert row["kind"] in ("block", "detain", "return"), name
    prior = PARAMETERS["information_multiplier"].prior
    assert prior is not None
    assert prior.low < 1 < prior.high


def test_observations_can_stand_beside_predictions() -> None:
    quantities = set(SETTINGS.outputs.quantities)
    months = {
        f"encounters_{nation}_{kind}"
        for nation in ("hnd", "gtm", "slv")
        for kind in ("alone", "family", "child")
    }
    for name in months:
        assert len([row for row in ROWS["observations"] if row["quantity"] == name]) == 12, name
    for row in ROWS["observations"]:
        assert row["quantity"] in quantities, row
        assert row["reported_by"], row
    both = [float(r["value"]) for r in ROWS["observations"] if r["quantity"] == "returned_to_hnd"]
    assert {52968.0, 73967.0} <= set(both)  # two sources that disagree


def test_encounters_of_a_nationality_are_those_of_its_kinds() -> None:
    for month in range(1, 13):
        for nation in ("hnd", "gtm", "slv"):
            figures = {
                row["quantity"]: int(row["value"])
                for row in ROWS["observations"]
                if row["quantity"].startswith(f"encounters_{nation}")
                and row["date_from"] == f"2021-{month:02d}-01"
            }
            whole = figures.pop(f"encounters_{nation}")
            assert 0 <= whole - sum(figures.values()) <= 30, (month, nation)  # accompanied minors


def test_the_central_run_loses_nobody_and_is_of_the_right_order(central: Result) -> None:
    accounts = central.accounts()
    assert float(abs(accounts["missing"]).max()) < 1e-3
    table = central.observed_table()
    table = table[table["reported"] > 0]
    for quantity, low, high in (
        ("encounters_hnd", 0.4, 2.5),
        ("encounters_gtm", 0.4, 2.5),
        ("encounters_slv", 0.4, 2.5),
        ("expelled_hnd", 0.4, 2.5),
        ("detained_mx", 0.4, 2.5),
        ("died_mx", 0.25, 4.0),
        ("died_border", 0.25, 4.0),
    ):
        rows = table[table["quantity"] == quantity]
        ratio = float(rows["q50"].sum() / rows["reported"].sum())
        assert low < ratio < high, (quantity, ratio)


def test_separation_keeps_families_apart_from_others(central: Result) -> None:
    """Only families are brought to Dilley, so that those made whole again there are those who were separated."""
    for row in ROWS["measures"]:
        if row["target"] == "dilley":
            assert "travel=family" in row["groups"], row["measure"]
    events = central.total("events").isel(replicate=0).sum("date")
    separated = float(events.sel(measure="separate_dilley"))
    assert separated > 0
    assert float(events.sel(measure="reunite_dilley")) <= separated


# --- the thirty claims


def known_names() -> dict[str, set[str]]:
    """Every `scenario/kind/name` that a claim may name."""
    found: dict[str, set[str]] = {}
    for name in ("corridor-2021", "caravan-2021", "caravans-history"):
        scenario = read_scenario(name)
        settings = scenario.settings
        groups = {f"{a}={v}" for a, values in settings.groups.items() for v in values}
        by_kind: dict[str, Any] = {
            "parameter": settings.parameters,
            "policy": settings.policies,
            "quantity": settings.outputs.quantities,
            "group": groups,
            "measure": scenario.measures["measure"],
            "departure": scenario.departures["departure"],
            "driver": scenario.drivers["driver"],
            "place": scenario.places["place"],
            "source": scenario.sources["source"],
        }
        for kind, names in by_kind.items():
            found.setdefault(kind, set()).update(f"{name}/{kind}/{key}" for key in names)
    return found


def test_the_thirty_claims_are_all_there() -> None:
    assert [int(row["n"]) for row in CLAIMS] == list(range(1, 31))
    assert all(row["claim"] and row["verdict"] for row in CLAIMS)
    for row in CLAIMS:
        assert row["represented_by"] or row["note"], row["n"]
    without = {int(row["n"]) for row in CLAIMS if not row["represented_by"]}
    assert without == {16, 19, 23, 25}


def test_what_represents_a_claim_exists() -> None:
    known = known_names()
    everything = set().union(*known.values())
    sources = {name.rpartition("/")[2] for name in known["source"]}
    for row in CLAIMS:
        missing = [name for name in row["represented_by"].split(";") if name and name not in everything]
        assert not missing, row["n"]
        for source in filter(None, row["sources"].split(";")):
            assert source.startswith("https://") or source in sources, (row["n"], source)


def test_the_page_of_the_claims_says_what_the_table_says() -> None:
    page = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    lines = {line.split("|")[1].strip(): line for line in page.splitlines() if re.match(r"\|\s*\d", line)}
    assert len(lines) == 30
    for row in CLAIMS:
        line = lines[row["n"]]
        for part in (row["claim"], row["verdict"], row["figures"], row["note"]):
            assert part in line, row["n"]
        for name in filter(None, row["represented_by"].split(";")):
            assert name.partition("/")[2] in line, row["n"]
