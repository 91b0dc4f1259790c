"""What a run simulated for the days of each figure that was reported."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from travesia.figures import Q90, Watched, answers, figures
from travesia.result import Result
from travesia.web.publish import two_figures
from travesia.web.shapes import Answer, QuantityView, Reported, RunView

Floats = NDArray[np.float64]


def answers_of(result: Result, view: RunView) -> list[list[Answer | None]]:
    """Beside each figure of a run what was simulated: nothing where it is withheld, or covers days before the run.

    result : of the run. view : of it, whose figures are answered, in their order.
    """
    found: list[list[Answer | None]] = [[] for _ in view.quantities]
    if not found:
        return found
    series = [Watched(one.name, one.place, one.kind) for one in view.quantities]
    values = np.stack([_values(result, one) for one in view.quantities], axis=2)
    told = answers(result.scenario, result.dates, series, values)
    for column, (number, _) in enumerate(figures(result.scenario, result.dates, series)):
        figure = view.quantities[number].reported[len(found[number])]
        found[number].append(None if figure.withheld else _answer(figure, told[:, column]))
    return found


def _values(result: Result, one: QuantityView) -> Floats:
    series = result.total("people").sel(place=one.place) if one.place else result.quantity(one.name)
    return np.asarray(series.transpose("replicate", "date").values, dtype=np.float64)


def _answer(figure: Reported, told: Floats) -> Answer | None:
    """What is said of one figure. told : what each replicate has."""
    if np.isnan(told).any():
        return None
    low, median, high = np.quantile(told, Q90)
    shown: Sequence[float] = two_figures([low, median, high]).tolist()
    least, most = (figure.value if end is None else end for end in (figure.low, figure.high))
    if len(told) == 1 or least is None or most is None:
        return Answer(median=shown[1], low=None, high=None, inside=None)
    return Answer(median=shown[1], low=shown[0], high=shown[2], inside=bool(low <= most and least <= high))
