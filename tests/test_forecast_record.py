"""The recorded benchmark: the page says what the tables say, and the model is ahead where the page says so."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from travesia.forecasting import prior
from travesia.forecasting.growth import ANCHORS, CANDIDATES
from travesia.forecasting.methods import MODEL

DOCS = Path(__file__).resolve().parents[1] / "docs"
CASES = pd.read_csv(DOCS / "benchmark-cases.csv")
OTHERS = sorted(set(CASES["method"]) - {MODEL})


def test_the_page_says_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    sys.modules.pop("write_forecast", None)
    import write_forecast

    text = (DOCS / "forecast.md").read_text(encoding="utf-8")
    assert write_forecast.page(text) == text


@pytest.mark.parametrize("horizon", [30, 90])
@pytest.mark.parametrize("other", OTHERS)
def test_the_model_is_closer_on_average_and_in_most_cases(horizon: int, other: str) -> None:
    wide = CASES[CASES["horizon"] == horizon].pivot(index="case", columns="method", values="scaled_crps")
    assert len(wide) == 6
    assert wide[MODEL].mean() < wide[other].mean()
    assert (wide[MODEL] < wide[other]).sum() >= 4


def test_intervals_of_80_percent_cover_about_80() -> None:
    rows = CASES[CASES["method"] == MODEL]
    inside = (rows["cover80"] * rows["forecasts"]).sum() / rows["forecasts"].sum()
    assert 0.75 <= inside <= 0.85


def test_the_shipped_prior_is_of_these_candidates_and_leaves_the_case_out() -> None:
    table = pd.read_csv(prior.FILE)
    assert len(table) == len(ANCHORS) * len(CANDIDATES)
    columns = sorted(name for name in table if " " in name)
    assert len(columns) == 6
    unseen = prior.prior_for("unseen", date(1999, 1, 1))
    assert unseen == pytest.approx(
        -prior.PERIODS * table[columns].mean(axis=1).to_numpy().reshape(len(ANCHORS), -1)
    )
    for column in columns:
        name, start = column.split(" ")
        without = -prior.PERIODS * table[[c for c in columns if c != column]].mean(axis=1).to_numpy()
        for found in (
            prior.prior_for(name, date(1999, 1, 1)),
            prior.prior_for("renamed", date.fromisoformat(start)),
        ):
            assert found.reshape(-1) == pytest.approx(without)
        assert not np.allclose(without, unseen.reshape(-1))


def test_typical_errors_are_those_of_other_conflicts() -> None:
    table = pd.read_csv(prior.ERRORS)
    columns = [name for name in table if " " in name]
    assert len(columns) == 6
    assert [horizon for horizon, _ in prior.usual_errors("unseen", date(1999, 1, 1))] == list(ANCHORS)
    for column in columns:
        others = table[[name for name in columns if name != column]].to_numpy()
        found = [size for _, size in prior.usual_errors(column.split(" ")[0], date(1999, 1, 1))]
        assert found == pytest.approx(np.sqrt((others**2).mean(axis=1)))
