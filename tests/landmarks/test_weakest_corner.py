"""Which corner of the anterior pelvic plane is trusted least, and what that does."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import Landmark, Status
from coxa.landmarks.weakest_corner import weakest_corner

PLACES = {
    "ASIS_L": (115.0, 0.0, 0.0),
    "ASIS_R": (-115.0, 0.0, 0.0),
    "PT_L": (25.0, 0.0, -90.0),
    "PT_R": (-25.0, 0.0, -90.0),
    "HRC_L": (86.0, 53.0, -72.0),
    "HRC_R": (-86.0, 53.0, -72.0),
    "TD_L": (55.0, 43.0, -90.0),
    "TD_R": (-55.0, 43.0, -90.0),
}


@pytest.fixture
def marks():
    return {name: Landmark(name, np.array(place), 0.5, Status.OK, "made") for name, place in PLACES.items()}


def test_the_doubtful_tubercle_is_named_with_what_it_does(marks):
    """One tubercle 20 mm off backward tilts the frame by atan(10 / 90): the other one does not move."""
    weak = weakest_corner({**marks, "PT_R": replace(marks["PT_R"], uncertainty_mm=20.0)})
    assert weak.name == "PT_R"
    assert weak.radius_mm == 20.0
    tilt = np.degrees(np.arctan(10.0 / 90.0))
    assert weak.rotation_deg == pytest.approx(tilt, abs=0.01)
    # 10 mm between centre and teardrop from front to back, 18 mm of height.
    assert weak.height_mm == pytest.approx(
        max(abs(18.0 * np.cos(np.radians(t)) - 10.0 * np.sin(np.radians(t)) - 18.0) for t in (-tilt, tilt)), abs=0.01
    )
    assert weak.horizontal_mm == pytest.approx(0.0, abs=1e-3)
    # The reference cup: OA = OA0 + tilt, OI unchanged (clinical reference, section 5).
    nx, ny, nz = np.sin(np.radians(40)) * np.cos(np.radians(15)), np.sin(np.radians(15)), np.cos(np.radians(40))
    operative = np.arctan2(ny, nz * np.cos(np.radians(15)))
    turned = [np.degrees(np.arcsin(np.sin(operative + t) * np.sqrt(1 - nx**2))) for t in np.radians([-tilt, tilt])]
    assert weak.anteversion_deg == pytest.approx(max(abs(x - 15.0) for x in turned), abs=0.01)


def test_a_wide_spine_outweighs_narrow_tubercles(marks):
    weak = weakest_corner({**marks, "ASIS_L": replace(marks["ASIS_L"], uncertainty_mm=9.0)})
    assert weak.name == "ASIS_L"
    # 9 mm up on one side of 230 mm turns the frame about its posterior axis, 9 mm backward about others.
    assert weak.rotation_deg >= np.degrees(np.arctan(9.0 / 230.0)) - 0.01


def test_without_centres_only_the_angles_are_said(marks):
    corners = {name: mark for name, mark in marks.items() if name[:2] in ("AS", "PT")}
    missing = {name: Landmark.missing(name, "not found") for name in set(PLACES) - set(corners)}
    weak = weakest_corner({**corners, **missing})
    assert (weak.height_mm, weak.horizontal_mm) == (0.0, 0.0)
    assert weak.anteversion_deg > 0.0
