"""Pictures: they can be drawn for every kind of result, and no words run into each other."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fake_result import PLACES, make_result, make_scenario

from travesia.errors import UsageError
from travesia.plot import map_figure, series_figure, write_pictures
from travesia.result import Result

DAYS = pd.date_range("2021-01-14", periods=20)


def flee_result(reporters: int = 1) -> Result:
    observations = [
        {
            "quantity": "present",
            "place": place,
            "date_from": day,
            "value": 50.0 * n,
            "reported_by": f"R{n % reporters}",
        }
        for n, (place, *_) in enumerate(PLACES)
        for day in DAYS[:: n + 1]
    ]
    return make_result(make_scenario(rule="flee", observations=observations, quantities={}))


def crowded_result() -> Result:
    rng = np.random.default_rng(5)
    places = [
        (f"p{n}", f"A long name of a place {n}", "town", "ABC"[n % 3] * 3, lat, lon)
        for n, (lat, lon) in enumerate(rng.normal((15, -90), (1.5, 3), (60, 2)))
    ]
    legs = [(f"p{n}>p{n + 1}", f"p{n}", f"p{n + 1}", 50.0) for n in range(59)]
    return make_result(make_scenario(places=places, legs=legs, quantities={}), replicates=3)


def wordy_result() -> Result:
    """Long titles, many reporters with long names, a place without coordinates."""
    title = (
        "People who got past the forces in the east of the country and were not seen again until the border"
    )
    quantities = {f"q{n}": {"present": ["mexico"], "title": {"en": f"{n} {title}"}} for n in range(5)}
    observations = [
        {
            "quantity": f"q{n % 5}",
            "date_from": day,
            "value": 99.0,
            "reported_by": f"{n} National Institute of Migration",
        }
        for n, day in enumerate(DAYS)
    ]
    places = [(*p[:4], np.nan, np.nan) if p[0] == "guate" else p for p in PLACES]
    return make_result(make_scenario(places=places, quantities=quantities, observations=observations))


def words(figure: Any) -> Iterator[Any]:
    """Every text of a figure that is drawn: it has something to say, and its tick is within the limits."""
    from matplotlib.text import Text

    beyond = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        beyond |= {id(t.label1) for t in axis.get_major_ticks() if not low <= t.get_loc() <= high}
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in beyond:
            yield text


def drawn(figure: Any) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).draw()
    return figure


@pytest.mark.parametrize("make", [make_result, flee_result, crowded_result, wordy_result])
@pytest.mark.parametrize("draw", [map_figure, series_figure])
def test_no_words_overlap_or_leave_the_picture(make: Any, draw: Any) -> None:
    figure = drawn(draw(make()))
    boxes = [(t.get_text(), t.get_window_extent()) for t in words(figure)]
    boxes = [(text, box) for text, box in boxes if box.width > 0]
    inside = figure.bbox
    assert len(boxes) > 8
    for text, box in boxes:
        assert box.x0 >= inside.x0 - 1, text
        assert box.x1 <= inside.x1 + 1, text
        assert box.y0 >= inside.y0 - 1, text
        assert box.y1 <= inside.y1 + 1, text
    clashes = [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    assert clashes == []


def test_circle_areas_are_proportional_to_people() -> None:
    result = make_result()
    axes = drawn(map_figure(result, "2021-01-25")).axes[0]
    areas = np.sort(axes.collections[-1].get_sizes())
    people = np.sort(result.total("people").sel(date="2021-01-25").median("replicate").values)
    large = areas > 6.01
    assert large.sum() >= 3
    assert areas[large] / areas[-1] == pytest.approx(people[large] / people[-1])


def test_line_widths_follow_both_directions_up_to_the_day() -> None:
    result = make_result()
    axes = drawn(map_figure(result, "2021-01-16")).axes[0]
    crossed = result.total("crossed").sel(date=slice(None, "2021-01-16")).sum("date")
    both = [
        float((crossed.sel(leg=f"{a}>{b}") + crossed.sel(leg=f"{b}>{a}")).median())
        for a, b in zip((p[0] for p in PLACES), (p[0] for p in PLACES[1:]), strict=False)
    ]
    widths = np.sort(axes.collections[1].get_linewidths())
    assert widths / widths.max() == pytest.approx(np.sort(both) / max(both))


def test_a_kilometre_is_as_long_either_way() -> None:
    axes = drawn(map_figure(make_result())).axes[0]
    box = axes.get_window_extent()
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    squeeze = np.cos(np.radians((south + north) / 2))
    assert box.width / ((east - west) * squeeze) == pytest.approx(box.height / (north - south), rel=1e-3)


def test_the_map_says_what_it_rests_on() -> None:
    told = " ".join(t.get_text() for t in words(map_figure(make_result(), "2021-01-20")))
    for part in (
        "A made-up caravan",
        "2021-01-20",
        "seed 1",
        "5 replicates",
        "2 sources",
        "HND",
        "Tapachula",
    ):
        assert part in told


def test_places_without_coordinates_are_left_out_and_counted() -> None:
    bare = [(*p[:4], np.nan, np.nan) if p[0] == "guate" else p for p in PLACES]
    told = " ".join(t.get_text() for t in words(map_figure(make_result(make_scenario(places=bare)))))
    assert "without coordinates left out: 1" in told
    nowhere = [(*p[:4], np.nan, np.nan) for p in PLACES]
    told = " ".join(t.get_text() for t in words(map_figure(make_result(make_scenario(places=nowhere)))))
    assert "No place has coordinates" in told


def test_one_place_and_nobody() -> None:
    scenario = make_scenario(places=PLACES[:2], legs=[("road", "sps", "corinto", 60.0)], quantities={})
    empty = make_result(scenario, departing=0)
    drawn(map_figure(empty))
    drawn(series_figure(empty))
    drawn(series_figure(make_result(mode="expected", replicates=1)))


def test_series_show_quantiles_and_figures() -> None:
    result = flee_result()
    figure = drawn(series_figure(result, ["mexico"]))
    assert len(figure.axes) == 1
    lines = figure.axes[0].get_lines()
    assert lines[0].get_ydata() == pytest.approx(
        result.total("people").sel(place="mexico").median("replicate").values
    )
    shown = [line.get_ydata() for line in lines if line.get_marker() == "o"]
    assert [len(y) for y in shown] == [4]
    assert set(shown[0]) == {200.0}


def test_reporters_are_told_apart_even_if_many() -> None:
    figure = drawn(series_figure(flee_result(reporters=6)))
    told = [t.get_text() for t in figure.legends[0].get_texts()]
    assert [t for t in told if t.startswith("reported: ")] == [f"reported: R{n}" for n in range(6)]
    observations = [
        {
            "quantity": "stopped",
            "date_from": day,
            "kind": "cumulative",
            "value": 9.0,
            "reported_by": f"R{n:02d}",
        }
        for n, day in enumerate(DAYS)
    ]
    figure = drawn(series_figure(make_result(make_scenario(observations=observations))))
    assert figure.legends[0].get_texts()[-1].get_text() == "reported by others"


def test_a_flow_over_days_is_drawn_as_its_daily_mean() -> None:
    flow = {"quantity": "into_guatemala", "date_from": "2021-01-16", "date_to": "2021-01-18", "kind": "flow"}
    figure = series_figure(
        make_result(make_scenario(observations=[flow | {"value": 900.0, "reported_by": "IOM"}])),
        ["into_guatemala"],
    )
    shown = [list(line.get_ydata()) for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert shown == [[300.0]]


@pytest.mark.parametrize(("first", "shown"), [("2021-01-14", [900.0]), ("2021-01-10", [])])
def test_a_flow_is_drawn_on_a_sum_where_both_begin_on_one_day(first: str, shown: list[float]) -> None:
    flow = {
        "quantity": "stopped",
        "date_from": first,
        "date_to": "2021-01-18",
        "kind": "flow",
        "value": 900.0,
    }
    figure = series_figure(make_result(make_scenario(observations=[flow])), ["stopped"])
    marks = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert [float(y) for line in marks for y in line.get_ydata()] == shown


def test_unknown_names_and_days() -> None:
    with pytest.raises(UsageError, match="did you mean 'stopped'"):
        series_figure(make_result(), ["stoped"])
    with pytest.raises(UsageError, match="2021-01-14 to 2021-02-02"):
        map_figure(make_result(), "2022-01-01")


def test_write_pictures(tmp_path: Path) -> None:
    paths = write_pictures(make_result(), tmp_path / "new")
    assert [p.name for p in paths] == ["map.png", "series.png"]
    for path in paths:
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", content[16:24])
        assert width >= 900
        assert 600 <= height <= 2500
        assert struct.unpack(">I", content[content.index(b"pHYs") + 4 :][:4])[0] == round(150 / 0.0254)


def test_nothing_global_is_touched() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from fake_result import make_result;"
        "import travesia.plot, matplotlib; before = dict(matplotlib.rcParams);"
        "travesia.plot.write_pictures(make_result(), sys.argv[2]);"
        "assert 'matplotlib.pyplot' not in sys.modules; assert dict(matplotlib.rcParams) == before"
    )
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent), folder], check=True)
