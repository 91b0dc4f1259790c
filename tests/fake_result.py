"""A made-up result whose accounts balance: random numbers on a small corridor, no engine needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from travesia.result import Result
from travesia.scenario import FINAL_OUTCOMES, TABLES, FleeSettings, GoalSettings, Scenario, Settings
from travesia.schema import frame

PLACES = (
    ("sps", "San Pedro Sula", "town", "HND", 15.5059, -88.0259),
    ("corinto", "Corinto", "crossing", "HND", 15.59, -88.37),
    ("guate", "Ciudad de Guatemala", "town", "GTM", 14.6407, -90.5133),
    ("tapachula", "Tapachula", "town", "MEX", 14.9056, -92.2634),
    ("mexico", "Ciudad de México", "shelter", "MEX", 19.4285, -99.1277),
    ("reynosa", "Reynosa", "destination", "MEX", 26.0806, -98.2883),
)
LEGS = (
    ("road", "sps", "corinto", 60.0),
    ("corinto>guate", "corinto", "guate", 300.0),
    ("guate>tapachula", "guate", "tapachula", 290.0),
    ("tapachula>mexico", "tapachula", "mexico", 1150.0),
    ("mexico>reynosa", "mexico", "reynosa", 1000.0),
)
MEASURES = (
    ("block_corinto", "block", ""),
    ("detain_tapachula", "detain", "guate"),
    ("other_policy", "block", ""),
)
QUANTITIES = {
    "in_mexico": {"present": ["tapachula", "mexico"]},
    "into_guatemala": {"crossed": ["corinto>guate"], "title": {"en": "Entering Guatemala"}},
    "stopped": {"events": ["block_corinto", "detain_tapachula", "other_policy"], "cumulative": True},
    "lives_lost": {"outcomes": ["died"], "cumulative": True, "title": {"en": "Deaths", "es": "Muertes"}},
    "on_the_road": {"crossed": ["road"]},
}
SOURCES = (("iom", "IOM situation report"), ("press", "Press of the day"))


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A table as the reader hands it out; each row names the cells it has."""
    columns = sorted({column for row in rows for column in row})
    return frame(name, {column: [row.get(column, "") for row in rows] for column in columns})


def make_scenario(
    *,
    rule: Literal["goal", "flee"] = "goal",
    days: int = 20,
    places: Sequence[Sequence[Any]] = PLACES,
    legs: Sequence[Sequence[Any]] = LEGS,
    observations: Sequence[Mapping[str, Any]] = (),
    quantities: Mapping[str, Any] = QUANTITIES,
) -> Scenario:
    """A small scenario on the corridor."""
    settings = Settings.model_validate(
        {
            "name": "fake",
            "title": {"en": "A made-up caravan", "es": "Una caravana inventada"},
            "start": "2021-01-14",
            "days": days,
            "movement": (FleeSettings(hasten=10) if rule == "flee" else GoalSettings()).model_dump(),
            "groups": {
                "travel": {"alone": {"adults": 1, "share": 0.6}, "family": {"adults": 1, "children": 2}}
            },
            "outputs": {"quantities": quantities},
        }
    )
    rows: dict[str, list[dict[str, Any]]] = {
        "places": [_row("place name kind country lat lon", place) for place in places],
        "legs": [_row("leg from to distance_km", leg) for leg in legs],
        "measures": [
            _row("measure kind place target share", (m, k, "corinto", t, 0.5)) for m, k, t in MEASURES
        ],
        "observations": [dict(observation) for observation in observations],
        "sources": [{"source": source, "title": title} for source, title in SOURCES],
        "departures": [
            _row(
                "departure kind place people date_from", ("start", "known", places[0][0], 6000, "2021-01-14")
            )
        ],
        "destinations": [_row("destination share", (places[-1][0], 1))],
    }
    return Scenario(settings, {name: table(name, rows.get(name, [])) for name in TABLES})


def _row(names: str, values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names.split(), values, strict=True)) | {"source": "assumption"}


def make_result(
    scenario: Scenario | None = None,
    *,
    replicates: int = 5,
    seed: int = 1,
    mode: Literal["stochastic", "expected"] = "stochastic",
    departing: int = 6000,
) -> Result:
    """Random counts on a scenario, in whole people, with nobody missing."""
    scenario = scenario or make_scenario()
    rng = np.random.default_rng(seed)
    days, travel = scenario.settings.days, list(scenario.settings.groups["travel"])
    places = [str(p) for p in scenario.places["place"]]
    shape = (replicates, days, len(travel))

    departed = rng.poisson(departing / days / len(travel), shape)
    ever = departed.cumsum(axis=1)
    ended = np.minimum.accumulate((ever * 0.3).astype(int)[:, ::-1], axis=1)[:, ::-1]
    ended_today = np.diff(ended, axis=1, prepend=0)
    outcomes = rng.multinomial(ended_today, [0.01, 0.09, 0.1, 0.7, 0.1])
    chances = np.stack([_spread(day, days, len(places)) for day in range(days)])
    alive = rng.multinomial(ever - ended, chances[None, :, None, :])
    legs = [(a, b) for _, a, b, *_ in scenario.legs[["leg", "from", "to"]].itertuples(index=False)]
    directed = [*legs, *((b, a) for a, b in legs)]
    pull = np.array([1.0] * len(legs) + [0.1] * len(legs))
    crossed = rng.poisson(
        departing / days * pull / len(travel), (replicates, days, len(travel), len(directed))
    )
    measures = [m for m, *_ in MEASURES[:2]]
    events = rng.poisson(departing / days / 20, (replicates, days, len(travel), len(measures)))
    moved = (0, 1, 3, 2)
    data = xr.Dataset(
        {
            "people": (("replicate", "date", "place", "travel"), alive[..., :-1].transpose(moved)),
            "in_transit": (("replicate", "date", "travel"), alive[..., -1]),
            "crossed": (("replicate", "date", "leg", "travel"), crossed.transpose(moved)),
            "events": (("replicate", "date", "measure", "travel"), events.transpose(moved)),
            "refused": (("replicate", "date", "measure", "travel"), (events // 3).transpose(moved)),
            "departed": (("replicate", "date", "travel"), departed),
            "outcomes": (("replicate", "date", "outcome", "travel"), outcomes.transpose(moved)),
            "parameters": (("replicate", "parameter"), rng.random((replicates, 2))),
        },
        coords={
            "replicate": np.arange(replicates),
            "date": pd.date_range(scenario.settings.start, periods=days),
            "place": places,
            "leg": [f"{a}>{b}" for a, b in directed],
            "from": ("leg", [a for a, _ in directed]),
            "to": ("leg", [b for _, b in directed]),
            "measure": measures,
            "outcome": list(FINAL_OUTCOMES),
            "travel": travel,
            "parameter": ["leg_cost", "share"],
        },
    )
    if mode == "expected":
        data = data.map(lambda v: v.astype(float))
    return Result(data, scenario, seed, mode, "actual", {"model": 0.01, "engine": 0.2})


def _spread(day: int, days: int, places: int) -> np.ndarray:
    """A crowd that moves along the places; the last entry is those on the way."""
    at = np.arange(places) / places
    weight = np.exp(-(((at - 0.8 * day / days) / 0.25) ** 2)) + 0.02
    return np.append(0.8 * weight / weight.sum(), 0.2)
