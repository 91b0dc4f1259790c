"""Who does the batches of long work: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from travesia.workers import map_batches

Map = Callable[..., Generator[Any, None, None]]
"""As `workers.map_batches`."""


@contextmanager
def crew(dask: str, workers: int, versions: Mapping[str, str]) -> Iterator[tuple[int, Map]]:
    """How many workers there are, and what maps batches over them.

    dask : the address of a cluster, or "". workers : processes where there is none. versions : that the cluster's
    workers must have. Raises what `dask_cluster.cluster` raises.
    """
    if not dask:
        yield workers, map_batches
        return
    from travesia.dask_cluster import cluster

    with cluster(dask, versions) as found:
        yield found.threads(), found.map
