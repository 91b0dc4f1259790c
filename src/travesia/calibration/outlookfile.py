"""Forecasts of a posterior as folders.

forecast.csv    quantiles, one a row, in the format of `travesia score`
forecast.json   what was forecast from which day
forecast.png    a picture
posterior/      the posterior it came from, with the figures up to the origin, for `travesia assimilate`
provenance.json, SHA256SUMS
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from travesia.calibration.outlook import Outlook
from travesia.calibration.plotoutlook import outlook_figure
from travesia.calibration.posterior import Posterior
from travesia.calibration.posteriorfile import provenance, put_posterior, read_posterior
from travesia.captions import png
from travesia.errors import UsageError
from travesia.forecasting.quantilefile import csv_text
from travesia.labels import working_label
from travesia.sums import PROVENANCE, has_sums, refuse_changed
from travesia.wholefolder import put_json, put_new_folder

TABLE, HEAD, PICTURE, POSTERIOR = "forecast.csv", "forecast.json", "forecast.png", "posterior"


def write_outlook(
    found: Outlook, folder: Path, *, source: str, command: str = "", seconds: float = 0.0
) -> None:
    """Write a forecast as a folder.

    source : the scenario as it was named, to read later counts from. command : what was typed. seconds : of CPU that it
    took. Raises UsageError where the folder has no room, StoreError where it cannot be written.
    """
    posterior = found.posterior

    def put(making: Path) -> None:
        head = {
            "scenario": source,
            "case": found.scenario.name,
            "start": found.scenario.settings.start.isoformat(),
            "origin_date": found.origin.isoformat(),
            "days": found.days,
            "sensitivity": working_label(found.scenario),
        }
        (making / TABLE).write_text(csv_text(found.table()), encoding="utf-8")
        (making / HEAD).write_text(json.dumps(head, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (making / PICTURE).write_bytes(png(outlook_figure(found), found.scenario))
        (making / POSTERIOR).mkdir()
        put_posterior(posterior, making / POSTERIOR)
        told = provenance(posterior, command) | {
            "origin_date": found.origin.isoformat(),
            "days": found.days,
            "cpu_seconds": round(seconds, 2),
        }
        put_json(making / PROVENANCE, told)

    put_new_folder(folder, put)


def read_outlook(folder: Path) -> tuple[Posterior, dict[str, Any]]:
    """The posterior of a forecast folder, and its head: scenario, case, start, origin_date, days.

    Raises UsageError where it is none, ChecksumError where a file is not as it was written.
    """
    try:
        if has_sums(folder):
            refuse_changed(folder, again="Forecast again into another folder")
        head: dict[str, Any] = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        head = {}
    if not head or not (folder / POSTERIOR).is_dir():
        raise UsageError(
            f"{folder} is no forecast of a posterior; make one with: travesia forecast SCENARIO --posterior POST"
        )
    return read_posterior(folder / POSTERIOR), head
