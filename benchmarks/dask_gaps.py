"""How much of the time of a run on a Dask cluster is not work: the gaps between batches, from Dask's own task stream.

dask scheduler --host 127.0.0.1 &
dask worker tcp://127.0.0.1:8786 --nworkers 2 --nthreads 1 &
python benchmarks/dask_gaps.py tcp://127.0.0.1:8786 caravan-2021 2000
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from travesia.folder import read_scenario
from travesia.longrun import plan_of, run_to


def gaps(records: Iterable[Mapping[str, Any]]) -> list[tuple[str, int, float, float, float]]:
    """For each worker: address, batches, mean seconds of a batch, median gap in seconds, share of the time in gaps.

    records : of a task stream. The first batch, which loads the kernel, counts for its end alone.
    """
    batches = defaultdict(list)
    for record in records:
        for step in record["startstops"]:
            if step["action"] == "compute" and "_do" in str(record["key"]):
                batches[record["worker"]].append((step["start"], step["stop"]))
    found = []
    for worker, spans in sorted(batches.items()):
        spans.sort()
        between = [later[0] - before[1] for before, later in pairwise(spans)]
        if between:
            work = [stop - start for start, stop in spans[1:]]
            share = sum(between) / (sum(between) + sum(work))
            found.append((worker, len(spans), sum(work) / len(work), median(between), share))
    return found


def main(address: str, scenario: str, replicates: str) -> None:
    """Run a scenario on a cluster and print the gaps of each worker."""
    from distributed import Client, get_task_stream

    found = read_scenario(scenario)
    plan = plan_of(found, replicates=int(replicates), seed=1, expected=False, policy="actual", keep=False)
    with (
        TemporaryDirectory() as folder,
        Client(address, set_as_default=False) as client,
        get_task_stream(client) as stream,
    ):
        run_to(Path(folder) / "run", found, plan, dask=address)
    print("worker,batches,mean_batch_s,median_gap_ms,not_work_percent")
    for worker, count, seconds, gap, share in gaps(stream.data):
        print(f"{worker},{count},{seconds:.2f},{1000 * gap:.1f},{100 * share:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
