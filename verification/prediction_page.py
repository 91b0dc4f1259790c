"""The tables of docs/prediction.md, and the files they are made from; its words are by hand.

python -m verification.prediction_page    # runs all predictions anew
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd
from docs.write_readme import put, rounded
from verification.prediction import (
    DOCS,
    HISTORY,
    HISTORY_REPLICATES,
    JANUARY,
    LATER,
    REPLICATES,
    SAMPLE,
    SAMPLE_REPLICATES,
    as_known,
    caravans,
    predictions,
)  # fmt: skip

from travesia.folder import read_scenario

TITLES = {
    "returned_so_far": "Returned from Guatemala so far",
    "present_vado_hondo": "Present at Vado Hondo",
    "share_not_in_guatemala": "Share that did not get past Guatemala's border",
    "share_taken_back": "Share taken back",
}
PAGE = DOCS / "prediction.md"
Row = Mapping[Hashable, Any]


def page() -> str:
    """The page with its tables anew."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables().items():
        text = put(text, name, table)
    return text


def tables() -> dict[str, str]:
    """Every table of the page by its mark."""
    own, history = (pd.read_csv(DOCS / f"{name}.csv") for name in ("prediction", "caravans-history"))
    october = own[own["scenario"] == HISTORY]
    return {
        "october-table": _predictions(october),
        "january-table": _predictions(own[own["scenario"] == JANUARY]),
        "inside-table": _inside(own, history),
        "priors-table": _priors(),
        "history-table": _history(history),
    }


def _predictions(table: pd.DataFrame) -> str:
    head = ("date", "", "predicted: median (90 %)", "reported", "by", "position", "inside")
    return _markdown(head, (_prediction(row) for row in table.to_dict("records")))


def _prediction(row: Row) -> tuple[object, ...]:
    told = (
        f"{pd.Timestamp(str(row['date'])):%d %b %Y}",
        TITLES[str(row["quantity"])],
        _interval(row),
        _report(row),
    )
    return *told, row["reported_by"], row["position"], _mark(row["inside_90"])


def _inside(own: pd.DataFrame, history: pd.DataFrame) -> str:
    seen = history["seen"] == "yes"
    march = own["quantity"].str.startswith("share_")
    october = own["scenario"] == HISTORY
    parts = {
        "January 2021, returned, priors of October 2020": own[
            october & (own["quantity"] == "returned_so_far")
        ],
        "January 2021, at Vado Hondo, priors of October 2020": own[
            october & (own["quantity"] == "present_vado_hondo")
        ],
        "March 2021, turned back, priors of October 2020": own[march],
        "January 2021, returned, priors of 10 January 2021": own[
            ~october & (own["quantity"] == "returned_so_far")
        ],
        "January 2021, at Vado Hondo, priors of 10 January 2021": own[
            ~october & (own["quantity"] == "present_vado_hondo")
        ],
        "caravans of 2018 to 2020 (no test: the priors saw them)": history[seen],
        "caravans of 2021 beside all others (below)": history[~seen],
    }
    rows = [
        (
            name,
            len(part),
            _yes(part["inside_90"]),
            _yes(part["inside_50"]) if "inside_50" in part else "–",
        )
        for name, part in parts.items()
    ]
    return _markdown(("", "reports", "inside 90 %", "inside 50 %"), rows)


def _priors() -> str:
    before = read_scenario(HISTORY)
    after = as_known(before).settings.parameters
    rows = []
    for name, (pieces, later, why) in LATER.items():
        ends = [p[name].prior for p in (before.settings.parameters, after)]
        told = [f"{prior.low:.3g} to {prior.high:.3g}" for prior in ends if prior is not None]
        rows.append((f"`{name}`", why, f"{later} of {pieces}", *told))
    return _markdown(("parameter", "rests on", "later", "as packaged", "here"), rows)


def _history(table: pd.DataFrame) -> str:
    titles = {name: q.title["en"] for name, q in read_scenario(HISTORY).settings.outputs.quantities.items()}
    rows = []
    for row in table.fillna({"date_from": ""}).to_dict("records"):
        span = f"{row['date_from']} to {row['date']}" if row["date_from"] else str(row["date"])
        told = (row["caravan"], titles[str(row["quantity"])], span, _interval(row), _report(row))
        rows.append((*told, row["reported_by"], _mark(row["inside_90"]), row["seen"]))
    head = ("caravan", "", "days", "simulated: median (90 %)", "reported", "by", "inside", "priors saw it")
    return _markdown(head, rows)


def _yes(column: pd.Series[str]) -> int:
    return int((column == "yes").sum())


def _mark(inside: object) -> str:
    return "yes" if inside == "yes" else "**no**"


def _is_share(row: Row) -> bool:
    return str(row["quantity"]).startswith("share_")


def _interval(row: Row) -> str:
    numbers = [float(str(row[q])) for q in ("q50", "q05", "q95")]
    middle, low, high = (f"{x:.2f}" if _is_share(row) else rounded(x) for x in numbers)
    return f"{middle} ({low}–{high})"


def _report(row: Row) -> str:
    numbers = [float(str(row[end])) for end in ("low", "high")]
    low, high = (f"{x:.2f}" if _is_share(row) else f"{x:,.0f}" for x in numbers)
    return low if low == high else f"{low}–{high}"


def _markdown(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    first, *others = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in (head, *rows)]
    return "\n".join([first, "|" + "---|" * (first.count(" | ") + 1), *others])


def main() -> int:
    """Write the tables, the sample that `make test` runs again, and the page."""
    predictions(REPLICATES).to_csv(DOCS / "prediction.csv", index=False)
    caravans(HISTORY_REPLICATES).to_csv(DOCS / "caravans-history.csv", index=False)
    predictions(SAMPLE_REPLICATES).to_csv(SAMPLE, index=False)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
