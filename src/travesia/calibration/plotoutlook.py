"""A picture of a forecast of a posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from travesia.calibration.plotposterior import MOST_SERIES, grid, titled
from travesia.captions import GREY, plain_text
from travesia.forecasting.plot import fan, tidy

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
        fan(axis, start + targets.last[ahead], found.members[:, ahead].T)
        tidy(axis, known.series[k].label)
    left = len(known.series) - len(shown)
    more = f"; {left} further series are in forecast.csv" if left else ""
    told = f"known on {found.origin}, {found.days} days ahead; median, 50, 80 and 95 %{more}"
    return titled(figure, posterior, told)
