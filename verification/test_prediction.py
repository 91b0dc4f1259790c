"""The tables of docs/prediction.md are what the program computes, every replicate of them."""

from __future__ import annotations

import pandas as pd
from verification.prediction import DOCS, HISTORY_REPLICATES, REPLICATES, assert_near, caravans, predictions


def same(fresh: pd.DataFrame, name: str) -> None:
    """Whether a table equals the one in the docs, but for what another processor may round otherwise."""
    assert_near(fresh, pd.read_csv(DOCS / f"{name}.csv", keep_default_na=False))


def test_the_predictions_of_2021() -> None:
    same(predictions(REPLICATES), "prediction")


def test_all_caravans_beside_their_reports() -> None:
    same(caravans(HISTORY_REPLICATES), "caravans-history")
