"""Fixtures and settings shared by the tests and the verification."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# No limit on time: other work on the machine is no fault. A fixture is made once for all examples, which is meant. The
# same examples each time: what was right fails only if something changed; HYPOTHESIS=random looks for others.
settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("random", settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS", "same"))

ROOT = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the real conflict folders, so that `-m "not cases"` leaves them out."""
    for item in items:
        if {"cases", "flee_runs"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.cases)


@pytest.fixture
def travesia(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process: exit code, stdout, stderr."""
    from travesia.cli import main

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def _shared(*parts: str) -> Path:
    """A folder beside or in the cases, or a skip that names both places (in CI, a failure)."""
    named, beside = os.environ.get("TRAVESIA_CASES"), ROOT.parent / "shared" / "cases"
    candidates = [Path(named).expanduser()] if named else []
    for cases in (*candidates, beside):
        if cases.joinpath(*parts).is_dir():
            return cases.joinpath(*parts)
    message = (
        f"no {'/'.join(parts) or 'cases'} at TRAVESIA_CASES ({named or 'not set'}) nor at {beside}; "
        "set TRAVESIA_CASES to the folder of real conflict cases"
    )
    if os.environ.get("CI") and os.environ.get("TRAVESIA_REQUIRE_CASES") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of real conflict cases: TRAVESIA_CASES, else ../shared/cases."""
    return _shared()


@pytest.fixture(scope="session")
def flee_runs() -> Path:
    """Flee's recorded runs: ../reference/flee-runs, seen from the cases."""
    return _shared("..", "reference", "flee-runs")
