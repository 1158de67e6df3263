"""Signs read off a plate with a hole: each with its truth, and each refusal."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Landmark, Side, Status, landmark_name
from coxa.case import FittedCup, Landmarks, Measurement
from coxa.geometry import Grid, Mesh
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.planning.defect.loss import BoneChange, DefectSite
from coxa.planning.defect.native_hemipelvis import NativeHemipelvis
from coxa.planning.defect.obturator import superior_obturator_mm
from coxa.planning.defect.radial_loss import DIRECTIONS, RadialLoss
from coxa.planning.defect.signs import SignSite, defect_signs
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, as_mesh, landmarks, mirrored

# All about the native centre, (medial, posterior, superior): a plate behind it with the foramen below it.
LOW, HIGH = np.array([-20.0, 2.0, -75.0]), np.array([30.0, 30.0, 40.0])
FORAMEN_TOP_MM, FORAMEN_RADIUS_MM = -31.0, 14.0
STEP_MM = 2.0


def plate(hole_at_mm: float | None = FORAMEN_TOP_MM - FORAMEN_RADIUS_MM) -> Mesh:
    """The plate of a left hip in LPS; medial is -x."""
    low, high = LOW * [-1, 1, 1], HIGH * [-1, 1, 1]
    body = trimesh.creation.box(np.abs(high - low)).apply_translation(LEFT_CENTRE + 0.5 * (low + high))
    if hole_at_mm is not None:
        hole = trimesh.creation.cylinder(radius=FORAMEN_RADIUS_MM, height=200.0)
        hole.apply_transform(trimesh.geometry.align_vectors([0, 0, 1], [0, 1, 0]))
        hole.apply_translation(np.add(LEFT_CENTRE, (-5.0, 0.0, hole_at_mm)))
        body = trimesh.boolean.difference([body, hole], engine="manifold")
    return as_mesh(body.subdivide_to_size(4.0))


def local_mm(grid: Grid, side: Side, centre: FloatArray) -> FloatArray:
    k, j, i = np.indices(grid.shape)
    offsets = grid.points_from_indices(np.stack([i, j, k], axis=-1).reshape(-1, 3)) - centre
    return (offsets * [-side.lateral_sign, 1.0, 1.0]).reshape(*grid.shape, 3)


def signs(
    side: Side = Side.LEFT,
    *,
    native: Mesh | None = None,
    lost_low=None,
    lost_high=None,
    hidden: bool = False,
    cup_medial_mm: float | None = None,
    cup_diameter_mm: float = 50.0,
    marks: Landmarks | None = None,
    rim_lost: int = 0,
) -> dict[str, Measurement]:
    """Return all signs of a plate from which the box between two corners is lost, or hidden."""
    centre = LEFT_CENTRE if side is Side.LEFT else MIRROR * LEFT_CENTRE
    mesh = native or plate()
    mesh = mesh if side is Side.LEFT else mirrored(mesh)
    grid = Grid((81, 81, 81), (STEP_MM,) * 3, centre - 80.0, np.eye(3))
    local = local_mm(grid, side, centre)
    bone: BoolArray = ((local > LOW) & (local < HIGH)).all(axis=-1)
    gone = np.zeros_like(bone)
    if lost_low is not None:
        gone = bone & ((local > lost_low) & (local < lost_high)).all(axis=-1)
    host_mm = np.where(bone & ~gone, -1.0, 1.0).astype(np.float32)
    lost, unknown = (np.zeros(grid.shape), gone) if hidden else (gone, np.zeros(grid.shape))
    fields = (bone, np.zeros(grid.shape), lost, unknown)
    change = BoneChange(grid, host_mm, host_mm, *(field.astype(np.float32) for field in fields))
    cup = None
    if cup_medial_mm is not None:
        middle = centre + np.array([-side.lateral_sign * (cup_medial_mm - 0.5 * cup_diameter_mm), 0.0, 5.0])
        cup = FittedCup(middle, np.array([side.lateral_sign, 0.0, 0.0]), cup_diameter_mm, 1.0, 1.0, 1.0, "made")
    found = DefectSite(
        NativeHemipelvis(mesh, 0.0, 0.5, "made"), mesh, centre, np.add(centre, (0.0, 0.0, 12.0)), 24.0, cup
    )
    angles = tuple(n * 360.0 / DIRECTIONS for n in range(DIRECTIONS))
    missing = tuple(10.0 if n < rim_lost else 0.0 for n in range(DIRECTIONS))
    radial = RadialLoss(angles, (10.0,) * DIRECTIONS, missing, (0.0,) * DIRECTIONS)
    marks = marks or with_teardrop(side)
    assert marks.lps_from_app is not None
    # The frame of the made landmarks leans; these bodies stand upright, so the axes of the scanner serve.
    upright = replace(marks.lps_from_app, matrix=np.eye(4))
    rows = defect_signs(SignSite(change, found, marks, upright, side, radial))
    return {row.metric: row for row in rows}


def with_teardrop(side: Side, reason: str | None = None) -> Landmarks:
    """The tip of the teardrop: a point of the plate."""
    name = landmark_name("TD", side)
    place = LEFT_CENTRE + np.array([-20.0, 15.0, -20.0])
    mark = Landmark(name, place if side is Side.LEFT else MIRROR * place, 1.0, Status.OK, "made")
    if reason is not None:
        mark = Landmark.missing(name, reason)
    made = landmarks()
    return replace(made, points={**made.points, name: mark})


@pytest.mark.parametrize("side", list(Side))
def test_obturator_line_is_the_upper_border_of_the_foramen(side: Side) -> None:
    mesh = plate() if side is Side.LEFT else mirrored(plate())
    centre = LEFT_CENTRE if side is Side.LEFT else MIRROR * LEFT_CENTRE
    frame = landmarks().lps_from_app
    assert frame is not None
    upright = replace(frame, matrix=np.eye(4))
    assert superior_obturator_mm(mesh, centre, upright, side) == pytest.approx(FORAMEN_TOP_MM, abs=2.0)
    assert signs(side)["rotation_centre_above_obturator"].value == pytest.approx(12.0 - FORAMEN_TOP_MM, abs=2.0)


@pytest.mark.parametrize("hole_at_mm", [None, 25.0])
def test_without_a_foramen_below_the_centre_what_rests_on_it_is_refused(hole_at_mm: float | None) -> None:
    found = signs(native=plate(hole_at_mm))
    for metric in ("rotation_centre_above_obturator", "ischial_lysis"):
        assert found[metric].status is Status.NOT_MEASURABLE
        assert "foramen" in str(found[metric].reason)


@pytest.mark.parametrize("side", list(Side))
def test_ischial_lysis_is_as_deep_as_the_loss_below_the_line(side: Side) -> None:
    bottom = FORAMEN_TOP_MM - 12.0
    found = signs(side, lost_low=(-20.0, 5.0, bottom), lost_high=(0.0, 30.0, -10.0))
    assert found["ischial_lysis"].value == pytest.approx(12.0, abs=2.0 + STEP_MM)
    assert signs(side)["ischial_lysis"].value == 0.0


def test_bed_of_the_cup_is_no_lysis() -> None:
    """Loss that ends within the old cup's own reach below the line was reamed, not eaten."""
    reamed = {"lost_low": (-20.0, 2.0, -38.0), "lost_high": (28.0, 30.0, -10.0)}
    assert signs(**reamed)["ischial_lysis"].value == pytest.approx(38.0 + FORAMEN_TOP_MM, abs=2.0 + STEP_MM)
    assert signs(**reamed, cup_medial_mm=60.0, cup_diameter_mm=120.0)["ischial_lysis"].value == 0.0


