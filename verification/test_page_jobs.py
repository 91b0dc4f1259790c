"""Ensembles of the page: cancelled and taken up again, and found again after their server was killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from tests.factory import SMALL
from tests.test_web_api import finished, json_of
from tests.web import client_of, desk_of

ASKED = {"scenario": "small", "replicates": 60, "seed": 1}
SECONDS_AT_MOST = 120


def long_scenario(folder: Path) -> Path:
    """The small scenario over so many days that its replicates fill some shards."""
    path = folder / "small"
    path.mkdir()
    for name, text in SMALL.items():
        (path / name).write_text(text.replace("days: 30", "days: 900"), encoding="utf-8")
    return path


def test_a_cancelled_ensemble_goes_on(tmp_path: Path) -> None:
    long_scenario(tmp_path)
    client = client_of(desk_of(tmp_path))
    many = ASKED | {"replicates": 500}  # some seconds of work: not done before it is cancelled
    job = json_of(client.post("/api/jobs", json=many))["id"]
    try:
        stopped = json_of(client.post(f"/api/jobs/{job}/cancel", json={}))
        assert stopped["state"] == "stopped"
        assert client.get(f"/api/runs/{job}").status_code == 400
        assert json_of(client.post("/api/jobs", json=many))["id"] == job
        assert finished(client, job)["state"] == "done"
    finally:
        client.post(f"/api/jobs/{job}/cancel", json={})  # a test that fails leaves nothing at work


@contextmanager
def serving(scenario: Path, runs: Path) -> Iterator[tuple[subprocess.Popen[str], httpx2.Client]]:
    command = [sys.executable, "-m", "travesia", "serve", str(scenario), "--no-browser", "--runs", str(runs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        base, token = process.stdout.readline().strip().split("/?token=")
        with httpx2.Client(base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=60) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_killing_the_server_loses_nothing(tmp_path: Path) -> None:
    scenario = long_scenario(tmp_path)
    with serving(scenario, tmp_path / "runs") as (process, client):
        job = json_of(client.post("/api/jobs", json=ASKED))["id"]
        process.kill()
        process.wait()
    with serving(scenario, tmp_path / "runs") as (_, client):
        assert [one["id"] for one in json_of(client.get("/api/jobs"))] == [job]
        until = time.monotonic() + SECONDS_AT_MOST
        found: dict[str, Any] = {}
        while found.get("state") != "done" and time.monotonic() < until:
            found = json_of(client.post("/api/jobs", json=ASKED))
            assert found["state"] in ("running", "done", "stopped"), found
            time.sleep(0.5)
        assert (found["state"], found["done"]) == ("done", 60)
        assert json_of(client.get(f"/api/runs/{job}"))["replicates"] == 60
