"""What went wrong, in a line or a list for the person at the terminal, and the exit code for it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import typer

from travesia import terminal
from travesia.errors import EXIT_FAILED, EXIT_USAGE, ScenarioError, TravesiaError, nearest, visible


def explain(error: Exception, given: Sequence[str]) -> int:
    """Say what went wrong in a line or a list, and return the exit code for it."""
    if isinstance(error, ScenarioError):
        terminal.say("\n".join(terminal.problem_lines(error.problems)))
        return error.exit_code
    if isinstance(error, TravesiaError):
        terminal.say(f"error: {error}")
        return error.exit_code
    if isinstance(error, typer.TyperException):
        return _explain_usage(error)
    if isinstance(error, OSError) and error.filename:
        what = f"{error.filename}: {error.strerror}"
        terminal.say(f"error: {what}; make room or ask for permission there, or name another place")
        return EXIT_FAILED
    if isinstance(error, OSError | MemoryError):
        terminal.say(f"error: {error or 'not enough memory; try fewer replicates'}")
        return EXIT_FAILED
    what = f"{type(error).__name__}: {visible(str(error))}"
    terminal.say(f"error: this is a bug in travesia, please report it: {what}")
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
        message = message.replace("Value error, ", "")
    if type(error).__name__ == "NoArgsIsHelpError":
        terminal.say(message)
    else:
        terminal.say(f"error: {message}\nSee: {path} --help")
    return EXIT_USAGE
