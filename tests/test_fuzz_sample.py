"""Some of the mutated folders that `make verify` tries ten thousand of."""

from __future__ import annotations

import sys

import pytest
from verification.fuzz_attempt import FAILED, attempt, attempt_by_command, make_case

SLICES, IN_A_SLICE = 8, 25


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices in place of files are of Unix")
@pytest.mark.parametrize("number", range(SLICES))
def test_a_mutated_folder_is_refused_or_gives_a_result(number: int) -> None:
    cases = [make_case(1_000_000 + number * IN_A_SLICE + one) for one in range(IN_A_SLICE)]
    tried = [(case.seed, case.done, attempt(case)) for case in cases]
    assert [(seed, done, found.why) for seed, done, found in tried if found.word == FAILED] == []
    assert len({found.word for _, _, found in tried}) > 1
    assert attempt_by_command(cases[0]) == ""
