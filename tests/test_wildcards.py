"""Names of measures with `*` in settings and tables stand for the measures they fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factory import write_small_scenario
from journeys import road

from travesia.errors import ScenarioError
from travesia.folder import read_scenario, write_scenario
from travesia.scenario import Outputs, Policy, Quantity, Response, Scenario
from travesia.wildcards import spelt_out

STOPS = tuple(
    {"measure": name, "kind": "block", "place": "post", "share": 0.1}
    for name in ("stop_a_hnd", "stop_b_hnd", "stop_a_gtm", "other", "st.op_hnd")
)
PACT = {
    "measure": "pact", "kind": "share_information", "multiplies": "stop_a_*;other", "multiplier": 2.0,
}  # fmt: skip


def made(*, events: tuple[str, ...] = (), **policy: Any) -> Scenario:
    scenario = road(
        *STOPS, PACT, policies={"actual": Policy(), "other": Policy(include=("actual",), **policy)}
    )
    outputs = Outputs(quantities={"stopped": Quantity(events=events)})
    return scenario.with_settings(scenario.settings.model_copy(update={"outputs": outputs}))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("stop_*_hnd",), ("stop_a_hnd", "stop_b_hnd")),
        (("*_hnd",), ("stop_a_hnd", "stop_b_hnd", "st.op_hnd")),
        (("st.*",), ("st.op_hnd",)),
        (("other", "stop_a_*", "stop_a_gtm"), ("other", "stop_a_hnd", "stop_a_gtm")),
        (("none_*",), ("none_*",)),
        (("*",), ("stop_a_hnd", "stop_b_hnd", "stop_a_gtm", "other", "st.op_hnd", "pact")),
    ],
)
def test_a_star_is_any_text(written: tuple[str, ...], meant: tuple[str, ...]) -> None:
    found = spelt_out(made(events=written, off=written)).settings
    assert found.outputs.quantities["stopped"].events == meant
    assert found.policies["other"].off == meant


def test_a_full_name_goes_before_a_star_and_the_first_star_before_others() -> None:
    scale: dict[str, float | str] = {"stop_*": 0.5, "*_hnd": 0.2, "stop_a_hnd": 3.0}
    found = spelt_out(made(scale=scale, response=Response(scale=scale))).settings.policies["other"]
    meant = {"stop_a_hnd": 3.0, "stop_b_hnd": 0.5, "stop_a_gtm": 0.5, "st.op_hnd": 0.2}
    assert dict(found.scale) == meant
    assert dict(found.response.scale) == meant


def test_measures_that_are_multiplied() -> None:
    table = spelt_out(made()).measures.set_index("measure")
    assert table.loc["pact", "multiplies"] == "stop_a_hnd;stop_a_gtm;other"


def test_the_reader_spells_them_out_and_tells_what_fits_nothing(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path / "small")
    settings = folder / "scenario.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("off: [checkpoint]", 'off: ["check*"]'), encoding="utf-8")
    found = read_scenario(folder)
    assert found.settings.policies["open"].off == ("checkpoint",)
    write_scenario(found, tmp_path / "again")
    assert read_scenario(tmp_path / "again").settings == found.settings
    settings.write_text(text.replace("off: [checkpoint]", 'off: ["chek*"]'), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"chek\*.*no such measure"):
        read_scenario(folder)
