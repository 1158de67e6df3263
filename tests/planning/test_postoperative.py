"""Plan against achieved on block pelves that were moved by a known motion."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Landmark, Side, Status, landmark_name
from coxa.case import FittedCup, HipFindings, MeasuredCase
from coxa.errors import InputRefusedError
from coxa.geometry import Grid, Mesh, RigidTransform
from coxa.geometry.registration import transform_points
from coxa.planning.augment.values import Augment
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.values import PlannedCup, TargetCentre
from coxa.planning.pelvis_fit import fit_pelvis
from coxa.planning.plan import Approval, Plan
from coxa.planning.postoperative import PostoperativeComparison, compare_with_plan
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, HipCase, as_mesh, landmarks

MOTION = np.eye(4)
MOTION[:3, :3] = trimesh.transformations.euler_matrix(0.1, -0.07, 0.15)[:3, :3]
MOTION[:3, 3] = [14.0, -60.0, 230.0]
"""later from plan: how the patient lay in the second scan."""

FRAME = landmarks().lps_from_app
assert FRAME is not None
GRID = Grid((4, 4, 4), (50.0, 50.0, 50.0), np.zeros(3), np.eye(3))


def planned(side: Side) -> Plan:
    flip = np.ones(3) if side is Side.LEFT else MIRROR
    axis = cup_axis_lps(RigidTransform(FRAME.matrix, "lps", "app"), side, 40.0, 15.0)
    cup = PlannedCup(56.0, flip * LEFT_CENTRE, axis, 40.0, 15.0, "app")
    augment = Augment(False, 0.0, 0.0, 0.0, 0.0, {}, "none")
    target = TargetCentre(cup.centre_lps_mm, 1.0, "made")
    return Plan("case", "a" * 64, "0", side, "lps", FRAME.matrix, target, cup, (), None, augment, (), {}, (),
                Approval(), ())  # fmt: skip


def achieved(
    plan: Plan, shift: tuple[float, float, float], angles: tuple[float, float], diameter: float
) -> MeasuredCase:
    """The scan after surgery: a cup off by (lateral, anterior, superior) in the plan's frame, at (RI, RA)."""
    sign = plan.side.lateral_sign
    offset = FRAME.vectors([sign * shift[0], -shift[1], shift[2]])
    centre = transform_points(MOTION, plan.cup.centre_lps_mm + offset)
    axis = MOTION[:3, :3] @ cup_axis_lps(FRAME, plan.side, *angles)
    cup = FittedCup(centre, axis, diameter, 0.4, 0.5, 1.5, "made")
    name = landmark_name("HRC", plan.side)
    points = dict(landmarks().points) | {name: Landmark(name, centre, 0.3, Status.OK, "made")}
    frame = RigidTransform(MOTION @ FRAME.matrix, "lps", "app")
    hips = dict(landmarks().hips) | {str(plan.side): HipFindings(True, None, cup)}
    found = replace(landmarks(), points=points, lps_from_app=frame, hips=hips)
    return MeasuredCase("case", "b" * 64, GRID, ("thick slices",), found, ())


def moved(surfaces: dict[str, Mesh]) -> dict[str, Mesh]:
    return {name: mesh.transformed(MOTION) for name, mesh in surfaces.items()}


def value(found: PostoperativeComparison, metric: str, frame: str | None = None) -> float:
    row = next(m for m in found.differences if m.metric == metric and frame in (None, m.frame))
    assert row.value is not None and row.uncertainty is not None
    return row.value


