"""A run into a folder that survives interruptions: shards while it runs, the run folder when all of them are there.

Beside the run folder runs/big stands, until it is complete, runs/big.shards:

plan.json        what is run, and how
scenario/        the scenario
*.h5             shards
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time

from travesia.crew import crew
from travesia.ensemble import (
    Job,
    begin,
    most_in_a_batch,
    result_bytes,
    result_of,
    split,
)
from travesia.errors import StoreError, UsageError
from travesia.files import clear, has_room, is_clear, put_whole, refuse_inside
from travesia.joining import Join, shard_arrays
from travesia.locks import at_work_on, locked
from travesia.model import Model, compile_model
from travesia.runplan import PLAN, SCENARIO, Plan, numbers_of, put_plan, read_plan, read_planned
from travesia.scenario import Scenario
from travesia.shards import Origin, pieces, put_arrived, read_shard, read_shards, shard_bytes, shard_paths
from travesia.store import check_room, is_run, read_provenance, read_summary, write_contents
from travesia.summary import Summary

MOST_COMPRESSED = 1000  # times that arrays can shrink, at the very most
LAST_BATCHES = 50  # that tell how long the next ones take


@dataclass(frozen=True)
class Progress:
    """How far a run is. stage : simulating or joining. seconds_left : of the stage; None where not known yet."""

    stage: str
    done: int
    total: int
    seconds_left: float | None


Tell = Callable[[Progress], None]


def run_to(
    folder: str | Path,
    scenario: Scenario,
    plan: Plan,
    *,
    workers: int = 1,
    dask: str = "",
    overwrite: bool = False,
    share: tuple[int, int] | None = None,
    tell: Tell = lambda _: None,
) -> Summary | None:
    """Run a plan into a folder, going on where it stopped; the same bytes for any number of workers and interruptions.

    folder : the run folder. workers : processes. dask : the address of a Dask cluster to use instead of them; its
    workers need no disk in common with this process. overwrite : replace an earlier run. share : (i, k) makes only
    the i-th of k equal shares of the shards (from 1), and joins nothing; the summary is then None. tell : of progress.
    Raises UsageError where the folder holds another run, StoreError where a shard is of another run or the disk is
    full, ChecksumError where a shard is not as it was written, TravesiaError where the cluster cannot do it.
    """
    target = Path(folder).resolve()
    beside = shards_of(target)
    there = not overwrite and is_complete(target, plan)
    if there and is_clear(beside):
        return read_summary(target)
    if not overwrite:
        refuse_other(target, plan)
    check_room(target, overwrite=overwrite or there)
    numbers = numbers_of(plan.replicates, share)
    job = Job(scenario, plan.origin.policy, plan.origin.seed, plan.origin.mode == "expected")
    model = compile_model(scenario, plan.origin.policy)
    _check_disk(beside, result_bytes(model, plan.replicates) / MOST_COMPRESSED)
    with at_work_on(target, share):
        if not overwrite and is_complete(target, plan):
            clear(beside)
            return read_summary(target)
        if not overwrite:  # another command may have ended meanwhile
            refuse_other(target, plan)
        _prepare(beside, scenario, plan, overwrite=overwrite)
        _fill(beside, job, plan, model, numbers, workers=workers, dask=dask, tell=tell)
        return None if share else _join(target, job, plan, model, tell, workers, overwrite=overwrite)


def merge(folder: str | Path, *, tell: Tell = lambda _: None) -> Summary:
    """Join the shards of a run folder, written by tasks of a cluster, say; see `run_to`.

    folder : the run folder that is to be. tell : of progress. Raises StoreError if there are no shards, or some are
    missing.
    """
    target = Path(folder).resolve()
    beside = shards_of(target)
    if is_run(target) and is_clear(beside):  # joined before
        return read_summary(target)
    plan = read_plan(beside)
    with at_work_on(target):
        if is_complete(target, plan):
            clear(beside)
            return read_summary(target)
        refuse_other(target, plan)
        scenario = read_planned(beside, plan)
        job = Job(scenario, plan.origin.policy, plan.origin.seed, plan.origin.mode == "expected")
        return _join(target, job, plan, compile_model(scenario, plan.origin.policy), tell)


def shards_of(target: Path) -> Path:
    """Where the shards of a run folder are while it is not complete."""
    return target.with_name(f"{target.name}.shards")


def refuse_other(folder: Path, plan: Plan) -> None:
    """Raise UsageError where a run has no room, before it is made and not after: the folder holds something else, or is
    inside one of results."""
    target = folder.resolve()
    if not has_room(target) and not is_complete(target, plan):
        raise UsageError(
            f"{folder} exists; choose another folder with -o, or add --overwrite to replace a run"
        )
    refuse_inside(folder)


def is_complete(target: Path, plan: Plan) -> bool:
    """Whether a folder holds the run of this plan."""
    if not is_run(target):
        return False
    told = read_provenance(target)
    same = [
        told.get(name) == getattr(plan.origin, name) for name in ("scenario_hash", "seed", "policy", "mode")
    ]
    same += [told.get("versions", {}).get(name) == version for name, version in plan.origin.versions.items()]
    return (
        all(same)
        and told.get("replicates") == plan.replicates
        and (target / "arrays.nc").exists() == plan.keep
    )


def verify_shards(beside: Path) -> tuple[list[str], str]:
    """Everything wrong with the shards of a run that is not complete, and how far it is in words."""
    plan = read_plan(beside)
    problems, good = [], []
    for path in shard_paths(beside):
        try:
            good.append(read_shard(path, plan.origin))
        except StoreError as error:
            problems.append(f"{path.name}: {str(error).removeprefix(f'{path}: ')}")
    try:
        read_planned(beside, plan)
    except StoreError as error:
        problems.append(str(error))
    _, missing = pieces(good, range(plan.replicates))
    left = sum(len(numbers) for numbers in missing)
    return problems, f"{plan.replicates - left:,} of {plan.replicates:,} replicates are done"


def _prepare(beside: Path, scenario: Scenario, plan: Plan, *, overwrite: bool) -> None:
    """Make the folder of the shards, or check that the one there is of the same run."""
    if (beside / PLAN).exists():
        told = read_plan(beside)
        differences = told.origin.differences(plan.origin)
        if not differences:
            if told.replicates != plan.replicates or told.keep != plan.keep or told.pictures != plan.pictures:
                put_plan(beside, plan)
            return
        if not overwrite:
            raise StoreError(
                f"{beside}: holds the shards of another run ({'; '.join(differences)}); "
                "choose another folder with -o, or add --overwrite to drop them"
            )
        _drop_others(beside, plan)
    try:
        beside.mkdir(parents=True, exist_ok=True)
        if not (beside / SCENARIO).exists():
            _put_scenario(scenario, beside)
    except OSError as error:
        raise StoreError(
            f"{beside}: could not be written ({error.strerror or error}); make room or ask for permission there, "
            "or choose another folder with -o"
        ) from error
    put_plan(beside, plan)


def _drop_others(beside: Path, plan: Plan) -> None:
    """Remove the shards of another run; another share of this one may do so, and begin, at the same time."""
    with locked(beside.with_name(f".{beside.name}.lock"), what=str(beside)):
        if (beside / PLAN).exists() and read_plan(beside).origin.differences(plan.origin):
            clear(beside)


def _put_scenario(scenario: Scenario, beside: Path) -> None:
    """Write the scenario beside the shards; another task of the same run may do so at the same time."""
    from travesia.folder import put_scenario

    making = beside / f".{SCENARIO}.{os.getpid()}-{secrets.token_hex(4)}.partial"
    try:
        put_scenario(scenario, making)
        making.rename(beside / SCENARIO)
    except OSError as error:
        if not (beside / SCENARIO).exists():
            raise StoreError(
                f"{beside}: could not be written ({error.strerror or error}); make room or ask for permission there, "
                "or choose another folder with -o, then give the same command again"
            ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


@dataclass(frozen=True)
class _Work:
    """What a worker needs to make shards. folder : to write them to; None where they travel back in its answers."""

    folder: Path | None
    job: Job
    origin: Origin


@dataclass(frozen=True)
class _Made:
    """A shard that a worker made: of how many replicates, in how many seconds; content is None once it is written."""

    count: int
    seconds: float
    name: str
    size: int
    content: bytes | None


def _fill(
    beside: Path,
    job: Job,
    plan: Plan,
    model: Model,
    numbers: range,
    *,
    workers: int,
    dask: str,
    tell: Tell,
) -> None:
    """Write the shards that are missing."""
    _, missing = pieces(read_shards(beside, plan.origin), numbers)
    left = sum(len(part) for part in missing)
    tell(Progress("simulating", len(numbers) - left, len(numbers), None if left else 0.0))
    if not left:
        return
    work = _Work(None if dask else beside, job, plan.origin)
    with crew(dask, workers, plan.origin.versions) as (most_workers, mapped):
        workers = min(most_workers, left)
        batches = _batches(missing, workers, most_in_a_batch(model))
        took: deque[float] = deque(maxlen=LAST_BATCHES)
        begun: deque[float] = deque(maxlen=workers - 1)  # when the batches under way were
        with closing(mapped(_begin_shards, work, batches, workers=workers)) as done:
            for made in done:
                if made.content is not None:
                    put_arrived(beside, made.name, made.content)
                left -= made.count
                took.append(made.seconds / made.count)
                _check_disk(beside, made.size / made.count * (left + plan.replicates * plan.keep))
                now = perf_counter()
                under_way = sum(now - at for at in begun or [now - made.seconds] * (workers - 1))
                begun.append(now)
                seconds_left = max(0.0, left * statistics.fmean(took) - under_way) / workers
                tell(Progress("simulating", len(numbers) - left, len(numbers), seconds_left))


def _batches(missing: Sequence[range], workers: int, most: int) -> Iterator[range]:
    for numbers in missing:
        yield from split(numbers, workers, most)


def _begin_shards(work: _Work) -> Callable[[range], _Made]:
    """What makes shards in a process."""
    run_batch = begin(work.job)

    def make(numbers: range) -> _Made:
        began = perf_counter()
        done = run_batch(numbers)
        result = result_of(run_batch.engine.model, work.job, [done])
        seconds = {"compile": done.compile_seconds, "simulate": done.simulate_seconds}
        name, content = shard_bytes(work.origin, numbers.start, shard_arrays(result, done), seconds)
        if work.folder:
            put_whole(work.folder / name, content)
        back = None if work.folder else content
        return _Made(len(numbers), perf_counter() - began, name, len(content), back)

    return make


def _check_disk(folder: Path, needed: float) -> None:
    """Refuse what cannot fit on the disk while it is only begun."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise StoreError(
            f"{folder}: the run needs about {needed / 1e6:,.1f} MB more, and {free / 1e6:,.1f} MB are free there; "
            "make room and give the same command again, choose another folder with -o, or fewer replicates with -n"
        )


