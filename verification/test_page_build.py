"""The built front end in the package is what its source gives."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "src" / "travesia" / "web" / "static"
MOST_BYTES = 3_000_000


def test_the_built_page_is_fresh(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine; it builds the page anew")
    source = tmp_path / "frontend"
    shutil.copytree(ROOT / "frontend", source, ignore=shutil.ignore_patterns("node_modules"))
    fetched = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"], cwd=source, capture_output=True, check=False, timeout=600
    )
    if fetched.returncode:
        pytest.skip("the packages of the page cannot be fetched here")
    built = {**os.environ, "TRAVESIA_STATIC": str(tmp_path / "static")}
    subprocess.run(["npm", "run", "build"], cwd=source, env=built, check=True, timeout=600)
    fresh = {path.name: path.read_bytes() for path in (tmp_path / "static").iterdir()}
    assert {path.name for path in STATIC.iterdir()} == {*fresh}
    assert [name for name, content in fresh.items() if (STATIC / name).read_bytes() != content] == []


def test_the_built_page_is_small_and_whole() -> None:
    files = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert sum(files.values()) < MOST_BYTES
    assert {"index.html", "app.js", "style.css", "maplibre-gl-worker.mjs", "world.json"} == {*files}
