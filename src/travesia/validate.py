"""Every rule a scenario keeps, and the one function that runs them."""

from __future__ import annotations

from collections.abc import Collection

from travesia.errors import Problem
from travesia.rules import cells, flee, flee_limits, health, journeys, measures, settings, warnings
from travesia.rules.base import Rule
from travesia.scenario import TABLES, Scenario
from travesia.schema import table

rules: tuple[Rule, ...] = (
    *cells.RULES,
    *settings.RULES,
    *health.RULES,
    *journeys.RULES,
    *measures.RULES,
    *flee.RULES,
    *flee_limits.RULES,
    *warnings.RULES,
)


def validate(
    scenario: Scenario, *, unread: Collection[str] = (), faulty: Collection[str] = ()
) -> list[Problem]:
    """All problems and warnings of a scenario, in the order of the rules that apply to it.

    unread : tables (or `settings`) that could not be read; rules that cannot do without them are left out, or
    one missing file would be reported over and over.
    faulty : tables with cells that could not be read.
    """
    movement = scenario.settings.movement.rule
    empty = {name for name in TABLES if table(name).required and not len(scenario.tables[name])}
    found: list[Problem] = []
    for rule in rules:
        without = {*unread, *empty}
        if rule.faultless:
            without |= {*faulty, *_faulty(scenario, found)}
        if rule.movement in ("", movement) and not without & set(rule.reads):
            found.extend(rule.check(scenario))
    return found


def _faulty(scenario: Scenario, found: Collection[Problem]) -> set[str]:
    """The tables with an error among the problems found."""
    files = {problem.file for problem in found if problem.level == "error"}
    return {name for name in TABLES if scenario.origin.get(name, f"{name}.csv") in files}
