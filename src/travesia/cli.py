"""The command line: each command reads its arguments, calls the library, and prints.

Results go to stdout, messages and progress to stderr. Heavy imports are inside the commands: --help is quick.
"""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from time import process_time
from typing import Annotated

import typer

from travesia import (
    assimilatecommand,
    calibrationcommands,
    exportcommand,
    forecastcommands,
    getcommand,
    needscommand,
    newcommand,
    policycommands,
    runcommands,
    sweepcommand,
    terminal,
    webcommands,
    worldcommand,
)
from travesia.arguments import (
    AsJson,
    Assignments,
    Dask,
    Expected,
    Folder,
    Jobs,
    Keep,
    Output,
    PolicyName,
    Replicates,
    Seed,
    SettingsFile,
    assignments,
    print_json,
    refuse_both,
    replicates_of,
    resumable,
    share_of,
    tell_warnings,
)
from travesia.bars import progress
from travesia.cli_explain import explain
from travesia.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_PROBLEMS,
    UsageError,
)

app = typer.Typer(
    name="travesia",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: travesia run caravan-2021. Exit codes: 0 done, 1 failed, 2 wrong usage, "
    "3 the scenario has problems, 4 a checksum does not match, 130 interrupted.",
)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    print(f"travesia {version('travesia')}")
    raise typer.Exit(EXIT_DONE)


