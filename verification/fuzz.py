"""A mutation fuzzer of input folders, ours and Flee's.

    python -m verification.fuzz --seed 1234           makes one folder again and says what was done and what came out
    python -m verification.fuzz --first 0 --count 500 tries 500 of them, and ends with 1 where one fails
    python -m verification.fuzz --seed 1234 --keep D  leaves the folder in D

For each folder: it is refused with a problem, or gives a result that conserves people; what damages it is told. No
other exception, no more than 5 s, less than 1 GiB. A folder that kills its process or takes too long is found by it.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from verification.fuzz_attempt import CLEAN, FAILED, Case, Outcome, attempt, attempt_by_command, make_case
from verification.fuzz_folders import sources, write_folder

CPU_SECONDS = 5
"""So much time of a processor one folder may take: what other processes do does not count."""
WALL_SECONDS = 120
"""A folder that waits for something for ever is ended after these."""
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Tried:
    """A folder that was tried: its seed, what came out, and the largest memory of its process so far, in bytes."""

    seed: int
    outcome: Outcome
    peak_bytes: int


def attempt_seed(seed: int) -> Outcome:
    """What comes of the folder of a seed."""
    return attempt(make_case(seed))


def serve(there: Connection, work: Callable[[int], Outcome]) -> None:
    """Try the folders of the seeds that come, each under the limits."""
    for name in ("own-small", "own-sick", "flee-small"):  # compiled and loaded before time and memory count
        source = sources()[name]
        for expected in (True, False):
            attempt(Case(0, source, source.folder, "nothing", "maybe", expected))
    limit_memory(MOST_BYTES)
    there.send(None)  # ready
    while True:
        try:
            seed = there.recv()
        except EOFError:
            return
        # not caught: the signal ends the process, also where compiled code never looks up
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        outcome = work(seed)
        signal.setitimer(signal.ITIMER_PROF, 0)
        there.send(Tried(seed, outcome, peak_bytes()))


def peak_bytes() -> int:
    """The most memory this process has had: rusage would count that of the process that began it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def limit_memory(most_bytes: int) -> None:
    """Have this process refused memory beyond what makes it resident with so many bytes."""
    pages = Path("/proc/self/statm").read_text().split()
    reserved, resident = (int(count) * os.sysconf("SC_PAGE_SIZE") for count in pages[:2])
    limit = reserved + most_bytes - resident
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def try_all(
    seeds: Iterable[int], *, jobs: int, work: Callable[[int], Outcome] = attempt_seed
) -> Iterator[Tried]:
    """Try the folders of these seeds in so many processes; one that ends is replaced, and its folder has failed."""
    waiting = iter(seeds)
    context = get_context("spawn")
    busy: dict[Connection, tuple[SpawnProcess, int, float]] = {}

    def hire() -> None:
        seed = next(waiting, None)
        if seed is not None:
            here, there = context.Pipe()
            process = context.Process(target=serve, args=(there, work), daemon=True)
            process.start()
            there.close()
            here.recv()
            here.send(seed)
            busy[here] = (process, seed, time.monotonic() + WALL_SECONDS)

    for _ in range(jobs):
        hire()
    while busy:
        for here in wait(list(busy), timeout=1):
            assert isinstance(here, Connection)
            process, seed, _ = busy.pop(here)
            try:
                yield here.recv()
            except (EOFError, ConnectionError):
                process.join()
                yield Tried(seed, Outcome(FAILED, ended(process.exitcode)), 0)
                hire()
                continue
            following = next(waiting, None)
            if following is None:
                here.close()
                process.join()
            else:
                here.send(following)
                busy[here] = (process, following, time.monotonic() + WALL_SECONDS)
        for here, (process, seed, until) in list(busy.items()):
            if time.monotonic() > until:
                del busy[here]
                process.kill()
                process.join()
                yield Tried(seed, Outcome(FAILED, f"waited for more than {WALL_SECONDS} s"), 0)
                hire()


def ended(code: int | None) -> str:
    """Why a process ended."""
    if code == -signal.SIGPROF:
        return f"took more than {CPU_SECONDS} s of a processor"
    return f"its process ended with {code}"


def show(seed: int, keep: Path | None) -> int:
    """Make the folder of a seed again and say what was done to it and what came out."""
    case = make_case(seed)
    print(f"seed {seed}: {case.source.name}, {case.harm}, {'expected' if case.expected else 'stochastic'}")
    print(f"done: {case.done}")
    if keep:
        write_folder(case.folder, keep)
        print(f"kept: {keep}")
    outcome = attempt(case)
    print(f"came out: {outcome.word} {outcome.why}")
    for problem in outcome.told[:20]:
        print(f"  {problem.level}: {str(problem)[:400]}")
    fault = attempt_by_command(case)
    print(f"by command: {fault or 'as it should'}")
    return int(outcome.word == FAILED or bool(fault))


def main() -> int:
    """Try folders, or show one."""
    parser = argparse.ArgumentParser(
        description="Mutated folders: none may end in anything but a finding or a result."
    )
    parser.add_argument("--seed", type=int, help="make this one again and show it")
    parser.add_argument("--keep", type=Path, help="a new folder to leave it in")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--source", default="", metavar="A,B", help="only those made of folders whose names start so"
    )
    parser.add_argument(
        "--tell", default=FAILED, metavar="WORDS", help=f"tell those too that end so: {CLEAN!r}"
    )
    given = parser.parse_args()
    if given.seed is not None:
        return show(given.seed, given.keep)
    began, words, peak = time.monotonic(), Counter[str](), 0
    seeds = (
        seed
        for seed in range(given.first, given.first + given.count)
        if make_case(seed).source.name.startswith(tuple(given.source.split(",")))
    )
    for tried in try_all(seeds, jobs=given.jobs):
        words[tried.outcome.word] += 1
        peak = max(peak, tried.peak_bytes)
        if tried.outcome.word in (FAILED, given.tell):
            case, why = make_case(tried.seed), tried.outcome.why or tried.outcome.word
            print(f"{tried.seed} {case.source.name}: {why}\n    {case.done[:250]}", flush=True)
    for word, count in words.most_common():
        print(f"{count:7,} {word}")
    print(f"{time.monotonic() - began:.0f} s, {peak / 2**20:.0f} MiB at most")
    return int(words[FAILED] > 0)


if __name__ == "__main__":
    sys.exit(main())
