"""Ten thousand mutated folders, ours and Flee's: refused with a problem, or run with everyone accounted for.

No traceback, no more than 5 s of a processor, less than 1 GiB, and no damage that nothing is said of. What failed is
named by its seed: `python -m verification.fuzz --seed SEED`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from verification import fuzz_attempt
from verification.fuzz import MOST_BYTES, try_all
from verification.fuzz_attempt import (
    CLEAN,
    FAILED,
    MUTATIONS,
    REFUSED,
    WARNED,
    Case,
    Outcome,
    attempt,
    attempt_by_command,
    make_case,
)
from verification.fuzz_folders import FEATURES, sources

from travesia.ensemble import simulate
from travesia.errors import Problem, ScenarioError
from travesia.result import Result
from travesia.scenario import Scenario

FOLDERS, SLICES = 10_000, 8
BY_COMMAND = 100


@pytest.mark.skipif(not FEATURES.is_dir(), reason="no folders of Flee's features")
@pytest.mark.parametrize("number", range(SLICES))
def test_ten_thousand_mutated_folders(number: int) -> None:
    seeds = range(number, FOLDERS, SLICES)
    tried = list(try_all(seeds, jobs=1))
    assert [(one.seed, one.outcome.why) for one in tried if one.outcome.word == FAILED] == []
    assert sorted(one.seed for one in tried) == list(seeds)
    assert max(one.peak_bytes for one in tried) < MOST_BYTES
    words = Counter(one.outcome.word for one in tried)
    print(dict(words))
    # most folders are damaged, and not all of them: a fuzzer that only ever hears one answer tests nothing
    assert min(words[REFUSED], words[CLEAN] + words[WARNED]) > len(tried) / 5


def test_a_hundred_of_them_by_their_commands() -> None:
    faults = {seed: attempt_by_command(make_case(seed)) for seed in range(FOLDERS, FOLDERS + BY_COMMAND)}
    assert {seed: fault for seed, fault in faults.items() if fault} == {}


def test_a_seed_is_one_folder() -> None:
    for seed in range(20):
        one, again = make_case(seed), make_case(seed)
        assert (one.done, one.harm, one.expected) == (again.done, again.harm, again.expected)
        assert one.folder == again.folder


def test_every_mutation_and_every_folder_is_tried() -> None:
    cases = [make_case(seed) for seed in range(3000)]
    assert {case.source.name for case in cases} == set(sources())
    assert {case.harm for case in cases} == {"harmful", "harmless", "maybe"}
    known = {name for group in MUTATIONS.values() for name in group}
    assert {name for case in cases for name in case.names} == known


FAULTS = {
    "people are lost": " people missing of 1000",
    "a number is none": "crossed is not finite",
    "nothing is said": "damaged, and nothing was said",
    "another exception": "ZeroDivisionError",
    "refused without a problem": "refused without a problem",
    "half a problem": "a problem that does not say all",
    "another result": "it means the same, and gave another result",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_must_not_be_is_a_failure(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources()["own-cut-down"]
    case = Case(1, source, source.folder, "nothing", "maybe", expected=True)
    if fault == "nothing is said":
        case = replace(case, harm="harmful")
    elif fault == "another result":
        case = replace(case, harm="harmless", folder=sources()["own-starter"].folder)
    elif fault in ("people are lost", "a number is none"):
        change = (
            ("people", lambda people: people + (people.place == "home") * (people.travel == "alone"))
            if fault == "people are lost"
            else ("crossed", lambda crossed: crossed / 0)
        )
        monkeypatch.setattr(fuzz_attempt, "simulate", partial(_changed, *change))
    else:
        problems = [Problem("legs.csv", 2, "mode", "", "no speed", "")] if fault == "half a problem" else []
        error = ZeroDivisionError() if fault == "another exception" else ScenarioError(problems)
        monkeypatch.setattr(fuzz_attempt, "read_scenario", partial(_raise, error))
    outcome = attempt(case)
    assert outcome.word == FAILED
    assert FAULTS[fault] in outcome.why


def _changed(name: str, change: Callable[[Any], Any], scenario: Scenario, **named: Any) -> Result:
    result = simulate(scenario, **named)
    with np.errstate(all="ignore"):
        return replace(result, data=result.data.assign({name: change(result.data[name])}))


def _raise(error: Exception, path: Path) -> None:
    raise error


def spin(seed: int) -> Outcome:
    """Take more time than there is, at every second seed."""
    while seed % 2:
        pass
    return Outcome(CLEAN)


def grow(seed: int) -> Outcome:
    """Ask for more memory than there is, at every second seed."""
    try:
        return Outcome(CLEAN, why=str(np.ones((1 + MOST_BYTES * (seed % 2)) // 8).sum()))
    except MemoryError:
        return Outcome(FAILED, "MemoryError")


def die(seed: int) -> Outcome:
    """End the process, at every second seed."""
    if seed % 2:
        os._exit(9)
    return Outcome(CLEAN)


@pytest.mark.parametrize(
    ("work", "why"),
    [(spin, "took more than 5 s of a processor"), (grow, "MemoryError"), (die, "its process ended with 9")],
)
def test_time_memory_and_death_are_found(work: Callable[[int], Outcome], why: str) -> None:
    tried = {one.seed: one.outcome for one in try_all([4, 5, 6], jobs=1, work=work)}
    assert [tried[seed].word for seed in (4, 5, 6)] == [CLEAN, FAILED, CLEAN]
    assert why in tried[5].why