@app.callback()
def travesia(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Simulate forced migration under policy: who leaves, which way, who is stopped, and who arrives."""


@app.command(epilog="Example: travesia scenarios")
def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios that come with travesia."""
    from travesia.folder import packaged_scenarios

    found = packaged_scenarios()
    if as_json:
        print_json([{"scenario": name, "title": title} for name, title in found])
        return
    terminal.show(terminal.scenario_table(found))
    if found:
        terminal.say(f"Run one: travesia run {found[0][0]}")


app.command(epilog=newcommand.EXAMPLE)(newcommand.new)
app.add_typer(getcommand.get, name="get", epilog=getcommand.EXAMPLE)


@app.command(epilog="Example: travesia check mycase")
def check(scenario: Folder, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Report everything wrong with a scenario, and what to do.

    Ends with `ready`, or with exit code 3 where the scenario cannot run.
    """
    from travesia import folder

    problems = folder.check(scenario, settings=settings)
    broken = any(problem.level == "error" for problem in problems)
    if as_json:
        print_json([asdict(problem) for problem in problems])
    else:
        for line in terminal.problem_lines(problems):
            print(line)
        if not broken:
            print("ready")
    raise typer.Exit(EXIT_PROBLEMS if broken else EXIT_DONE)


@app.command(epilog="Example: travesia convert flee/mali2012 mali --settings flee/simsetting.yml")
def convert(
    flee_folder: Annotated[
        str, typer.Argument(metavar="FLEE_FOLDER", help="A Flee folder (input_csv/ and source_data/).")
    ],
    new_folder: Annotated[
        Path, typer.Argument(metavar="NEW_FOLDER", help="To write; not there yet, or empty.")
    ],
    settings: SettingsFile = None,
) -> None:
    """Write a Flee folder as a scenario folder.

    Lists what could not be carried over.
    """
    from travesia.flee import is_flee_folder
    from travesia.folder import read_scenario, write_scenario

    if not is_flee_folder(Path(flee_folder)):
        raise UsageError(f"{flee_folder} is no Flee folder; name the folder that holds input_csv/")
    found = read_scenario(flee_folder, settings=settings)
    write_scenario(found, new_folder)
    print(new_folder)
    if not found.warnings:
        terminal.say("Everything was carried over.")
        return
    terminal.say("Read tolerantly or not carried over:")
    for warning in found.warnings:
        terminal.say(f"  {warning}")


@app.command(epilog="Example: travesia describe caravan-2021")
def describe(scenario: Folder, settings: SettingsFile = None, values: Assignments = None) -> None:
    """Explain what would be simulated, before it is."""
    given = assignments(values)

    from travesia import model
    from travesia.folder import read_scenario

    found = read_scenario(scenario, settings=settings, values=given)
    print(terminal.harmless(model.describe(found)))


@app.command(
    epilog="Example: travesia run caravan-2021 -n 500 --seed 7 --set news_delay_days=2 -o runs/slow-news"
)
def run(
    context: typer.Context,
    scenario: Folder,
    settings: SettingsFile = None,
    replicates: Replicates = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    dask: Dask = "",
    output: Output = None,
    expected: Expected = False,
    values: Assignments = None,
    policy: PolicyName = "actual",
    keep: Keep = None,
    share: Annotated[
        str, typer.Option("--share", metavar="I/K", help="Make only share I of K, as shards for merge.")
    ] = "",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object; people and events: first replicate."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier run in the folder.")
    ] = False,
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="Draw no pictures.")] = False,
) -> None:
    """Simulate a scenario and write a run folder.

    Prints what came out, how sure it is, and what was reported. An interrupted run goes on where it stopped
    when the same command is given again, with any -j or --dask, and ends with the same bytes.
    """
    count = replicates_of(replicates, expected=expected)
    given = assignments(values)
    parts = share_of(share)
    refuse_both(jobs, dask)

    from travesia.folder import read_scenario
    from travesia.longrun import refuse_other, run_to, shards_of
    from travesia.policy import measures_of
    from travesia.runplan import plan_of
    from travesia.store import read_provenance

    start = process_time()
    found = read_scenario(scenario, settings=settings, values=given)
    read = process_time() - start
    measures_of(found, policy)  # refuses an unknown policy before anything is said of a run
    tell_warnings(found, scenario)
    folder = output or Path("runs") / f"{found.name}-{seed}"
    plan = plan_of(
        found,
        replicates=count,
        seed=seed,
        expected=expected,
        policy=policy,
        keep=keep,
        pictures=not no_pictures,
        command=context.obj or "",
        overrides=given,
        seconds={"read": read},
    )
    if not overwrite:
        refuse_other(folder, plan)
    with progress(f"simulating {found.name}") as tell, resumable(shards_of(folder)):
        summary = run_to(
            folder, found, plan, workers=jobs, dask=dask, overwrite=overwrite, share=parts, tell=tell
        )
    if summary is None:
        terminal.say(f"Share {share} is done. When all are: travesia merge {shlex.quote(str(folder))}")
        return
    provenance = read_provenance(folder)
    if as_json:
        print_json(terminal.run_json(summary, provenance, folder))
    else:
        terminal.show_run(summary, folder)


app.command(epilog="Example: travesia merge runs/big")(runcommands.merge)
app.command(epilog="Example: travesia slurm caravan-2021 -n 100000 -o runs/big")(runcommands.slurm)
app.command(epilog="Example: travesia compare caravan-2021 --policy actual --policy free-passage -n 100")(
    policycommands.compare
)
app.command(epilog="Example: travesia tornado caravan-2021 --policy actual -o runs/tornado")(
    policycommands.tornado
)
app.command(epilog=sweepcommand.EXAMPLE)(sweepcommand.sweep)
app.command(epilog=needscommand.EXAMPLE)(needscommand.needs)
app.command(epilog=calibrationcommands.EXAMPLE)(calibrationcommands.calibrate)
app.command(epilog=forecastcommands.FORECAST_EXAMPLE)(forecastcommands.forecast)
app.command(epilog=forecastcommands.SCORE_EXAMPLE)(forecastcommands.score)
app.command(epilog=forecastcommands.TRIGGERS_EXAMPLE)(forecastcommands.triggers)
app.command(epilog=forecastcommands.BENCHMARK_EXAMPLE)(forecastcommands.benchmark)
app.command(epilog=assimilatecommand.EXAMPLE)(assimilatecommand.assimilate)
app.command(epilog=worldcommand.EXAMPLE)(worldcommand.world)
app.command(epilog=webcommands.EXAMPLE)(webcommands.serve)
app.command(epilog=webcommands.REPORT_EXAMPLE)(webcommands.report)
app.command(epilog=exportcommand.EXAMPLE)(exportcommand.export)
app.command(epilog="Example: travesia verify runs/caravan-2021-1")(runcommands.verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    arguments : without the program's name; those of the process if not given.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _invoke(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter's own flush at exit quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    return code


def _invoke(given: list[str]) -> int:
    debug = "--debug" in takewhile(lambda word: word.startswith("-"), given)
    try:
        command = typer.main.get_command(app)
        with command.make_context("travesia", list(given), obj=shlex.join(["travesia", *given])) as context:
            command.invoke(context)
        return EXIT_DONE
    except typer.Exit as done:
        return done.exit_code
    except KeyboardInterrupt:
        terminal.say("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        return explain(error, given)
