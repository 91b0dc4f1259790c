"""The command `calibrate`."""

from __future__ import annotations

import shlex
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from travesia import terminal
from travesia.arguments import (
    AsJson,
    Assignments,
    Folder,
    Jobs,
    PolicyName,
    Seed,
    SettingsFile,
    assignments,
    day_of,
    print_json,
    tell_warnings,
)
from travesia.bars import counted, progress
from travesia.files import refuse_full

if TYPE_CHECKING:
    from travesia.calibration.posterior import Posterior

EXAMPLE = "Example: travesia calibrate mali2012 --until 2012-06-30 -j 2 -o post"

Priors = Annotated[
    Path | None,
    typer.Option(
        "--priors",
        metavar="FILE",
        help="Your own priors of settings of movement (CSV); those that come with it if not given.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="NAME", help="Learn about this alone; may be repeated. All others are fixed."
    ),
]
Quantities = Annotated[
    list[str] | None,
    typer.Option(
        "--quantity",
        metavar="NAME",
        help="Compare with figures of this alone; may be repeated. `present`: at places.",
    ),
]


def calibrate(
    context: typer.Context,
    scenario: Folder,
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="The last day of which anything is used.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Where to; runs/SCENARIO-posterior if not given."
        ),
    ] = None,
    settings: SettingsFile = None,
    priors: Priors = None,
    only: Only = None,
    quantity: Quantities = None,
    draws: Annotated[
        int, typer.Option("--draws", metavar="N", min=50, help="Draws from the posterior, each with a run.")
    ] = 500,
    seed: Seed = 1,
    jobs: Jobs = 1,
    values: Assignments = None,
    policy: PolicyName = "actual",
    as_json: AsJson = False,
) -> None:
    """Learn what figures up to a day say about parameters.

    Priors of the parameters, and with rule flee of settings of movement, become a posterior, with diagnostics: R-hat,
    effective sample size, k-hat, prior beside posterior, and each figure beside what was to be expected.
    """
    given = assignments(values)
    day = day_of(until, "--until")

    from travesia.calibration.calibrate import Effort
    from travesia.calibration.calibrate import calibrate as learn
    from travesia.calibration.posteriorfile import write_posterior
    from travesia.folder import read_scenario

    found = read_scenario(scenario, settings=settings, values=given)
    folder = output or Path("runs") / f"{found.name}-posterior"
    refuse_full(folder)
    tell_warnings(found, scenario)
    began, spent = monotonic(), process_time()
    with progress(f"calibrating {found.name}") as tell:
        posterior = learn(
            found,
            day,
            policy=policy,
            priors=priors,
            only=only or (),
            quantities=quantity or (),
            seed=seed,
            workers=jobs,
            effort=Effort(draws=draws),
            tell=staged(tell),
        )
    write_posterior(posterior, folder, command=context.obj or "", seconds=process_time() - spent)
    if as_json:
        print_json(posterior.json() | {"folder": str(folder), "seconds": round(monotonic() - began, 2)})
        return
    show_posterior(posterior)
    print(folder)
    terminal.say(
        f"Forecast: travesia forecast {shlex.quote(scenario)} --origin {day} --days 90 --posterior "
        f"{shlex.quote(str(folder))} -o fc"
    )


def staged(tell: Any) -> Any:
    """What is called with (stage, done, total). tell : of `progress`."""
    counts: dict[str, Any] = {}

    def count(stage: str, done: int, total: int) -> None:
        counts.setdefault(stage, counted(tell, stage))(done, total)

    return count


def show_posterior(found: Posterior) -> None:
    """Print prior beside posterior, what was learnt most about first, and whether to trust it."""
    from travesia.policytables import plain_table

    quality = found.quality
    print(terminal.harmless(found.scenario.settings.title.get("en", found.scenario.name)))
    print(
        f"{found.scenario.name}: {len(found.records.value)} figures up to {found.until}, {quality.runs:,} runs"
    )
    table = plain_table("Parameter", "Prior", "90 %", "Posterior", "90 %", "Learnt", "R-hat", "ESS")
    for row in found.diagnostics.sort_values("learnt", ascending=False, kind="stable").to_dict("records"):
        table.add_row(
            str(row["parameter"]),
            f"{row['prior_median']:.3g}",
            f"{row['prior_low90']:.3g} to {row['prior_high90']:.3g}",
            f"{row['posterior_median']:.3g}",
            f"{row['posterior_low90']:.3g} to {row['posterior_high90']:.3g}",
            f"{max(float(row['learnt']), 0.0):.0%}",
            f"{row['r_hat']:.3f}",
            f"{row['ess_bulk']:.0f}",
        )
    terminal.show(table)
    judged = found.fit["pit"].dropna()
    inside = judged.between(0.05, 0.95).mean()
    print(
        f"{inside:.0%} of the figures lie in the 90 % expected given those before; k-hat {quality.k_hat:.2f}"
    )
    say_doubts(found)


def say_doubts(found: Posterior) -> None:
    """Say why a posterior should not be trusted, if so."""
    for doubt in found.quality.doubts():
        terminal.say(f"warning: {doubt}; calibrate again, or see docs/calibration.md")
