"""Compare policies: the same replicates under each, and the differences of every number to the first policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.ensemble import simulate
from travesia.errors import UsageError, nearest
from travesia.headlines import QUANTILES, Headline, headlines, totals
from travesia.policy import RESPONSES, Responses, measures_of, responses_of, with_response
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.tables import records

COLUMNS = (
    "quantity",
    "policy",
    "response",
    "median",
    "low50",
    "high50",
    "low90",
    "high90",
    "probability_above_zero",
    "reference",
    "reference_median",
    "policy_median",
    "by_definition",
    "modelled",
    "sign_open",
)
FEWEST_FOR_SIGN = 20
"""Replicates that a 90 % interval needs before it says whether more or fewer die."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What policies change.

    scenario : what was run. policies : the first is what the others are compared to. differences : one row for each
    quantity, further policy and response (COLUMNS): quantiles of the paired differences over the replicates and the
    share of replicates in which the difference is above 0 (NaN where there is a single run); sign_open where it is one
    of deaths and not claimed to be more or fewer. totals : one row per
    policy, response and replicate, one column per quantity. titles : of the quantities, in their order.
    """

    scenario: Scenario
    policies: tuple[str, ...]
    seed: int
    replicates: int
    mode: Literal["stochastic", "expected"]
    differences: pd.DataFrame
    totals: pd.DataFrame
    titles: dict[str, str]

    @property
    def cases(self) -> list[tuple[str, str]]:
        """The pairs of policy and response that are compared with the first policy."""
        pairs = self.differences[["policy", "response"]].drop_duplicates()
        return [(str(policy), str(response)) for policy, response in pairs.itertuples(index=False)]

    def json(self) -> dict[str, Any]:
        """All that was found, ready for JSON; None where there is no number."""
        return {
            "scenario": self.scenario.name,
            "policies": list(self.policies),
            "mode": self.mode,
            "replicates": self.replicates,
            "seed": self.seed,
            "differences": records(self.differences),
        }


def compare(
    scenario: Scenario,
    policies: Sequence[str],
    *,
    replicates: int = 1,
    seed: int = 0,
    expected: bool = False,
    workers: int = 1,
    responses: Sequence[str] = ("none", "low", "high"),
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run a scenario under several policies and tell what each changes against the first.

    policies : two or more, each as `simulate` takes it. replicates, seed, expected, workers : as `simulate` takes
    them; a replicate has the same parameters, shocks and draws under every policy, so its differences are paired.
    responses : how people respond to the policies, of none, low, high (every factor at that end of its prior) and
    drawn (from the prior); policies without a response are compared once. progress : called with replicates done
    and in all. Raises UsageError for fewer than two policies or an unknown word, and what `simulate` raises.
    """
    if len(policies) < 2:
        raise UsageError("a comparison needs two policies or more; name each with --policy")
    for word in responses:
        if word not in RESPONSES:
            raise UsageError(f"no response {word!r}; {nearest(word, RESPONSES)}")
    first, chosen = policies[0], headlines(scenario)
    cases = _cases(scenario, policies, responses or ("none",))
    runs = list(dict.fromkeys(_run(scenario, name, case[1]) for case in cases for name in (first, case[0])))
    found: dict[tuple[str, str], pd.DataFrame] = {}
    for number, (policy, response) in enumerate(runs):
        result = simulate(
            with_response(scenario, response),
            replicates=replicates,
            seed=seed,
            expected=expected,
            policy=policy,
            workers=workers,
            progress=_shifted(progress, number * replicates, len(runs) * replicates),
        )
        found[policy, response] = totals(result, chosen)
    rows = []
    for policy, response in cases:
        before, after = (found[_run(scenario, name, response)] for name in (first, policy))
        under = with_response(scenario, response)
        changed = _changed((under, first), (under, policy))
        own = _rows(before, after, chosen, policy=policy, changed=changed, expected=expected)
        rows += [row | {"response": response, "reference": first} for row in own]
    _mark_open_signs(rows, {h.name for h in chosen if h.deaths}, fewest=replicates < FEWEST_FOR_SIGN)
    return Comparison(
        scenario=scenario,
        policies=tuple(policies),
        seed=seed,
        replicates=replicates,
        mode="expected" if expected else "stochastic",
        differences=pd.DataFrame(rows, columns=list(COLUMNS)),
        totals=_tidy(found),
        titles={h.name: h.title for h in chosen},
    )


