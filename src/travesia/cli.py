"""The command line: each command reads its arguments, calls the library, and prints.

Results go to stdout, messages and progress to stderr. Heavy imports are inside the commands: --help is quick.
"""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import takewhile
from pathlib import Path
from time import process_time
from typing import Annotated

import typer

from travesia import policycommands, terminal
from travesia.arguments import (
    AsJson,
    Assignments,
    Folder,
    Jobs,
    Seed,
    SettingsFile,
    assignments,
    print_json,
    refuse_full,
    tell_warnings,
)
from travesia.errors import (
    EXIT_CHECKSUM,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_PROBLEMS,
    EXIT_USAGE,
    ScenarioError,
    TravesiaError,
    UsageError,
    nearest,
)
from travesia.planning_command import EXAMPLE as NEEDS_EXAMPLE
from travesia.planning_command import needs

DEFAULT_REPLICATES = 200

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


@app.command(epilog="Example: travesia new mycase --name my-case")
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to make; it must not exist or be empty.")
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The scenario's name; the folder's name if not given.")
    ] = "",
) -> None:
    """Make the smallest scenario that runs, as a start for your own."""
    from travesia.folder import new_scenario

    new_scenario(folder, name or folder.resolve().name.lower().replace(" ", "-"))
    print(folder)
    terminal.say(f"Edit its files, then: travesia check {shlex.quote(str(folder))}")


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
    print(model.describe(found))


@app.command(
    epilog="Example: travesia run caravan-2021 -n 500 --seed 7 --set news_delay_days=2 -o runs/slow-news"
)
def run(
    context: typer.Context,
    scenario: Folder,
    settings: SettingsFile = None,
    replicates: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--replicates",
            metavar="N",
            min=1,
            help=f"How many; {DEFAULT_REPLICATES} if not given, 1 with --expected.",
        ),
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Where to; runs/SCENARIO-SEED if not given."),
    ] = None,
    expected: Annotated[
        bool, typer.Option("--expected", help="The central run: means instead of draws.")
    ] = False,
    values: Assignments = None,
    policy: Annotated[
        str, typer.Option("--policy", metavar="NAME", help="A policy, or several joined as NAME+NAME.")
    ] = "actual",
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

    Prints what came out, how sure it is, and what was reported.
    """
    if expected and replicates not in (None, 1):
        raise UsageError("--expected makes one central run; leave out -n, or leave out --expected")
    given = assignments(values)

    from travesia.ensemble import simulate
    from travesia.folder import read_scenario
    from travesia.policy import measures_of
    from travesia.store import check_room, write_run

    start = process_time()
    found = read_scenario(scenario, settings=settings, values=given)
    read = process_time() - start
    measures_of(found, policy)  # refuses an unknown policy before anything is said of a run
    tell_warnings(found, scenario)
    folder = output or Path("runs") / f"{found.name}-{seed}"
    if not overwrite:
        refuse_full(folder)
    check_room(folder, overwrite=overwrite)

    with terminal.progress(f"simulating {found.name}") as tell:
        result = simulate(
            found,
            replicates=1 if expected else replicates or DEFAULT_REPLICATES,
            seed=seed,
            expected=expected,
            policy=policy,
            workers=jobs,
            progress=tell,
        )
    result = replace(result, seconds={"compile": 0.0, "simulate": 0.0, **result.seconds, "read": read})
    start = process_time()
    write_run(
        result,
        folder,
        command=context.obj or "",
        overwrite=overwrite,
        overrides=given,
        pictures=not no_pictures,
    )
    if as_json:
        print_json(terminal.run_json(result, folder, write_seconds=process_time() - start))
    else:
        terminal.show_run(result, folder)


app.command(epilog="Example: travesia compare caravan-2021 --policy actual --policy free-passage -n 100")(
    policycommands.compare
)
app.command(epilog="Example: travesia tornado caravan-2021 --policy actual -o runs/tornado")(
    policycommands.tornado
)
app.command(epilog=NEEDS_EXAMPLE)(needs)


@app.command(epilog="Example: travesia verify runs/caravan-2021-1")
def verify(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_FOLDER", help="What `travesia run` wrote.")],
) -> None:
    """Check that a run folder is as it was written.

    Compares each file with its checksum and the results with their content hash; exit code 4 if one differs.
    """
    from travesia.store import verify_run

    if not run_folder.is_dir():
        raise UsageError(f"no folder {str(run_folder)!r}; name a folder that `travesia run` has written")
    problems = verify_run(run_folder)
    for line in terminal.verified_lines(run_folder, problems):
        print(line)
    raise typer.Exit(EXIT_CHECKSUM if problems else EXIT_DONE)


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
    command = typer.main.get_command(app)
    debug = "--debug" in takewhile(lambda word: word.startswith("-"), given)
    try:
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
        return _explain(error, given)


def _explain(error: Exception, given: Sequence[str]) -> int:
    """Say what went wrong in a line or a list, and return the exit code for it."""
    if isinstance(error, ScenarioError):
        terminal.say("\n".join(terminal.problem_lines(error.problems)))
        return error.exit_code
    if isinstance(error, TravesiaError):
        terminal.say(f"error: {error}")
        return error.exit_code
    if isinstance(error, typer.TyperException):
        return _explain_usage(error)
    if isinstance(error, OSError | MemoryError):
        terminal.say(f"error: {error or 'not enough memory; try fewer replicates'}")
        return EXIT_FAILED
    terminal.say(f"error: this is a bug in travesia, please report it: {type(error).__name__}: {error}")
    terminal.say(f"To see where: {shlex.join(['travesia', '--debug', *given])}")
    return EXIT_FAILED


def _explain_usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "travesia"
    possibilities = getattr(error, "possibilities", None)
    if possibilities:
        option = getattr(error, "option_name", "")
        message = f"there is no option {option}; {nearest(option, possibilities)}"
    else:
        message = error.format_message().replace("Input should be", "it must be").partition(", unable to")[0]
    if type(error).__name__ == "NoArgsIsHelpError":
        terminal.say(message)
    else:
        terminal.say(f"error: {message}\nSee: {path} --help")
    return EXIT_USAGE
