"""A picture of a forecast of a posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from travesia.calibration.plotposterior import MOST_SERIES, grid, tidy, titled
from travesia.captions import BLUE, GREY, plain_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from travesia.calibration.outlook import Outlook


@plain_text()
def outlook_figure(found: Outlook) -> Figure:
    """Figures and forecast of each series, the largest first: median, 50, 80 and 95 %."""
    known, targets, posterior = found.known, found.targets, found.posterior
    start = np.datetime64(found.scenario.settings.start)
    size = [known.value[known.row == k].max() for k in range(len(known.series))]
    shown = np.argsort(-np.array(size), kind="stable")[:MOST_SERIES]
    figure, axes = grid(len(shown))
    for axis, k in zip(axes, shown, strict=False):
        own, ahead = known.row == k, targets.row == k
        axis.plot(start + known.last[own], known.value[own], ".-", color=GREY, lw=0.8, ms=3)
        days, members = start + targets.last[ahead], found.members[:, ahead]
        for level, shade in ((0.95, 0.15), (0.8, 0.25), (0.5, 0.35)):
            low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=0)
            axis.fill_between(days, low, high, color=BLUE, alpha=shade, lw=0)
        axis.plot(days, np.median(members, axis=0), color=BLUE, lw=1.2)
        tidy(axis, known.series[k].label)
    left = len(known.series) - len(shown)
    more = f"; {left} further series are in forecast.csv" if left else ""
    told = f"known on {found.origin}, {found.days} days ahead; median, 50, 80 and 95 %{more}"
    return titled(figure, posterior, told)
