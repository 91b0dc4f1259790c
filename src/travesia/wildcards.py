"""Names of measures with `*`: one short entry of the settings in place of a list of many."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from travesia.scenario import Policy, Quantity, Scenario

STAR = "*"


def spelt_out(scenario: Scenario) -> Scenario:
    """A copy in which every name of measures with `*` is replaced by the measures it fits, in the table's order.

    scenario : as read; `*` stands for any text in `events` of quantities, in `off` and `scale` of policies and of
    their responses, and in `multiplies` of measures. A name that fits nothing stays, for the rules to tell. In `scale`
    a full name goes before one with `*`, and of several with `*` the first.
    """
    known = [str(name) for name in scenario.measures["measure"]]
    settings, measures = scenario.settings, scenario.measures
    if measures["multiplies"].str.contains(STAR, regex=False).any():
        cells = [";".join(_names(cell.split(";"), known)) for cell in measures["multiplies"]]
        scenario = scenario.with_table("measures", measures.assign(multiplies=cells))
    quantities = {name: _quantity(content, known) for name, content in settings.outputs.quantities.items()}
    policies = {name: _policy(content, known) for name, content in settings.policies.items()}
    outputs = settings.outputs.model_copy(update={"quantities": quantities})
    return scenario.with_settings(settings.model_copy(update={"outputs": outputs, "policies": policies}))


def _quantity(quantity: Quantity, known: Sequence[str]) -> Quantity:
    return quantity.model_copy(update={"events": tuple(_names(quantity.events, known))})


def _policy(policy: Policy, known: Sequence[str]) -> Policy:
    response = policy.response.model_copy(update={"scale": _scaled(policy.response.scale, known)})
    update = {
        "off": tuple(_names(policy.off, known)),
        "scale": _scaled(policy.scale, known),
        "response": response,
    }
    return policy.model_copy(update=update)


def _names(written: Sequence[str], known: Sequence[str]) -> list[str]:
    """Every name once, in the order written."""
    return list(dict.fromkeys(name for text in written for name in _fitting(text.strip(), known)))


def _scaled(scale: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    found = {name: factor for name, factor in scale.items() if STAR not in name or name in known}
    for text, factor in scale.items():
        for name in _fitting(text, known):
            found.setdefault(name, factor)
    return found


def _fitting(text: str, known: Sequence[str]) -> list[str]:
    """The names a text fits; the text itself where it has no `*`, is a name, or fits nothing."""
    if STAR not in text or text in known:
        return [text]
    fits = re.compile(".*".join(re.escape(part) for part in text.split(STAR)))
    return [name for name in known if fits.fullmatch(name)] or [text]
