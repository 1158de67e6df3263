"""Screws in the holes that a catalogue cup has."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.paths import cup_paths
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.catalogue import CupCatalogue, CupSize, ScrewHole

AXIS = {side: np.array([side.lateral_sign * 0.62, -0.15, -0.77]) for side in Side}


def cup(side: Side) -> PlannedCup:
    return PlannedCup(
        54.0, np.array([80.0, 50.0, -70.0]), AXIS[side] / np.linalg.norm(AXIS[side]), 40, 15, "functional"
    )


def with_holes(*holes: ScrewHole) -> PlanSettings:
    return PlanSettings.of(cup_catalogue=CupCatalogue("shelf", (CupSize(54.0, 4.0, holes), CupSize(56.0, 4.0))))


@pytest.mark.parametrize("side", list(Side))
def test_a_hole_at_three_oclock_is_on_the_right_hand_seen_into_the_cup(side: Side) -> None:
    planned = cup(side)
    settings = with_holes(ScrewHole(30.0, 0.0, 7.0), ScrewHole(40.0, 90.0, 7.0), ScrewHole(20.0, 180.0, 5.5))
    paths = cup_paths(planned, side, settings)
    assert len(paths.entries_lps_mm) == 18, "straight and eight leans a hole; the narrow one has none"
    upper, third = (paths.entries_lps_mm[n] - planned.centre_lps_mm for n in (0, 9))
    assert np.linalg.norm(upper) == pytest.approx(27.0)
    assert np.degrees(np.arccos(-upper @ planned.axis_lps / 27.0)) == pytest.approx(30.0)
    assert np.degrees(np.arccos(-third @ planned.axis_lps / 27.0)) == pytest.approx(40.0)
    assert upper[2] > 0.0 and abs((third - (third @ planned.axis_lps) * planned.axis_lps)[2]) < 1e-9
    # Looking along -axis with the head up, anterior is right in a right hip and left in a left one.
    assert side.lateral_sign * third[1] > 0.0
    leans = np.degrees(np.arccos(np.clip(paths.directions_lps[:9] @ (upper / 27.0), -1.0, 1.0)))
    assert leans == pytest.approx([0.0] + 8 * [12.0], abs=1e-5)


def test_thin_screws_use_the_narrow_hole_and_other_cups_are_full_of_holes() -> None:
    settings = with_holes(ScrewHole(20.0, 180.0, 5.5))
    assert len(cup_paths(cup(Side.LEFT), Side.LEFT, settings).entries_lps_mm) == 0
    assert len(cup_paths(cup(Side.LEFT), Side.LEFT, settings.changed(screw_diameter_mm=5.5)).entries_lps_mm) == 9
    shell = PlanSettings.of(cup_catalogue=CupCatalogue("solid", (CupSize(54.0, 4.0, ()),)))
    assert len(cup_paths(cup(Side.LEFT), Side.LEFT, shell).entries_lps_mm) == 0
    large = replace(cup(Side.LEFT), outer_diameter_mm=56.0)
    assert len(cup_paths(large, Side.LEFT, settings).entries_lps_mm) == 7 * 24 * 9
