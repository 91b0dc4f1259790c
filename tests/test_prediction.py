"""What was known in October 2020 says of 2021 what the page says, and nothing later is in it."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from verification import prediction
from verification.prediction import ASSUMED, DOCS, HISTORY, JANUARY, LATER, ORIGIN, SAMPLE, SAMPLE_REPLICATES
from verification.prediction_page import PAGE, page

from travesia.folder import read_scenario
from travesia.parameters import quantile
from travesia.scenario import Prior, Scenario

GIVEN = ("departed_", "unsourced_distance")  # who left, and the lengths of roads: history, and a map
LATER_THAN_OCTOBER = r"(November|December) 2020|2021|2020-1[12]"


@pytest.fixture(scope="module")
def packaged() -> Scenario:
    return read_scenario(HISTORY)


@pytest.fixture(scope="module")
def fresh() -> pd.DataFrame:
    return prediction.predictions(SAMPLE_REPLICATES).reset_index(drop=True)


def test_no_prior_of_the_prediction_is_later_than_october_2020(packaged: Scenario) -> None:
    for name, parameter in prediction.as_known(packaged).settings.parameters.items():
        if name.startswith(GIVEN):
            assert parameter.data_until is None, name
            continue
        assert parameter.data_until is not None, name
        assert parameter.data_until <= ORIGIN, name


def test_what_is_dated_back_is_widened_or_rests_on_no_later_event(packaged: Scenario) -> None:
    known = prediction.as_known(packaged).settings.parameters
    for name, parameter in packaged.settings.parameters.items():
        if name.startswith(GIVEN) or (parameter.data_until and parameter.data_until <= ORIGIN):
            assert known[name] == parameter, name
            continue
        assert (name in LATER) != (name in ASSUMED), name
        if name in ASSUMED:
            assert parameter.source == "assumption", name
            note = parameter.note.replace("No event before 10 January 2021", "")
            assert not re.search(LATER_THAN_OCTOBER, note), name
            continue
        before, after = parameter.prior, known[name].prior
        assert before is not None
        assert after is not None
        assert after.low < before.low < before.high < after.high, name


def test_a_prior_is_widened_around_its_middle() -> None:
    """Ends 0.2 and 0.8 are −1.386 and 1.386 in log-odds; twice as far, −2.773 and 2.773: 1/17 and 16/17."""
    beta = prediction.widened(Prior(kind="beta", low=0.2, high=0.8), 2.0)
    assert (beta.low, beta.high) == pytest.approx((1 / 17, 16 / 17))
    assert float(quantile(beta, np.array([0.5]))[0]) == pytest.approx(0.5)
    plain = prediction.widened(Prior(kind="uniform", low=2.0, high=4.0), 1.5)
    assert (plain.low, plain.high) == pytest.approx((1.5, 4.5))


def test_the_priors_of_january_are_those_of_its_own_rule() -> None:
    for name, parameter in read_scenario(JANUARY).settings.parameters.items():
        assert name.startswith(GIVEN) or (parameter.data_until or date.max) <= date(2021, 1, 10), name


def test_only_the_caravan_in_question_leaves(packaged: Scenario) -> None:
    assert list(prediction.january(packaged).departures["departure"]) == [
        "caravan_2021_01_advance",
        "caravan_2021_01_main",
    ]
    assert list(prediction.march(packaged).departures["departure"]) == ["caravan_2021_03"]


def test_a_report_is_inside_where_it_meets_the_interval() -> None:
    values = np.arange(101.0)  # quantiles 5, 25, 50, 75, 95
    cases = {(4, 4): ("no", "no"), (3, 5): ("no", "yes"), (95, 99): ("no", "yes"), (75, 80): ("yes", "yes")}
    for (low, high), wanted in cases.items():
        row = prediction.predicted({}, values, low, high, reported_by="", source="")
        assert (row["inside_50"], row["inside_90"]) == wanted, (low, high)
    assert row["position"] == pytest.approx(78 / 101, abs=1e-3)  # below 77.5


def test_a_fresh_run_is_the_recorded_sample(fresh: pd.DataFrame) -> None:
    prediction.assert_near(fresh, pd.read_csv(SAMPLE, keep_default_na=False))


def test_a_run_that_differs_is_not_near(fresh: pd.DataFrame) -> None:
    for column, more in {"q50": 10.0, "q05": 20.0, "position": 0.02}.items():
        with pytest.raises(AssertionError, match=column):
            prediction.assert_near(
                fresh, fresh.assign(**{column: fresh[column] + more * (fresh["q50"] > 100)})
            )


def test_the_table_has_the_reports_of_the_sample_and_intervals_the_sample_allows(fresh: pd.DataFrame) -> None:
    """Of 20 draws the median lies between the 5 % and 95 % points of many but for a chance of 2·10⁻⁷ (binomial)."""
    table = pd.read_csv(DOCS / "prediction.csv")
    same = ["scenario", "data_until", "quantity", "date", "low", "high", "reported_by", "source"]
    pd.testing.assert_frame_equal(table[same], fresh[same].astype(table[same].dtypes))
    assert (fresh["q50"] >= table["q05"]).all()
    assert (fresh["q50"] <= table["q95"]).all()
    assert (table["q05"] <= table["q25"]).all()
    assert (table["q75"] <= table["q95"]).all()


def test_every_report_of_january_is_in_the_table(fresh: pd.DataFrame) -> None:
    reports = read_scenario(JANUARY).observations
    wanted = reports[reports["quantity"].isin(["returned_so_far", "present_vado_hondo"])]
    for name in (HISTORY, JANUARY):
        own = fresh[(fresh["scenario"] == name) & ~fresh["quantity"].str.startswith("share")]
        assert sorted(own["source"]) == sorted(wanted["source"])


def test_the_page_says_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_readme_counts_what_is_inside() -> None:
    table, history = (pd.read_csv(DOCS / f"{name}.csv") for name in ("prediction", "caravans-history"))
    october = table[table["scenario"] == HISTORY]
    parts = [october[october["quantity"] == name] for name in ("returned_so_far", "present_vado_hondo")]
    parts += [october[october["quantity"].str.startswith("share_")], history[history["seen"] == "yes"]]
    counts = [str(n) for part in parts for n in (len(part), (part["inside_90"] == "yes").sum())]
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    said = readme[readme.index("**From caravans") : readme.index("**Flee's own cases")]
    said = re.sub(r"October 2020|January 2021|90 %|2018 to 2020", "", said)
    assert re.findall(r"\b\d+\b", said) == counts
