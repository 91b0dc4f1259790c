"""The command `world`: a synthetic planet as a scenario folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from travesia import terminal
from travesia.arguments import Seed

EXAMPLE = "Example: travesia world -o planet"


def world(
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="The scenario folder to make; not there yet, or empty."
        ),
    ],
    places: Annotated[int, typer.Option(metavar="N", help="How many places.")] = 3000,
    people_factor: Annotated[
        float, typer.Option("--people-factor", metavar="F", help="Times 123.2 million people.")
    ] = 1.0,
    days: Annotated[int, typer.Option(metavar="D", min=1, max=3660, help="Length of the run.")] = 365,
    seed: Seed = 1,
) -> None:
    """Write a SYNTHETIC planet: made-up places, real totals.

    It shows what a run of that size costs: that grows with the number of different situations, far less with
    that of people. It is no history and no forecast.
    """
    from travesia.folder import write_scenario
    from travesia.world import LOUD
    from travesia.world import world as make

    write_scenario(make(places=places, people_factor=people_factor, days=days, seed=seed), output)
    print(output)
    terminal.say(LOUD)
    terminal.say(f"Run it: travesia run {shlex.quote(str(output))} -n 1")
