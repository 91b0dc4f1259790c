"""What policies change: differences worked out by hand on a short road, and exact zeros where nothing differs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from journeys import PLACES, road

from travesia import compare, simulate
from travesia.comparison import COLUMNS, Comparison
from travesia.errors import UsageError
from travesia.headlines import headlines, totals
from travesia.scenario import HealthSettings, Parameter, Policy, Prior, Quantity

POLICIES = {
    "actual": Policy(),
    "same": Policy(include=("actual",)),
    "open": Policy(include=("actual",), off=("stop", "hold")),
    "half": Policy(include=("actual",), scale={"hold": 0.5}),
    "visas": Policy(include=("actual",)),
}
STOP = {"measure": "stop", "kind": "block", "place": "post", "share": 0.25}
HOLD = {"measure": "hold", "kind": "detain", "place": "post", "share": 0.36, "target": "cell"}
BACK = {"measure": "back", "kind": "return", "place": "cell", "share": 0.5, "target": "town"}
HEAT = {"measure": "heat", "kind": "harm", "leg": "first", "share": 0.1, "cause": "heat"}
WATER = {"measure": "water", "kind": "harm", "leg": "second", "share": 0.05, "cause": "drowning"}
VISA = {"measure": "visa", "kind": "admit", "place": "post", "share": 1.0, "policy": "visas"}


def row(found: Comparison, quantity: str, policy: str, response: str = "none") -> dict[str, Any]:
    table = found.differences
    one = table[
        (table["quantity"] == quantity) & (table["policy"] == policy) & (table["response"] == response)
    ]
    assert len(one) == 1
    return {str(k): v for k, v in one.iloc[0].to_dict().items()}


def shown(found: Comparison, policy: str, response: str = "none") -> dict[str, float]:
    """The differences that are not zero, rounded."""
    rows = found.differences
    rows = rows[(rows["policy"] == policy) & (rows["response"] == response)]
    medians = zip(rows["quantity"], rows["median"], strict=True)
    return {name: round(value, 3) for name, value in medians if value}


def test_differences_worked_out_by_hand() -> None:
    """1000 set out, 1 day to the city. Under `actual` 36 % of them are held at the post and half of these returned."""
    made = road(HOLD, BACK, policies=POLICIES, days=1)
    found = compare(made, ["actual", "half", "visas"], expected=True)
    # 1 − (1 − 0.36)^0.5 = 0.2
    assert shown(found, "half") == {
        "days_detained": -80.0,  # 180 and 100 are still there at the end of the day
        "detained": -160.0,
        "returned": -80.0,
        "arrived": 160.0,
    }
    assert shown(found, "visas") == {}
    assert row(found, "detained", "half")["reference_median"] == pytest.approx(360)
    assert row(found, "detained", "half")["policy_median"] == pytest.approx(200)


def test_what_follows_by_definition_is_marked() -> None:
    made = road(HOLD, BACK, STOP, VISA, policies=POLICIES, days=1)
    found = compare(made, ["actual", "half", "visas", "open"], expected=True)
    marked = {
        policy: set(rows.loc[rows["by_definition"], "quantity"])
        for policy, rows in found.differences.groupby("policy")
    }
    assert marked["half"] == {"detained", "days_detained"}
    assert marked["visas"] == {"admitted"}
    assert marked["open"] == {"detained", "days_detained", "stopped"}


def test_shared_information_marks_what_it_multiplies() -> None:
    pact = {"measure": "pact", "kind": "share_information", "multiplies": "hold;stop", "multiplier": 2.0}
    made = road(
        HOLD, STOP, pact, policies={"actual": Policy(), "none": Policy(include=("actual",), off=("pact",))}
    )
    found = compare(made, ["actual", "none"], expected=True)
    assert row(found, "detained", "none")["by_definition"]
    assert row(found, "stopped", "none")["by_definition"]
    assert not row(found, "arrived", "none")["by_definition"]


def test_deaths_are_told_by_cause_and_first() -> None:
    made = road(
        HEAT,
        WATER,
        STOP,
        policies={"actual": Policy(), "safe": Policy(include=("actual",), off=("heat",))},
        days=3,
    )
    found = compare(made, ["actual", "safe"], expected=True)
    names = found.differences["quantity"].tolist()
    assert names[:3] == ["died", "died_drowning", "died_heat"]
    assert names.index("died") < names.index("stopped") < names.index("returned")
    # heat and the post compete: (1 − 0.9 · 0.75) · 0.1 / (0.1 + 0.25)
    assert row(found, "died_heat", "safe")["median"] == pytest.approx(-1000 * 0.325 * 0.1 / 0.35)
    # of those who are spared 5 % drown, less the few still held at the post
    assert 0 < row(found, "died_drowning", "safe")["median"] <= 5
    assert row(found, "died", "safe")["median"] == pytest.approx(
        row(found, "died_heat", "safe")["median"] + row(found, "died_drowning", "safe")["median"]
    )


def test_a_policy_against_itself_is_exactly_zero() -> None:
    """`same` is another policy by name, so that its replicates are run again."""
    made = road(HOLD, BACK, STOP, {**HEAT, "concentration": 5.0}, policies=POLICIES, days=6)
    found = compare(made, ["actual", "same", "open"], replicates=30, seed=4)
    same = found.differences[found.differences["policy"] == "same"]
    assert (same[["median", "low50", "high50", "low90", "high90", "probability_above_zero"]] == 0).all(
        axis=None
    )
    assert not same["by_definition"].any()
    other = found.differences[found.differences["policy"] == "open"]
    assert (other["median"] != 0).any()


def test_intervals_are_those_of_the_paired_replicates() -> None:
    made = road(HOLD, BACK, policies=POLICIES, days=4)
    found = compare(made, ["actual", "half"], replicates=40, seed=7)
    chosen = headlines(made)
    before = totals(simulate(made, replicates=40, seed=7), chosen)["arrived"]
    after = totals(simulate(made, replicates=40, seed=7, policy="half"), chosen)["arrived"]
    difference = (after - before).to_numpy()
    told = row(found, "arrived", "half")
    for name, q in {"low90": 5, "low50": 25, "median": 50, "high50": 75, "high90": 95}.items():
        assert told[name] == pytest.approx(np.percentile(difference, q))
    assert told["probability_above_zero"] == (difference > 0).mean()
    assert len(found.totals) == 80


def test_detention_days_and_overcrowding() -> None:
    """100 of 1000 are held on day 0, and the cell has room for 60 until it has 200 from day 2 on."""
    places = [dict(p) for p in PLACES]
    places[3]["capacity"] = 60
    hold = {**HOLD, "share": 0.1}
    more = {
        "measure": "more",
        "kind": "capacity",
        "place": "cell",
        "capacity": 200,
        "date_from": "2021-01-16",
    }
    made = road(hold, more, places=places, policies=POLICIES, days=5)
    first = pd.Timestamp(made.settings.start) + pd.Timedelta(days=2)
    measures = made.measures.assign(
        date_from=made.measures["date_from"].where(made.measures["measure"] != "more", first)
    )
    found = totals(simulate(made.with_table("measures", measures), expected=True), headlines(made))
    assert found["days_detained"].item() == pytest.approx(500)
    assert found["overcrowded_days"].item() == 2


def test_who_finds_no_bed_and_who_enters_a_country() -> None:
    places = [dict(p) for p in PLACES]
    places[1] |= {"capacity": 300, "stay_mean_days": 1e9}
    beds = {"measure": "beds", "kind": "shelter", "place": "post"}
    found = totals(simulate(made := road(beds, places=places, days=2), expected=True), headlines(made))
    assert found["sheltered"].item() == pytest.approx(600, rel=1e-6)
    assert found["turned_away"].item() == pytest.approx(1400, rel=1e-6)
    assert found["entered_gtm"].item() == pytest.approx(1000)
    assert "entered_hnd" not in found


def test_own_quantities_are_those_of_the_end() -> None:
    made = road(STOP, {**HEAT, "share": 0.0}, days=3)
    own = {
        "held_up": Quantity(present=("post",), title={"en": "At the post"}),
        "daily": Quantity(crossed=("second",)),
        "stopped": Quantity(events=("stop",), cumulative=True, title={"en": "At the post, by the day"}),
        "from_heat": Quantity(events=("heat",)),
    }
    outputs = made.settings.outputs.model_copy(update={"quantities": own})
    made = made.with_settings(made.settings.model_copy(update={"outputs": outputs}))
    found = totals(simulate(made, expected=True), headlines(made)).iloc[0]
    names = list(found.index)
    assert names[:3] == ["died", "died_heat", "from_heat"]
    assert names.index("stopped") < names.index("returned")
    assert names[-2:] == ["held_up", "daily"]
    assert next(h.title for h in headlines(made) if h.name == "stopped") == "At the post, by the day"
    assert found["held_up"] == pytest.approx(1000 * 0.25**3)
    assert found["daily"] == pytest.approx(1000 * (1 - 0.25**3))
    assert found["stopped"] == pytest.approx(1000 * (0.25 + 0.25**2 + 0.25**3))


def test_what_a_scenario_cannot_have_is_told_as_not_modelled() -> None:
    found = compare(road(STOP, policies=POLICIES), ["actual", "same"], expected=True)
    assert not row(found, "died", "same")["modelled"]
    assert not row(found, "detained", "same")["modelled"]
    assert row(found, "stopped", "same")["modelled"]


def test_with_health_who_falls_ill_and_who_dies_of_it() -> None:
    """A tenth of a thousand start infectious; half of those whose infection ends die, and 1 % a night of sickness."""
    shut = {"measure": "shut", "kind": "close", "place": "town"}
    sick = {"measure": "sick", "kind": "harm", "place": "town", "share": 0.01, "cause": "illness"}
    made = road(shut, sick, days=1)
    health = HealthSettings(
        disease="flu", reproduction_number=5.0, infectious_days=10.0, infectious_share=0.1, case_fatality=0.5
    )
    result = simulate(made.with_settings(made.settings.model_copy(update={"health": health})), expected=True)
    found = totals(result, headlines(result.scenario)).iloc[0]
    assert list(found.index)[:3] == ["died", "died_illness", "ill"]
    assert found["ill"] == pytest.approx(result.data["ill"].sum().item())
    assert found["ill"] > 0
    assert found["died_illness"] == pytest.approx(found["died"])
    assert found["died"] > 10
    assert "died_illness" not in totals(simulate(road(shut), expected=True), headlines(road(shut)))


def test_json_has_the_names_and_no_number_that_json_lacks() -> None:
    found = compare(road(HOLD, policies=POLICIES), ["actual", "half"], expected=True).json()
    first = found["differences"][0]
    assert set(first) == set(COLUMNS)
    assert first["low90"] is None
    assert {"returned", "detained", "died"} <= {one["quantity"] for one in found["differences"]}


@pytest.mark.parametrize(
    ("policies", "options", "told"),
    [
        (["actual"], {}, "two policies"),
        (["actual", "opne"], {}, "open"),
        (["actual", "open"], {"responses": ["lo"]}, "low"),
    ],
)
def test_wrong_usage(policies: list[str], options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        compare(road(HOLD, STOP, policies=POLICIES), policies, **options)


def test_the_sign_of_deaths_is_open_where_replicates_disagree_or_are_few() -> None:
    """`calm` ends a risk, always fewer deaths; `other` trades it for one that may be smaller or greater."""
    parameters = {"river": Parameter(value=0.1, prior=Prior(kind="uniform", low=0.0, high=0.2))}
    policies = {
        "actual": Policy(),
        "same": Policy(include=("actual",)),
        "calm": Policy(include=("actual",), off=("heat",)),
        "other": Policy(include=("actual",), off=("heat",)),
    }
    river = {**WATER, "measure": "river", "share": "river", "policy": "other"}
    made = road(HEAT, river, STOP, policies=policies, parameters=parameters, days=6)
    found = compare(made, ["actual", "same", "calm", "other"], replicates=40, seed=2)
    assert not row(found, "died", "same")["sign_open"]
    assert not row(found, "died", "calm")["sign_open"]
    assert row(found, "died", "calm")["high90"] < 0
    assert row(found, "died", "other")["sign_open"]
    assert row(found, "died", "other")["low90"] < 0 < row(found, "died", "other")["high90"]
    assert not row(found, "arrived", "other")["sign_open"]  # only deaths are marked
    few = compare(made, ["actual", "calm"], replicates=5, seed=2)
    assert row(few, "died", "calm")["sign_open"]
    assert row(compare(made, ["actual", "calm"], expected=True), "died", "calm")["sign_open"]