@pytest.mark.parametrize("side", list(Side))
def test_differences_are_signed_lateral_anterior_superior(side: Side, left_case: HipCase) -> None:
    plan = planned(side)
    case = achieved(plan, (3.0, -2.0, 5.0), (45.0, 12.0), 58.0)
    found = compare_with_plan(plan, left_case.surfaces, case, moved(left_case.surfaces))
    for name in ("rotation_centre", "cup_centre"):
        assert value(found, f"{name}_difference_lateral") == pytest.approx(3.0, abs=0.05)
        assert value(found, f"{name}_difference_anterior") == pytest.approx(-2.0, abs=0.05)
        assert value(found, f"{name}_difference_superior") == pytest.approx(5.0, abs=0.05)
        assert value(found, f"{name}_distance") == pytest.approx(np.sqrt(38.0), abs=0.05)
    assert value(found, "cup_inclination_difference", "app") == pytest.approx(5.0, abs=0.05)
    assert value(found, "cup_anteversion_difference", "app") == pytest.approx(-3.0, abs=0.05)
    assert value(found, "cup_diameter_difference") == pytest.approx(2.0)
    assert np.allclose(found.fit.plan_from_later @ MOTION, np.eye(4), atol=0.05)
    assert found.warnings == ("thick slices",)
    assert all(m.side == side for m in found.differences)


def test_uncertainty_holds_both_the_registration_and_the_fit_of_the_implant(left_case: HipCase) -> None:
    plan = planned(Side.LEFT)
    found = compare_with_plan(
        plan, left_case.surfaces, achieved(plan, (0, 0, 0), (40, 15), 56.0), moved(left_case.surfaces)
    )
    for m in found.differences:
        assert m.value == pytest.approx(0.0, abs=0.06) and m.status is Status.OK
    widths = {m.metric: m.uncertainty or 0.0 for m in found.differences}
    assert widths["rotation_centre_difference_superior"] >= 0.3
    assert widths["cup_centre_difference_superior"] >= 0.4 and widths["cup_anteversion_difference"] >= 0.5
    rough = moved(left_case.surfaces)
    noise = np.random.default_rng(1)
    rough = {
        n: Mesh(m.vertices_lps_mm + noise.normal(0, 0.8, m.vertices_lps_mm.shape), m.faces) for n, m in rough.items()
    }
    noisy = compare_with_plan(plan, left_case.surfaces, achieved(plan, (0, 0, 0), (40, 15), 56.0), rough)
    assert (noisy.fit.shift_uncertainty_mm > found.fit.shift_uncertainty_mm).all()
    off = transform_points(noisy.fit.plan_from_later @ MOTION, plan.cup.centre_lps_mm) - plan.cup.centre_lps_mm
    assert np.linalg.norm(off) <= 2.0 * np.linalg.norm(noisy.fit.shift_uncertainty_mm)


def test_what_changed_at_the_operated_hip_does_not_pull(left_case: HipCase, right_case: HipCase) -> None:
    # The postoperative left hip is another one: its roof is there again, and a large lump stands on its wall.
    lump = trimesh.creation.box((30.0, 30.0, 30.0)).apply_translation(LEFT_CENTRE + np.array([15.0, 0.0, 15.0]))
    body = right_case.surfaces["hip_left"]
    changed = trimesh.boolean.union([trimesh.Trimesh(body.vertices_lps_mm, body.faces), lump], engine="manifold")
    later = moved({"hip_left": as_mesh(changed), "hip_right": left_case.surfaces["hip_right"]})
    plan = planned(Side.LEFT)
    found = compare_with_plan(plan, left_case.surfaces, achieved(plan, (0, 0, 4), (40, 15), 56.0), later)
    assert value(found, "cup_centre_difference_superior") == pytest.approx(4.0, abs=0.06)


def test_metal_keeps_streaked_bone_out(left_case: HipCase) -> None:
    # Bone beside a plate on the other hip is displaced by 2.5 mm: with the metal known it has no say.
    plate = trimesh.creation.box((120.0, 140.0, 10.0)).apply_translation(
        MIRROR * LEFT_CENTRE + np.array([0.0, 0.0, 95.0])
    )
    body = left_case.surfaces["hip_right"]
    bent = body.vertices_lps_mm.copy()
    bent[bent[:, 2] > MIRROR[2] * LEFT_CENTRE[2] + 85.0, 2] += 2.5
    later = {"hip_left": left_case.surfaces["hip_left"], "hip_right": Mesh(bent, body.faces), "metal": as_mesh(plate)}
    plan = planned(Side.LEFT)
    frames = (FRAME, RigidTransform(MOTION @ FRAME.matrix, "lps", "app"))
    seen = fit_pelvis(left_case.surfaces, moved(later), *frames, plan.cup.centre_lps_mm)
    later.pop("metal")
    pulled = fit_pelvis(left_case.surfaces, moved(later), *frames, plan.cup.centre_lps_mm)
    assert seen.same_fraction > 0.99 > pulled.same_fraction


