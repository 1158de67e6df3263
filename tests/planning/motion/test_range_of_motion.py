"""Range of motion: the closed form of a ball joint, anatomical signs, and a slab that bone must meet."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Landmark, Side, Status, landmark_name
from coxa.case import Measurement
from coxa.geometry import Mesh
from coxa.geometry.frames import functional_frame
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.values import PlannedCup
from coxa.planning.motion.joint_solids import neck_direction, neck_meets_liner, shaft_direction
from coxa.planning.motion.range_of_motion import MOTIONS, MovingHip, range_of_motion
from coxa.planning.settings.motion_settings import MotionSettings
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, as_mesh, landmarks

SETTINGS = MotionSettings(shaft_valgus_deg=0.0)
LPS_FROM_APP = landmarks().lps_from_app
assert LPS_FROM_APP is not None
FRAME = functional_frame(LPS_FROM_APP)
FAR_BLOCK = as_mesh(trimesh.creation.box((4.0, 4.0, 4.0)).apply_translation([0.0, 0.0, 600.0]))


def planned_cup(side: Side, inclination: float = 40.0, anteversion: float = 15.0) -> PlannedCup:
    centre = (np.ones(3) if side is Side.LEFT else MIRROR) * LEFT_CENTRE
    axis = cup_axis_lps(FRAME, side, inclination, anteversion)
    return PlannedCup(54.0, centre, axis, inclination, anteversion, "functional")


def left_femur(centre: np.ndarray = LEFT_CENTRE, turned_deg: float = 0.0, shaft_mm: float = 160.0) -> Mesh:
    """A shaft below the head at 40 mm offset, and a peg for the greater trochanter, turned outward about the shaft."""
    shaft = trimesh.creation.cylinder(14.0, height=shaft_mm - 30.0, sections=96)
    shaft.apply_translation([0.0, 0.0, -30.0 - 0.5 * (shaft_mm - 30.0)])
    peg = trimesh.creation.cylinder(14.0, height=40.0, sections=96).apply_translation([0.0, 0.0, -20.0])
    body = trimesh.boolean.union([shaft, peg], engine="manifold").subdivide_to_size(3.0)
    # At 15 degrees of anteversion the shaft stands lateral of the head and behind it.
    version = np.radians(SETTINGS.stem_anteversion_deg)
    body.apply_translation(40.0 * np.array([np.cos(version), np.sin(version), 0.0]))
    body.apply_transform(trimesh.transformations.rotation_matrix(np.radians(turned_deg), [0.2, 0.1, 1.0]))
    return as_mesh(body.apply_translation(centre))


def moving(side: Side, host: Mesh = FAR_BLOCK, femur: Mesh | None = None, cup: PlannedCup | None = None) -> MovingHip:
    return MovingHip(cup or planned_cup(side), host, None, femur, landmarks(), side)


def degrees(found: tuple[Measurement, ...], name: str, kind: str) -> float:
    value = next(m.value for m in found if m.metric == f"range_{name}_{kind}")
    assert value is not None
    return value


def prosthetic(side: Side, cup: PlannedCup, settings: MotionSettings = SETTINGS) -> dict[str, float]:
    found = range_of_motion(moving(side, cup=cup), settings)
    return {motion.name: degrees(found, motion.name, "prosthetic") for motion in MOTIONS}


@pytest.mark.parametrize(("head", "neck"), [(28.0, 12.0), (32.0, 12.5), (36.0, 10.0), (22.2, 14.0)])
def test_swing_of_a_pure_hemisphere_is_the_closed_form(head: float, neck: float) -> None:
    # Independently: a solid neck against points of a solid liner's face, the contact found by trying.
    settings = replace(SETTINGS, head_diameter_mm=head, neck_diameter_mm=neck)
    cup = planned_cup(Side.LEFT)
    across = np.cross(cup.axis_lps, [0.3, 0.5, 0.1])
    across /= np.linalg.norm(across)
    angles = np.arange(0.0, 90.0, 0.02)
    lean = np.radians(angles)[:, None]
    directions = np.cos(lean) * cup.axis_lps + np.sin(lean) * across
    free = angles[int(neck_meets_liner(directions, cup, settings).argmax())]
    assert 2.0 * free == pytest.approx(180.0 - 2.0 * np.degrees(np.arcsin(neck / head)), abs=0.1)
    radii, turns = np.meshgrid(np.linspace(0.5 * head, 25.0, 60), np.linspace(0, 2 * np.pi, 720))
    second = np.cross(cup.axis_lps, across)
    face = radii[..., None] * (np.cos(turns)[..., None] * across + np.sin(turns)[..., None] * second)
    along = face @ directions[::25].T
    beside = np.sqrt(np.maximum((face**2).sum(-1)[..., None] - along**2, 0.0))
    solid = ((beside < 0.5 * neck) & (along > 0)).any(axis=(0, 1))
    assert angles[::25][int(solid.argmax())] == pytest.approx(free, abs=0.6)


@pytest.mark.parametrize("face_mm", [-3.0, 0.0, 5.0])
def test_a_neck_beyond_the_liners_edge_is_never_free(face_mm: float) -> None:
    settings, cup = replace(SETTINGS, liner_face_mm=face_mm), planned_cup(Side.LEFT)
    across = np.cross(cup.axis_lps, [0.3, 0.5, 0.1])
    across /= np.linalg.norm(across)
    lean = np.radians(np.arange(0.0, 180.0, 0.5))[:, None]
    meets = neck_meets_liner(np.cos(lean) * cup.axis_lps + np.sin(lean) * across, cup, settings)
    first = int(meets.argmax())
    assert first > 0 and meets[first:].all()


def test_a_liner_that_covers_more_leaves_less() -> None:
    wide, deep = (
        prosthetic(Side.LEFT, planned_cup(Side.LEFT), replace(SETTINGS, liner_face_mm=h)) for h in (-3.0, 3.0)
    )
    assert deep["flexion"] < wide["flexion"] and deep["abduction"] < wide["abduction"]


@pytest.mark.parametrize("side", list(Side))
def test_neutral_leg_points_down_and_the_neck_leads_lateral_back_and_down(side: Side) -> None:
    shaft, neck = shaft_direction(FRAME, side, MotionSettings()), neck_direction(FRAME, side, MotionSettings())
    left, posterior, superior = FRAME.axes
    lateral = side.lateral_sign * left
    assert shaft @ superior < -0.99 and shaft @ lateral == pytest.approx(-np.sin(np.radians(6.0)))
    assert neck @ lateral > 0.5 and neck @ posterior > 0.1 and neck @ superior < -0.6
    assert np.degrees(np.arccos(-neck @ shaft)) == pytest.approx(135.0)


@pytest.mark.parametrize("side", list(Side))
def test_more_anteverted_or_more_inclined_cups_move_the_limits_as_surgeons_know(side: Side) -> None:
    plain, anteverted = prosthetic(side, planned_cup(side)), prosthetic(side, planned_cup(side, anteversion=25.0))
    for motion, sign in (
        ("flexion", 1), ("internal_rotation_in_90_flexion", 1), ("extension", -1), ("external_rotation", -1),
    ):  # fmt: skip
        assert sign * (anteverted[motion] - plain[motion]) > 5.0, motion
    steep = prosthetic(side, planned_cup(side, inclination=50.0))
    assert steep["abduction"] - plain["abduction"] > 5.0 and steep["flexion"] > plain["flexion"]
    version = prosthetic(side, planned_cup(side), replace(SETTINGS, stem_anteversion_deg=25.0))
    assert version["internal_rotation_in_90_flexion"] - plain["internal_rotation_in_90_flexion"] > 5.0
    assert version["external_rotation"] < plain["external_rotation"]


def test_left_and_right_move_alike() -> None:
    left, right = (prosthetic(side, planned_cup(side)) for side in Side)
    assert left == pytest.approx(right, abs=1e-6)


def slab(low: tuple[float, float, float], high: tuple[float, float, float]) -> trimesh.Trimesh:
    """A block between two corners, offsets from the left centre in LPS mm."""
    body = trimesh.creation.box(np.subtract(high, low))
    return body.apply_translation(LEFT_CENTRE + 0.5 * np.add(low, high)).subdivide_to_size(4.0)


WALLS = {
    "flexion": slab((-20.0, -110.0, -10.0), (90.0, -60.0, 40.0)),
    "extension": slab((-20.0, 60.0, -70.0), (90.0, 100.0, -20.0)),
    "abduction": slab((75.0, -40.0, -40.0), (110.0, 60.0, 30.0)),
    "adduction": slab((-70.0, -60.0, -110.0), (-5.0, 60.0, -70.0)),
    "internal_rotation": slab((20.0, -80.0, -90.0), (90.0, -35.0, -40.0)),
    "external_rotation": slab((0.0, 45.0, -90.0), (40.0, 80.0, -40.0)),
}


def contact_by_trying(motion: str, wall: trimesh.Trimesh, femur: Mesh) -> float:
    """Turn the femur degree by degree, by the anatomy of a left hip, until it is 1 mm deep in the wall."""
    about = {
        "flexion": [-1.0, 0.0, 0.0], "extension": [1.0, 0.0, 0.0], "abduction": [0.0, -1.0, 0.0],
        "adduction": [0.0, 1.0, 0.0], "internal_rotation": [0.0, 0.0, -1.0], "external_rotation": [0.0, 0.0, 1.0],
    }[motion]  # fmt: skip
    low, high = wall.bounds
    points = femur.vertices_lps_mm - LEFT_CENTRE
    points = points[np.linalg.norm(points, axis=1) < 120.0]
    for angle in np.arange(0.0, 150.0, 0.25):
        turned = points @ trimesh.transformations.rotation_matrix(np.radians(angle), about)[:3, :3].T + LEFT_CENTRE
        if np.minimum(turned - low, high - turned).min(axis=1).max() > 1.0:
            return float(angle)
    raise AssertionError("the wall is never met")


@pytest.mark.parametrize("motion", list(WALLS))
def test_bone_stops_at_a_wall_where_it_stands_and_only_in_that_direction(motion: str) -> None:
    femur, wall = left_femur(), WALLS[motion]
    found = range_of_motion(moving(Side.LEFT, as_mesh(wall), femur), SETTINGS)
    row = next(m for m in found if m.metric == f"range_{motion}_bony")
    assert row.value == pytest.approx(contact_by_trying(motion, wall, femur), abs=1.5)
    assert row.uncertainty is not None and 0.0 < row.uncertainty < 6.0
    opposite = {
        "flexion": "extension", "abduction": "adduction", "internal_rotation": "external_rotation",
    }  # fmt: skip
    other = (opposite | {b: a for a, b in opposite.items()})[motion]
    assert "no contact" in (next(m.reason for m in found if m.metric == f"range_{other}_bony") or "")


@pytest.mark.parametrize("motion", ["abduction", "external_rotation"])
def test_a_right_hip_meets_its_mirrored_wall_alike(motion: str) -> None:
    mirror, wall, femur = np.diag([-1.0, 1.0, 1.0, 1.0]), as_mesh(WALLS[motion]), left_femur()
    left = degrees(range_of_motion(moving(Side.LEFT, wall, femur), SETTINGS), motion, "bony")
    twin = moving(Side.RIGHT, wall.transformed(mirror), femur.transformed(mirror))
    assert degrees(range_of_motion(twin, SETTINGS), motion, "bony") == pytest.approx(left, abs=1.0)


def test_the_leg_of_the_scan_is_brought_into_neutral_about_the_planned_centre() -> None:
    # The same femur, turned outward and shifted with a migrated head: its landmark moves with it.
    shift = np.array([6.0, -3.0, 18.0])
    turn = trimesh.transformations.rotation_matrix(np.radians(25.0), [0.2, 0.1, 1.0], LEFT_CENTRE)
    lain = left_femur(turned_deg=25.0)
    moved = Mesh(lain.vertices_lps_mm + shift, lain.faces)
    assert np.allclose(turn[:3, :3] @ LEFT_CENTRE + turn[:3, 3], LEFT_CENTRE)
    hip = moving(Side.LEFT, as_mesh(WALLS["flexion"]), moved)
    points = dict(hip.landmarks.points) | {"HRC_L": Landmark("HRC_L", LEFT_CENTRE + shift, 0.3, Status.OK, "made")}
    hip = replace(hip, landmarks=replace(hip.landmarks, points=points))
    plain = range_of_motion(moving(Side.LEFT, as_mesh(WALLS["flexion"]), left_femur()), SETTINGS)
    assert degrees(range_of_motion(hip, SETTINGS), "flexion", "bony") == pytest.approx(
        degrees(plain, "flexion", "bony"), abs=1.5
    )


@pytest.mark.parametrize(
    ("femur", "reason"),
    [(None, "not in view"), (left_femur(shaft_mm=62.0), "shaft in view")],
)
def test_without_a_usable_femur_only_the_neck_is_measured(femur: Mesh | None, reason: str) -> None:
    found = range_of_motion(moving(Side.LEFT, femur=femur), SETTINGS)
    bony = [m for m in found if m.metric.endswith("_bony")]
    assert len(bony) == len(MOTIONS) and all(m.value is None and reason in (m.reason or "") for m in bony)
    assert all(m.value is not None for m in found if m.metric.endswith("_prosthetic"))


def test_an_unknown_centre_and_an_overlap_in_neutral_have_reasons() -> None:
    hip = moving(Side.LEFT, femur=left_femur())
    name = landmark_name("HRC", Side.LEFT)
    points = dict(hip.landmarks.points) | {name: Landmark.missing(name, "head out of view")}
    blind = replace(hip, landmarks=replace(hip.landmarks, points=points))
    assert all("head out of view" in (m.reason or "") for m in range_of_motion(blind, SETTINGS)[len(MOTIONS) :])
    inside = moving(Side.LEFT, as_mesh(slab((20.0, -20.0, -90.0), (60.0, 30.0, -60.0))), left_femur())
    rows = [m for m in range_of_motion(inside, SETTINGS) if m.metric == "range_flexion_bony"]
    assert rows[0].status is Status.NOT_MEASURABLE and "overlap" in (rows[0].reason or "")
    steep = planned_cup(Side.LEFT, inclination=-60.0)
    neck = range_of_motion(moving(Side.LEFT, cup=steep), SETTINGS)[0]
    assert neck.value is None and "already in neutral" in (neck.reason or "")
    frameless = replace(hip, landmarks=replace(hip.landmarks, lps_from_app=None, app_reason="no tubercles"))
    assert all("no tubercles" in (m.reason or "") for m in range_of_motion(frameless, SETTINGS))


def test_a_head_that_leaves_no_room_for_a_liner_has_no_range() -> None:
    # 54 mm outside, 46 mm inside the shell: 42 mm is the largest head with 2 mm of liner.
    fits, too_large = (
        range_of_motion(moving(Side.LEFT), replace(SETTINGS, head_diameter_mm=head))[0] for head in (42.0, 42.5)
    )
    assert fits.value is not None
    assert too_large.value is None and "no room for a liner" in (too_large.reason or "")


def test_an_augment_in_the_way_is_met() -> None:
    hip = replace(moving(Side.LEFT, femur=left_femur()), augment=as_mesh(WALLS["flexion"]))
    alone = range_of_motion(moving(Side.LEFT, as_mesh(WALLS["flexion"]), left_femur()), SETTINGS)
    assert degrees(range_of_motion(hip, SETTINGS), "flexion", "bony") == pytest.approx(
        degrees(alone, "flexion", "bony"), abs=0.2
    )
