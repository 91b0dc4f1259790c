"""What a sweep varies, over which values, and at which points: never where or when people are stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from travesia.errors import UsageError, nearest
from travesia.overrides import override
from travesia.parameters import quantile
from travesia.policy import measures_of
from travesia.rng import generator
from travesia.scenario import Prior, Scenario
from travesia.sobol import sobol_points
from travesia.validate import validate

Floats = NDArray[np.float64]
Kind = Literal["grid", "lhs", "sobol"]
Value = float | str
DESIGNS: tuple[Kind, ...] = ("grid", "lhs", "sobol")
LEVELS = 5  # of a range or a prior in a grid, unless it is said otherwise
POINTS = 64  # of the other designs
MOST_POINTS = 1_000_000
ENFORCING = ("block", "detain", "return", "close")
FOOTPRINT = ("place", "leg", "countries", "date_from", "date_to")
ENDS = 0.05, 0.95  # of a prior in a grid
PLACE_IS_NOT_VARIED = (
    "a sweep varies how much people are stopped, detained or returned, and whether, but never where or when: travesia "
    "does not plan interdiction"
)


@dataclass(frozen=True)
class Factor:
    """One thing that is varied: a list of levels, a range, or the prior of a parameter.

    name : of a parameter or movement setting, or `policy`. levels : in order; empty for a range or prior. low, high :
    of a range. count : levels of a range or prior in a grid.
    """

    name: str
    levels: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    prior: Prior | None = None
    count: int = LEVELS

    def at(self, share: float) -> Value:
        """The value below which this share (0–1) of the values lies."""
        if self.levels:
            return self.levels[min(int(share * len(self.levels)), len(self.levels) - 1)]
        if self.prior:
            inside = np.clip(share, 1e-9, 1 - 1e-9)  # the ends of some priors are infinite
            return float(quantile(self.prior, np.array([inside]))[0])
        return self.low + (self.high - self.low) * share

    def grid(self) -> tuple[Value, ...]:
        """The levels of a grid."""
        ends = ENDS if self.prior else (0.0, 1.0)
        return self.levels or tuple(self.at(float(share)) for share in np.linspace(*ends, self.count))

    def __str__(self) -> str:
        if self.levels:
            return f"{self.name}={','.join(_text(level) for level in self.levels)}"
        if self.prior:
            told = f"{self.prior.kind} {self.prior.low:.6g} to {self.prior.high:.6g}"
            return f"{self.name} ({told}, {self.count} levels)"
        return f"{self.name}={self.low:.10g}:{self.high:.10g}:{self.count}"


@dataclass(frozen=True)
class Design:
    """The points of a sweep: each a value for every factor, in their order."""

    kind: Kind
    factors: tuple[Factor, ...]
    points: tuple[tuple[Value, ...], ...]

    @property
    def names(self) -> list[str]:
        """The names of the factors."""
        return [factor.name for factor in self.factors]

    def __str__(self) -> str:
        told = "; ".join(str(factor) for factor in self.factors)
        return f"sweep {self.kind}, {len(self.points)} points over {told}"


def design_of(
    scenario: Scenario, over: Sequence[str], *, kind: str = "grid", points: int | None = None, seed: int = 0
) -> Design:
    """The design of a sweep.

    over : what varies, each NAME=A,B,C (a list), NAME=LOW:HIGH or LOW:HIGH:LEVELS (a range), or NAME alone (the prior
    of a parameter, or every policy); NAME is a parameter, a movement setting or `policy`. kind : grid (all combinations
    of levels), lhs (Latin hypercube) or sobol. points : of a Latin hypercube, or the base sample of Sobol's. seed : of
    the points. Raises UsageError for names and values that cannot be, and for a measure or policies that would move
    the place or date at which people are stopped.
    """
    if kind not in DESIGNS:
        raise UsageError(f"no design {kind!r}; {nearest(kind, DESIGNS)}")
    if not over:
        raise UsageError("a sweep needs something to vary; write --over PARAMETER or --over policy")
    factors = tuple(factor_of(scenario, text) for text in over)
    names = [factor.name for factor in factors]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"--over {twice[0]} is given twice; keep one of them")
    _check_values(scenario, factors)
    return Design(_kind(kind), factors, _points(factors, _kind(kind), points, seed))


def factor_of(scenario: Scenario, text: str) -> Factor:
    """What one `--over` varies; see `design_of`."""
    name, equals, values = (part.strip() for part in text.partition("="))
    if not name or (equals and not values):
        raise UsageError(f"--over {text!r} is not NAME, NAME=A,B,C or NAME=LOW:HIGH")
    if name == "policy":
        return _policies(scenario, values)
    settings = scenario.settings
    movement = type(settings.movement).model_fields.keys() - {"rule"}
    if name not in settings.parameters and name.partition(".")[0] not in movement:
        _refuse_measures(scenario, name)
        raise UsageError(
            f"--over {name}: no parameter or movement setting of that name; "
            f"{nearest(name, ['policy', *settings.parameters, *sorted(movement)])}"
        )
    if values:
        return _given(name, values, words=name not in settings.parameters)
    prior = settings.parameters[name].prior if name in settings.parameters else None
    if prior is None:
        raise UsageError(
            f"--over {name}: it has no prior; give values, like --over {name}=LOW:HIGH or {name}=A,B,C"
        )
    return Factor(name, prior=prior)


def at_point(scenario: Scenario, design: Design, number: int, policy: str) -> tuple[Scenario, str]:
    """The scenario of a point, its parameters fixed, and the policy."""
    values = dict(zip(design.names, design.points[number], strict=True))
    chosen = str(values.pop("policy", policy))
    return override(scenario, {name: _text(value) for name, value in values.items()}), chosen


def point_words(design: Design, number: int) -> str:
    """A point for a message."""
    pairs = zip(design.names, design.points[number], strict=True)
    return ", ".join(
        f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}" for name, value in pairs
    )


def _kind(word: str) -> Kind:
    return next(kind for kind in DESIGNS if kind == word)


def _text(value: Value) -> str:
    return repr(value) if isinstance(value, float) else value


def _given(name: str, values: str, *, words: bool) -> Factor:
    """A range or a list. words : may be in the list."""
    try:
        if ":" in values:
            low, high, *count = values.split(":")
            factor = Factor(
                name, low=_finite(low), high=_finite(high), count=int(count[0]) if count else LEVELS
            )
            if len(count) > 1 or factor.low >= factor.high or factor.count < 2:
                raise ValueError
            return factor
        parts = [part.strip() for part in values.split(",")]
        if "" in parts or len(set(parts)) < len(parts) or len(parts) < 2:
            raise ValueError
        return Factor(name, levels=tuple(parts) if words else tuple(_finite(part) for part in parts))
    except ValueError:
        raise UsageError(
            f"--over {name}={values}: give a range LOW:HIGH or LOW:HIGH:LEVELS, from low to high, or a list A,B,C "
            "of two or more different values"
        ) from None


def _finite(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError
    return value


def _policies(scenario: Scenario, values: str) -> Factor:
    """Named policies, all of the scenario where none are given; refused where they move what stops people."""
    names = [name.strip() for name in values.split(",")] if values else list(scenario.settings.policies)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise UsageError("--over policy: give two or more different policies, like --over policy=actual,NAME")
    stands = {name: _footprints(scenario, name) for name in names}
    for one, other in combinations(names, 2):
        for kind in ENFORCING:
            a, b = stands[one][kind], stands[other][kind]
            if not (a <= b or b <= a):
                raise UsageError(
                    f"--over policy: {one} and {other} have measures of kind {kind} at different places or dates, and "
                    f"{PLACE_IS_NOT_VARIED}. Two named policies can be compared: travesia compare --policy {one} "
                    f"--policy {other}"
                )
    return Factor("policy", levels=tuple(names))


def _footprints(scenario: Scenario, policy: str) -> dict[str, set[tuple[str, ...]]]:
    """Where and when the measures of a policy stand, by kind."""
    table = measures_of(scenario, policy)
    columns = [name for name in FOOTPRINT if name in table]
    return {
        kind: {
            tuple(str(cell) for cell in row)
            for row in table.loc[table["kind"] == kind, columns].itertuples(index=False)
        }
        for kind in ENFORCING
    }


def _refuse_measures(scenario: Scenario, name: str) -> None:
    """Say why a measure, or a column of the measures, is not varied; nothing where the name is of neither."""
    first, *rest = name.removeprefix("measures.").removeprefix("measures.csv.").split(".")
    table = scenario.measures
    row = table[table["measure"] == first]
    column = rest[-1] if rest else "" if len(row) else first
    if len(row) and str(row["kind"].iloc[0]) in ENFORCING and column in ("", *FOOTPRINT):
        raise UsageError(
            f"--over {name}: {PLACE_IS_NOT_VARIED}. To vary how much, write the name of a parameter in the column "
            f"share of {first} and vary that; to vary whether, vary policies: --over policy=actual,NAME"
        )
    if not len(row) and column in FOOTPRINT and not rest:
        raise UsageError(
            f"--over {name}: {PLACE_IS_NOT_VARIED}; vary parameters, movement settings or policies"
        )
    if len(row) and (not column or column in table):
        raise UsageError(
            f"--over {name}: a cell of a table is not varied by itself; write the name of a parameter in it, and vary "
            "that parameter"
        )


def _check_values(scenario: Scenario, factors: Sequence[Factor]) -> None:
    """Raise UsageError for values that the scenario may not have."""
    before = set(validate(scenario))
    for factor in factors:
        if factor.name == "policy" or factor.prior:
            continue
        for value in factor.levels or (factor.low, factor.high):
            changed = override(scenario, {factor.name: _text(value)})
            for problem in validate(changed):
                if problem.level == "error" and problem not in before:
                    raise UsageError(f"--over {factor.name}: {_text(value)} cannot be: {problem}")


def _points(
    factors: Sequence[Factor], kind: Kind, count: int | None, seed: int
) -> tuple[tuple[Value, ...], ...]:
    if kind == "grid":
        if count is not None:
            raise UsageError(
                "--points is for lhs and sobol; give the levels of a grid like --over NAME=LOW:HIGH:LEVELS"
            )
        levels = [factor.grid() for factor in factors]
        total = int(np.prod([len(each) for each in levels], dtype=np.float64))
        _check_count(total)
        return tuple(product(*levels))
    count = POINTS if count is None else count
    _check_count(count * (len(factors) + 2 if kind == "sobol" else 1))
    if kind == "sobol":
        if len(factors) < 2:
            raise UsageError("a Sobol' design needs two or more --over; for one take --design grid or lhs")
        shares = sobol_points([factor.name for factor in factors], count, seed=seed)
    else:
        from scipy.stats import qmc

        shares = qmc.LatinHypercube(len(factors), rng=generator(seed, "latin hypercube")).random(count)
    return tuple(
        tuple(factor.at(float(share)) for factor, share in zip(factors, row, strict=True)) for row in shares
    )


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_POINTS:
        raise UsageError(
            f"the design has {count:,} points, not 1 to {MOST_POINTS:,}; take fewer levels or --points"
        )
