"""The sensitivity label: how what is written may be handed on. It travels with every output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from travesia.rules.base import RESTRICTED
from travesia.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def working_label(*scenarios: Scenario) -> str:
    """Of folders that keep every count: of runs, comparisons, forecasts. scenarios : that they were made from."""
    owned = any(is_restricted(licences_of(scenario)) for scenario in scenarios)
    return f"{RESTRICTED}: {_WORKING}; {_OWNED}" if owned else f"internal: {_WORKING}"


def mark(figure: Figure, *scenarios: Scenario) -> dict[str, str]:
    """Write on a picture that it may not be handed on, where that is so, and give the metadata of its PNG file.

    figure : of matplotlib, marked once. scenarios : that it was made from, if any.
    """
    if not scenarios:
        return {"Software": "travesia"}
    label = working_label(*scenarios)
    if is_restricted([label]):
        words, frame = f"{RESTRICTED}: {_OWNED}", {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        figure.text(0.995, 0.995, words, fontsize=7, color="#B00020", ha="right", va="top", bbox=frame)
    return {"Software": "travesia", "Description": label}


def licences_of(scenario: Scenario) -> list[str]:
    """The licence of each source; blank where it has none. scenario : whose sources."""
    return [str(licence) for licence in scenario.sources.get("licence", []) if isinstance(licence, str)]
