"""Implants, migration and defects: signed, measured in the APP frame."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import SIDES, Side
from coxa.geometry.fits import fit_sphere
from coxa.phantom import SCENARIOS, HipSide, Implant, LyticLesion
from coxa.phantom.hip_bone import opening_axis
from coxa.phantom.parameters import LEFT_SHAPE, RIGHT_SHAPE
from coxa.phantom.reconstruction import operate
from coxa.phantom.sampling import volume_ml
from coxa.phantom.skeleton import HIP_BOX, build_skeleton
from coxa.phantom.truth import cup_angles


@pytest.fixture(scope="module")
def skeleton():
    return build_skeleton(LEFT_SHAPE, RIGHT_SHAPE)


def operated(skeleton, side, **settings):
    shape = LEFT_SHAPE if side is Side.LEFT else RIGHT_SHAPE
    return operate(skeleton, skeleton.halves[side], HipSide(shape, **settings))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("migration", "expected"),
    [((0, 0, 10.0), ("superior", 10.0)), ((6.0, 0, 0), ("lateral", 6.0)), ((0, 4.0, 0), ("posterior", 4.0))],
)
def test_migration_has_the_sign_of_its_name(skeleton, side, migration, expected):
    hip = operated(skeleton, side, implant=Implant(migration_mm=migration))
    native = skeleton.landmarks_mm[f"HRC_NATIVE_{side.suffix}"]
    left, posterior, superior = skeleton.body_from_app.inverse().vectors(hip.centre - native)
    moved = {"superior": superior, "posterior": posterior, "lateral": left if side is Side.LEFT else -left}
    assert moved == pytest.approx({"superior": 0, "posterior": 0, "lateral": 0} | {expected[0]: expected[1]}, abs=1e-9)
    assert hip.femur_shift == pytest.approx(hip.centre - native), "the femur goes with its head"


@pytest.mark.parametrize(
    ("ri", "ra", "ai", "aa", "oi", "oa"),
    [
        (40, 15, 42.3, 22.6, 38.4, 19.3),
        (45, 20, 48.4, 27.2, 41.6, 27.2),
        (30, 25, 38.3, 43.0, 26.9, 28.3),
        (50, 5, 50.2, 6.5, 49.7, 7.8),
    ],
)
@pytest.mark.parametrize("side", SIDES)
def test_golden_cup_angles(side, ri, ra, ai, aa, oi, oa):
    """[Murray 1993]: values computed from the definitions, apart from the code."""
    axis = opening_axis(ri, ra) * [side.lateral_sign, 1, 1]
    angles = cup_angles(side, axis)
    assert list(angles.values()) == pytest.approx([ri, ra, ai, aa, oi, oa], abs=0.051)


def test_cup_opens_laterally_forward_and_down(skeleton):
    for side in SIDES:
        axis = skeleton.body_from_app.inverse().vectors(operated(skeleton, side, implant=Implant()).cup_axis)
        assert side.lateral_sign * axis[0] > 0.4 and axis[1] < -0.1 and axis[2] < -0.4


def test_lesion_inside_bone_takes_its_own_volume(skeleton):
    """A ball of 5 mm in the ischium, far from every surface."""
    for side in SIDES:
        half = skeleton.halves[side]
        lesion = LyticLesion((-20.0, 34.0, -32.0), (5.0, 5.0, 5.0))
        hip = operated(skeleton, side, lesions=(lesion,))
        native = half.in_body(half.hip.solid)
        at = np.array(hip.centre) + skeleton.body_from_app.vectors([-20.0 * side.lateral_sign, 34.0, -32.0])
        assert native(at[:, None])[0] < -5.0, "the ball is inside"
        box = np.array([at - 8, at + 8])
        lost = volume_ml(native, box, 0.5) - volume_ml(hip.hip, box, 0.5)
        assert lost == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.01)


def test_reported_loss_is_what_is_missing(revision_phantom, skeleton):
    parameters = SCENARIOS["revision_left"]
    half = skeleton.halves[Side.LEFT]
    hip = operate(skeleton, half, replace(parameters.left, implant=replace(parameters.left.implant, screws=0)))
    missing = volume_ml(half.hip.solid, HIP_BOX, 1.5) - volume_ml(hip.hip, HIP_BOX, 1.5)
    bone = revision_phantom.truth["sides"]["left"]["bone"]
    assert bone["lost_bone_volume_ml"] == pytest.approx(missing, rel=0.01)
    assert bone["lost_bone_volume_ml"] == pytest.approx(
        bone["lost_to_cup_bed_and_track_ml"] + bone["lost_to_lytic_lesions_ml"]
    )
    assert bone["lost_to_lytic_lesions_ml"] > 3.0
    assert revision_phantom.truth["sides"]["right"]["bone"]["lost_bone_volume_ml"] == 0.0


@pytest.mark.parametrize("implant", [Implant(), SCENARIOS["revision_left"].left.implant], ids=["primary", "migrated"])
def test_parts_do_not_share_space(skeleton, implant):
    hip = operated(skeleton, Side.LEFT, implant=implant)
    line = np.arange(-55.0, 55.0, 2.2)
    points = hip.centre[:, None] + np.stack(np.meshgrid(line, line, line)).reshape(3, -1)
    solids = [hip.hip, hip.femur, hip.liner, *(solid for solid, _ in hip.metals[:3])]
    deep = np.array([solid(points) < -0.3 for solid in solids])
    assert deep.any(axis=1).all()
    assert deep.sum(axis=0).max() == 1


def test_metal_voxels_show_cup_and_head(revision_phantom):
    truth, grid = revision_phantom.truth["sides"]["left"], revision_phantom.volume.grid
    metal = revision_phantom.segmentation.mask("metal")
    points = grid.points_from_indices(np.argwhere(metal)[:, ::-1])
    centre = np.array(truth["current_rotation_centre"]["centre_lps_mm"])
    ray = points - centre
    distance = np.linalg.norm(ray, axis=1)
    axis = np.array(truth["cup"]["opening_axis_lps"])
    shell = points[(distance > 22) & (distance < 30) & (ray @ axis < -2)]
    fitted = fit_sphere(shell)
    assert fitted.centre_lps_mm == pytest.approx(centre, abs=0.5)
    assert fitted.radius_mm == pytest.approx(0.5 * (28 + 24), abs=0.4), "mid-wall of a 56 mm shell of 4 mm"
    assert revision_phantom.volume.hu[metal].min() > 900
    assert revision_phantom.volume.hu.max() == 3071, "clipped as a scanner without extended scale does"
    head_voxel = grid.indices_from_points(centre).round().astype(int)[::-1]
    assert metal[tuple(head_voxel)]


def test_truth_of_the_revision(revision_phantom):
    truth = revision_phantom.truth["sides"]
    assert (truth["left"]["implant"], truth["right"]["implant"]) == ("tha", "none")
    assert truth["left"]["cup"]["app"]["radiographic_inclination_deg"] == pytest.approx(54.0, abs=1e-3)
    assert truth["left"]["cup"]["app"]["radiographic_anteversion_deg"] == pytest.approx(10.0, abs=1e-3)
    assert truth["right"]["cup"] is None
    frame = revision_phantom.truth["app_frame"]
    gap = np.subtract(
        truth["left"]["current_rotation_centre"]["centre_lps_mm"],
        truth["left"]["native_rotation_centre"]["centre_lps_mm"],
    )
    assert gap @ frame["superior_axis_lps"] == pytest.approx(12.0, abs=1e-3)
    assert gap @ frame["left_axis_lps"] == pytest.approx(4.0, abs=1e-3)
    assert gap @ frame["posterior_axis_lps"] == pytest.approx(1.0, abs=1e-3)
    raised = truth["left"]["measurements"]
    rise = raised["rotation_centre_height_mm"] - raised["native_rotation_centre_height_mm"]
    assert rise == pytest.approx(12.0, abs=0.2), "a centre 12 mm too high stands 12 mm higher over the teardrop line"
