"""One mutated folder: made from its seed, read, checked and run, and what came out held against what must."""

from __future__ import annotations

import hashlib
import shutil
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from io import StringIO
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import numpy as np
from verification.fuzz_cells import TABLE_CELLS
from verification.fuzz_folders import Folder, Source, sources, write_folder
from verification.fuzz_mutations import BYTES, FILES, ROWS, Harm, Mutated, Mutation, worst
from verification.fuzz_settings import SETTINGS

from travesia.cli import main
from travesia.ensemble import simulate
from travesia.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PROBLEMS,
    EXIT_USAGE,
    Problem,
    ScenarioError,
    TravesiaError,
)
from travesia.folder import check, read_scenario
from travesia.result import Result

MUTATIONS: dict[str, dict[str, Mutation]] = {
    "bytes": BYTES,
    "cells": TABLE_CELLS,
    "rows": ROWS,
    "files": FILES,
    "settings": SETTINGS,
}
WEIGHTS = {"bytes": 3, "cells": 7, "rows": 3, "files": 2, "settings": 3}
SHORT_RUN_DAYS = 40
LONGEST_MESSAGE = 1500
REFUSED, WARNED, CLEAN, FAILED = "refused", "result with a warning", "result without a finding", "FAILED"


@dataclass(frozen=True)
class Case:
    """A mutated folder, and how it is run. done : what was done to it, in words. names : of the mutations."""

    seed: int
    source: Source
    folder: Folder
    done: str
    harm: Harm
    expected: bool
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came out: one of the four words; `why` says what failed, `told` what was found."""

    word: str
    why: str = ""
    told: tuple[Problem, ...] = ()
    digest: str = ""


def make_case(seed: int) -> Case:
    """The mutated folder of a seed: half of them ours, half of them Flee's; every fifth mutated several times."""
    random = Random(seed)
    kind = random.choice(("own", "flee"))
    source = random.choice([one for one in sources().values() if one.kind == kind])
    wanted = random.choice((1, 1, 1, 1, random.randrange(2, 6)))
    folder = source.folder
    done: list[str] = []
    names: list[str] = []
    harms: list[Harm] = []
    while len(done) < wanted:
        group = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        name = random.choice(list(MUTATIONS[group]))
        found: Mutated | None = MUTATIONS[group][name](random, folder, source)
        if found is not None:
            folder = found.folder
            done.append(found.done)
            names.append(name)
            harms.append(found.harm)
    harm = harms[0] if wanted == 1 else worst(harms)
    return Case(seed, source, folder, "; ".join(done), harm, random.random() < 0.5, tuple(names))


def attempt(case: Case) -> Outcome:
    """Write the folder, read it, check it and run it; what is not as it must be is a failure."""
    place = Path(mkdtemp(prefix="fuzz-", dir=_memory()))
    try:
        write_folder(case.folder, place / "case")
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what a user would see of them on the screen says nothing to them
            outcome = _outcome(place / "case", case)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return Outcome(FAILED, f"{type(error).__name__} at {where}: {str(error)[:300]}")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return _held_against(case, outcome)


@cache
def _memory() -> str | None:
    """A place for files that is memory, where there is one."""
    place = Path("/dev/shm")
    return str(place) if sys.platform == "linux" and place.is_dir() else None


def _outcome(path: Path, case: Case) -> Outcome:
    try:
        scenario = read_scenario(path)
        told = tuple(check(scenario))
    except TravesiaError as error:
        return Outcome(REFUSED, told=tuple(_problems(error)))
    if any(
        problem.level == "error" for problem in told
    ):  # such as the choice of way, which reading leaves out
        return Outcome(REFUSED, told=told)
    settings = scenario.settings.model_copy(update={"days": min(scenario.settings.days, SHORT_RUN_DAYS)})
    try:
        result = simulate(scenario.with_settings(settings), seed=case.seed, expected=case.expected)
    except TravesiaError as error:
        return Outcome(REFUSED, told=(*told, *_problems(error)))
    fault = result_fault(result)
    if fault:
        return Outcome(FAILED, fault, told)
    return Outcome(WARNED if told else CLEAN, told=told, digest=digest(result))


def _problems(error: TravesiaError) -> list[Problem]:
    if isinstance(error, ScenarioError):
        return error.problems
    return [Problem("-", 0, "", "", str(error), "-")]


