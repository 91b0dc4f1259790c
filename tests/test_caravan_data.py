"""The packaged caravan of January 2021: every figure has its source, and no prior knows the outcome."""

from __future__ import annotations

import csv
import itertools
import math
import re
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import yaml
from scipy import optimize, stats

from travesia.folder import check, read_scenario
from travesia.scenario import FINAL_OUTCOMES, TABLES, GoalSettings, Prior, Settings

FOLDER = files("travesia") / "scenarios" / "caravan-2021"
ORIGIN = date(2021, 1, 10)
HISTORY = {"departed_main", "departed_advance", "unsourced_distance"}
FORCES = {"block", "detain", "return"}
NUMBERS = ("share", "concentration", "multiplier", "choice_cost", "distance_factor", "people", "after_days")
EARTH_KM = 6371.0

Row = dict[str, str]


def read(name: str) -> list[Row]:
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        return []
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


SETTINGS = Settings(**yaml.safe_load((FOLDER / "scenario.yaml").read_text(encoding="utf-8")))
ROWS = {name: read(name) for name in TABLES}
PLACES = {row["place"]: row for row in ROWS["places"]}
PARAMETERS = SETTINGS.parameters
MEASURES = {row["measure"]: row for row in ROWS["measures"]}


def named(row: Mapping[str, str]) -> list[str]:
    """The parameters a row refers to."""
    return [row[column] for column in NUMBERS if row.get(column, "") in PARAMETERS]


def arcs() -> list[tuple[str, str, Row]]:
    """Every leg in every direction it can be travelled."""
    ways = [(row["from"], row["to"], row) for row in ROWS["legs"]]
    return ways + [(b, a, row) for a, b, row in ways if row["both_ways"] == "true"]


