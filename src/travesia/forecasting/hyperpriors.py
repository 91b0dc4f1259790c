"""What other conflicts say of how people are split over camps: draws of the priors, weighed by their losses there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import pandas as pd

from travesia.forecasting.past import Floats

PARAMETERS = ("distance_power", "newest_boost", "evidence_people", "room_power")
PRIORS = {
    "distance_power": (1.5, 0.5),
    "newest_boost": (1.5, 0.8),
    "evidence_people": (20000.0, 1.5),
    "room_power": (1.0, 0.4),
}
"""Median and standard deviation of the logarithm of each."""
TEMPERATURE = 0.05
"""Draws whose losses on a conflict differ by so much (of averaged relative difference) weigh e times less."""
SPREAD = 0.75
"""Standard deviation of the effects of camps where no conflict is known."""
TRACKS = ("blank", "given")
DRAWS, CASES = "allocation-draws.csv", "allocation-cases.csv"


@dataclass(frozen=True, eq=False)
class Hyper:
    """Draws of the priors and what they cost on known conflicts.

    draws : [draw] of each of `PARAMETERS`. losses : of each draw on each case by track [draw, case]. cases : the camps
    of each case. spread : standard deviation of the effects of camps by track; one number for each case,
    learnt without it, then one learnt on all [case + 1].
    """

    draws: dict[str, Floats]
    losses: dict[str, Floats]
    cases: tuple[frozenset[str], ...]
    spread: dict[str, Floats]

    def like(self, camps: Iterable[str]) -> tuple[int, ...]:
        """The cases that are of the same camps: half of the smaller number, or more, have the same names."""
        own = names(camps)
        alike = [2 * len(own & case) >= max(min(len(own), len(case)), 1) for case in self.cases]
        return tuple(column for column, same in enumerate(alike) if same)

    def weights(self, track: str, *, without: Iterable[int] = ()) -> Floats:
        """The posterior weight of each draw [draw]. without : cases that must not count."""
        kept = sorted({*range(len(self.cases))} - {*without})
        cost = self.losses[track][:, kept].sum(axis=1) / TEMPERATURE
        weight = np.exp(cost.min(initial=np.inf) - cost) if kept else np.ones(len(cost))
        return np.asarray(weight / weight.sum(), dtype=float)

    def effects_spread(self, track: str, *, without: Iterable[int] = ()) -> float:
        """The standard deviation of the effects of camps. without : cases of which the first must not count."""
        return float(self.spread[track][next(iter(without), -1)])


def names(camps: Iterable[str]) -> frozenset[str]:
    """Names of camps as they are compared: letters and digits alone, all small."""
    return frozenset("".join(c for c in camp.casefold() if c.isalnum()) for camp in camps)


def prior_draws(count: int) -> dict[str, Floats]:
    """Draws of the priors, a power of two of them, spread evenly: the same every time.

    Source: Sobol' (1967) points, through the normal quantiles.
    """
    from scipy.stats import norm, qmc

    points = qmc.Sobol(len(PARAMETERS), scramble=True, seed=1).random(count)
    normal = norm.ppf(np.clip(points, 1e-6, 1 - 1e-6))
    return {
        name: np.asarray(PRIORS[name][0] * np.exp(PRIORS[name][1] * normal[:, column]), dtype=float)
        for column, name in enumerate(PARAMETERS)
    }


def unlearnt(count: int = 256) -> Hyper:
    """The priors alone: what is used where no table of losses is installed."""
    nothing = {track: np.zeros((count, 0)) for track in TRACKS}
    return Hyper(prior_draws(count), nothing, (), {track: np.array([SPREAD]) for track in TRACKS})


@cache
def shipped() -> Hyper:
    """What comes with the package; the priors alone where it does not."""
    folder = files("travesia") / "data"
    if not ((folder / DRAWS).is_file() and (folder / CASES).is_file()):
        return unlearnt()
    draws, cases = (
        pd.read_csv(StringIO((folder / name).read_text(encoding="utf-8"))) for name in (DRAWS, CASES)
    )
    return from_tables(draws, cases)


def from_tables(draws: pd.DataFrame, cases: pd.DataFrame) -> Hyper:
    """The tables as they are shipped; see `to_tables`."""
    known = cases[cases["case"] != "all"]
    return Hyper(
        {name: draws[name].to_numpy(dtype=float) for name in PARAMETERS},
        {track: draws[[f"{track} {case}" for case in known["case"]]].to_numpy(float) for track in TRACKS},
        tuple(names(camps.split(";")) for camps in known["camps"]),
        {track: cases[f"spread_{track}"].to_numpy(dtype=float) for track in TRACKS},
    )


def to_tables(hyper: Hyper, titles: Sequence[str], source: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draws with their losses, and the cases they are losses on. titles : of the cases. source : of the counts."""
    draws = {name: hyper.draws[name].round(6) for name in PARAMETERS}
    for track in TRACKS:
        draws |= {f"{track} {name}": hyper.losses[track][:, i].round(5) for i, name in enumerate(titles)}
    cases = {"case": [*titles, "all"], "camps": [*(";".join(sorted(case)) for case in hyper.cases), ""]}
    spread = {f"spread_{track}": hyper.spread[track] for track in TRACKS}
    return pd.DataFrame(draws), pd.DataFrame(cases | spread | {"source": [*[""] * len(titles), source]})