def result_fault(result: Result) -> str:
    """What is wrong with a result: numbers that are not finite or below 0, or people created or lost."""
    for name, variable in result.data.data_vars.items():
        if name != "parameters" and not np.all(np.isfinite(variable.values)):
            return f"{name} is not finite"
        if name != "parameters" and variable.size and variable.values.min() < -1e-9:
            return f"{name} is below 0 ({variable.values.min()})"
    accounts = result.accounts()
    missing = float(np.abs(accounts["missing"].values).max(initial=0.0))
    departed = float(accounts["departed"].values.max(initial=0.0))
    allowed = 0.0 if result.mode == "stochastic" else 1e-9 * max(departed, 1.0)
    return f"{missing} people missing of {departed}" if missing > allowed else ""


def digest(result: Result) -> str:
    """A hash of all arrays of a result."""
    hashed = hashlib.sha256()
    for name in sorted(map(str, result.data.data_vars)):
        values = result.data[name].values
        hashed.update(f"{name}{values.shape}".encode())
        hashed.update(np.round(values, 6).tobytes())
    return hashed.hexdigest()


def _held_against(case: Case, outcome: Outcome) -> Outcome:
    """The outcome, or a failure where the folder must not have come to it."""
    if outcome.word == FAILED:
        return outcome
    if outcome.word == REFUSED and not outcome.told:
        return Outcome(FAILED, "refused without a problem")
    for problem in outcome.told:
        text = str(problem)
        if not (problem.file and problem.message and problem.remedy):
            return Outcome(FAILED, f"a problem that does not say all: {problem!r:.300}", outcome.told)
        if len(text) > LONGEST_MESSAGE:
            return Outcome(FAILED, f"a message of {len(text)} characters: {text[:200]}", outcome.told)
    if case.harm == "harmful" and not set(outcome.told) - plain_findings(case.source.name):
        return replace(outcome, word=FAILED, why="damaged, and nothing was said")
    if case.harm == "harmless" and outcome.word == REFUSED:
        return replace(outcome, word=FAILED, why="it means the same, and was refused")
    if case.harm == "harmless" and outcome.digest != plain_digest(
        case.source, case.seed, expected=case.expected
    ):
        return replace(outcome, word=FAILED, why="it means the same, and gave another result")
    return outcome


@cache
def plain_findings(name: str) -> frozenset[Problem]:
    """What is told of a folder to which nothing was done, which says nothing of what is done to it."""
    source = sources()[name]
    return frozenset(attempt(Case(0, source, source.folder, "nothing", "maybe", True)).told)


def plain_digest(source: Source, seed: int, *, expected: bool) -> str:
    """The result of a folder to which nothing was done."""
    case = Case(seed, source, source.folder, "nothing", "maybe", expected)
    return attempt(case).digest


# --- the command line ------------------------------------------------------------------------------------------


def attempt_by_command(case: Case) -> str:
    """Check and run a mutated folder by its commands: what is wrong with what they say or return, or ""."""
    place = Path(mkdtemp(prefix="fuzz-", dir=_memory()))
    try:
        write_folder(case.folder, place / "case")
        checked, said = command(["check", str(place / "case")])
        fault = _command_fault(checked, said, (EXIT_DONE, EXIT_USAGE, EXIT_PROBLEMS))
        if fault:
            return f"check: {fault}"
        if checked == EXIT_DONE and "ready" not in said:
            return f"check says nothing: {said[-300:]!r}"
        run = ["run", str(place / "case"), "-n", "1", "--no-pictures", "-o", str(place / "out")]
        done, said = command(run)
        fault = _command_fault(done, said, (EXIT_DONE, EXIT_USAGE, EXIT_PROBLEMS, EXIT_FAILED))
        if not fault and done == EXIT_DONE and checked != EXIT_DONE:
            # what only `check` looks at may be wrong in a policy that was not run
            fault = "" if checked == EXIT_PROBLEMS else f"ran, though check ended with {checked}"
        if not fault and (done == EXIT_DONE) != (place / "out" / "SHA256SUMS").is_file():
            fault = f"ended with {done}, which the output folder does not show"
        return f"run: {fault}" if fault else ""
    finally:
        shutil.rmtree(place, ignore_errors=True)


def command(arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command, and all it says."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = main(arguments)
    return code, said.getvalue()


def _command_fault(code: int, said: str, allowed: Sequence[int]) -> str:
    if code not in allowed:
        return f"ended with {code}: {said[-500:]}"
    if "Traceback" in said or "this is a bug" in said:
        return said[-700:]
    if code != EXIT_DONE and len(said.strip()) < 10:
        return f"ended with {code} and said only {said!r}"
    signs = sorted({sign for sign in said if ord(sign) < 32 and sign not in "\n\t\r"})
    return f"control signs {signs!r} in {said[:200]!r}" if signs else ""
