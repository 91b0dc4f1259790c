"""Posteriors as folders: written whole or not at all, read back.

posterior.nc                 ArviZ InferenceData: posterior, prior, posterior_predictive, observed_data; and `draws`
draws.csv                    one row per draw, in the units of the scenario
diagnostics.csv              one row per unknown: prior beside posterior, R-hat, effective sample sizes
fit.csv                      one row per figure: the run, what was to be expected, where the figure lies in it
posterior.png, fit.png       pictures of the two
scenario/                    what was known, cut at the day
provenance.json, SHA256SUMS  where it came from; checksums
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from travesia.arrayfile import packed
from travesia.calibration.discrepancy import HYPER
from travesia.calibration.inference import inference_data
from travesia.calibration.posterior import Draws, Measuring, Posterior, Quality
from travesia.calibration.priors import Unknown, sobol_normal
from travesia.calibration.readings import read_records
from travesia.captions import png
from travesia.errors import UsageError
from travesia.folder import put_scenario, read_scenario
from travesia.labels import working_label
from travesia.provenance import made_now, scenario_hash
from travesia.scenario import Prior
from travesia.sums import PROVENANCE, has_sums, refuse_changed
from travesia.tables import csv_bytes
from travesia.wholefolder import put_json, put_new_folder

FILE = "posterior.nc"
PRIOR_DRAWS = 512
LIBRARIES = ("emcee", "arviz")


def write_posterior(found: Posterior, folder: Path, *, command: str = "", seconds: float = 0.0) -> None:
    """Write a posterior as a folder of its own. command : what was typed. seconds : of CPU that it took.

    Raises what `put_new_folder` raises.
    """
    from travesia.calibration.plotposterior import fit_figure, posterior_figure

    def put(making: Path) -> None:
        put_posterior(found, making)
        (making / "posterior.png").write_bytes(png(posterior_figure(found), found.scenario))
        (making / "fit.png").write_bytes(png(fit_figure(found), found.scenario))
        told = provenance(found, command) | {"cpu_seconds": round(seconds, 2)}
        put_json(making / PROVENANCE, told)

    put_new_folder(folder, put)


def put_posterior(found: Posterior, folder: Path) -> None:
    """The files of a posterior, but for pictures, provenance and checksums."""
    import xarray as xr

    inferred = _inference(found)
    groups = {name: inferred[name] for name in inferred.groups()} | {"draws": _draws(found)}
    tree = xr.DataTree.from_dict({f"/{name}": data for name, data in groups.items()})
    how = {f"/{name}": packed(data) for name, data in groups.items()}
    # in memory first: told of a full disk, HDF5 falls over its own end (measured)
    (folder / FILE).write_bytes(tree.to_netcdf(engine="h5netcdf", encoding=how))
    (folder / "draws.csv").write_bytes(csv_bytes(found.values))
    (folder / "diagnostics.csv").write_bytes(csv_bytes(found.diagnostics))
    (folder / "fit.csv").write_bytes(csv_bytes(found.fit))
    put_scenario(found.scenario, folder / "scenario")


def provenance(found: Posterior, command: str) -> dict[str, Any]:
    """Where a posterior came from."""
    told = made_now(command)
    return (
        {
            "scenario": found.scenario.name,
            "scenario_hash": scenario_hash(found.scenario),
            "until": found.until.isoformat(),
            "policy": found.policy,
            "seed": found.seed,
            "quality": found.quality.told(),
            "sensitivity": working_label(found.scenario),
        }
        | told
        | {"versions": told["versions"] | {name: version(name) for name in LIBRARIES}}
    )


def read_posterior(folder: Path) -> Posterior:
    """The posterior that a folder holds, without its chains.

    Raises UsageError where it is no such folder, ChecksumError where a file is not as it was written.
    """
    import xarray as xr

    if not (folder / FILE).is_file():
        raise UsageError(
            f"{folder} holds no posterior; make one with: travesia calibrate SCENARIO --until DATE"
        )
    if has_sums(folder):
        refuse_changed(folder, again="Calibrate again into another folder")
    with xr.open_dataset(folder / FILE, group="draws", engine="h5netcdf") as data:
        head = json.loads(data.attrs["head"])
        arrays = {name: np.asarray(data[name].values, dtype=float) for name in ("u", "hyper", "answers")}
    scenario = read_scenario(folder / "scenario", trusted=True)
    quantities = tuple(head["quantities"])
    return Posterior(
        scenario=scenario,
        policy=head["policy"],
        until=date.fromisoformat(head["until"]),
        unknowns=tuple(
            Unknown(one["name"], one["what"], Prior.model_validate(one["prior"])) for one in head["unknowns"]
        ),
        quantities=quantities,
        seed=head["seed"],
        records=read_records(scenario, quantities=quantities),
        measuring=Measuring(head["scales"], head["noise"]),
        draws=Draws(**arrays),
        chains={},
        quality=quality_of(head["quality"]),
        diagnostics=pd.read_csv(folder / "diagnostics.csv"),
        fit=pd.read_csv(folder / "fit.csv", parse_dates=["date_from", "date"], keep_default_na=False),
    )


def quality_of(told: Mapping[str, Any]) -> Quality:
    """What `Quality.told` told."""
    numbers: dict[str, Any] = {name: nan if value is None else value for name, value in told.items()}
    return Quality(**numbers)


def _draws(found: Posterior) -> Any:
    """What a forecast needs of a posterior."""
    import xarray as xr

    head = {
        "policy": found.policy,
        "until": found.until.isoformat(),
        "unknowns": [
            {"name": one.name, "what": one.what, "prior": one.prior.model_dump()} for one in found.unknowns
        ],
        "quantities": list(found.quantities),
        "seed": found.seed,
        "scales": dict(found.measuring.scales),
        "noise": dict(found.measuring.noise),
        "quality": found.quality.told(),
    }
    return xr.Dataset(
        {
            "u": (["draw", "unknown"], found.draws.u),
            "hyper": (["draw", "of_scatter"], found.draws.hyper),
            "answers": (["draw", "record"], found.draws.answers),
        },
        coords={
            "unknown": np.array([one.name for one in found.unknowns], dtype=str),
            "of_scatter": np.array(list(HYPER), dtype=str),
        },
        attrs={"head": json.dumps(head, ensure_ascii=False)},
    )


def _inference(found: Posterior) -> Any:
    """The posterior as InferenceData: its chains, or its draws as one chain."""
    values = {str(name): found.values[name].to_numpy()[None] for name in found.values}
    chains = {name: np.asarray(array) for name, array in found.chains.items()} or values
    prior = sobol_normal(PRIOR_DRAWS, len(found.unknowns), seed=found.seed)
    records = found.records
    labels = [
        f"{records.series[row].label} {day.date()}"
        for row, day in zip(records.row, found.fit["date"], strict=True)
    ]
    return inference_data(
        {
            "posterior": chains,
            "prior": {one.name: one.at(prior[:, k])[None] for k, one in enumerate(found.unknowns)},
            "posterior_predictive": {"figure": found.draws.answers[None]},
            "observed_data": {"figure": records.value},
        },
        coords={"record": labels},
        dims={"figure": ["record"]},
    )