def test_teardrop_is_lost_by_the_share_of_its_bone() -> None:
    assert signs()["teardrop_loss"].value == 0.0
    lateral_half = signs(lost_low=(-20.0, 0.0, -40.0), lost_high=(20.0, 40.0, 0.0))
    assert lateral_half["teardrop_loss"].value == pytest.approx(0.5, abs=0.1)
    hidden = signs(lost_low=(-20.0, 0.0, -40.0), lost_high=(40.0, 40.0, 0.0), hidden=True)["teardrop_loss"]
    assert hidden.value == pytest.approx(0.5, abs=0.01)
    assert hidden.uncertainty is not None and hidden.uncertainty >= 0.5, "all or nothing of it may be lost"


def test_teardrop_that_is_not_known_or_without_bone_is_refused() -> None:
    unknown = signs(marks=with_teardrop(Side.LEFT, "the wall does not end"))["teardrop_loss"]
    assert unknown.status is Status.NOT_MEASURABLE and "the wall does not end" in str(unknown.reason)
    assert signs(marks=landmarks())["teardrop_loss"].status is Status.NOT_MEASURABLE
    marks = with_teardrop(Side.LEFT)
    astray = Landmark("TD_L", np.add(LEFT_CENTRE, (60.0, -60.0, 0.0)), 1.0, Status.OK, "made")
    nowhere = signs(marks=replace(marks, points={**marks.points, "TD_L": astray}))["teardrop_loss"]
    assert nowhere.reason == "no native bone lies at the teardrop"


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("breach_mm", [-6.0, 5.0])
def test_cup_passes_the_kohler_line_by_what_stands_medial_of_it(side: Side, breach_mm: float) -> None:
    found = signs(side, cup_medial_mm=HIGH[0] + breach_mm)["kohler_breach"]
    assert found.value == pytest.approx(breach_mm, abs=0.5)


