"""Flee's own run.py with a seed, its clock started at the first day; run with the rivals' own interpreter.

    python rival_flee.py FLEE INPUT_CSV SOURCE_DATA SETTINGS.yml OUT.csv SEED

Prints the CPU seconds from the first new departures to the end (Flee's reading and set-up not counted).
"""

from __future__ import annotations

import contextlib
import os
import random
import runpy
import sys
from pathlib import Path
from time import process_time

import numpy as np


def main(flee, input_csv, source_data, settings, out, seed):  # type: ignore[no-untyped-def]
    """Run and write."""
    sys.path.insert(0, flee)
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - the one Flee draws from
    from flee import spawning

    began = []
    original = spawning.spawn_daily_displaced

    def clocked(*arguments):  # type: ignore[no-untyped-def]
        if not began:
            began.append(process_time())
        return original(*arguments)

    spawning.spawn_daily_displaced = clocked
    script = str(Path(flee) / "runscripts" / "run.py")
    sys.argv = [script, input_csv, source_data, "0", settings]
    with (
        open(os.devnull, "w") as nowhere,  # noqa: PTH123
        Path(out).open("w") as file,
        contextlib.redirect_stderr(nowhere),
        contextlib.redirect_stdout(file),
    ):
        runpy.run_path(script, run_name="__main__")
    print(process_time() - began[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
