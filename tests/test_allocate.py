"""The split of a known total over camps: by hand, without a look ahead, and learnt on other cases alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from counted_folders import counted
from flee_factory import CLOSURES, LOCATIONS, Changes

from travesia import read_scenario
from travesia.errors import UsageError
from travesia.forecasting import hyperpriors
from travesia.forecasting.allocate import allocate, camp_effects, capacities
from travesia.forecasting.allocation import ALLOCATORS, allocation_scores
from travesia.forecasting.attraction import Attraction, attraction, pull
from travesia.forecasting.hyperpriors import PARAMETERS, TRACKS, Hyper, names, prior_draws, unlearnt
from travesia.forecasting.learning import counts_until, learn, lesson, losses
from travesia.forecasting.sharing import shared
from travesia.observed import camp_counts
from travesia.resampling import resample
from travesia.scenario import Scenario

ONE = np.ones(1)
PLACES = """\
#name,region,country,latitude,longitude,location_type,conflict_date,population
Alpha,North,Here,10.0,20.0,conflict_zone,0,50000
Beta,North,Here,10.5,20.5,conflict_zone,3,20000
Gamma,South,Here,9.5,20.5,town,,8000
Delta,South,Here,9.0,21.0,forwarding_hub,,
{camps}"""


def folder(path: Path, first: str, second: str, more: Changes | None = None) -> Scenario:
    """The counted folder, its camps called otherwise."""
    read = counted(path, more)
    for table in ("places", "legs", "observations", "measures", "departures", "drivers"):
        changed = getattr(read, table).replace({"Camp1": first, "Camp2": second})
        read = read.with_table(table, changed)
    return read


def straight(km: list[list[float]], countries: list[list[float]], newest: list[bool]) -> Attraction:
    """Camps that stay as they are, one day."""
    camps = len(km[0])
    return Attraction(
        tuple("abc"[:camps]),
        np.ones((1, len(km))),
        np.array(km),
        np.array(countries),
        np.zeros(1, dtype=np.int64),
        np.ones((1, camps), dtype=bool),
        np.array([newest]),
    )


def test_who_is_there_stays_and_who_comes_is_split() -> None:
    drawn = np.array([[[0.5, 0.5], [0.25, 0.75], [0.25, 0.75]]])
    found = shared(
        np.array([40.0, 80.0, 40.0]), np.array([30.0, 10.0]), drawn, evidence_people=np.array([1e300])
    )
    assert found[0].tolist() == [[30, 10], [40, 40], [20, 20]]


def test_counts_weigh_against_the_pull_by_how_many_were_counted() -> None:
    drawn = np.array([[[0.0, 1.0]] * 2])
    found = shared(np.array([40.0, 80.0]), np.array([40.0, 0.0]), drawn, evidence_people=np.array([120.0]))
    assert found[0, 1].tolist() == [40 + 40 * 0.25, 40 * 0.75]


def test_room_draws_and_a_full_camp_hardly_does() -> None:
    drawn, total = np.full((1, 400, 2), 0.5), np.linspace(0, 400, 400)
    found = shared(
        total,
        np.zeros(2),
        drawn,
        evidence_people=ONE,
        capacity=np.array([100.0, 300.0]),
        room_power=ONE,
    )
    assert found[0, -1] == pytest.approx([100, 300], rel=0.02)
    unknown = shared(
        total,
        np.zeros(2),
        drawn,
        evidence_people=ONE,
        capacity=np.array([100.0, np.nan]),
        room_power=ONE,
    )
    assert unknown[0, -1, 1] > 250


def test_people_choose_a_country_by_distance_and_a_camp_in_it_by_what_opened_last() -> None:
    camps = straight([[10.0, 10.0, 20.0]], [[1, 0], [1, 0], [0, 1]], [False, True, False])
    plain = pull(camps, np.array([2.0]), np.zeros(1), np.zeros((1, 3)))[0, 0]
    boosted = pull(camps, np.array([2.0]), np.log([3.0]), np.zeros((1, 3)))[0, 0]
    assert plain == pytest.approx([4 / 9, 4 / 9, 1 / 9])
    assert boosted == pytest.approx([8 / 9 / 4, 8 / 9 * 3 / 4, 1 / 9])


def test_where_nobody_leaves_camps_are_alike() -> None:
    camps = replace(straight([[10.0, 20.0]], [[1, 0], [0, 1]], [False, False]), km=np.ones((0, 2)))
    camps = replace(camps, active=np.ones((1, 0)))
    assert pull(camps, np.array([2.0]), ONE, np.zeros((1, 2)))[0, 0].tolist() == [0.5, 0.5]


def test_zones_count_the_same() -> None:
    camps = straight([[10.0, 1000.0], [1000.0, 10.0]], [[1, 0], [0, 1]], [False, False])
    assert pull(camps, np.array([3.0]), ONE, np.zeros((1, 2)))[0, 0] == pytest.approx([0.5, 0.5])


def test_what_a_folder_says_of_its_camps(tmp_path: Path) -> None:
    closures = "#type,name1,name2,start,end\nlocation,Camp1,There,0,30\ncountry,Here,There,60,90\n"
    found = attraction(counted(tmp_path, {CLOSURES: closures}))
    usable, newest = found.open[found.state], found.newest[found.state]
    assert found.camps == ("Camp1", "Camp2")
    assert found.active[[0, 45]].tolist() == [[1, 0], [1, 1]]
    assert found.km[0, 0] == pytest.approx(219.0, abs=0.5)
    assert usable[[0, 29]].tolist() == [[False, True]] * 2
    assert not usable[60:89].any()
    assert newest[45].tolist() == [True, False]
    assert not newest[[0, 29]].any()


def test_without_coordinates_the_way_over_legs_counts(tmp_path: Path) -> None:
    camps = "Camp1,East,There,0,0,camp,,3000\nCamp2,East,There,9.0,22.0,idpcamp,,0\n"
    found = attraction(counted(tmp_path, {LOCATIONS: PLACES.format(camps=camps)}))
    assert found.km.tolist() == [[270, 240], [190, 310.5]]


def test_members_add_up_and_later_counts_change_nothing(tmp_path: Path) -> None:
    case = counted(tmp_path)
    total = camp_counts(case)[1].sum(axis=0).astype(float)
    later = pd.to_datetime(case.observations["date_from"]) > pd.Timestamp("2015-05-01")
    wild = case.observations.assign(
        value=case.observations["value"].where(~later, case.observations["value"] * 7)
    )
    for origin in (0, 40):
        known = counts_known(case, origin)
        found = allocate(known, total, origin=origin, members=9)
        assert found.shape == (total.size, 2, 9)
        assert found[origin + 1 :].sum(axis=1) == pytest.approx(
            np.repeat(total[origin + 1 :, None], 9, axis=1)
        )
        again = allocate(
            counts_known(case.with_table("observations", wild), origin), total, origin=origin, members=9
        )
        assert again.tobytes() == found.tobytes()


def counts_known(case: Scenario, day: int) -> Scenario:
    """The case with its counts up to a day."""
    until = pd.Timestamp(case.settings.start) + pd.Timedelta(days=day)
    return case.with_table(
        "observations", case.observations[case.observations["date_from"] <= until].reset_index(drop=True)
    )


def test_learning_on_a_case_changes_nothing_for_itself(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "1", "Uno", "Dos"), folder(tmp_path / "2", "Tres", "Cuatro")
    table = first.observations
    swapped = first.with_table(
        "observations", table.assign(place=table["place"].replace({"Uno": "Dos", "Dos": "Uno"}))
    )
    total = camp_counts(first)[1].sum(axis=0).astype(float)
    known = counts_known(first, 0)
    learnt = [learn([one, second], draws=16, tell=lambda _: None) for one in (first, swapped)]
    assert not np.allclose(learnt[0].losses["blank"][:, 0], learnt[1].losses["blank"][:, 0])
    mine, other = (allocate(known, total, hyper=one, members=9) for one in learnt)
    assert mine.tobytes() == other.tobytes()


def test_a_case_does_not_count_for_itself_whatever_it_is_called() -> None:
    cost = np.array([[0.0, 1.0], [1.0, 0.0]])
    cases = (names(["Um_Rakuba", "Hamdayet"]), names(["Nduta", "Mahama"]))
    spread = np.array([0.1, 0.2, 0.3])
    known = Hyper(prior_draws(2), dict.fromkeys(TRACKS, cost), cases, dict.fromkeys(TRACKS, spread))
    assert known.like(["um rakuba", "Other"]) == (0,)
    assert known.like(["Other"]) == ()
    assert known.weights("blank", without=(0,)).argmax() == 1
    assert known.weights("blank", without=(1,)).argmax() == 0
    assert known.weights("blank").tolist() == [0.5, 0.5]
    assert known.effects_spread("given", without=(1,)) == 0.2
    assert known.effects_spread("given") == 0.3
    worse = replace(known, losses=dict.fromkeys(TRACKS, cost * [[1, 0], [100, 0]]))
    assert worse.weights("blank", without=(0,)).tolist() == [0.5, 0.5]


def test_tables_come_back_as_they_were() -> None:
    known = unlearnt(8)
    full = replace(
        known,
        losses={track: np.arange(16.0).reshape(8, 2) / 7 for track in TRACKS},
        cases=(names(["A", "B"]), names(["C"])),
        spread=dict.fromkeys(TRACKS, np.array([0.5, 0.75, 1.0])),
    )
    again = hyperpriors.from_tables(*hyperpriors.to_tables(full, ["one", "two"], "a source"))
    assert again.cases == full.cases
    for track in TRACKS:
        assert again.losses[track] == pytest.approx(full.losses[track], abs=1e-5)
        assert again.spread[track].tolist() == full.spread[track].tolist()


def test_without_the_tables_the_priors_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hyperpriors, "DRAWS", "nothing.csv")
    hyperpriors.shipped.cache_clear()
    try:
        assert hyperpriors.shipped().cases == ()
        case = counted(tmp_path)
        total = camp_counts(case)[1].sum(axis=0).astype(float)
        found = allocate(counts_known(case, 0), total, members=9)
        assert found[-1].sum(axis=0) == pytest.approx(total[-1])
    finally:
        hyperpriors.shipped.cache_clear()


def test_shipped_tables_are_whole() -> None:
    known = hyperpriors.shipped()
    assert len(known.cases) == 6
    for track in TRACKS:
        assert known.losses[track].shape == (len(known.draws[PARAMETERS[0]]), 6)
        assert np.isfinite(known.losses[track]).all()
        assert known.spread[track].shape == (7,)


def test_losses_are_those_of_the_members(tmp_path: Path) -> None:
    one = lesson(counted(tmp_path))
    draws = prior_draws(4)
    alone = losses(one, {name: values[2:3] for name, values in draws.items()}, "blank")
    assert losses(one, draws, "blank")[2] == pytest.approx(alone[0])


def test_nothing_is_learnt_where_nobody_was_counted(tmp_path: Path) -> None:
    case = counted(tmp_path)
    with pytest.raises(UsageError, match="nobody was counted"):
        lesson(case.with_table("observations", case.observations.iloc[:0]))
    with pytest.raises(UsageError, match="nothing to split"):
        allocation_scores(read_scenario("caravan-2021"), ALLOCATORS, blank=True)


def test_counts_until_a_day_do_not_know_a_later_registration(tmp_path: Path) -> None:
    case = counted(tmp_path)
    whole = camp_counts(case)[1].T
    assert counts_until(case, 30).shape == (31, 2)
    assert (counts_until(case, 30)[:, 0] != whole[:31, 0]).any()


def test_draws_come_by_weight_and_effects_in_pairs() -> None:
    assert resample(np.array([0.25, 0.0, 0.75]), 4).tolist() == [0, 2, 2, 2]
    assert camp_effects(5, 3, seed=1)[0].tolist() == (-camp_effects(5, 3, seed=1)[3]).tolist()


def test_capacities_are_none_where_no_camp_has_any(tmp_path: Path) -> None:
    case = counted(tmp_path)
    assert capacities(case) is not None
    assert capacities(case.with_table("places", case.places.assign(capacity=np.nan))) is None
