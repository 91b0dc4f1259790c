"""Fixtures and settings shared by the tests and the verification."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

ROOT = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the real conflict folders, so that `-m "not cases"` leaves them out."""
    for item in items:
        if {"cases", "flee_runs"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.cases)


def _shared(folder: Path, what: str) -> Path:
    """The folder, or a skip that names both places it is looked for (in CI, a failure)."""
    if folder.is_dir():
        return folder
    message = (
        f"no {what} at {folder}: set TRAVESIA_CASES, or put them at ../shared/cases beside the repository"
    )
    if os.environ.get("CI") and os.environ.get("TRAVESIA_REQUIRE_CASES") == "1":
        pytest.fail(message)
    pytest.skip(message)


def _cases() -> Path:
    return Path(os.environ.get("TRAVESIA_CASES") or ROOT.parent / "shared" / "cases").expanduser()


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of real conflict cases: TRAVESIA_CASES, else ../shared/cases."""
    return _shared(_cases(), "conflict cases")


@pytest.fixture(scope="session")
def flee_runs() -> Path:
    """Flee's recorded runs: reference/flee-runs beside the cases."""
    return _shared(_cases().parent / "reference" / "flee-runs", "recorded runs of Flee")
