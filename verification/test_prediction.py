"""The tables of docs/prediction.md are what the program computes, every replicate of them."""

from __future__ import annotations

import pandas as pd
from verification.prediction import DOCS, HISTORY_REPLICATES, REPLICATES, caravans, predictions


def same(fresh: pd.DataFrame, name: str) -> None:
    """Whether a table equals the one in the docs; rounding may differ in its last digit."""
    recorded = pd.read_csv(DOCS / f"{name}.csv", keep_default_na=False)
    numbers = recorded.select_dtypes("number").columns
    pd.testing.assert_frame_equal(
        fresh[numbers].astype(float).reset_index(drop=True),
        recorded[numbers].astype(float),
        atol=0.11,
        rtol=0,
    )
    texts = [column for column in recorded.columns if column not in numbers]
    assert fresh[texts].astype(str).to_numpy().tolist() == recorded[texts].astype(str).to_numpy().tolist()


def test_the_predictions_of_2021() -> None:
    same(predictions(REPLICATES), "prediction")


def test_all_caravans_beside_their_reports() -> None:
    same(caravans(HISTORY_REPLICATES), "caravans-history")