def _join(
    target: Path, job: Job, plan: Plan, model: Model, tell: Tell, workers: int = 1, *, overwrite: bool = False
) -> Summary:
    """Join the shards to the run folder, and remove them."""
    beside = shards_of(target)
    found, missing = pieces(read_shards(beside, plan.origin), range(plan.replicates))
    if missing:
        told_parts = ", ".join(f"{part.start} to {part.stop - 1}" for part in missing[:5])
        raise StoreError(
            f"{beside}: replicates {told_parts}{' and more' * (len(missing) > 5)} are missing; "
            f"make them with: {plan.command or 'the command that began the run'}"
        )
    began, spent = perf_counter(), process_time()

    def told(share: float) -> None:
        left = (perf_counter() - began) * (1 - share) / share
        tell(Progress("joining", round(share * plan.replicates), plan.replicates, left))

    making = beside / ".result.partial"
    shutil.rmtree(making, ignore_errors=True)
    contents = Join(job, model, found, told, workers).contents(keep=plan.keep)
    seconds = {**plan.seconds, **contents.summary.seconds}
    contents = replace(contents, summary=replace(contents.summary, seconds=seconds))
    if not overwrite:  # a run takes hours, in which someone may have put something there
        refuse_other(target, plan)
    options = {"command": plan.command, "overrides": plan.overrides, "pictures": plan.pictures}
    write_contents(contents, target, making, **options)  # type: ignore[arg-type]
    clear(beside)
    return replace(contents.summary, seconds={**seconds, "write": process_time() - spent})