def great_circle_km(a: Row, b: Row) -> float:
    """Haversine formula."""
    lat, lat2 = math.radians(float(a["lat"])), math.radians(float(b["lat"]))
    turn = math.radians(float(b["lon"]) - float(a["lon"]))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin(turn / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def median(prior: Prior) -> float:
    """The median of a prior, found by its two given points."""
    low, high, mode = prior.low, prior.high, prior.central
    if prior.kind == "lognormal":
        return math.sqrt(low * high)
    if prior.kind == "triangular" and mode is not None:
        return float(stats.triang.median((mode - low) / (high - low), low, high - low))
    if prior.kind == "beta":
        gap = lambda log: stats.beta.cdf([low, high], *np.exp(log)) - [0.05, 0.95]  # noqa: E731
        found = optimize.least_squares(gap, [0.7, 1.0], xtol=1e-12)
        assert found.cost < 1e-10
        return float(stats.beta.median(*np.exp(found.x)))
    assert prior.kind in ("uniform", "normal")
    return (low + high) / 2


def test_what_is_packaged() -> None:
    assert SETTINGS.name == "caravan-2021"
    assert isinstance(SETTINGS.movement, GoalSettings)
    assert (SETTINGS.start, SETTINGS.days) == (date(2021, 1, 13), 14)
    assert 35 <= len(PLACES) <= 55
    assert {row["country"] for row in PLACES.values()} == {"HND", "GTM", "MEX"}
    assert [(row["place"], row["date_from"]) for row in ROWS["departures"]] == [
        ("sps", "2021-01-13"),
        ("sps", "2021-01-15"),
    ]
    size = PARAMETERS["departed_main"].prior
    assert size is not None
    assert (size.low, size.high) == (4500, 9000)


@pytest.mark.parametrize("table", [name for name in TABLES if name != "sources"])
def test_every_row_has_a_source_or_is_an_assumption_with_a_prior(table: str) -> None:
    known = {row["source"] for row in ROWS["sources"]}
    for row in ROWS[table]:
        if row["source"] != "assumption":
            assert row["source"] in known, row
            continue
        assert row["note"], row
        priors = [PARAMETERS[name].prior for name in named(row)]
        if table == "places":
            priors = [
                PARAMETERS[name].prior for name in re.findall(r"\w+", row["note"]) if name in PARAMETERS
            ]
        assert priors, row
        assert None not in priors, row


def test_every_figure_in_the_settings_has_a_source_or_a_prior() -> None:
    known = {row["source"] for row in ROWS["sources"]}
    for name, parameter in PARAMETERS.items():
        assert parameter.prior is not None, name
        assert parameter.source in known | {"assumption"}, name
        assert parameter.note, name
        assert parameter.unit, name
    for value in itertools.chain.from_iterable(group.values() for group in SETTINGS.groups.values()):
        assert value.share in (None, 0) or value.share in PARAMETERS


def test_sources_are_all_used_and_say_where_they_are() -> None:
    used = {row["source"] for name in TABLES if name != "sources" for row in ROWS[name]}
    used |= {parameter.source for parameter in PARAMETERS.values()}
    used |= {value.source for group in SETTINGS.groups.values() for value in group.values()}
    notes = " ".join(row["note"] for name in TABLES for row in ROWS[name])
    used |= set(re.findall(r"\w+", f"{notes} {SETTINGS.note}"))
    for row in ROWS["sources"]:
        assert row["source"] in used or row["url"].split("//")[-1] in notes, row
        assert row["title"], row
        assert row["licence"], row
        compiled = row["licence"].startswith("compilation")
        assert compiled or row["url"].startswith("http"), row
        if compiled:
            parts = re.findall(r"[a-z][a-z0-9]*_\w+", row["note"])
            assert parts, row
            assert set(parts) <= {other["source"] for other in ROWS["sources"]}, row
    assert len({row["source"] for row in ROWS["sources"]}) == len(ROWS["sources"])


def test_priors_rest_on_events_up_to_10_january() -> None:
    dates = {row["source"]: row["date"] for row in ROWS["sources"]}
    for name, parameter in PARAMETERS.items():
        if name in HISTORY:
            assert parameter.data_until is None, name
            continue
        assert parameter.data_until is not None, name
        assert parameter.data_until <= ORIGIN, name
        if parameter.source != "assumption":
            assert dates[parameter.source] <= ORIGIN.isoformat(), name


def test_measures_say_until_when_their_data_go() -> None:
    for row in ROWS["measures"]:
        behind = [PARAMETERS[name].data_until for name in named(row)]
        last = max(day for day in behind if day is not None)
        assert row["data_until"] == last.isoformat(), row["measure"]
        assert row["kind"] == "share_information" or row["share"] in PARAMETERS, row["measure"]


def test_no_prior_knows_the_outcome() -> None:
    assert not [name for name in PARAMETERS if "2021" in name or name.startswith("p_blocked")]
    derived = {0.41, 0.55, 0.83}  # returned over counted in January 2021
    told = {row["value"] for row in ROWS["observations"] if row["quantity"] != "entered_guatemala"}
    told = {f"{int(value):,}" for value in told if value and int(value) % 100}
    for name, parameter in PARAMETERS.items():
        assert parameter.prior is not None
        ends = {parameter.value, parameter.prior.low, parameter.prior.high, parameter.prior.central}
        assert len(ends & derived) < 2, name
        if name not in HISTORY:
            assert not told & set(re.findall(r"[\d,]*\d", parameter.note)), name
            assert "January 2021" not in parameter.note.replace("10 January 2021", ""), name
    settings = (FOLDER / "scenario.yaml").read_text(encoding="utf-8")
    assert not [row["source"] for row in ROWS["observations"] if row["source"] in settings]


def test_values_are_the_medians_of_their_priors() -> None:
    for name, parameter in PARAMETERS.items():
        assert parameter.prior is not None
        assert parameter.value == pytest.approx(median(parameter.prior), rel=0.02), name


def test_the_agreement_may_do_nothing() -> None:
    prior = PARAMETERS["information_multiplier"].prior
    assert prior is not None
    assert prior.low < 1 < prior.high


def test_unsourced_legs_share_one_multiplier_of_ten_per_cent() -> None:
    prior = PARAMETERS["unsourced_distance"].prior
    assert prior is not None
    assert (prior.low, prior.high) == (0.9, 1.1)
    for row in ROWS["legs"]:
        assert (row["source"] == "assumption") == (row["distance_factor"] == "unsourced_distance"), row
        assert row["distance_factor"] in ("", "unsourced_distance"), row


def test_distances_are_plausible() -> None:
    rounding_km = 1.6  # positions known to 0.01 degree at both ends
    for row in ROWS["legs"]:
        km, straight = float(row["distance_km"]), great_circle_km(PLACES[row["from"]], PLACES[row["to"]])
        assert km >= straight - rounding_km, row
        roundabout = 3.1 if (row["from"], row["to"]) == ("sps", "corinto_hn") else 2.3
        assert km <= roundabout * straight + 2 * rounding_km, row
    border = sum(
        float(row["distance_km"])
        for a, b, row in arcs()
        if b in ("camotan", "vadohondo") and a != "esquipulas"
    )
    assert border == 40.0  # AP: 25 miles from El Florido


def test_el_florido_is_reached_on_the_15th_and_vado_hondo_on_the_16th() -> None:
    """The check of speed at the central values, a day being 1 and nobody held.

    Not independent: where people walk and ride is itself an assumption.
    """
    path = ["sps", "laentrada", "copanruinas", "elflorido_hn", "elflorido_gt", "camotan", "vadohondo"]
    legs = {(a, b): row for a, b, row in arcs()}
    speed = {"walk": PARAMETERS["walk_km_per_day"].value, "lift": PARAMETERS["lift_km_per_day"].value}
    days = [float(legs[way]["distance_km"]) / speed[legs[way]["mode"]] for way in itertools.pairwise(path)]
    assert 0.5 < sum(days[:4]) < 1
    assert 1 < sum(days) < 2


def test_the_way_to_suchiate_takes_as_long_as_it_did_before() -> None:
    """Four to eight days from San Pedro Sula in 2018, three in 2019 and 2020, with nobody in the way."""
    speed = {"walk": PARAMETERS["walk_km_per_day"].value, "lift": PARAMETERS["lift_km_per_day"].value}
    best = {place: math.inf for place in PLACES} | {"sps": 0.0}
    for _ in PLACES:
        for a, b, row in arcs():
            best[b] = min(best[b], best[a] + float(row["distance_km"]) / speed[row["mode"]])
    assert 3 < best["cdhidalgo"] < 8
    assert math.inf not in [days for place, days in best.items() if PLACES[place]["kind"] != "detention"]


@pytest.mark.parametrize("destination", ["tapachula", "tenosique"])
def test_the_choice_of_way_has_a_solution_everywhere_in_the_priors(destination: str) -> None:
    index = {place: i for i, place in enumerate(PLACES)}
    cost, leg, factor = (PARAMETERS[name].prior for name in ("cost_per_km", "leg_cost", "unsourced_distance"))
    assert cost is not None
    assert leg is not None
    assert factor is not None
    ends = itertools.product((cost.low, cost.high), (leg.low, leg.high), (factor.low, factor.high))
    for per_km, per_leg, stretch in ends:
        weight = np.zeros((len(index), len(index)))
        for a, b, row in arcs():
            if a != destination:
                km = float(row["distance_km"]) * (stretch if row["distance_factor"] else 1)
                weight[index[a], index[b]] += math.exp(-per_km * km - per_leg)
        assert max(abs(np.linalg.eigvals(weight))) < 0.9


def test_everything_named_exists() -> None:
    ways = {f"{a}>{b}" for a, b, _ in arcs()}
    targets = {*PLACES, *FINAL_OUTCOMES, "stay", "back", ""}
    for quantity in SETTINGS.outputs.quantities.values():
        assert set(quantity.title) == {"en", "es"}
        assert set(quantity.present) <= set(PLACES)
        assert set(quantity.crossed) <= ways
        assert set(quantity.events) <= set(MEASURES)
    for row in ROWS["measures"]:
        assert row["place"] in PLACES or row["kind"] == "share_information", row
        assert row["target"] in targets, row
        assert set(filter(None, row["multiplies"].split(";"))) <= set(MEASURES)
    for row in [*ROWS["measures"], *ROWS["departures"], *ROWS["destinations"]]:
        for pair in filter(None, row["groups"].split(";")):
            attribute, value = pair.split("=")
            assert value in SETTINGS.groups[attribute], row
    for row in ROWS["observations"]:
        assert row["quantity"] in SETTINGS.outputs.quantities or row["place"] in PLACES, row
        assert row["reported_by"], row
        assert row["value"] or (row["low"] and row["high"]), row


def test_parties() -> None:
    sizes = {name: (value.adults, value.children) for name, value in SETTINGS.groups["travel"].items()}
    assert sizes == {"alone": (1, 0), "family": (1, 1), "child": (0, 1)}
    minors = PARAMETERS["family_share"].value / 2 + PARAMETERS["child_share"].value
    assert 0.15 < minors < 0.20  # 17 % and 18 % in the caravans of 2018 and 2019


def test_forces_stand_where_and_when_history_has_them() -> None:
    blockade = [row for row in ROWS["measures"] if row["place"] == "vadohondo" and row["kind"] in FORCES]
    assert {(row["date_from"], row["date_to"]) for row in blockade} == {("2021-01-16", "2021-01-19")}
    for row in ROWS["measures"]:
        if row["kind"] in FORCES and not row["measure"].startswith("return_mx"):
            assert "2021-01-14" <= row["date_from"] <= "2021-01-16", row["measure"]


def test_the_way_of_a_departure_is_never_given() -> None:
    """What the prior heading_tenosique says holds for both: where a group was seen later is an outcome."""
    assert [row["groups"] for row in ROWS["departures"]] == ["caravan=advance", "caravan=main"]
    assert SETTINGS.groups["heading"]["tenosique"].share == "heading_tenosique"


def test_caravans_break_up_the_morning_after_forces_stood_there() -> None:
    for row in ROWS["measures"]:
        if row["kind"] != "disperse":
            continue
        stood = [
            (date.fromisoformat(force["date_from"]), date.fromisoformat(force["date_to"]))
            for force in ROWS["measures"]
            if force["kind"] == "block"
            and force["place"] == row["place"]
            and force["groups"] == row["groups"]
        ]
        morning = (date.fromisoformat(row["date_from"]), date.fromisoformat(row["date_to"]))
        assert stood == [(morning[0] - timedelta(days=1), morning[1] - timedelta(days=1))], row["measure"]


def test_caravans_break_up_wherever_one_of_them_is_blocked() -> None:
    blocked = {(row["place"], row["groups"]) for row in ROWS["measures"] if row["kind"] == "block"}
    broken = {(row["place"], row["groups"]) for row in ROWS["measures"] if row["kind"] == "disperse"}
    assert broken == {(place, who) for place, who in blocked if who != "caravan=none"}


def test_how_a_leg_is_travelled_is_said_to_be_an_assumption() -> None:
    for row in ROWS["legs"]:
        assert re.search(r"Mode: .*assumption", row["note"]), row


def test_policies_change_forces_but_never_their_place() -> None:
    free, less, half = (SETTINGS.policies[name] for name in ("free-passage", "no-agreement", "half-force"))
    holding = {name for name, row in MEASURES.items() if row["kind"] in FORCES}
    assert holding | {"four_state_declaration"} <= set(free.off) <= set(MEASURES)
    assert less.off == ("four_state_declaration",)
    assert set(half.scale) == holding
    for policy in (free, less, half):
        assert policy.include == ("actual",)
        assert set(policy.title) == {"en", "es"}


def test_observations_keep_what_disagrees() -> None:
    def values(quantity: str, day: int) -> list[int]:
        rows = [row for row in ROWS["observations"] if row["quantity"] == quantity]
        return [int(row["value"]) for row in rows if row["date_from"] == f"2021-01-{day}"]

    assert [values("present_vado_hondo", day) for day in (16, 17, 18, 19)] == [[2000], [6000], [4000], [0]]
    assert values("returned_so_far", 16) == [173]
    assert 909 in values("returned_so_far", 17)
    assert {2883, 3329} <= set(values("returned_so_far", 18))
    assert 3661 in values("returned_so_far", 19)
    assert values("entered_guatemala", 16) == [7000, 9000]


def test_no_figure_of_the_displacement_tracking_matrix_is_shipped() -> None:
    for path in FOLDER.iterdir():
        assert not re.search("d[t]m", path.read_text(encoding="utf-8"), re.IGNORECASE), path.name


def test_columns_are_those_of_the_schemas() -> None:
    for name in TABLES:
        schema: dict[str, Any] = yaml.safe_load(
            (files("travesia") / "schemas" / f"{name}.json").read_text(encoding="utf-8")
        )
        known = {field["name"] for field in schema["fields"]}
        assert {column for row in ROWS[name] for column in row} <= known, name


def test_the_reader_finds_nothing_to_say() -> None:
    assert check("caravan-2021") == []
    scenario = read_scenario("caravan-2021")
    assert {name: len(table) for name, table in scenario.tables.items()} == {
        name: len(rows) for name, rows in ROWS.items()
    }
    assert scenario.settings == SETTINGS
