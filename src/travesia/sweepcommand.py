"""The command about designed sets of runs."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from travesia import terminal
from travesia.arguments import (
    DEFAULT_AT_A_POINT,
    AsJson,
    Assignments,
    Dask,
    Expected,
    Folder,
    Jobs,
    PolicyName,
    Replicates,
    Seed,
    SettingsFile,
    assignments,
    print_json,
    refuse_both,
    replicates_of,
    resumable,
    tell_warnings,
)
from travesia.bars import counted, progress

if TYPE_CHECKING:
    from travesia.sweeping import Sweep

EXAMPLE = "Example: travesia sweep caravan-2021 --over walk_km_per_day=20:40 --over policy=actual,free-passage -n 20"
MOST_ROWS = 30


class DesignWord(StrEnum):
    """The words of --design."""

    GRID = "grid"
    LHS = "lhs"
    SOBOL = "sobol"


def sweep(
    context: typer.Context,
    scenario: Folder,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="NAME[=VALUES]",
            help="What to vary, may be repeated: a parameter or movement setting with a range LOW:HIGH (or "
            "LOW:HIGH:LEVELS) or a list A,B,C; a parameter alone for its prior; policy=A,B or policy alone for all.",
        ),
    ] = None,
    design: Annotated[
        DesignWord,
        typer.Option("--design", help="All combinations, a Latin hypercube, or Sobol's, with indices."),
    ] = DesignWord.GRID,
    points: Annotated[
        int | None,
        typer.Option(
            "--points",
            metavar="N",
            min=1,
            help="Of a Latin hypercube, or the base sample of sobol, which runs N × (factors + 2); 64 if not given.",
        ),
    ] = None,
    settings: SettingsFile = None,
    replicates: Replicates = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    dask: Dask = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Where to; runs/SCENARIO-sweep-SEED if not given."
        ),
    ] = None,
    expected: Expected = False,
    values: Assignments = None,
    policy: PolicyName = "actual",
    as_json: AsJson = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier sweep in the folder.")
    ] = False,
) -> None:
    """Run a scenario at designed points; tell what moves results.

    Every point has the same replicates, so differences between points are not luck. Where or when people are
    stopped, detained or returned is never varied. An interrupted sweep goes on where it stopped.
    """
    count = replicates_of(replicates, expected=expected, default=DEFAULT_AT_A_POINT)
    given = assignments(values)
    refuse_both(jobs, dask)

    from travesia.folder import read_scenario
    from travesia.sweepdesign import design_of
    from travesia.sweeping import task_of
    from travesia.sweepstore import points_of, sweep_to

    found = read_scenario(scenario, settings=settings, values=given)
    made = design_of(found, over or [], kind=design.value, points=points, seed=seed)
    task = task_of(found, made, replicates=count, seed=seed, expected=expected, policy=policy)
    tell_warnings(found, scenario)
    folder = output or Path("runs") / f"{found.name}-sweep-{seed}"
    terminal.say(f"{len(made.points):,} points, {count:,} replicate{'s' * (count != 1)} each")
    with progress(f"sweeping {found.name}") as tell, resumable(points_of(folder)):
        result = sweep_to(
            folder,
            task,
            workers=jobs,
            dask=dask,
            overwrite=overwrite,
            command=context.obj or "",
            progress=counted(tell, "sweeping"),
        )
    if as_json:
        print_json(result.json() | {"folder": str(folder)})
        return
    show_sweep(result)
    print(folder)
    terminal.say(f"Check it later: travesia verify {shlex.quote(str(folder))}")


def show_sweep(found: Sweep) -> None:
    """Print the indices of a Sobol' design, or the points of a small design, or the range of each quantity.

    found : of travesia.sweep.
    """
    settings = found.scenario.settings
    print(terminal.harmless(settings.title.get("en", settings.name)))
    print(f"{settings.name}: {found.design}; {found.runs}")
    if found.indices is not None:
        terminal.show(_indices_table(found))
    elif len(found.design.points) * len(found.titles) <= MOST_ROWS * 4:
        terminal.show(_points_table(found))
    else:
        terminal.show(_range_table(found))


def _indices_table(found: Sweep) -> Any:
    from travesia.policytables import plain_table

    table = plain_table("What", "Factor", "First order", "90 %", "Total", "90 %")
    table.columns[1].justify = "left"
    rows = found.indices
    assert rows is not None
    still = []
    for name, title in found.titles.items():
        own = rows[rows["quantity"] == name]
        if own["total"].isna().all():
            still.append(title.lower())
            continue
        told = title
        for row in own.to_dict("records"):
            cells = []
            for kind in ("first_order", "total"):
                low, high = (_index(row[f"{kind}_{end}"]) for end in ("low90", "high90"))
                cells += [_index(row[kind]), f"{low} to {high}"]
            table.add_row(told, str(row["factor"]), *cells)
            told = ""
        table.add_section()
    if still:
        print(f"The same at every point: {', '.join(still)}.")
    return table


def _points_table(found: Sweep) -> Any:
    from travesia.policytables import plain_table

    table = plain_table("What", *found.design.names, "Mean", "90 %")
    spread = found.replicates > 1
    for name, title in found.titles.items():
        own = found.points[found.points["quantity"] == name]
        told = title
        for row in own.to_dict("records"):
            values = [_value(row[factor]) for factor in found.design.names]
            ends = f"{row['low90']:,.0f} to {row['high90']:,.0f}" if spread else "–"
            table.add_row(told, *values, f"{row['mean']:,.0f}", ends)
            told = ""
        table.add_section()
    return table


def _range_table(found: Sweep) -> Any:
    """How far each number ranges; not at which point, which would rank what stops most people."""
    from travesia.policytables import plain_table

    table = plain_table("What", "Least mean", "Greatest mean")
    for name, title in found.titles.items():
        means = found.points.loc[found.points["quantity"] == name, "mean"]
        table.add_row(title, f"{means.min():,.0f}", f"{means.max():,.0f}")
    return table


def _index(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
