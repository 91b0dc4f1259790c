"""How people respond to a policy: factors on departures, on being smuggled and on the risk they mind, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from journeys import ALONE, LEGS, MARCH, central, road, series
from test_compare import row, shown

from travesia import compare, simulate
from travesia.errors import UsageError
from travesia.folder import check
from travesia.policy import Responses, responses_of, with_response
from travesia.scenario import GroupValue, Parameter, Policy, Prior, Response

SMUGGLED = {**ALONE, "smuggled": {"yes": GroupValue(share=0.2), "no": GroupValue()}}
PRIOR = Prior(kind="uniform", low=0.8, high=1.5)
FACTOR = {"factor": Parameter(value=1.1, prior=PRIOR)}
TWO_WAYS = (
    {**LEGS[0], "both_ways": False},
    {**LEGS[1], "leg": "safe", "risk": 0.0},
    {**LEGS[1], "leg": "bold", "risk": 2.0},
)


def policies(**response: Any) -> dict[str, Policy]:
    return {"actual": Policy(), "other": Policy(include=("actual",), response=Response(**response))}


def test_departures_are_multiplied() -> None:
    there = {"departure": "there", "kind": "present", "place": "town", "people": 100}
    rate = {"departure": "rate", "kind": "rate", "place": "town", "rate_per_day": 0.01}
    made = road(departures=(MARCH, there, rate), policies=policies(departures=0.6), days=2)
    before, after = central(made), central(made, "other")
    assert series(before, "departed").sum() == pytest.approx(1000 + 100 + 2 * 10)
    assert series(after, "departed").sum() == pytest.approx(600 + 100 + 2 * 6)
    whole = simulate(made, replicates=3, seed=1, policy="other")
    assert (abs(whole.accounts()["missing"]) == 0).all()
    march = simulate(road(policies=policies(departures=0.6)), replicates=2, policy="other")
    assert (march.total("departed").sum("date") == 600).all()


def test_the_odds_of_being_smuggled_are_multiplied() -> None:
    made = road(groups=SMUGGLED, by=("smuggled",), policies=policies(smuggled=4.0), days=1)
    for policy, share in (("actual", 0.2), ("other", 0.5)):  # odds 1 : 4, then 1 : 1
        found = central(made, policy).data["departed"].sum(["replicate", "date"])
        assert found.sel(smuggled="yes").item() == pytest.approx(1000 * share)
        assert found.sel(smuggled="no").item() == pytest.approx(1000 * (1 - share))


def test_a_row_that_says_who_is_smuggled_stays() -> None:
    rows = [{**MARCH, "groups": "smuggled=no"}]
    made = road(groups=SMUGGLED, by=("smuggled",), departures=rows, policies=policies(smuggled=4.0), days=1)
    found = central(made, "other").data["departed"].sum(["replicate", "date"])
    assert found.sel(smuggled="yes").item() == 0


def test_danger_is_minded_less() -> None:
    """Two legs of one length, risk 0 and 2: the odds of the second are exp(−2 · cost_per_risk · factor)."""
    made = road(legs=TWO_WAYS, policies=policies(danger=0.25), cost_per_risk=1.0, days=3)
    for policy, odds in (("actual", np.exp(-2.0)), ("other", np.exp(-0.5))):
        crossed = central(made, policy).total("crossed").sum(["replicate", "date"])
        bold, safe = (
            crossed.values[list(crossed["leg"].values).index(leg)] for leg in ("post>city#2", "post>city")
        )
        assert bold / safe == pytest.approx(odds)


def test_policies_in_force_multiply() -> None:
    made = road(
        policies={
            "actual": Policy(),
            "a": Policy(include=("actual",), response=Response(departures=0.5)),
            "b": Policy(include=("a",), response=Response(departures=0.4)),
            "c": Policy(response=Response(departures=3.0)),
        }
    )
    assert responses_of(made, "actual") == Responses()
    assert series(central(made, "b"), "departed").sum() == pytest.approx(200)
    assert series(central(made, "b+c"), "departed").sum() == pytest.approx(600)


def test_none_low_high_and_drawn() -> None:
    made = road(policies=policies(departures="factor"), parameters=FACTOR)
    for word, factor in (("none", 1.0), ("low", 0.8), ("high", 1.5), ("drawn", 1.1)):
        found = central(with_response(made, word), "other")
        assert series(found, "departed").sum() == pytest.approx(1000 * factor), word
    assert with_response(made, "low").settings.parameters == made.settings.parameters
    drawn = simulate(made, replicates=20, seed=3, policy="other")
    values = drawn.data["parameters"].sel(parameter="factor").values
    assert (drawn.total("departed").sum("date").values == np.rint(1000 * values)).all()
    with pytest.raises(UsageError, match="drawn"):
        with_response(made, "drwn")


def test_compare_shows_no_response_and_each_bound() -> None:
    made = road(
        policies={**policies(departures="factor"), "silent": Policy(include=("actual",))}, parameters=FACTOR
    )
    found = compare(made, ["actual", "other", "silent"], expected=True)
    assert found.cases == [("other", "none"), ("other", "low"), ("other", "high"), ("silent", "none")]
    assert shown(found, "other", "none") == {}
    assert shown(found, "other", "low") == {"arrived": -200.0, "entered_gtm": -200.0, "departed": -200.0}
    assert shown(found, "other", "high") == {"arrived": 500.0, "entered_gtm": 500.0, "departed": 500.0}
    assert row(found, "departed", "other", "high")["by_definition"]
    assert not row(found, "departed", "other", "none")["by_definition"]
    only = compare(made, ["actual", "other"], expected=True, responses=["drawn"])
    assert shown(only, "other", "drawn")["departed"] == pytest.approx(100)


def test_a_response_leaves_the_draws_of_others_alone() -> None:
    """The replicates of `actual` are the same whatever the response of the other policy."""
    stop = {"measure": "stop", "kind": "block", "place": "post", "share": 0.5, "concentration": 2.0}
    made = road(stop, policies=policies(departures="factor"), parameters=FACTOR)
    one = simulate(with_response(made, "none"), replicates=5, seed=2)
    other = simulate(with_response(made, "high"), replicates=5, seed=2)
    assert one.data.drop_vars("parameters").equals(other.data.drop_vars("parameters"))


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ({"departures": "nobody"}, "neither a number nor a parameter"),
        ({"departures": -1.0}, "below 0"),
        ({"departures": "away"}, "leaves out 1"),
        ({"smuggled": 2.0}, "no group attribute `smuggled`"),
    ],
)
def test_what_cannot_be_is_told(response: dict[str, Any], told: str) -> None:
    away = Parameter(value=2.0, prior=Prior(kind="uniform", low=1.5, high=3.0))
    found = check(road(policies=policies(**response), parameters={"away": away}))
    assert [p for p in found if told in p.message and "policies.other.response" in p.column], found


def test_a_policy_without_response_hashes_as_before_there_were_responses() -> None:
    made = road(policies={**policies(departures=0.5), "silent": Policy()})
    content = made.settings.model_dump(mode="json")["policies"]
    assert "response" not in content["silent"]
    assert content["other"]["response"]["departures"] == 0.5
    assert type(made.settings).model_validate(made.settings.model_dump()) == made.settings


def test_a_response_that_can_be_is_no_problem() -> None:
    made = road(groups=SMUGGLED, policies=policies(smuggled="factor", danger=0.5), parameters=FACTOR)
    assert [p for p in check(made) if "response" in p.column] == []


def test_measures_meet_more_or_fewer() -> None:
    """p becomes 1 − (1 − p)^factor: 0.36 and half of it make 0.2; a policy's own scale multiplies."""
    stop = {"measure": "stop", "kind": "block", "place": "post", "share": 0.36}
    made = road(
        stop,
        policies={
            **policies(scale={"stop": "factor"}),
            "both": Policy(
                include=("actual",), scale={"stop": 2.0}, response=Response(scale={"stop": "factor"})
            ),
        },
        parameters={"factor": Parameter(value=0.5, prior=Prior(kind="uniform", low=0.5, high=2.0))},
        days=1,
    )
    for word, policy, share in (
        ("none", "other", 0.36),
        ("low", "other", 0.2),
        ("high", "other", 1 - 0.64**2),
        ("low", "both", 0.36),
        ("none", "both", 1 - 0.64**2),
    ):
        found = central(with_response(made, word), policy)
        assert series(found, "events", "stop").sum() == pytest.approx(1000 * share), (word, policy)
    told = [p for p in check(road(policies=policies(scale={"stp": 1.0}))) if "response.scale" in p.column]
    assert told
    assert "no such measure" in told[0].message
