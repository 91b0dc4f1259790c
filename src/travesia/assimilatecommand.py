"""The command `assimilate`."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, process_time
from typing import Annotated

import typer

from travesia.arguments import AsJson, Jobs, Seed, print_json
from travesia.bars import progress
from travesia.calibrationcommands import say_doubts, staged
from travesia.files import refuse_full

EXAMPLE = "Example: travesia assimilate fc july.csv -o fc-july"


def assimilate(
    context: typer.Context,
    forecast: Annotated[
        Path, typer.Argument(metavar="FORECAST", help="What `travesia forecast --posterior` wrote.")
    ],
    observations: Annotated[
        Path, typer.Argument(metavar="FILE", help="New figures: a CSV file with columns of observations.csv.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Where to; FORECAST-DATE if not given."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", metavar="N", min=1, help="Days after the new figures; as before if not given."
        ),
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    as_json: AsJson = False,
) -> None:
    """Add new figures to a forecast of a posterior, in seconds.

    The new forecast starts from their last day. Says so where they are too surprising for that, and the scenario
    should be calibrated again.
    """
    from travesia.calibration.assimilate import assimilate as learn
    from travesia.calibration.assimilate import new_rows
    from travesia.calibration.outlookfile import read_outlook, write_outlook

    if output is not None:
        refuse_full(output)
    began, spent = monotonic(), process_time()
    posterior, head = read_outlook(forecast)
    with progress(f"assimilating {observations.name}") as tell:
        found = learn(
            posterior,
            new_rows(observations),
            days=days or int(head["days"]),
            seed=seed,
            workers=jobs,
            tell=staged(tell),
        )
    folder = output or forecast.with_name(f"{forecast.name}-{found.origin}")
    refuse_full(folder)
    write_outlook(
        found, folder, source=head["scenario"], command=context.obj or "", seconds=process_time() - spent
    )
    told = found.posterior
    if as_json:
        print_json(told.json() | {"folder": str(folder), "seconds": round(monotonic() - began, 2)})
        return
    say_doubts(told)
    print(folder)
