"""What is run into a folder, and the file that says so beside the shards while the run is not complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from travesia.ensemble import check_numbers, mode_of
from travesia.errors import ChecksumError, NoFolderError, StoreError, TravesiaError, UsageError
from travesia.files import put_whole
from travesia.provenance import own_versions, scenario_hash
from travesia.scenario import Scenario
from travesia.shards import Origin, shard_paths

KEPT_UP_TO = 1000  # replicates: so many are kept one by one unless it is said otherwise
PLAN, SCENARIO = "plan.json", "scenario"


@dataclass(frozen=True)
class Plan:
    """What is run into a folder.

    origin : what the replicates depend on. replicates : how many. keep : each of them in the run folder, not their
    summary alone. pictures : drawn. command, overrides : as given. seconds : spent before, by stage.
    """

    origin: Origin
    replicates: int
    keep: bool
    pictures: bool = False
    command: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


def plan_of(
    scenario: Scenario,
    *,
    replicates: int,
    seed: int = 0,
    expected: bool = False,
    policy: str = "actual",
    **other: Any,
) -> Plan:
    """The plan of a run, for `run_to`.

    scenario : to run. replicates, seed, expected, policy : as `simulate` takes them. other : further fields of Plan
    (keep, pictures, command, overrides); without keep, up to KEPT_UP_TO replicates are kept.
    Raises UsageError for numbers that cannot be.
    """
    check_numbers(replicates=replicates, seed=seed, expected=expected, workers=1)
    mode = mode_of(expected)
    origin = Origin(scenario.name, scenario_hash(scenario), seed, policy, mode, own_versions())
    keep = other.pop("keep", None)
    return Plan(origin, replicates, replicates <= KEPT_UP_TO if keep is None else keep, **other)


def numbers_of(replicates: int, share: tuple[int, int] | None) -> range:
    """The numbers of the i-th of k equal shares of the replicates (from 1); all where there is no share."""
    i, k = share or (1, 1)
    if not 1 <= i <= k:
        raise UsageError(f"share {i} of {k} does not exist; they are 1 to {k}")
    return range(replicates * (i - 1) // k, replicates * i // k)


def put_plan(beside: Path, plan: Plan) -> None:
    """Write a plan to stand with the shards. Raises StoreError if it cannot be written."""
    told = asdict(plan)
    put_whole(beside / PLAN, (json.dumps({**told, "sha256": _seal(told)}, indent=2) + "\n").encode())


def read_plan(beside: Path) -> Plan:
    """The plan that stands with the shards. Raises StoreError if there is none, ChecksumError if it was changed."""
    try:
        told = json.loads((beside / PLAN).read_bytes())
        seal = told.pop("sha256")
        plan = Plan(**{**told, "origin": Origin(**told["origin"])})
    except OSError as error:
        if not beside.is_dir():
            raise NoFolderError(f"no folder {str(beside)!r}; name the folder given to -o") from error
        told = f"{beside}: holds no shards of a run ({error.strerror}); name the folder given to -o"
        if shard_paths(beside):
            told = f"{beside / PLAN}: cannot be read ({error.strerror}); give the command that began the run again"
        raise StoreError(told) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _changed(beside / PLAN) from error
    if seal != _seal(asdict(plan)):
        raise _changed(beside / PLAN)
    return plan


def read_planned(beside: Path, plan: Plan) -> Scenario:
    """The scenario that stands with the shards. Raises ChecksumError if it is not that of the plan."""
    from travesia.folder import read_scenario

    try:
        scenario = read_scenario(beside / SCENARIO, trusted=True)
    except (TravesiaError, OSError, ValueError) as error:
        raise _changed(beside / SCENARIO) from error
    if scenario_hash(scenario) != plan.origin.scenario_hash:
        raise _changed(beside / SCENARIO)
    return scenario


def _seal(told: Mapping[str, Any]) -> str:
    """A hash of what a plan says."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _changed(path: Path) -> ChecksumError:
    return ChecksumError(
        f"{path}: not as it was written; delete {path.parent} and give the same command again"
    )