def test_without_a_cup_the_loss_itself_is_held_against_the_kohler_line() -> None:
    shallow = signs(lost_low=(0.0, 2.0, -10.0), lost_high=(20.0, 30.0, 10.0))["kohler_breach"]
    assert shallow.value == pytest.approx(20.0 - HIGH[0], abs=STEP_MM)
    assert "no loss" in str(signs()["kohler_breach"].reason)


def test_kohler_line_that_is_not_there_is_refused() -> None:
    far = plate().transformed(np.block([[np.eye(3), np.array([[0.0], [90.0], [0.0]])], [np.zeros((1, 3)), 1.0]]))
    found = signs(native=far, cup_medial_mm=20.0)["kohler_breach"]
    assert found.status is Status.NOT_MEASURABLE and "no Köhler line" in str(found.reason)


def test_rim_arc_and_contained_loss_part_at_half_of_a_direction() -> None:
    box = {"lost_low": (-19.0, 3.0, -21.0), "lost_high": (29.0, 29.0, 21.0)}
    whole = signs(**box)
    assert whole["rim_loss_arc"].value == 0.0
    assert whole["contained_loss"].value == pytest.approx(48.0 * 26.0 * 42.0 / 1000.0, rel=0.02)
    open_rim = signs(**box, rim_lost=DIRECTIONS)
    assert open_rim["rim_loss_arc"].value == 360.0
    assert open_rim["contained_loss"].value == 0.0


def test_discontinuity_is_seen_only_where_nothing_hides_a_bridge() -> None:
    gap = {"lost_low": (-30.0, 0.0, -6.0), "lost_high": (40.0, 40.0, 6.0)}
    assert signs()["pelvic_discontinuity"].value == 0.0
    assert signs(**gap)["pelvic_discontinuity"].value == 1.0
    hidden = signs(**gap, hidden=True)["pelvic_discontinuity"]
    assert hidden.status is Status.NOT_MEASURABLE and "not assessable because of metal" in str(hidden.reason)
    cut = signs(lost_low=(-30.0, 0.0, 10.0), lost_high=(40.0, 40.0, 60.0))["pelvic_discontinuity"]
    assert cut.status is Status.NOT_MEASURABLE and "not in view" in str(cut.reason)
