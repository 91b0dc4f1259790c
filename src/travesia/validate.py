"""Every rule a scenario keeps, and the one function that runs them."""

from __future__ import annotations

from collections.abc import Collection

from travesia.errors import Problem
from travesia.rules import cells, journeys, measures, settings, warnings
from travesia.rules.base import Rule
from travesia.scenario import Scenario

rules: tuple[Rule, ...] = (
    *cells.RULES,
    *settings.RULES,
    *journeys.RULES,
    *measures.RULES,
    *warnings.RULES,
)


def validate(scenario: Scenario, *, unread: Collection[str] = ()) -> list[Problem]:
    """Hold a scenario against every rule that applies to it: all problems and warnings, in order of the rules.

    unread : tables (or `settings`) that could not be read; rules that read them are left out, or one missing
    file would be reported over and over.
    """
    movement = scenario.settings.movement.rule
    return [
        problem
        for rule in rules
        if not set(rule.reads) & set(unread) and rule.movement in ("", movement)
        for problem in rule.check(scenario)
    ]
