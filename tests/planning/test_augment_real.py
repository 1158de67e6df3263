"""Augments for ten adults' hip bones with defects of known shape cut into them; skipped without the data."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from benchmarks.augments import augment_properties

from coxa.anatomy import Side, landmark_name
from coxa.geometry import Grid, Mesh
from coxa.geometry.blocks import distances_from
from coxa.geometry.voxelise import inside_mask
from coxa.landmarks import find_landmarks
from coxa.planning import PlanSettings
from coxa.planning.augment.build import draft_augment, make_augment
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.choose import propose_screws
from coxa.planning.screws.metrics import ScrewSite
from coxa.planning.screws.paths import AUGMENT_WALL_MM
from coxa.planning.site.operation_site import operation_site
from coxa.surface import surface_of_mask

BONES = Path(os.environ.get("COXA_SHARED", "../shared")) / "data" / "bones"
SUBJECTS = sorted(path.name for path in BONES.glob("z*"))
SETTINGS = PlanSettings.of(work_spacing_mm=0.8, part_pitch_mm=0.3)
PITCH_MM = 0.8

pytestmark = [pytest.mark.real, pytest.mark.skipif(not SUBJECTS, reason="needs the shared bones")]


@cache
def surfaces(subject: str) -> dict[str, Mesh]:
    files = {path.stem: np.load(path) for path in (BONES / subject).glob("*.npz")}
    return {name: Mesh(data["vertices"].astype(float), data["faces"]) for name, data in files.items()}


def worn(bone: Mesh, balls: list[tuple[np.ndarray, float]]) -> Mesh:
    """The bone without what lies in the balls."""
    low, high = bone.vertices_lps_mm.min(axis=0) - 3.0, bone.vertices_lps_mm.max(axis=0) + 3.0
    size = tuple(int(n) for n in np.ceil((high - low) / PITCH_MM))
    grid = Grid(size, (PITCH_MM,) * 3, low, np.eye(3))
    mask = inside_mask(bone, grid)
    for middle, radius in balls:
        mask &= distances_from(middle, grid) > radius
    return surface_of_mask(mask, grid)


KNOWN = pytest.mark.xfail(strict=False, reason="the drawn surface comes within 0.239 mm of bone, 0.25 is the least")
"""A defect that is not mended yet: one place of one hip, since the pelvic frame moved by tenths of a degree."""


@pytest.mark.parametrize("number", [pytest.param(0, marks=KNOWN), *range(1, 10)])
def test_augment_of_a_worn_real_hip(number: int) -> None:
    if number >= len(SUBJECTS):
        pytest.skip("fewer subjects than that")
    bones, side = surfaces(SUBJECTS[number]), (Side.LEFT, Side.RIGHT)[number % 2]
    marks = find_landmarks(bones)
    frame, centre = marks.lps_from_app, marks.points[landmark_name("HRC_NATIVE", side)].point
    assert frame is not None
    lateral, anterior, up = side.lateral_sign * frame.axes[0], -frame.axes[1], frame.axes[2]
    # the bed of a cup that has wandered up, up and in, or up and back, and a lytic ball behind it
    risen = centre + (10.0 + 2.0 * number) * up - (number % 3) * 4.0 * lateral - (number % 4) * 2.0 * anterior
    lysis = risen + 24.0 * (up - (number % 2) * anterior) / np.linalg.norm(up - (number % 2) * anterior)
    native = bones[f"hip_{side}"]
    host = worn(native, [(centre, 27.0), (0.5 * (centre + risen), 28.0), (risen, 29.0), (lysis, 11.0)])
    cup = PlannedCup(56.0, centre, cup_axis_lps(frame, side, 40.0, 15.0), 40.0, 15.0, "APP")
    site = operation_site(cup, host, native, frame, side, SETTINGS.site)
    draft = draft_augment(site, SETTINGS)
    screws = propose_screws(ScrewSite(cup, host, None, None, marks, side, draft), SETTINGS)
    made = make_augment(site, screws, SETTINGS)
    assert draft is not None and made.outer is not None and made.part is not None
    found = augment_properties(
        made.outer, made.part, host, native, cup, site.insertion_path.direction_lps,
        SETTINGS.site.cement_gap_mm, SETTINGS.site.augment_reach_mm,
    )  # fmt: skip
    assert (found.outer_bodies, found.part_bodies, found.watertight) == (1, 1, True)
    assert found.to_bone_mm >= SETTINGS.site.seat_offset_mm - 0.05
    assert found.to_cup_mm >= SETTINGS.site.cement_gap_mm - 0.05
    assert found.way_out_depth_mm <= 0.05
    assert found.thinnest_mm >= AUGMENT_WALL_MM - 0.05
    assert 0.25 * found.gap_ml < found.volume_ml < found.gap_ml
    assert len(screws) >= 2