def test_another_patient_is_refused(left_case: HipCase) -> None:
    larger = {n: Mesh(1.12 * m.vertices_lps_mm, m.faces) for n, m in left_case.surfaces.items()}
    plan = planned(Side.LEFT)
    with pytest.raises(InputRefusedError, match="same patient"):
        compare_with_plan(plan, left_case.surfaces, achieved(plan, (0, 0, 0), (40, 15), 56.0), moved(larger))


def test_too_little_bone_or_no_frame_is_refused(left_case: HipCase) -> None:
    plan = planned(Side.LEFT)
    case = achieved(plan, (0, 0, 0), (40, 15), 56.0)
    with pytest.raises(InputRefusedError, match="too little bone"):
        compare_with_plan(plan, left_case.surfaces, case, {})
    blind = replace(case, landmarks=replace(case.landmarks, lps_from_app=None, app_reason="no tubercles in view"))
    with pytest.raises(InputRefusedError, match="no tubercles in view"):
        compare_with_plan(plan, left_case.surfaces, blind, moved(left_case.surfaces))


def test_a_hip_without_cup_or_implant_has_no_numbers_but_reasons(left_case: HipCase) -> None:
    plan = planned(Side.LEFT)
    case = achieved(plan, (1, 2, 3), (40, 15), 56.0)
    hips = dict(case.landmarks.hips) | {"left": HipFindings(True, None, None, "an all-polyethylene cup")}
    bare = replace(case, landmarks=replace(case.landmarks, hips=hips))
    found = compare_with_plan(plan, left_case.surfaces, bare, moved(left_case.surfaces))
    by_name = {m.metric: m for m in found.differences}
    assert by_name["cup_inclination_difference"].status is Status.NOT_MEASURABLE
    assert by_name["cup_inclination_difference"].reason == "an all-polyethylene cup"
    assert by_name["rotation_centre_difference_superior"].value == pytest.approx(3.0, abs=0.05)
    native = replace(
        case, landmarks=replace(case.landmarks, hips=dict(hips) | {"left": HipFindings(False, None, None)})
    )
    none = compare_with_plan(plan, left_case.surfaces, native, moved(left_case.surfaces))
    assert all(m.value is None and "no implant" in (m.reason or "") for m in none.differences)


def test_the_plans_own_scan_is_no_postoperative_one(left_case: HipCase) -> None:
    plan = planned(Side.LEFT)
    own = replace(achieved(plan, (0, 0, 0), (40, 15), 56.0), input_sha256=plan.input_sha256)
    with pytest.raises(InputRefusedError, match="the scan that the plan was made on"):
        compare_with_plan(plan, left_case.surfaces, own, moved(left_case.surfaces))


def test_a_plan_on_a_shorter_scan_is_compared_with_a_longer_one(left_case: HipCase) -> None:
    plan = planned(Side.LEFT)
    top = max(mesh.vertices_lps_mm[:, 2].max() for mesh in left_case.surfaces.values())
    bottom = min(mesh.vertices_lps_mm[:, 2].min() for mesh in left_case.surfaces.values())
    border = top - 0.3 * (top - bottom)

    def cut(mesh: Mesh) -> Mesh:
        flat = mesh.vertices_lps_mm.copy()
        flat[:, 2] = np.minimum(flat[:, 2], border)
        return Mesh(flat, mesh.faces)

    short = {name: cut(mesh) for name, mesh in left_case.surfaces.items()}
    found = compare_with_plan(plan, short, achieved(plan, (2.0, 0.0, 0.0), (40, 15), 56.0), moved(left_case.surfaces))
    assert found.fit.same_fraction > 0.95
    assert value(found, "cup_centre_difference_lateral") == pytest.approx(2.0, abs=0.5)
