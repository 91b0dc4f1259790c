"""The sensitivity label: how what is written may be handed on. It travels with every output."""

from __future__ import annotations

from collections.abc import Iterable

from travesia.rules.base import RESTRICTED
from travesia.scenario import Scenario

_OWNED = "made from figures that may not be handed on; ask their owner first"
_WORKING = (
    "working data, every count as simulated or reported; hand out what travesia export or report writes"
)


def is_restricted(licences: Iterable[str]) -> bool:
    """Whether figures of any source may not be handed on. licences : of the sources."""
    return any(licence.strip().lower().startswith(RESTRICTED) for licence in licences)


def published_label(licences: Iterable[str], *, coarse: bool) -> str:
    """Of what is handed out: rounded, and without figures of few people.

    licences : of the sources. coarse : whether journeys are told by area and month only.
    """
    if is_restricted(licences):
        return f"{RESTRICTED}: {_OWNED}"
    return "public, by area and month only" if coarse else "public, after the rules of publication"


def working_label(scenario: Scenario) -> str:
    """Of folders that keep every count: of runs, comparisons, forecasts. scenario : that they were made from."""
    return (
        f"{RESTRICTED}: {_WORKING}; {_OWNED}"
        if is_restricted(licences_of(scenario))
        else f"internal: {_WORKING}"
    )


def licences_of(scenario: Scenario) -> list[str]:
    """The licence of each source; blank where it has none. scenario : whose sources."""
    return [str(licence) for licence in scenario.sources.get("licence", []) if isinstance(licence, str)]
