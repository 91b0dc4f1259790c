"""Map batches of work over an existing Dask cluster, as workers.py does over processes of this machine."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import platform
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from travesia.errors import TravesiaError, UsageError
from travesia.workers import Begin, Done, Job, Task

SECONDS_TO_CONNECT, SECONDS_WITHOUT_WORKERS, SECONDS_BETWEEN_LOOKS = 15, 60, 5
AHEAD = 2  # batches sent for each thread of a worker: one to do, one so that it need not wait for the next


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers, whose workers have these versions."""

    client: Any
    address: str
    versions: Mapping[str, str]

    def map(
        self, begin: Begin[Job, Task, Done], job: Job, batches: Iterable[Task], *, workers: int
    ) -> Generator[Done, None, None]:
        """Results in the order they are ready; see `workers.map_batches`. Dask replaces workers that are lost."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm.core import CommClosedError

        waiting, at_work, ready = iter(batches), set[Any](), list[Any]()
        told = pickle.dumps((begin, job, dict(self.versions)))
        kept = self.client.submit(bytes, told, pure=False)  # Dask does it again for workers that come late
        try:
            while True:
                room = max(0, AHEAD * max(workers, self.threads()) - len(at_work))  # workers may have come
                at_work.update(self.client.submit(_do, kept, t, pure=False) for t in islice(waiting, room))
                for future in ready:
                    yield future.result()
                if not at_work:
                    return
                at_work.difference_update(ready := self._ready(at_work))
        except (KilledWorker, CancelledError, CommClosedError) as error:
            lost = "a batch has cost several workers, perhaps for lack of memory"
            raise self.failed(lost if isinstance(error, KilledWorker) else "the scheduler is gone") from error
        except (ImportError, AttributeError) as error:
            raise self.failed(f"a worker that came late is not as here; end it ({error})") from error
        finally:
            if self.client.status == "running":
                self.client.cancel([*at_work, kept])

    def _ready(self, at_work: set[Any]) -> list[Any]:
        """Wait until something is done."""
        from distributed import wait

        seen = monotonic()
        while monotonic() - seen < SECONDS_WITHOUT_WORKERS:
            with suppress(TimeoutError):
                return list(wait(at_work, SECONDS_BETWEEN_LOOKS, "FIRST_COMPLETED").done)
            if self.client.status != "running":
                raise self.failed("the scheduler is gone")
            seen = monotonic() if self.threads() else seen
        raise self.failed("no worker is left")

    def threads(self) -> int:
        """How many batches can be done at a time now."""
        return sum(self.client.nthreads().values())

    def check(self) -> None:
        """Refuse workers that would give other bytes; asked by what every Python has."""
        for package, wanted in self.versions.items():
            asked = (platform.python_version,) if package == "python" else (version, package)
            for worker, told in sorted(self.client.run(*asked, on_error="return").items()):
                if told != wanted:
                    has = "no" if isinstance(told, PackageNotFoundError) else f"version {told} of"
                    raise self.failed(f"worker {worker} has {has} {package}; install {wanted} there, as here")

    def failed(self, why: str) -> TravesiaError:
        """What to tell of a cluster that cannot go on."""
        return TravesiaError(
            f"the Dask cluster {self.address}: {why}. What was finished is kept; the same command goes on from there"
        )


@contextmanager
def cluster(address: str, versions: Mapping[str, str]) -> Iterator[Cluster]:
    """The cluster of a scheduler.

    address : like tcp://host:8786, or a scheduler's file. versions : of Python and packages, that every worker must
    have. Raises TravesiaError where Dask is not installed, nothing answers, or no worker will do.
    """
    try:
        from distributed import Client, Security
        from distributed.comm.core import connect
    except ImportError as error:
        raise TravesiaError('Dask is not installed; install it with: pip install "travesia[dask]"') from error

    async def answers() -> None:
        secure = Security().get_connection_args("client")
        await (await connect(address, timeout=SECONDS_TO_CONNECT, **secure)).close()

    for name in ("distributed.client", "distributed.core"):  # what goes wrong is told once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        if Path(address).is_file():
            address = json.loads(Path(address).read_text(encoding="utf-8"))["address"]
        asyncio.run(answers())  # a client that cannot connect keeps trying
    except (ValueError, TypeError, KeyError) as error:
        why = f"is no scheduler's address ({error}); write it like --dask tcp://127.0.0.1:8786"
        raise UsageError(f"--dask {address}: {why}") from error
    except OSError as error:
        why = f"cannot be reached ({error}); start it with `dask scheduler`, and give the address it tells"
        raise TravesiaError(f"the Dask cluster {address} {why}") from error
    with Client(address) as client:
        found = Cluster(client, address, versions)
        try:
            client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
        except TimeoutError as error:
            raise found.failed(f"no workers; start one with: dask worker {address} --nthreads 1") from error
        found.check()
        yield found


def _do(told: bytes, task: Any) -> Any:
    """Do a batch, on a worker."""
    return _begun(told, threading.get_ident())(task)


@lru_cache(maxsize=64)
def _begun(told: bytes, thread: int) -> Callable[[Any], Any]:
    """What does batches of a run in one thread of a worker; an engine is not for two."""
    begin, job, versions = pickle.loads(told)
    for package, wanted in versions.items():
        own = platform.python_version() if package == "python" else version(package)
        if own != wanted:
            raise ImportError(f"{platform.node()} has version {own} of {package}, not {wanted}")
    return begin(job)  # type: ignore[no-any-return]
