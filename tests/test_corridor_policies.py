"""What each policy of the packaged corridor does in its first forty days, and what is told of it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from travesia import compare, simulate
from travesia.folder import read_scenario
from travesia.headlines import headlines, totals
from travesia.policy import measures_of, responses_of, with_response
from travesia.result import Result
from travesia.scenario import Policy, Scenario

DAYS = 40
OTHERS = (
    "free-passage", "shelters", "public-health", "no-detention", "asylum-access", "no-agreement", "harder",
)  # fmt: skip
WANTED = {
    "stopped", "detained", "days_detained", "overcrowded_days", "returned", "set_off_again", "separated", "ill", "died",
    "died_drowning", "died_heat", "died_vehicle", "died_violence", "died_illness", "died_unknown", "sheltered",
    "turned_away", "reached_mexico", "reached_border", "admitted",
}  # fmt: skip
FIELDS = {
    "quantity", "policy", "median", "low50", "high50", "low90", "high90", "probability_above_zero",
}  # fmt: skip
WITHOUT = {
    "declaration": ("four_state_declaration",),
    "mpp": ("mpp_donna",),
    "metering": ("metering_*",),
    "title-42": ("expel_t42_*",),
    "separation": ("separate_dilley",),
    "bus": ("return_mx_*_bus_*",),
    "air": ("return_mx_*_air_*",),
}


@cache
def corridor(**values: str) -> Scenario:
    """The first days of the corridor, with further policies that each leave out one thing that history had."""
    from travesia.wildcards import spelt_out

    found = read_scenario("corridor-2021", values=values)
    without = {name: Policy(include=("actual",), off=off) for name, off in WITHOUT.items()}
    policies = {**found.settings.policies, **without}
    return spelt_out(
        found.with_settings(found.settings.model_copy(update={"days": DAYS, "policies": policies}))
    )


@cache
def run(policy: str = "actual", response: str = "none") -> Result:
    return simulate(with_response(corridor(), response), expected=True, policy=policy)


@cache
def numbers(policy: str = "actual", response: str = "none") -> pd.Series[float]:
    return totals(run(policy, response), headlines(corridor())).iloc[0]


def test_free_passage() -> None:
    found, before = numbers("free-passage"), numbers()
    for name in ("stopped_in_guatemala", "detained_mx", "returned_mx", "returned_from_guatemala_so_far"):
        assert before[name] > 100, name
        assert found[name] == 0, name
    assert found["stopped"] == pytest.approx(found["metered"])


def test_shelters() -> None:
    found, before = numbers("shelters"), numbers()
    assert found["sheltered"] > before["sheltered"]
    for name in ("detained", "died", "arrived", "departed"):
        assert found[name] == pytest.approx(before[name]), name


def test_public_health() -> None:
    found, before = numbers("public-health"), numbers()
    assert found["treated"] > before["treated"]
    factor = corridor().settings.parameters["public_health_harm"].value
    assert found["died_illness"] / before["died_illness"] == pytest.approx(factor, rel=1e-3)
    assert found["died_vehicle"] == pytest.approx(before["died_vehicle"], rel=1e-3)


def test_no_detention() -> None:
    found, before = numbers("no-detention"), numbers()
    assert before["detained"] > 0
    for name in ("detained", "days_detained", "overcrowded_days", "separated", "expelled_hnd", "encounters"):
        assert found[name] == 0, name


def test_asylum_access() -> None:
    found, before = numbers("asylum-access"), numbers()
    for name in ("expelled_hnd", "expelled_gtm", "expelled_slv", "metered", "returned_wait_mexico"):
        assert before[name] > 0, name
        assert found[name] == 0, name
    assert found["asylum_mx_hnd"] > before["asylum_mx_hnd"]


def test_harder_scales_every_share_that_holds_and_moves_nothing() -> None:
    scenario = corridor()
    before, after = (measures_of(scenario, policy) for policy in ("actual", "harder"))
    assert list(after["measure"]) == list(before["measure"])
    pd.testing.assert_frame_equal(after.drop(columns="scales"), before.drop(columns="scales"))
    kinds = set(after.loc[["harder_factor" in scales for scales in after["scales"]], "kind"])
    assert kinds == {"block", "detain", "return"}
    assert numbers("harder")["detained_mx"] != numbers()["detained_mx"]


@pytest.mark.parametrize(
    ("policy", "gone"),
    [
        ("mpp", "returned_wait_mexico"),
        ("metering", "metered"),
        ("title-42", "expelled_hnd"),
        ("separation", "separated"),
        ("bus", "returned_mx_bus_hnd"),
        ("air", "returned_mx_air_hnd"),
    ],
)
def test_what_history_had_acts_and_is_gone_without_it(policy: str, gone: str) -> None:
    assert numbers()[gone] > 0
    assert numbers(policy)[gone] == 0


def test_the_declaration_multiplies_the_shares_of_forces_from_its_day_on() -> None:
    """Its central multiplier is above 1, so on the day the caravan meets the cordons more of it is held with it."""
    assert corridor().settings.parameters["information_multiplier"].value > 1
    with_it, without = (
        run(policy).quantity("stopped_in_guatemala").isel(replicate=0) for policy in ("actual", "declaration")
    )
    first = int(np.flatnonzero(with_it.values > 0)[0])
    assert with_it["date"].values[first] >= np.datetime64("2021-01-13")
    assert with_it.values[first] > without.values[first] > 0
    pd.testing.assert_series_equal(numbers("declaration"), numbers("no-agreement"), check_names=False)


def test_policies_combine() -> None:
    scenario, both = corridor(), "free-passage+shelters"
    names = set(measures_of(scenario, both)["measure"])
    free, beds = (set(measures_of(scenario, name)["measure"]) for name in ("free-passage", "shelters"))
    assert names == (free & beds) | {name for name in beds if name.startswith(("new_shelter", "more_beds"))}
    found = numbers(both)
    assert found["detained_mx"] == 0
    assert found["sheltered"] > numbers("free-passage")["sheltered"]
    pd.testing.assert_series_equal(numbers("shelters+free-passage"), found, check_names=False)


def test_every_attempt_is_met_or_not_met_or_ends_in_death() -> None:
    """Attempts = encounters + undetected: at each crossing, whoever is not met, and does not die, has arrived."""
    found = numbers()
    undetected = found["arrived"]
    assert found["crossing_attempts"] == pytest.approx(
        found["encounters"] + found["died_border"] + undetected, rel=0.02
    )


# --- responses


@pytest.mark.parametrize("policy", OTHERS)
def test_every_policy_has_three_responses_each_with_none_inside(policy: str) -> None:
    scenario = corridor()
    parameters, response = scenario.settings.parameters, scenario.settings.policies[policy].response
    assert {key.partition(".")[0] for key in response.factors()} >= {"departures", "danger", "scale"}
    assert any(key.startswith("scale.encounter") or "register" in key for key in response.factors())
    for key, name in response.factors().items():
        if key == "smuggled":
            continue
        prior = parameters[str(name)].prior
        assert prior is not None, key
        assert prior.low < 1 < prior.high, key
    assert not responses_of(scenario, "actual").departures


def test_people_respond_in_three_ways() -> None:
    before = numbers("harder")
    low, high = numbers("harder", "low"), numbers("harder", "high")
    assert low["departed"] < before["departed"] < high["departed"]
    share = {
        word: found["encounters_hnd_alone"] / found["crossing_attempts"]
        for word, found in (("low", low), ("none", before), ("high", high))
    }
    assert share["low"] < share["none"] < share["high"]
    land = {
        word: found["died_heat"] / found["died_drowning"]
        for word, found in (("low", low), ("none", before), ("high", high))
    }
    assert land["low"] > land["none"]  # danger is minded less, so more cross the desert


# --- what is told


def test_compare_tells_every_quantity_under_every_response() -> None:
    found = compare(corridor(), ["actual", "no-agreement"], expected=True)
    rows = found.json()["differences"]
    assert {row["quantity"] for row in rows} >= WANTED
    assert set(rows[0]) >= FIELDS
    assert {row["response"] for row in rows} == {"none", "low", "high"}
    order = [row["quantity"] for row in rows if row["response"] == "none"]
    assert order[0] == "died"
    assert max(order.index(name) for name in WANTED if name.startswith("died")) < order.index("stopped")
    assert order.index("separated") < order.index("days_detained") < order.index("stopped")
    ill = next(row for row in rows if row["quantity"] == "ill")
    assert not ill["modelled"]
    deaths = [row for row in rows if row["quantity"] == "died"]
    assert all(row["sign_open"] for row in deaths)


def test_attempts_and_travels_are_told_apart() -> None:
    scenario = read_scenario("corridor-2021", values={"by": "travel,attempt"})
    made = scenario.with_settings(scenario.settings.model_copy(update={"days": DAYS}))
    events = simulate(made, expected=True).data["events"]
    assert list(events["attempt"].values) == ["1", "2", "3+"]
    met = events.sel(measure="encounter_mcallen_hnd_alone", travel="alone").sum(["replicate", "date"])
    first, second, more = (float(met.sel(attempt=name)) for name in ("1", "2", "3+"))
    assert first > second > more > 0


# --- the disease


def test_the_disease_is_off_unless_asked_for_and_then_spreads() -> None:
    off = corridor()
    assert off.settings.health is not None
    assert off.settings.disease is None
    without = off.with_settings(off.settings.model_copy(update={"health": None}))
    assert run().data.equals(simulate(without, expected=True).data)
    on = corridor(health="on")
    assert on.settings.disease is not None
    found = simulate(on, expected=True)
    told = totals(found, headlines(on)).iloc[0]
    assert told["ill"] > 1000
    assert told["died_illness"] > numbers()["died_illness"]
    assert float(abs(found.accounts()["missing"]).max()) < 1e-3
