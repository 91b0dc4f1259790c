"""What is not known: parameters with a prior and, for rule `flee`, settings of movement, in normal coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import special

from travesia.errors import UsageError, nearest
from travesia.parameters import quantile
from travesia.scenario import FleeSettings, Prior, Scenario
from travesia.sensitivity import parameters_used

Floats = NDArray[np.float64]
DEPARTURES = "departure_scale"
"""Factor on the people who set out because a rise was observed; no setting of the scenario."""
COLUMNS = ("name", "kind", "low", "high")
EDGE = 1e-9  # of the unit interval, where quantiles may be infinite


@dataclass(frozen=True)
class Unknown:
    """One thing that is not known.

    name : of a parameter or movement setting, or `departure_scale`. what : which of the three. prior : what is
    believed before any observation.
    """

    name: str
    what: Literal["parameter", "setting", "departures"]
    prior: Prior

    def at(self, u: Floats) -> Floats:
        """Values at standard normal coordinates: the prior's quantile of Φ(u), within what the setting allows."""
        share = np.clip(special.ndtr(u), EDGE, 1 - EDGE)
        low, high = _bounds(self)
        return np.clip(quantile(self.prior, share), low, high)


def unknowns(
    scenario: Scenario, policy: str, *, priors: str | Path | None = None, only: Sequence[str] = ()
) -> tuple[Unknown, ...]:
    """All that is not known in a run of a scenario under a policy.

    priors : a CSV file of priors (name, kind, low, high and, of a triangular one, central) for settings of movement;
    those that come with travesia if not given. only : names to keep. Parameters of the scenario that a run depends on
    and that have a prior come first; with rule `flee` its settings of movement follow, and with departures that are
    read from observed totals the factor on them. Raises UsageError where nothing is unknown, or a name or prior
    cannot be.
    """
    used = parameters_used(scenario, policy)
    found = [
        Unknown(name, "parameter", parameter.prior)
        for name, parameter in scenario.settings.parameters.items()
        if parameter.prior is not None and name in used
    ]
    table = _read(priors)
    for row in table.to_dict("records"):
        prior = _prior(row)
        if row["name"] == DEPARTURES:
            if (scenario.departures["kind"] == "observed").any():
                found.append(Unknown(DEPARTURES, "departures", prior))
        elif isinstance(scenario.settings.movement, FleeSettings):
            found.append(Unknown(str(row["name"]), "setting", prior))
    names = [one.name for one in found]
    for name in only:
        if name not in names:
            raise UsageError(f"--only {name}: nothing unknown of that name; {nearest(name, names)}")
    kept = tuple(one for one in found if not only or one.name in only)
    if not kept:
        raise UsageError(
            f"scenario {scenario.name!r} has no parameter with a prior that a run under policy {policy!r} depends on, "
            "so there is nothing to calibrate; give its parameters priors, or a file with --priors"
        )
    return kept


def values_at(found: Sequence[Unknown], u: Floats) -> Floats:
    """Values [row, unknown] at standard normal coordinates [row, unknown]."""
    columns = [one.at(u[:, k]) for k, one in enumerate(found)]
    return np.column_stack(columns) if columns else np.zeros((len(u), 0))


def sobol_normal(count: int, dimensions: int, *, seed: int) -> Floats:
    """Points of a scrambled Sobol' sequence in standard normal coordinates, [point, dimension]."""
    from scipy.stats import qmc

    whole = 1 << max(0, count - 1).bit_length()
    shares = qmc.Sobol(dimensions, rng=seed % 2**32).random(whole)[:count]
    return np.asarray(special.ndtri(np.clip(shares, 1e-6, 1 - 1e-6)))


def _bounds(one: Unknown) -> tuple[float, float]:
    """What the type of a setting allows."""
    if one.what != "setting":
        return -np.inf, np.inf
    limits = FleeSettings.model_fields[one.name].metadata
    low = [float(limit.ge) for limit in limits if hasattr(limit, "ge")]
    low += [float(np.nextafter(limit.gt, np.inf)) for limit in limits if hasattr(limit, "gt")]
    high = [float(limit.le) for limit in limits if hasattr(limit, "le")]
    return max(low, default=-np.inf), min(high, default=np.inf)


def _read(path: str | Path | None) -> pd.DataFrame:
    """The table of priors of settings of movement."""
    if path is None:
        with as_file(files("travesia") / "data" / "movement_priors.csv") as packaged:
            return pd.read_csv(packaged)
    if not Path(path).is_file():
        raise UsageError(f"no file {str(path)!r}; name a CSV file of priors, or leave --priors out")
    try:
        table = pd.read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as CSV ({error}); write a table with a header") from None
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise UsageError(
            f"{path}: no column {missing[0]!r}; the columns are {', '.join(COLUMNS)} and central"
        )
    known = [DEPARTURES, *(name for name, f in FleeSettings.model_fields.items() if f.annotation is float)]
    for row, name in enumerate(table["name"], start=2):
        if name not in known:
            raise UsageError(f"{path}, row {row}: no setting {name!r}; {nearest(str(name), known)}")
    if table["name"].duplicated().any():
        raise UsageError(
            f"{path}: {table['name'][table['name'].duplicated()].iloc[0]!r} stands twice; keep one row"
        )
    return table


def _prior(row: dict[Any, Any]) -> Prior:
    central = row.get("central")
    told = {"kind": row["kind"], "low": row["low"], "high": row["high"]}
    if central is not None and central == central and central != "":
        told["central"] = central
    try:
        prior = Prior.model_validate(told)
    except ValidationError as error:
        raise UsageError(f"the prior of {row['name']}: {error.errors()[0]['msg']}") from None
    if prior.low >= prior.high:
        raise UsageError(f"the prior of {row['name']}: low {prior.low:g} is not below high {prior.high:g}")
    return prior
