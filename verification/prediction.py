"""What caravans up to October 2020 say of those of January and March 2021, and all caravans beside their reports.

`prediction_page` writes the tables and the page.

Priors, not fits: nothing is adjusted to any outcome. Given are who left where and when, and where and when forces
stood. `as_known` makes the priors of the first part: those that rest on anything after October 2020 are widened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.ensemble import simulate
from travesia.figures import observations
from travesia.folder import read_scenario
from travesia.parameters import quantile
from travesia.result import Result
from travesia.scenario import Parameter, Prior, Scenario

DOCS = Path(__file__).resolve().parent.parent / "docs"
SAMPLE = Path(__file__).with_name("prediction-sample.csv")
HISTORY, JANUARY = "caravans-history", "caravan-2021"
ORIGIN = date(2020, 10, 31)
REPLICATES, HISTORY_REPLICATES, SAMPLE_REPLICATES, SEED = 2000, 100, 20, 1
Q = (0.05, 0.25, 0.5, 0.75, 0.95)

# What a prior rests on: pieces of evidence, and how many of them came after October 2020.
LATER = {
    "cordon_hold_small": (2, 1, "two caravans, one of them of 10 December 2020"),
    "cost_per_km": (5, 1, "the ways of five caravans, one of them of December 2020"),
    "child_share": (12, 2, "the twelve months of 2020"),
    "mexico_detain_caravan": (24, 2, "the 24 months of 2019 and 2020"),
    "mexico_detain_small_group": (24, 2, "the 24 months of 2019 and 2020"),
    "mexico_return_per_night": (24, 2, "the 24 months of 2019 and 2020"),
    "mexico_release_per_day": (24, 2, "the 24 months of 2019 and 2020"),
}
# Assumptions that rest on no event after October 2020; their scenario gives them its own date, 10 January 2021.
ASSUMED = (
    "checkpoint_hold_small_group",
    "force_choice_cost",
    "information_multiplier",
    "leg_cost",
    "news_delay_days",
    "news_delay_days_per_100km",
    "route_concentration",
    "shock_concentration",
)
Floats = NDArray[np.float64]


def widened(prior: Prior, factor: float) -> Prior:
    """A prior around the same middle with its ends further away: in log-odds for a beta, as it is for a uniform.

    prior : beta or uniform. factor : of the distance from the middle to the ends.
    """
    if prior.kind not in ("beta", "uniform"):
        raise ValueError(f"no rule to widen a prior of kind {prior.kind}")
    low, high = (math.log(p / (1 - p)) if prior.kind == "beta" else p for p in (prior.low, prior.high))
    middle, half = (low + high) / 2, (high - low) / 2 * factor
    ends = (middle - half, middle + half)
    low, high = (1 / (1 + math.exp(-x)) if prior.kind == "beta" else x for x in ends)
    return prior.model_copy(update={"low": low, "high": high})


def as_known(scenario: Scenario) -> Scenario:
    """The scenario with the priors one could have had at the end of October 2020.

    A prior that rests on n pieces of evidence, k of them later, has its ends √(n/(n − k)) times as far from its
    middle: as a mean of n − k pieces is that much less certain than one of n.
    """

    def known(name: str, parameter: Parameter) -> Parameter:
        if name in ASSUMED:
            return parameter.model_copy(update={"data_until": ORIGIN})
        if name not in LATER or parameter.prior is None:
            return parameter
        pieces, later, _ = LATER[name]
        prior = widened(parameter.prior, math.sqrt(pieces / (pieces - later)))
        middle = float(quantile(prior, np.array([0.5]))[0])
        return parameter.model_copy(update={"prior": prior, "value": middle, "data_until": ORIGIN})

    parameters = {name: known(name, p) for name, p in scenario.settings.parameters.items()}
    return scenario.with_settings(scenario.settings.model_copy(update={"parameters": parameters}))


def only(scenario: Scenario, *, start: date, days: int) -> Scenario:
    """The scenario cut to those who leave within some days; what concerns other days is left out."""
    dated = pd.to_datetime(scenario.departures["date_from"])
    within = dated.between(pd.Timestamp(start), pd.Timestamp(start) + pd.Timedelta(days=days - 1))
    settings = scenario.settings.model_copy(update={"start": start, "days": days})
    cut = scenario.with_table("departures", scenario.departures[within].reset_index(drop=True))
    return cut.with_table("observations", scenario.observations.iloc[:0]).with_settings(settings)


def january(scenario: Scenario) -> Scenario:
    """The caravan of January 2021 alone, from the 13th to the 26th as in `caravan-2021`."""
    return only(scenario, start=date(2021, 1, 13), days=14)


def march(scenario: Scenario) -> Scenario:
    """The caravan of 30 March 2021 alone, for two weeks."""
    return only(scenario, start=date(2021, 3, 30), days=14)


# --- predictions

Row = dict[str, object]


def predicted(
    head: Row, values: Floats, low: float, high: float, *, reported_by: str, source: str, digits: int = 1
) -> Row:
    """A row of the table: quantiles of what was simulated, the report, and whether it is inside.

    values : [replicate]. low, high : the ends of the report, equal where it is one number. Inside: the report and the
    interval have a number in common. position : the share of replicates below the middle of the report.
    """
    q = {f"q{100 * p:02.0f}": round(float(x), digits) for p, x in zip(Q, np.quantile(values, Q), strict=True)}
    middle = (low + high) / 2
    told = {"low": low, "high": high, "reported_by": reported_by, "source": source}
    below = float(((values < middle) + 0.5 * (values == middle)).mean())
    inside = {
        f"inside_{name}": "yes" if q[a] <= high and low <= q[b] else "no"
        for name, a, b in (("50", "q25", "q75"), ("90", "q05", "q95"))
    }
    return {**head, **q, **told, **inside, "position": round(below, 3)}


def january_rows(result: Result, head: Row, *, returned: str, reports: pd.DataFrame) -> Iterator[Row]:
    """Returned by date, and present at Vado Hondo.

    returned : the quantity counting people returned. reports : `observations` of `caravan-2021`.
    """
    by_day = {
        "returned_so_far": np.asarray(result.quantity(returned).values, dtype=float),
        "present_vado_hondo": np.asarray(result.quantity("present_vado_hondo").values, dtype=float),
    }
    if not result.scenario.settings.outputs.quantities[returned].cumulative:
        by_day["returned_so_far"] = by_day["returned_so_far"].cumsum(axis=1)
    for name, values in by_day.items():
        for row in reports[reports["quantity"] == name].sort_values("end", kind="stable").to_dict("records"):
            day = result.dates.tolist().index(row["end"])
            low, high = (
                (row["reported"], row["reported"]) if pd.isna(row["low"]) else (row["low"], row["high"])
            )
            own = head | {"quantity": name, "date": f"{row['end']:%Y-%m-%d}", "unit": row["unit"]}
            told = {"reported_by": row["reported_by"], "source": row["source"]}
            yield predicted(own, values[:, day], float(low), float(high), **told)


def march_rows(result: Result, head: Row) -> Iterator[Row]:
    """The share turned back, in both senses the report can have."""
    departed = np.asarray(result.total("departed").sum("date").values, dtype=float)
    within = np.asarray(result.quantity("got_into_guatemala").values, dtype=float).cumsum(axis=1)
    returned = np.asarray(result.quantity("returned_2021_03").values, dtype=float).cumsum(axis=1)
    for name, day in (("2021-03-31", 1), ("2021-04-12", 13)):
        for quantity, values in (
            ("share_not_in_guatemala", 1 - within[:, day] / departed),
            ("share_taken_back", np.minimum(returned[:, day] / departed, 1.0)),
        ):
            own = head | {"quantity": quantity, "date": name, "unit": "share of departed"}
            yield predicted(own, values, 0.9, 1.0, reported_by="AP", source="explica_ap_20210331", digits=3)


def predictions(replicates: int) -> pd.DataFrame:
    """Every report of January and March 2021 beside its prediction.

    replicates : of each of three ensembles. The rows of `caravans-history` have the priors of October 2020, those of
    `caravan-2021` its own, of 10 January 2021.
    """
    history, own = as_known(read_scenario(HISTORY)), read_scenario(JANUARY)
    reports = observations(own)
    head: Row = {"scenario": HISTORY, "data_until": ORIGIN.isoformat()}
    run = simulate(january(history), replicates=replicates, seed=SEED)
    rows = list(january_rows(run, head, returned="returned_2021_01", reports=reports))
    rows += march_rows(simulate(march(history), replicates=replicates, seed=SEED), head)
    run = simulate(own, replicates=replicates, seed=SEED)
    head = {"scenario": JANUARY, "data_until": "2021-01-10"}
    return pd.DataFrame([*rows, *january_rows(run, head, returned="returned_so_far", reports=reports)])


# --- all caravans


def caravans(replicates: int) -> pd.DataFrame:
    """Every report of a caravan of 2018 to 2021 beside what `caravans-history` has from its own priors.

    replicates : of the whole scenario. seen : whether the report is older than the priors (10 January 2021); some of
    them are made from it.
    """
    result = simulate(read_scenario(HISTORY), replicates=replicates, seed=SEED)
    table = result.observed_table()
    table = table[table["reported"].notna() | table["low"].notna()]
    left = result.scenario.departures.assign(on=lambda t: pd.to_datetime(t["date_from"]))
    rows = []
    for row in table.sort_values(["date", "date_from"], kind="stable").to_dict("records"):
        first = row["date_from"] if row["kind"] == "flow" else row["date"]
        caravan = left.loc[left["on"] <= first, "departure"].iloc[-1].split("_")
        low, high = (row["reported"], row["reported"]) if pd.isna(row["low"]) else (row["low"], row["high"])
        rows.append(
            {
                "caravan": f"{caravan[1]}-{caravan[2].removesuffix('b')}",
                "quantity": row["quantity"],
                "date_from": f"{first:%Y-%m-%d}" if row["kind"] == "flow" else "",
                "date": f"{row['date']:%Y-%m-%d}",
                "q05": round(float(row["q05"]), 1),
                "q50": round(float(row["q50"]), 1),
                "q95": round(float(row["q95"]), 1),
                "low": low,
                "high": high,
                "reported_by": row["reported_by"],
                "source": row["source"],
                "inside_90": "yes" if row["q05"] <= high and low <= row["q95"] else "no",
                "seen": "yes" if row["date"] < pd.Timestamp(2021, 1, 10) else "no",
            }
        )
    return pd.DataFrame(rows)


def assert_near(fresh: pd.DataFrame, recorded: pd.DataFrame) -> None:
    """Fail where a table is not the recorded one.

    Where two probabilities tie, another processor may round one of them otherwise and send somebody another way: a
    number of people may differ by two and five in a thousand, a share or position by a hundredth.
    """
    assert list(fresh.columns) == list(recorded.columns)
    for column in recorded.columns:
        now, then = fresh[column].to_numpy(), recorded[column].to_numpy()
        if not pd.api.types.is_numeric_dtype(recorded[column]):
            assert [str(value) for value in now] == [str(value) for value in then], column
            continue
        people = np.abs(then) > 1
        most = np.where(people, 2 + 0.005 * np.abs(then), 0.01)
        assert (np.abs(now - then) <= most).all(), f"{column}: {now} is not {then}"
