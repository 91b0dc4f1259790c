"""The script of a Slurm job array whose tasks write the shards of a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from travesia.errors import UsageError

MOST_TASKS = 1000  # Slurm's own limit on the size of an array, unless it was raised (MaxArraySize is 1001)


def slurm_script(
    name: str, run: Sequence[str], merge: Sequence[str], *, tasks: int, jobs: int, time: str, memory_mb: int
) -> str:
    """A script for `sbatch`: each task makes its share of the shards, a second job joins them.

    name : of the job. run : the command of a run, to which the share is added; merge : the command that joins.
    tasks : of the array. jobs : processes of each. time : limit of each, as Slurm reads it. memory_mb : of a process.
    Raises UsageError for more tasks than an array may have. Source: Slurm's documentation of job arrays.
    """
    if not 1 <= tasks <= MOST_TASKS:
        raise UsageError(
            f"{tasks} tasks are not from 1 to {MOST_TASKS}, the most that Slurm allows as a rule"
        )
    command = f'{shlex.join(run)} --share "$SLURM_ARRAY_TASK_ID/{tasks}"'
    joining = shlex.quote(shlex.join(merge))
    last = f"sbatch --dependency=afterok:JOB --mem={2 * memory_mb}M --time={time} --wrap={joining}"
    return f"""#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array=1-{tasks}
#SBATCH --cpus-per-task={jobs}
#SBATCH --mem-per-cpu={memory_mb}M
#SBATCH --time={time}
#SBATCH --requeue
# Submit with: sbatch SCRIPT. Tasks may run in any order, be ended and be submitted again: finished shards are kept.
# When all have ended well, join the shards (JOB is the number sbatch told):
#   {last}
set -euo pipefail
srun {command}
"""
