"""How much of the time of a run on a Dask cluster is not work: the gaps between batches, from Dask's own task stream.

    python benchmarks/dask_gaps.py [--scenario caravan-2021] [--replicates 6000] [--address tcp://127.0.0.1:8786]

Without an address it starts a scheduler and two workers of one thread here. A gap is the time from the end of a batch
on a thread of a worker to the beginning of its next: the way of the answer back, scheduling, and the way of the next
batch there. The first batch, which loads the kernel, counts for its end alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from travesia.folder import read_scenario
from travesia.longrun import run_to
from travesia.runplan import plan_of

MOST_PERCENT = 5.0


@dataclass(frozen=True)
class Gaps:
    """Of one thread of a worker: its batches, and the seconds of each batch and gap."""

    thread: str
    work: list[float]
    between: list[float]

    @property
    def percent(self) -> float:
        """The share of the time that is gaps."""
        return 100 * sum(self.between) / (sum(self.between) + sum(self.work))


def gaps(records: Iterable[Mapping[str, Any]]) -> list[Gaps]:
    """The gaps of each thread that did two batches or more.

    records : of a task stream.
    """
    batches = defaultdict(list)
    for record in records:
        for step in record["startstops"]:
            if step["action"] == "compute" and str(record["key"]).startswith("_do"):
                batches[f"{record['worker']} {record['thread']}"].append((step["start"], step["stop"]))
    found = []
    for thread, spans in sorted(batches.items()):
        spans.sort()
        between = [max(0.0, later[0] - before[1]) for before, later in pairwise(spans)]
        if between:
            found.append(Gaps(thread, [stop - start for start, stop in spans[1:]], between))
    return found


@contextmanager
def cluster(address: str) -> Iterator[str]:
    """The address of a cluster: the one given, or one that is started here and ended again."""
    if address:
        yield address
        return
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as started:
        yield started.scheduler_address


def main() -> None:
    """Run a scenario on a cluster and print the gaps of each worker."""
    from distributed import Client, get_task_stream

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scenario", default="caravan-2021")
    parser.add_argument("--replicates", type=int, default=6000)
    parser.add_argument("--address", default="", help="of a scheduler; one is started here if not given")
    given = parser.parse_args()
    scenario = read_scenario(given.scenario)
    plan = plan_of(scenario, replicates=given.replicates, seed=1, keep=False)
    with (
        TemporaryDirectory() as folder,
        cluster(given.address) as address,
        Client(address, set_as_default=False) as client,
        get_task_stream(client) as stream,
    ):
        run_to(Path(folder) / "run", scenario, plan, dask=address)
    print("worker and thread,batches,mean batch s,median gap ms,not work %")
    found = gaps(stream.data)
    for each in found:
        seconds, gap = sum(each.work) / len(each.work), 1000 * median(each.between)
        print(f"{each.thread},{len(each.work) + 1},{seconds:.2f},{gap:.1f},{each.percent:.2f}")
    worst = max(each.percent for each in found)
    print(
        f"at most {worst:.2f} % (target {MOST_PERCENT:g} %): {'met' if worst <= MOST_PERCENT else 'NOT met'}"
    )


if __name__ == "__main__":
    main()