def paired_differences(before: Result, after: Result) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What changes from one ensemble to another of the same seed: a row for each number, and the numbers' titles.

    before, after : results with the same replicates, of a scenario and of the same with other measures or
    beds. Rows are those of `Comparison.differences`, with `deaths`; numbers that one of the two does not have count
    0 there. Raises UsageError where the replicates are not the same.
    """
    if before.seed != after.seed or before.replicates != after.replicates:
        raise UsageError("differences are paired: both runs must have the same seed and number of replicates")
    sides = {id(result): headlines(result.scenario) for result in (before, after)}
    chosen = {headline.name: headline for side in sides.values() for headline in side}
    tables = [totals(result, sides[id(result)]) for result in (before, after)]
    first, then = (table.reindex(columns=list(chosen), fill_value=0.0) for table in tables)
    changed = _changed((before.scenario, before.policy), (after.scenario, after.policy))
    expected, listed = after.mode == "expected", list(chosen.values())
    found = _rows(first, then, listed, policy=after.policy, changed=changed, expected=expected)
    rows = [row | {"deaths": headline.deaths} for row, headline in zip(found, listed, strict=True)]
    deaths = {headline.name for headline in listed if headline.deaths}
    _mark_open_signs(rows, deaths, fewest=after.replicates < FEWEST_FOR_SIGN)
    return rows, {headline.name: headline.title for headline in listed}


def _cases(scenario: Scenario, policies: Sequence[str], responses: Sequence[str]) -> list[tuple[str, str]]:
    """Each further policy with each response that makes a difference to it or to the first."""
    first = policies[0]
    pairs = [
        (policy, word if _responds(scenario, first) or _responds(scenario, policy) else "none")
        for policy in policies[1:]
        for word in dict.fromkeys(responses)
    ]
    return list(dict.fromkeys(pairs))


def _responds(scenario: Scenario, policy: str) -> bool:
    return responses_of(scenario, policy) != Responses()


def _run(scenario: Scenario, policy: str, response: str) -> tuple[str, str]:
    """The run that a policy under a response needs; one is enough where people do not respond to it."""
    return (policy, response if _responds(scenario, policy) else "none")


def _shifted(
    progress: Callable[[int, int], None] | None, before: int, whole: int
) -> Callable[[int, int], None] | None:
    return (lambda done, _: progress(before + done, whole)) if progress else None


def _rows(
    before: pd.DataFrame,
    after: pd.DataFrame,
    chosen: Sequence[Headline],
    *,
    policy: str,
    changed: Callable[[Headline], bool],
    expected: bool,
) -> list[dict[str, Any]]:
    """What a policy changes: a row for each headline, from its totals [replicate, headline] before and after."""
    return [
        {
            **_difference(before[one.name].to_numpy(), after[one.name].to_numpy(), expected=expected),
            "quantity": one.name,
            "policy": policy,
            "by_definition": bool(changed(one)),
            "modelled": one.modelled,
        }
        for one in chosen
    ]


def _difference(
    before: NDArray[np.float64], after: NDArray[np.float64], *, expected: bool
) -> dict[str, float]:
    """Quantiles of the paired differences, and how often they are above 0."""
    difference = after - before
    row = {name: round(float(np.quantile(difference, q)), 6) for name, q in QUANTILES.items()}
    row["probability_above_zero"] = float(np.mean(difference > 0))
    if expected or len(difference) == 1:
        row |= dict.fromkeys((*set(QUANTILES) - {"median"}, "probability_above_zero"), float("nan"))
    medians = {
        "reference_median": round(float(np.median(before)), 6),
        "policy_median": round(float(np.median(after)), 6),
    }
    return row | medians


def _mark_open_signs(rows: list[dict[str, Any]], deaths: set[str], *, fewest: bool) -> None:
    """Say of each difference in deaths whether its sign holds whatever is not known.

    Replicates draw what deaths rest on (the share of attempts that is met, deaths nobody counted, risks) with all the
    rest, so a sign holds where the 90 % interval of a policy is on one side of 0 under every response shown, and the
    replicates are enough to tell. No difference at all is claimed as it is.
    """
    sides: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        least, most = row["low90"], row["high90"]
        side = 1 if least > 0 else -1 if most < 0 else 2
        none = row["median"] == 0 and not (least < 0 or most > 0)
        sides.setdefault((row["quantity"], row["policy"]), set()).add(0 if none else side)
    for row in rows:
        found = sides[row["quantity"], row["policy"]]
        holds = found == {0} or (not fewest and found in ({1}, {-1}))
        row["sign_open"] = row["quantity"] in deaths and not holds


def _changed(first: tuple[Scenario, str], then: tuple[Scenario, str]) -> Callable[[Headline], bool]:
    """Whether a policy itself switches off, adds, scales or multiplies measures that a number counts.

    first, then : a scenario and the policy it runs under.
    """
    before, after = _measures(*first), _measures(*then)
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    multiplied = pd.concat(
        [scenario.measures.set_index("measure")["multiplies"] for scenario, _ in (first, then)]
    )
    multiplied = multiplied[~multiplied.index.duplicated()]
    names |= {part.strip() for name in sorted(names) for part in str(multiplied[name]).split(";")}
    leaving = responses_of(*first).departures != responses_of(*then).departures
    return lambda headline: bool(headline.measures & names) or (headline.name == "departed" and leaving)


def _measures(scenario: Scenario, policy: str) -> dict[str, tuple[Any, ...]]:
    """The measures in force, with their scales."""
    table = measures_of(scenario, policy)
    return dict(zip(table["measure"], table["scales"], strict=True))


def _tidy(found: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    parts = [
        table.rename_axis("replicate").reset_index().assign(policy=policy, response=response)
        for (policy, response), table in found.items()
    ]
    whole = pd.concat(parts, ignore_index=True)
    keys = ["policy", "response", "replicate"]
    return whole[[*keys, *(name for name in whole.columns if name not in keys)]]
