"""What `travesia serve` was asked for: scenarios, runs, comparisons and forecasts, by their names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from travesia.errors import UsageError
from travesia.folder import packaged_titles
from travesia.forecasting.folder import HEAD
from travesia.store import is_run
from travesia.sums import PROVENANCE
from travesia.web.shapes import FolderKind

COMPARISON = "comparison.json"
_OTHERS = {
    "posterior.nc": "holds a posterior; forecast with it (travesia forecast SCENARIO --posterior FOLDER -o OUT), "
    "and show OUT",
    "sweep.nc": "holds a sweep; its points.csv and sweep.png are to be read as they are",
    "tornado.json": "holds a tornado; show it in a report: travesia report RUN --tornado FOLDER",
    "benchmark.json": "holds a benchmark of forecasts; its tables and picture are to be read as they are",
}
"""Folders of other commands, by a file that only they have, and what to do with them."""


class NotServedError(UsageError):
    """A name was asked for that nothing is served by."""


@dataclass(frozen=True)
class Source:
    """Something that is served. path : what its scenario is read from. folder : of what is no scenario."""

    path: str
    settings: Path | None = None
    kind: FolderKind = "scenario"
    folder: Path | None = None

    @property
    def run(self) -> Path | None:
        """The run folder, where it is one."""
        return self.folder if self.kind == "run" else None

    @property
    def has_scenario(self) -> bool:
        """Whether there is a scenario to run."""
        return self.kind in ("scenario", "run")


def sources_of(given: list[str], settings: Path | None) -> dict[str, Source]:
    """What `travesia serve` was asked for, by the name it is served under.

    given : packaged names, or folders: scenarios, Flee, runs, comparisons, forecasts; none for every packaged scenario.
    settings : of a Flee folder. Raises UsageError for a folder of another kind (an export, say) and for a
    run without its replicates.
    """
    if not given:
        return {name: Source(name) for name in packaged_titles()}
    found: dict[str, Source] = {}
    for path in given:
        folder = Path(path)
        name = (folder.resolve().name if folder.exists() else path) or "scenario"
        while name in found:
            name += "-2"
        found[name] = _source(path, folder, settings)
    return found


def refuse_export(folder: Path) -> None:
    """Say what to do with a folder that is handed out: it has rounded tables alone. Raises UsageError."""
    try:
        told = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(told, dict) and "export" in told:
        raise UsageError(
            f"{folder} is an export already; name the run, forecast or comparison it was made from"
        )


def _source(path: str, folder: Path, settings: Path | None) -> Source:
    if is_run(folder):
        if not (folder / "arrays.nc").is_file():
            raise UsageError(f"{path}: keeps no single replicates; run again with --keep-replicates")
        return Source(str(folder / "scenario"), None, "run", folder)
    if (folder / COMPARISON).is_file():
        return Source(path, settings, "comparison", folder)
    if (folder / HEAD).is_file():
        return Source(path, settings, "forecast", folder)
    refuse_export(folder)
    for name, told in _OTHERS.items():
        if (folder / name).is_file():
            raise UsageError(
                f"{path} {told}. The page shows scenarios, and what run, compare -o and forecast -o wrote"
            )
    return Source(path, settings)
