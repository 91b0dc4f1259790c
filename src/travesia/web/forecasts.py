"""What `travesia forecast -o` wrote, as the page shows it: quantiles, and what was counted before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.errors import TravesiaError, UsageError
from travesia.figure_atoms import is_national
from travesia.figures import observations
from travesia.folder import read_scenario
from travesia.forecasting.folder import read_forecast
from travesia.forecasting.origin import known_on
from travesia.scenario import Scenario
from travesia.web.publish import is_coarse, two_figures
from travesia.web.reports import reports_of
from travesia.web.shapes import Band, FanView, ForecastView, Reported, RunView
from travesia.web.view import network_of

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Of the fans: the median, and the ends of the 50, 80 and 95 % intervals."""
A_MONTH = 28
Floats = NDArray[np.float64]


def forecast_view(folder: Path, name: str, settings: Path | None, *, today: date) -> ForecastView:
    """A forecast as it is shown.

    folder : that `travesia forecast -o` wrote, with a posterior or without. name : it is served by. settings : of a
    Flee folder. today : decides how finely it may be told. Raises UsageError where neither the scenario it was made of
    nor a posterior in the folder can be read.
    """
    head, table = read_forecast(folder)
    return shown_forecast(forecast_scenario(folder, head, settings), head, table, name, today=today)


def shown_forecast(
    full: Scenario, head: Mapping[str, Any], table: pd.DataFrame, name: str, *, today: date
) -> ForecastView:
    """A forecast that was read, as it is shown.

    full : the scenario with all that is known by now. head, table : of `read_forecast`. name, today : as for
    `forecast_view`.
    """
    origin, ahead = date.fromisoformat(head["origin_date"]), int(head["days"])
    start = full.settings.start
    known, last = known_on(full, origin, days=ahead), (origin - start).days
    coarse = is_coarse(known, today)
    network = network_of(known, name, today=today)
    numbers = {} if coarse else {place.place: number for number, place in enumerate(network.places)}
    told = _Told(full, known, last)
    fans = [
        _fan(str(location), rows, told, numbers, start)
        for location, rows in table[table["origin_date"] == pd.Timestamp(origin)].groupby(
            "location", sort=False
        )
    ]
    shown = [fan for fan in fans if not coarse or _may_be_told(full, fan)]
    dates = [(origin + timedelta(days=day + 1)).isoformat() for day in range(ahead)]
    return ForecastView(
        network=network,
        origin=origin.isoformat(),
        origin_day=last,
        last_day=last + ahead,
        levels=list(LEVELS),
        fans=shown,
        run=RunView(
            kind="forecast",
            policy="",
            replicates=0,
            seed=0,
            dates=dates,
            people=_people(shown, len(network.places), last, ahead),
            flows=[],
            capacity=[None] * len(network.places),
            quantities=[],
            totals=[],
            seconds=0.0,
        ),
    )


def forecast_scenario(folder: Path, head: Mapping[str, Any], settings: Path | None) -> Scenario:
    """The scenario a forecast was made of, or what its posterior knew of it, without later counts.

    folder : of the forecast. head : of `read_forecast`. settings : of a Flee folder. Raises UsageError where neither
    can be read.
    """
    try:
        return read_scenario(str(head["scenario"]), settings=settings)
    except TravesiaError as error:
        kept = folder / "posterior" / "scenario"
        if kept.is_dir():
            return read_scenario(kept, trusted=True)
        raise UsageError(
            f"{folder} is a forecast of {head['scenario']}, which cannot be read here ({error}); go to the folder "
            "where the forecast was made"
        ) from error


class _Told:
    """What was reported: as it was known on the origin, and what came later."""

    def __init__(self, full: Scenario, known: Scenario, origin: int) -> None:
        before, after = reports_of(known), reports_of(full)
        self.scenario = known
        self.at_place = _joined(before.at_place, after.at_place, origin)
        self.of_quantity = _joined(before.of_quantity, after.of_quantity, origin)


def _joined(
    before: Mapping[str, Sequence[Reported]], after: Mapping[str, Sequence[Reported]], origin: int
) -> dict[str, list[Reported]]:
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: [
            *(one for one in before.get(name, []) if one.day <= origin),
            *(one for one in after.get(name, []) if one.day > origin),
        ]
        for name in names
    }


def _fan(location: str, rows: pd.DataFrame, told: _Told, numbers: Mapping[str, int], start: date) -> FanView:
    """The fan of one place or quantity. rows : of the table of quantiles. numbers : of places."""
    days, values = [], []
    for target, own in rows.groupby("target_date", sort=True):
        ordered = own.sort_values("output_type_id")
        levels, people = (ordered[column].to_numpy(float) for column in ("output_type_id", "value"))
        days.append((pd.Timestamp(str(target)) - pd.Timestamp(start)).days)
        values.append(np.interp(LEVELS, levels, np.maximum.accumulate(people)))
    known = told.scenario.settings.outputs.quantities
    spec = known.get(location)
    reported = told.at_place.get(location, []) if spec is None else told.of_quantity.get(location, [])
    title = dict(spec.title) if spec else {"en": _name(told.scenario, location)}
    return FanView(
        name=location,
        title=title or {"en": location.replace("_", " ").capitalize()},
        place=numbers.get(location),
        days=days,
        quantiles=two_figures(np.array(values).T).tolist(),
        reported=_steps(reported) if spec and spec.cumulative else list(reported),
    )


def _name(scenario: Scenario, place: str) -> str:
    own = scenario.places.loc[scenario.places["place"] == place, "name"]
    return place if own.empty or pd.isna(own.iloc[0]) or not own.iloc[0] else str(own.iloc[0])


def _steps(reported: Sequence[Reported]) -> list[Reported]:
    """What cumulative figures added since the one before, as forecasts of them are; the first is left out."""
    plain = [one for one in reported if one.value is not None]
    return [
        after.model_copy(update={"value": max(after.value - before.value, 0.0), "low": None, "high": None})
        for before, after in pairwise(plain)
        if before.value is not None and after.value is not None
    ]


def _may_be_told(scenario: Scenario, fan: FanView) -> bool:
    """Whether a recent or future number of a journey may be: of a country or more, by the month."""
    table = observations(scenario)
    own = table[table["quantity"] == fan.name]
    steps = np.diff(fan.days) if len(fan.days) > 1 else np.array([0])
    return (
        fan.place is None
        and len(own) > 0
        and bool((steps >= A_MONTH).all())
        and all(is_national(scenario, figure) for figure in own.itertuples(index=False))
    )


def _people(fans: Sequence[FanView], places: int, origin: int, ahead: int) -> list[Band]:
    """Each place's median, and the ends of its 80 % interval, on every day after the origin."""
    found = [Band(median=[0.0] * ahead) for _ in range(places)]
    low, middle, high = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))
    for fan in fans:
        if fan.place is None:
            continue
        at = np.arange(origin + 1, origin + ahead + 1)
        own = two_figures(
            [np.interp(at, fan.days, fan.quantiles[level]) for level in (low, middle, high)]
        ).tolist()
        found[fan.place] = Band(median=own[1], low=own[0], high=own[2])
    return found
