"""Pictures of a result for a notebook: each shows itself, and can be saved."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from travesia.captions import DPI
from travesia.errors import UsageError, nearest
from travesia.planning import needs
from travesia.planning_plot import needs_figure
from travesia.plot import series_figure
from travesia.plotmap import map_figure
from travesia.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL_DPI = 70


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that a notebook shows. figure : of matplotlib, to be changed before it is shown or saved."""

    figure: Figure

    def save(self, path: str | Path, *, dpi: int = DPI) -> Path:
        """Write the picture and give its path back. path : the ending tells the format: png, svg or pdf."""
        self.figure.savefig(path, dpi=dpi)
        return Path(path)

    def png(self, *, dpi: int = DPI) -> bytes:
        """The picture as PNG."""
        out = BytesIO()
        self.figure.savefig(out, format="png", dpi=dpi)
        return out.getvalue()

    def image(self, words: str) -> str:
        """A small copy as an element of HTML. words : what it shows, for those who do not see it."""
        coded = b64encode(self.png(dpi=SMALL_DPI)).decode()
        return f'<img alt="{escape(words)}" src="data:image/png;base64,{coded}">'

    def _repr_png_(self) -> bytes:
        return self.png()


@dataclass(frozen=True, eq=False)
class Pictures:
    """What `result.plot` offers. result : whose pictures."""

    result: Result

    def map(self, date: Date | str | None = None) -> Picture:
        """The map on a day: people at places, and how often each leg was passed so far.

        date : the day; the last one if None. Raises UsageError for a day that is not in the run.
        """
        return Picture(map_figure(self.result, date))

    def people(self, *places: str) -> Picture:
        """People at places, day by day: median, 50 and 90 % intervals, and what was reported.

        places : identifiers; the fullest place if none is given. Raises UsageError for an unknown place.
        """
        return Picture(
            series_figure(self.result, [self._place(place) for place in places or (self.fullest(),)])
        )

    def quantities(self, *names: str) -> Picture:
        """The quantities of the scenario, day by day, beside what was reported.

        names : quantities; every one, and the places with observations, if none is given. Raises UsageError for an
        unknown one.
        """
        return Picture(series_figure(self.result, names or None))

    def needs(self, place: str | None = None) -> Picture:
        """What a place must provide, day by day, after the Sphere Handbook.

        place : its identifier; the fullest one if None. Raises UsageError where nobody is ever there.
        """
        chosen = self.fullest() if place is None else self._place(place)
        return Picture(needs_figure(needs(self.result, places=[chosen]), self.result, chosen))

    def fullest(self) -> str:
        """The place with the most people in one night, by the median over the replicates."""
        most = self.result.total("people").median("replicate").max("date")
        return str(most["place"].values[int(most.values.argmax())])

    def _place(self, name: str) -> str:
        known = [str(place) for place in self.result.data["place"].values]
        if name not in known:
            raise UsageError(f"no place is called {name!r}; {nearest(name, known)}")
        return name
