"""What later versions added to a plan: kept when written and read, and missed by nobody in older plans."""

import json
from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import Side, Status
from coxa.case import Measurement
from coxa.io.records.plan_files import plan_from_json, plan_to_json
from coxa.planning.plan import Plan
from coxa.planning.screws.values import Screw
from tests.planning.test_postoperative import planned

ADDED = (
    "through", "hu_trusted_fraction", "exit_lps_mm", "exit_beyond_tip_mm", "exit_table", "protrusion_mm",
    "clearance_mm", "vessel_distance_mm",
)  # fmt: skip


def plan_with_screw() -> Plan:
    screw = Screw(
        np.array([80.0, 50.0, -40.0]), np.array([0.0, 0.6, 0.8]), 6.5, 40.0, 33.0, None, "postero-superior", "safe",
        "cup and augment", 0.4, np.array([80.0, 80.0, 0.0]), 10.0, "inner table", 0.0, 3.5, 7.25,
    )  # fmt: skip
    motion = Measurement("left", "range_flexion_bony", None, "deg", "functional", "flexion", Status.NOT_MEASURABLE,
                         None, "", "no femur in view")  # fmt: skip
    return replace(planned(Side.LEFT), screws=(screw,), motion=(motion,))


def test_screw_figures_and_motion_are_read_as_they_were_written() -> None:
    plan = plan_with_screw()
    again = plan_from_json(json.loads(json.dumps(plan_to_json(plan), allow_nan=False)))
    assert again.motion == plan.motion
    for name in ADDED:
        assert np.array_equal(getattr(again.screws[0], name), getattr(plan.screws[0], name)), name
    assert again.screws[0].tip_lps_mm == pytest.approx([80.0, 74.0, -8.0])


def test_a_plan_of_an_older_version_still_reads() -> None:
    content = plan_to_json(plan_with_screw())
    content.pop("motion")
    for name in ADDED:
        content["screws"][0].pop(name)
    old = plan_from_json(content)
    assert old.motion == () and old.screws[0].length_mm == 40.0
    assert old.screws[0].exit_lps_mm is None and old.screws[0].clearance_mm is None
