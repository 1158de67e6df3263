"""The coverage map: signed anatomical directions, and the same shares as the coverage figures."""

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Side
from coxa.geometry.frames import functional_frame
from coxa.planning.cup.coverage import cup_coverage
from coxa.planning.cup.coverage_map import CoverageMap, Support, coverage_map
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.values import PlannedCup
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, as_mesh, landmarks, mirrored

FRAME = landmarks().lps_from_app
assert FRAME is not None
LEFT_CUP = PlannedCup(
    56.0, LEFT_CENTRE, cup_axis_lps(functional_frame(FRAME), Side.LEFT, 40.0, 15.0), 40.0, 15.0, "functional"
)
RIGHT_CUP = PlannedCup(56.0, MIRROR * LEFT_CENTRE, MIRROR * LEFT_CUP.axis_lps, 40.0, 15.0, "functional")


def beyond(direction: np.ndarray, distance_mm: float = 20.0) -> trimesh.Trimesh:
    """Bone beyond a plane that is square to a direction, ``distance_mm`` from the left cup's centre."""
    block = trimesh.creation.box((300.0, 300.0, 300.0))
    block.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], direction))
    return block.apply_translation(LEFT_CENTRE + (150.0 + distance_mm) * direction)


def cell(found: CoverageMap, from_apex_deg: float, clock_deg: float) -> Support:
    row = int(np.abs(np.array(found.from_apex_deg) - from_apex_deg).argmin())
    return found.support(1.0)[row][found.clock_deg.index(clock_deg)]


@pytest.mark.parametrize(
    ("direction", "clock_deg"),
    [
        ((0.0, 0.0, 1.0), 0.0),
        ((0.0, -1.0, 0.0), 90.0),
        ((0.0, 0.0, -1.0), 180.0),
        ((0.0, 1.0, 0.0), 270.0),
    ],
)
@pytest.mark.parametrize("side", list(Side))
def test_clock_is_anatomical_on_either_side(side: Side, direction: tuple[float, ...], clock_deg: float) -> None:
    bone = as_mesh(beyond(np.array(direction), 14.0))
    cup, bone = (LEFT_CUP, bone) if side is Side.LEFT else (RIGHT_CUP, mirrored(bone))
    found = coverage_map(cup, side, FRAME, bone, None, 1.5)
    assert cell(found, 85.0, clock_deg) is Support.HOST
    assert cell(found, 85.0, (clock_deg + 180.0) % 360.0) is Support.NONE


def test_left_and_right_maps_are_alike() -> None:
    bone, part = as_mesh(beyond(np.array([0.0, 0.6, 0.8]), 10.0)), as_mesh(beyond(np.array([0.0, -1.0, 0.0]), 22.0))
    left = coverage_map(LEFT_CUP, Side.LEFT, FRAME, bone, part, 1.5)
    right = coverage_map(RIGHT_CUP, Side.RIGHT, FRAME, mirrored(bone), mirrored(part), 1.5)
    assert left.support(1.0) == right.support(1.0)
    assert {s for row in left.support(1.0) for s in row} == set(Support)


def test_areas_of_the_map_are_the_coverage() -> None:
    bone, part = as_mesh(beyond(np.array([0.0, 0.6, 0.8]), 10.0)), as_mesh(beyond(np.array([0.0, -1.0, 0.0]), 22.0))
    found = coverage_map(LEFT_CUP, Side.LEFT, FRAME, bone, part, 1.5)
    # A row's cells have areas as the sine of their angle from the apex.
    weight = np.sin(np.radians(found.from_apex_deg))
    weight /= weight.sum() * len(found.clock_deg)
    for shares in cup_coverage(LEFT_CUP, bone, part, 1.5):
        rows = found.support(shares.tolerance_mm)
        for kind, share in ((Support.HOST, shares.host_fraction), (Support.AUGMENT, shares.augment_fraction)):
            area = sum(w * sum(s is kind for s in row) for w, row in zip(weight, rows, strict=True))
            assert area == pytest.approx(share, abs=0.015)


def test_gaps_are_millimetres_and_wide_ones_none() -> None:
    block = trimesh.creation.box((200.0, 200.0, 200.0)).apply_translation(LEFT_CENTRE)
    cavity = trimesh.creation.icosphere(5, radius=30.5).apply_translation(LEFT_CENTRE)
    bone = as_mesh(trimesh.boolean.difference([block, cavity], engine="manifold"))
    gaps = np.array(coverage_map(LEFT_CUP, Side.LEFT, FRAME, bone, None, 1.5).host_gap_mm)
    assert np.allclose(gaps, 2.5, atol=0.05)
    far = coverage_map(LEFT_CUP, Side.LEFT, FRAME, as_mesh(beyond(np.array([0.0, 0.0, 1.0]), 80.0)), None, 1.5)
    assert all(gap is None for row in far.host_gap_mm for gap in row)
