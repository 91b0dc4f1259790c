"""A posterior to which a surprising figure is added is that of all figures."""

from __future__ import annotations

from tests.test_calibration import figured
from tests.test_outlook import ORIGIN, later
from verification.assimilation import compared
from verification.sbc_scenarios import road

from travesia.calibration.assimilate import assimilate, extended
from travesia.calibration.calibrate import calibrate
from travesia.calibration.outlook import outlook

DAYS = 20


def test_assimilation_agrees_with_calibrating_anew() -> None:
    posterior = calibrate(figured(road()), ORIGIN)
    rows = later(figured(road()), 1.5)
    found = assimilate(posterior, rows, days=DAYS)
    whole, until = extended(posterior, rows)
    anew = outlook(calibrate(whole, until), whole, origin=until, days=DAYS)
    apart = compared(found, anew, {})
    assert apart["most_apart"] < 0.4
    assert 0.8 < apart["width"] < 1.25
    assert max(apart[name] for name in ("q10", "q50", "q90")) < 0.1
