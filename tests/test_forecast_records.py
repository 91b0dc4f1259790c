"""What was counted, and the scenario as it was known on a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factory import small_scenario
from flee_factory import CLOSURES, CONFLICTS, LAYOUT, PERIOD, Changes, edited, write_flee_folder

from travesia.errors import UsageError
from travesia.flee import read_flee_folder
from travesia.forecasting.origin import known_on
from travesia.forecasting.past import pairs, past_origins
from travesia.forecasting.records import Series, records
from travesia.forecasting.signals import past_on
from travesia.scenario import FleeSettings, Scenario

START = date(2015, 3, 1)


def read(path: Path, changes: Changes | None = None) -> Scenario:
    return read_flee_folder(write_flee_folder(path, changes))


def told(series: Series) -> list[tuple[int, float]]:
    return list(zip(series.days.tolist(), series.people.tolist(), strict=True))


def test_records_are_the_counts_as_they_stand(tmp_path: Path) -> None:
    camp1, camp2 = records(read(tmp_path))
    # a registration on the 7th scales the curve, not what was counted
    assert (camp1.place, told(camp1)) == ("Camp1", [(0, 200), (4, 1000), (6, 800), (9, 1400)])
    assert (camp2.place, told(camp2)) == ("Camp2", [(0, 100), (9, 1000)])


def test_fewer_than_nobody_is_nobody(tmp_path: Path) -> None:
    assert told(records(read(tmp_path, edited("source_data/camp2.csv", ",100\n", ",-100\n")))[1]) == [
        (0, 0),
        (9, 1000),
    ]


def test_before_anybody_was_counted_nothing_is_known(tmp_path: Path) -> None:
    empty: Changes = {f"source_data/camp{k}.csv": "2015-03-01,0\n2015-03-09,400\n" for k in (1, 2)}
    past = past_on(read(tmp_path, empty), 5)
    assert past.places == []
    assert len(pairs(past, longest=90).lead) == 0


def test_a_route_to_a_camp_where_nobody_was_counted_is_not_there(tmp_path: Path) -> None:
    unseen: Changes = {"source_data/camp2.csv": "2015-03-01,0\n2015-03-09,400\n"}
    whole = read(tmp_path, unseen)
    routes = (("Alpha", "Gamma", "Delta", "Camp2"), ("Alpha", "Beta", "Camp1"))
    movement = whole.settings.movement.model_copy(update={"major_routes": routes})
    whole = whole.with_settings(whole.settings.model_copy(update={"movement": movement}))
    known = known_on(whole, START + timedelta(days=5), days=5).settings.movement
    assert isinstance(known, FleeSettings)
    assert known.major_routes == routes[1:]
    assert past_on(whole, 5).places == ["Camp1"]


def test_files_of_one_place_add_up_at_their_latest_counts(tmp_path: Path) -> None:
    second = "2015-03-03,10\n2015-03-07,400\n"
    changes = edited(LAYOUT, "Camp1,camp1.csv", "Camp1,camp1.csv,more.csv") | {"source_data/more.csv": second}
    camp1 = records(read(tmp_path, changes))[0]
    assert told(camp1) == [(0, 200), (2, 210), (4, 1010), (6, 1200), (9, 1800)]


def test_what_is_known_on_a_day_is_the_start_of_the_records(tmp_path: Path) -> None:
    whole = read(tmp_path)
    for day in range(10):
        known = records(known_on(whole, START + timedelta(days=day), days=5))
        assert [told(one) for one in known] == [
            told(one.until(day)) for one in records(whole) if one.until(day).seen
        ]


def test_nothing_that_came_later_is_left(tmp_path: Path) -> None:
    changes: Changes = {CLOSURES: "#t,a,b,s,e\ncountry,Here,There,2,5\nlocation,Gamma,,7,9\n"}
    known = known_on(read(tmp_path, changes), START + timedelta(days=3), days=20, blank=True)
    assert known.settings.days == 24
    assert pd.to_datetime(known.drivers["date"]).max() <= pd.Timestamp(START + timedelta(days=3))
    assert known.measures["date_from"].max() <= pd.Timestamp(START + timedelta(days=3))
    assert known.measures["date_to"].isna().all()  # nobody knew when the border would open
    assert known.places["capacity"].isna().all()
    assert "registration" not in set(known.observations["note"])


def test_a_camp_where_nobody_was_counted_is_not_there(tmp_path: Path) -> None:
    changes: Changes = {"source_data/camp2.csv": "2015-03-01,0\n2015-03-08,900\n"}
    whole = read(tmp_path, changes)
    early = known_on(whole, START + timedelta(days=6), days=5)
    assert "Camp2" not in set(early.places["place"])
    assert "Camp2" not in {*early.legs["from"], *early.legs["to"]}
    assert "Camp2" in set(known_on(whole, START + timedelta(days=7), days=5).places["place"])


def test_a_count_may_be_a_range(tmp_path: Path) -> None:
    whole = read(tmp_path)
    table = whole.observations
    there = table["place"] == "Camp2"
    ranged = table.assign(
        value=table["value"].where(~there),
        low=table["low"].where(~there, 800.0),
        high=table["high"].where(~there, 1000.0),
    )
    known = known_on(whole.with_table("observations", ranged), START + timedelta(days=9), days=5)
    assert "Camp2" in set(known.places["place"])


def test_later_drivers_stay_where_they_are_known(tmp_path: Path) -> None:
    known = known_on(read(tmp_path), START + timedelta(days=2), days=5, conflicts_known=True)
    assert pd.to_datetime(known.drivers["date"]).max() > pd.Timestamp(START + timedelta(days=2))


def test_an_origin_outside_the_scenario_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not among the 10 days"):
        known_on(read(tmp_path), START + timedelta(days=10), days=5)


def test_a_departure_under_way_is_cut_in_proportion() -> None:
    whole = small_scenario()
    known = known_on(whole, date(2021, 1, 14), days=5)
    march = known.departures.set_index("departure").loc["march"]
    assert float(march["people"]) == pytest.approx(100)
    assert march["date_to"] == pd.Timestamp(2021, 1, 14)


def test_series_are_cut_and_read_between_counts() -> None:
    one = Series("camp", np.array([2, 6, 9]), np.array([10.0, 50.0, 20.0]))
    assert one.at([0, 4, 6, 20]).tolist() == [10, 30, 50, 20]
    assert told(one.until(6)) == [(2, 10), (6, 50)]
    assert told(one.after(2, 8)) == [(6, 50)]
    assert one.seen
    assert not Series("camp", np.array([1]), np.array([0.0])).seen


def test_signals_follow_conflict_and_distance(tmp_path: Path) -> None:
    past = past_on(read(tmp_path), 4)
    assert past.places == ["Camp1", "Camp2"]
    assert past.signals.conflict[:5].tolist() == [1, 1, 1, 2, 2]
    assert set(past.signals.conflict[5:]) == {2}  # they persist
    # Alpha is 270 km from Camp1 and 240 km from Camp2
    first = past.signals.nearness[0]
    assert first[0] / first[1] == pytest.approx(240 / 270)
    second = past.signals.gravity[0]
    assert second[0] / second[1] == pytest.approx((240 / 270) ** 2)
    assert past.signals.arrivals[5:].sum() > 0


def test_past_forecasts_stand_beside_every_later_count(tmp_path: Path) -> None:
    long: Changes = {
        PERIOD: "StartDate,2015-03-01\nLength,60\n",
        CONFLICTS: "#Day, Alpha, Beta, Gamma, Delta, Camp1, Camp2\n"
        + "".join(f"{day},1,0,0,0,0,0\n" for day in range(60)),
        "source_data/camp1.csv": "2015-03-01,200\n2015-03-05,300\n2015-03-12,500\n2015-03-20,900\n",
    }
    past = past_on(read(tmp_path, long), 20)
    assert past_origins(past) == [0, 11]
    found = pairs(past, longest=15)
    told = sorted(
        zip(
            found.place.tolist(), found.origin.tolist(), found.lead.tolist(), found.came.tolist(), strict=True
        )
    )
    assert told == [(0, 0, 4, 300), (0, 0, 11, 500), (0, 11, 8, 900), (1, 0, 9, 1000)]
