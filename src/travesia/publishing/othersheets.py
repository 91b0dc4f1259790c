"""Tables beside those of a run: figures reported, needs, what policies change, and forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from travesia.disclosure import told_observations
from travesia.figures import Q90
from travesia.planning import needs
from travesia.publishing.runsheets import NAME, PLACE, WITHHELD
from travesia.publishing.sheets import TOTAL, Column, Sheet, frame_of, rounding
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.web.publish import needed, two_figures
from travesia.web.shapes import Band, CaseView, ForecastView, Network, RunView


def reported_sheet(scenario: Scenario, *, coarse: bool) -> Sheet:
    """The figures reported about the world; those of few people, and others that would reveal them, without numbers.

    scenario : whose. coarse : whether its journeys may be told by area and month only, which leaves no figure of a day.
    """
    seen = "#affected+reported"
    columns = (
        Column(
            "date_from",
            "First day a figure covers; blank where it is up to a day.",
            "date",
            hxl="#date+start",
        ),
        Column("date_to", "Last day it covers.", "date", hxl="#date+end"),
        Column(
            "quantity", "Quantity of the scenario, or `present` for people at a place.", hxl="#indicator+code"
        ),
        Column("place", "Place, for `present`.", hxl="#loc+code"),
        Column("area", "What it covers where that is no place of the network.", hxl="#loc+area"),
        Column(
            "kind",
            "stock: on the days; flow: between them; cumulative: up to the last.",
            hxl="#indicator+type",
        ),
        Column(
            "value", "The figure; blank where only a range was reported, or withheld.", "number", hxl=seen
        ),
        Column("low", "Lower end of the range reported.", "number", hxl=f"{seen}+low"),
        Column("high", "Upper end of the range reported.", "number", hxl=f"{seen}+high"),
        Column("unit", "people or events.", hxl="#indicator+unit"),
        Column("reported_by", "Who reported it.", hxl="#meta+source"),
        Column("status", f"`reported`, or `{WITHHELD}` to protect few people.", hxl="#status"),
    )
    table = told_observations(scenario)
    table = table[:0] if coarse else table.sort_values(["quantity", "place", "area", "end"], kind="stable")
    frame = pd.DataFrame(
        {
            "date_from": table["date_from"].where(table["kind"] != "cumulative", pd.NaT),
            "date_to": table["end"],
            "value": table["reported"],
            "status": np.where(table["withheld"], WITHHELD, "reported"),
            **{
                name: table[name]
                for name in ("quantity", "place", "area", "kind", "low", "high", "unit", "reported_by")
            },
        }
    )
    rows = list(frame[[column.name for column in columns]].itertuples(index=False, name=None))
    return Sheet("reported", "Figures reported about the world.", columns, frame_of(columns, rows))


def needs_sheet(result: Result) -> Sheet:
    """What each place must provide on its fullest day, in two figures. result : of a run that may be told by place."""
    columns = (
        PLACE,
        NAME,
        Column("date", "Day with the most people there, on average.", "date", hxl="#date"),
        Column("quantity", "What is needed.", hxl="#need+code"),
        Column("who", "Whom it is counted for.", hxl="#need+group"),
        Column("unit", "Unit of the numbers; 5 people stand for fewer than ten.", hxl="#need+unit"),
        Column("median", "Median over the replicates.", "number", hxl="#need+simulated+median"),
        Column("q05", "5 % quantile over the replicates.", "number", hxl="#need+simulated+q05"),
        Column("q95", "95 % quantile over the replicates.", "number", hxl="#need+simulated+q95"),
    )
    daily = needs(result, dates="fullest").daily
    daily = daily[daily["median"].notna()] if len(daily) else daily
    found = daily.rename(columns={"low90": "q05", "high90": "q95"})
    for name in ("median", "q05", "q95") if len(found) else ():
        found[name] = needed(found[name].astype(float), found["unit"].astype(object))
    rows = list(found[[c.name for c in columns]].itertuples(index=False, name=None)) if len(found) else []
    return Sheet(
        "needs",
        "What each place must provide on its fullest day, simulated.",
        columns,
        frame_of(columns, rows),
    )


def differences_sheet(cases: Sequence[CaseView]) -> Sheet:
    """What policies change. cases : of `travesia compare`, as published."""
    told = "#affected+simulated"
    columns = (
        Column("reference", "Policy that the other is compared with.", hxl="#activity+reference"),
        Column("policy", "Policy.", hxl="#activity+policy"),
        Column("response", "How people respond to it: none, low, high or drawn.", hxl="#activity+response"),
        *TOTAL,
        Column("before", "Median under the reference.", "number", "people", f"{told}+before", True),
        Column("after", "Median under the policy.", "number", "people", f"{told}+after", True),
        Column("median", "Median of the paired differences.", "number", "people", f"{told}+difference", True),
        Column("q05", "5 % quantile of the differences.", "number", "people", f"{told}+difference+q05", True),
        Column(
            "q95", "95 % quantile of the differences.", "number", "people", f"{told}+difference+q95", True
        ),
        Column(
            "probability",
            "Share of replicates with more under the policy.",
            "number",
            "",
            f"{told}+probability",
        ),
        Column(
            "remark",
            "by definition: follows from what the policy does; sign open: not claimed.",
            hxl="#meta+remark",
        ),
    )
    rows = []
    for case in cases:
        of_case = (case.reference, case.policy, case.response)
        for d in case.differences:
            remarks = [("by definition", d.by_definition), ("sign open", d.sign_open)]
            numbers = (d.before, d.after, d.median, d.low, d.high, d.probability)
            remark = "; ".join(word for word, true in remarks if true)
            rows.append((*of_case, d.name, d.title, rounding(d), *numbers, remark))
    words = "What policies change, simulated: paired differences at the end of the run."
    return Sheet("differences", words, columns, frame_of(columns, rows))


def forecast_sheet(table: pd.DataFrame) -> Sheet:
    """A forecast as rows of quantiles in the format of hubverse, in two figures. table : of a forecast folder."""
    columns = (
        Column("model", "Method.", hxl="#meta+model"),
        Column("case", "Scenario.", hxl="#crisis+code"),
        Column("origin_date", "Last day of which anything was known.", "date", hxl="#date+start"),
        Column("target_date", "Day that is forecast.", "date", hxl="#date"),
        Column("horizon_days", "Days from the origin.", "number", "days", "#date+horizon"),
        Column("location", "Place, or quantity, that is forecast.", hxl="#loc+code"),
        Column("output_type", "quantile.", hxl="#indicator+type"),
        Column("output_type_id", "Level of the quantile.", "number", "", "#indicator+level"),
        Column("value", "People.", "number", "people", "#affected+forecast", True),
    )
    days = (table["target_date"] - table["origin_date"]).dt.days
    found = table.assign(horizon_days=days, value=two_figures(table["value"]))
    rows = list(found[[column.name for column in columns]].itertuples(index=False, name=None))
    return Sheet("forecast", "Quantiles of what is forecast, one a row.", columns, frame_of(columns, rows))


def forecast_run(shown: ForecastView, table: pd.DataFrame) -> tuple[Network, RunView]:
    """A forecast as a run is shown: medians and 90 % intervals of the places it has on all of its days.

    shown : as the page shows it. table : of its folder, of one origin.
    """
    dates = sorted(table["target_date"].unique())
    wide = table.pivot_table(index=["location", "target_date"], columns="output_type_id", values="value")
    bands: dict[str, Band] = {}
    for place, rows in groupby(wide.index, key=lambda key: str(key[0])):
        own = wide.loc[list(rows), list(Q90)]
        if len(own) == len(dates) and not own.isna().any(axis=None):
            low, median, high = (two_figures(own[level]).tolist() for level in Q90)
            bands[place] = Band(median=median, low=low, high=high)
    places = [place for place in shown.network.places if place.place in bands]
    people = [bands[place.place] for place in places]
    days = [f"{day:%Y-%m-%d}" for day in dates]
    run = shown.run.model_copy(update={"dates": days, "people": people, "capacity": []})
    return shown.network.model_copy(update={"places": places, "legs": []}), run
