"""docs/corridor-forecast.md holds what its own commands say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from travesia.folder import read_scenario
from travesia.forecasting.against import checked_forecast
from travesia.forecasting.folder import read_forecast
from travesia.forecasting.scoring import by_case, each, scores

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "corridor-forecast.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """The commands at the end of the page that make a folder, in order, one list of words each."""
    whole = PAGE.partition("## How this page was made")[2].replace("\\\n", " ")
    found = re.findall(r"^travesia ((?:calibrate|forecast) .*)$", whole, flags=re.MULTILINE)
    return [shlex.split(line) for line in found]


def test_the_published_scores_come_out_again(
    travesia: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in commands():
        code, _, err = travesia(*words)
        assert code == 0, err
    tables = [read_forecast(tmp_path / words[words.index("-o") + 1])[1] for words in commands()[1:]]
    checked = checked_forecast(pd.concat(tables), read_scenario("corridor-2021"))
    origin = pd.Timestamp(tables[0]["origin_date"].iloc[0]).date()
    keys = ["method", "location", "date"]
    found = each(checked, origin=origin).set_index(keys)
    recorded = pd.read_csv(DOCS / "corridor-forecast.csv", parse_dates=["date"]).set_index(keys)
    assert set(found.index) == set(recorded.index)
    found = found.reindex(recorded.index)
    for column in ("observed", "q10", "median", "q90", "crps"):
        assert found[column].to_numpy() == pytest.approx(recorded[column].to_numpy(), rel=0.05, abs=20), (
            column
        )
    whole = by_case(scores([checked])).set_index("method")
    kept = pd.read_csv(DOCS / "corridor-forecast-scores.csv").set_index("method")
    assert set(whole.index) == set(kept.index)
    for column in ("scaled_crps", "cover50", "cover80"):
        assert whole[column].reindex(kept.index).to_numpy() == pytest.approx(
            kept[column].to_numpy(), rel=0.02, abs=0.002 if column == "scaled_crps" else 0.06
        ), column
