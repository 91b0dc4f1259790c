"""What the synthetic planet costs: growth with places and with people, and one run as a user makes it.

    python benchmarks/world_growth.py

Each line is a process of its own: CPU seconds of a replicate once there is room for it, memory at its height.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from time import process_time

from readme_tables import machine, put_table

from travesia.engine import Engine
from travesia.model import compile_model
from travesia.parameters import medians
from travesia.world import DISPLACED, world

HEADER = ["places", "legs", "people", "set up, s", "a replicate, s", "room for situations", "memory, MiB"]
PLACES, FACTORS = (300, 1000, 3000, 10_000), (1, 100, 1000)
ROOM = 1 << 14  # to begin with; doubled where a day needs more
AS_GIVEN = (3000, 1)
MOST_SECONDS, MOST_MEBIBYTES = 60.0, 3072.0  # of its replicate; of its whole command


def measure(places: int, people_factor: float) -> dict[str, float]:
    """Of this process: CPU seconds to make and compile, and of a replicate; its greatest memory."""
    began = process_time()
    scenario = world(places=places, people_factor=people_factor)
    engine = Engine(compile_model(scenario), room=ROOM)
    made = process_time() - began
    engine.warm_up()
    _, spent = engine.replicate(medians(scenario.settings), seed=1, replicate=0, expected=False)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = {"legs": len(scenario.legs), "room": engine.room}
    return {**size, "made": made, "spent": spent, "memory": memory}


def in_a_process(places: int, people_factor: float) -> dict[str, float]:
    """The same in a process of its own, since memory at its height never falls."""
    command = [sys.executable, __file__, f"{places}", f"{people_factor}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ))
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def as_a_user(folder: Path) -> tuple[float, float]:
    """CPU seconds and greatest memory (MiB) of `travesia world` and `travesia run -n 1`, all files written."""
    program = [sys.executable, "-m", "travesia"]
    planet, run = str(folder / "planet"), str(folder / "run")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*program, "world", "-o", planet], check=True, capture_output=True)
    subprocess.run([*program, "run", planet, "-n", "1", "-o", run], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1024


def main() -> None:
    """Measure, print, and write the table of benchmarks/README.md."""
    with tempfile.TemporaryDirectory() as folder:
        # first, since the memory of children is that of the greatest so far
        seconds, memory = as_a_user(Path(folder))
    rows, met = [], False
    for places, factor in product(PLACES, FACTORS):
        found = in_a_process(places, factor)
        if (places, factor) == AS_GIVEN:
            met = found["spent"] <= MOST_SECONDS and memory <= MOST_MEBIBYTES
        numbers = [f"{places:,}", f"{found['legs']:,.0f}", f"{DISPLACED * factor:,.0f}"]
        numbers += [f"{found['made']:.1f}", f"{found['spent']:.2f}"]
        numbers += [f"{found['room']:,.0f}", f"{found['memory']:,.0f}"]
        rows.append(numbers)
        print(" | ".join(numbers), flush=True)
    note = (
        f"Target (3,000 places: a replicate in 60 s, in 3 GiB): {'met' if met else 'NOT met'}. `travesia world` and "
        f"`travesia run -n 1` as a whole, 0.4 GB of tables and pictures included: {seconds:.0f} s, {memory:,.0f} MiB. "
        f"{machine()}."
    )
    print(note)
    put_table("world", HEADER, rows, note=note)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]), float(sys.argv[2]))))
    else:
        main()
