import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.anatomy import PAIRED_LANDMARKS, PROJECTED_TEARDROPS, SIDES, SINGLE_LANDMARKS, Side, Status, landmark_name
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.landmarks import find_landmarks
from coxa.landmarks.reliability import axes_warning
from tests.geometry.shapes import mesh_of, sphere

PAIRED = (*PAIRED_LANDMARKS, *PROJECTED_TEARDROPS.values())
ALL_NAMES = {landmark_name(stem, side) for stem in PAIRED for side in SIDES} | set(SINGLE_LANDMARKS)
TRUTH_NAMES = {"ASIS": "asis", "PT": "pubic_tubercle", "IS": "ischial_spine", "LT": "lesser_trochanter"}


def truth_centre(scan, side: Side, which: str) -> np.ndarray:
    return np.array(scan.truth["sides"][side][which]["centre_lps_mm"])


def test_every_name_of_the_contract_is_answered(native_landmarks):
    assert set(native_landmarks.points) == ALL_NAMES
    assert all(mark.status.has_value for mark in native_landmarks.points.values())
    assert native_landmarks.app_status is Status.OK


@pytest.mark.parametrize("side", SIDES)
def test_native_head_centres(native_phantom, native_landmarks, side):
    centre = native_landmarks.points[landmark_name("HRC", side)].point
    assert centre == pytest.approx(truth_centre(native_phantom, side, "current_rotation_centre"), abs=0.5)
    assert not native_landmarks.hips[side].implant_present


@pytest.mark.parametrize("stem", TRUTH_NAMES)
@pytest.mark.parametrize("side", SIDES)
def test_bony_landmarks_lie_near_the_phantoms_own(native_phantom, native_landmarks, stem, side):
    # The rules follow where raters mark real bone; the phantom names its prominences by their own extreme points.
    truth = np.array(native_phantom.truth["landmarks_lps_mm"][f"{TRUTH_NAMES[stem]}_{side}"])
    found = native_landmarks.points[landmark_name(stem, side)].point
    assert np.linalg.norm(found - truth) < 5.0


def test_app_frame_of_the_phantom(native_phantom, native_landmarks):
    truth = native_phantom.truth["app_frame"]
    axes = np.array([truth["left_axis_lps"], truth["posterior_axis_lps"], truth["superior_axis_lps"]])
    angles = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", axes, native_landmarks.lps_from_app.axes), -1, 1)))
    assert angles.max() < 2.5


def test_migrated_prosthesis_and_mirrored_native_centre(revision_phantom, revision_landmarks):
    hip = revision_landmarks.hips[Side.LEFT]
    truth = revision_phantom.truth["sides"]["left"]
    assert hip.implant_present
    assert hip.cup.outer_diameter_mm == pytest.approx(truth["cup"]["outer_diameter_mm"], abs=1.0)
    today = truth_centre(revision_phantom, Side.LEFT, "current_rotation_centre")
    assert revision_landmarks.points["HRC_L"].point == pytest.approx(today, abs=0.7)
    native = revision_landmarks.points["HRC_NATIVE_L"]
    error = np.linalg.norm(native.point - truth_centre(revision_phantom, Side.LEFT, "native_rotation_centre"))
    assert error < 5.0
    assert "mirror" in native.method
    assert revision_landmarks.points["HRC_NATIVE_R"].method.startswith("own")


@pytest.mark.parametrize("prone", [False, True])
def test_landmarks_move_with_the_patient(native_surfaces, native_landmarks, prone):
    turn = Rotation.from_euler("xyz", [14.0, -11.0, 13.0 + 180.0 * prone], degrees=True)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turn.as_matrix(), [50.0, -80.0, 30.0]
    moved = find_landmarks({name: mesh.transformed(pose) for name, mesh in native_surfaces.items()})
    for name, mark in native_landmarks.points.items():
        if name.startswith(PROJECTED_TEARDROPS["functional"]):
            continue  # The table's vertical doesn't turn with the patient: other rays, another apex.
        expected = pose[:3, :3] @ mark.point + pose[:3, 3]
        assert moved.points[name].point == pytest.approx(expected, abs=0.2), name


@pytest.mark.parametrize("turn", [("z", 180.0), ("y", 180.0), ("x", 180.0), ("z", 90.0)])
def test_axes_that_a_patient_cannot_have_are_doubted(turn):
    lying = Rotation.from_euler("xyz", [25.0, -20.0, 30.0], degrees=True).as_matrix()
    assert axes_warning(RigidTransform.from_axes(lying, [0.0, 0.0, 0.0])) is None
    turned = lying @ Rotation.from_euler(*turn, degrees=True).as_matrix()
    assert "left and right" in axes_warning(RigidTransform.from_axes(turned, [0.0, 0.0, 0.0]))


def test_bones_against_the_files_axes_put_every_landmark_in_doubt(native_surfaces):
    pose = np.diag([-1.0, 1.0, -1.0, 1.0])
    found = find_landmarks({name: mesh.transformed(pose) for name, mesh in native_surfaces.items()})
    assert found.app_status is Status.WARN
    assert all(mark.status is Status.WARN and "left and right" in mark.reason for mark in found.points.values())


def cut_by_a_scan(surfaces, low_mm: float, high_mm: float):
    """Return the hip bones as a scan between two heights shows them, and its grid of 1 mm."""
    kept = {}
    for name in ("hip_left", "hip_right"):
        vertices = surfaces[name].vertices_lps_mm.copy()
        vertices[:, 2] = vertices[:, 2].clip(low_mm, high_mm)
        kept[name] = Mesh(vertices, surfaces[name].faces)
    everything = np.vstack([surface.vertices_lps_mm for surface in surfaces.values()])
    origin = np.array([*(everything.min(0)[:2] - 20.0), low_mm + 0.5])
    size = (*(np.ptp(everything, axis=0)[:2] + 40.0).astype(int), round(high_mm - low_mm))
    return kept, Grid(tuple(int(n) for n in size), (1.0, 1.0, 1.0), origin, np.eye(3))


@pytest.mark.parametrize("below_mm", [0.0, 12.0])
def test_an_ilium_cut_below_its_spine_gives_no_spine_and_no_frame(native_surfaces, native_landmarks, below_mm):
    spine = min(native_landmarks.points[name].point[2] for name in ("ASIS_L", "ASIS_R"))
    found = find_landmarks(*cut_by_a_scan(native_surfaces, -1000.0, spine - below_mm))
    assert found.app_status is Status.NOT_MEASURABLE
    assert not any(found.points[name].status.has_value for name in ("ASIS_L", "ASIS_R", "AIIS_L", "PT_R"))


def test_a_pelvis_cut_well_above_its_spines_keeps_its_frame(native_surfaces, native_landmarks):
    spine = max(native_landmarks.points[name].point[2] for name in ("ASIS_L", "ASIS_R"))
    found = find_landmarks(*cut_by_a_scan(native_surfaces, -1000.0, spine + 20.0))
    assert found.app_status is Status.OK
    for name in ("ASIS_L", "ASIS_R", "PT_L", "PT_R"):
        assert found.points[name].point == pytest.approx(native_landmarks.points[name].point, abs=0.5)


def test_ischia_cut_off_cost_their_own_landmarks_only(native_surfaces, native_landmarks):
    lowest = max(native_landmarks.points[name].point[2] for name in ("IT_L", "IT_R"))
    found = find_landmarks(*cut_by_a_scan(native_surfaces, lowest + 6.0, 1000.0))
    assert found.app_status is Status.OK
    for name in ("IT_L", "IT_R"):
        assert found.points[name].status is Status.NOT_MEASURABLE
        assert "edge of the field of view" in found.points[name].reason
    assert found.points["AIIS_L"].status is Status.OK


def test_half_a_pelvis_has_a_centre_but_no_frame(native_surfaces):
    half = {name: mesh for name, mesh in native_surfaces.items() if name in ("hip_left", "femur_left")}
    found = find_landmarks(half)
    assert found.lps_from_app is None
    assert found.app_status is Status.NOT_MEASURABLE
    assert "hip_right" in found.app_reason
    assert found.points["HRC_L"].status is Status.OK
    assert found.points["ASIS_L"].status is Status.NOT_MEASURABLE
    assert found.points["HRC_R"].reason


def test_nothing_in_gives_nothing_out_with_reasons():
    found = find_landmarks({})
    assert set(found.points) == ALL_NAMES
    assert all(mark.reason and not mark.status.has_value for mark in found.points.values())


def test_only_femora_still_give_their_head_centres(native_phantom, native_surfaces):
    found = find_landmarks({name: native_surfaces[name] for name in ("femur_left", "femur_right")})
    truth = truth_centre(native_phantom, Side.RIGHT, "current_rotation_centre")
    assert found.points["HRC_R"].point == pytest.approx(truth, abs=0.5)
    assert found.points["TD_R"].status is Status.NOT_MEASURABLE


def test_swapped_hip_bones_are_refused(native_surfaces):
    swapped = dict(native_surfaces)
    swapped["hip_left"], swapped["hip_right"] = native_surfaces["hip_right"], native_surfaces["hip_left"]
    found = find_landmarks(swapped)
    assert found.lps_from_app is None
    assert "swapped" in found.app_reason


def test_a_missing_femur_leaves_the_socket_with_a_warning(native_phantom, native_surfaces):
    found = find_landmarks({name: mesh for name, mesh in native_surfaces.items() if name != "femur_left"})
    mark = found.points["HRC_L"]
    assert mark.status is Status.WARN
    truth = truth_centre(native_phantom, Side.LEFT, "current_rotation_centre")
    assert np.linalg.norm(mark.point - truth) < mark.uncertainty_mm
    assert found.points["LT_L"].reason == "no surface of femur_left"


@pytest.mark.parametrize("side", SIDES)
def test_a_healthy_socket_has_its_centre_by_the_heads(native_phantom, native_landmarks, side):
    socket = native_landmarks.points[landmark_name("SOCKET", side)]
    assert socket.status is Status.OK
    error = np.linalg.norm(socket.point - truth_centre(native_phantom, side, "native_rotation_centre"))
    assert error < socket.uncertainty_mm


def test_without_a_head_there_is_no_centre_today_but_the_sockets_own(native_phantom, native_surfaces):
    truth = truth_centre(native_phantom, Side.LEFT, "native_rotation_centre")
    femur = native_surfaces["femur_left"]
    left_over = np.linalg.norm(femur.vertices_lps_mm - truth, axis=1) > 40.0
    resected = Mesh(femur.vertices_lps_mm, femur.faces[left_over[femur.faces].all(axis=1)])
    found = find_landmarks({**native_surfaces, "femur_left": resected}).points
    assert found["HRC_L"].status is Status.NOT_MEASURABLE
    assert "SOCKET_L" in found["HRC_L"].reason
    socket = found["SOCKET_L"]
    assert socket.status is Status.WARN
    assert "no head is seen" in socket.reason
    assert np.linalg.norm(socket.point - truth) < socket.uncertainty_mm


def test_a_cup_hides_the_socket(revision_landmarks):
    assert revision_landmarks.points["SOCKET_L"].reason == "a cup lines the socket"


def test_a_landmark_at_the_edge_of_the_field_of_view_is_in_doubt(native_surfaces, native_landmarks):
    apex = native_landmarks.points["GT_L"].point
    grid = Grid((800, 800, 900), (1.0, 1.0, 1.0), [apex[0] + 1.0 - 800.0, -400.0, -600.0], np.eye(3))
    found = find_landmarks(native_surfaces, grid)
    assert found.points["GT_L"].status is Status.WARN
    assert "field of view" in found.points["GT_L"].reason
    assert found.points["GT_L"].uncertainty_mm > native_landmarks.points["GT_L"].uncertainty_mm


def test_a_frame_on_a_doubtful_spine_is_doubtful(native_surfaces, native_landmarks):
    spine = native_landmarks.points["ASIS_L"].point
    grid = Grid((800, 800, 900), (1.0, 1.0, 1.0), [-400.0, -400.0, -600.0], np.eye(3))
    wire = sphere_mesh(spine - np.array([0.0, 4.0, 0.0]), 3.0)
    found = find_landmarks({**native_surfaces, "metal": wire}, grid)
    assert found.points["ASIS_L"].status is Status.WARN
    assert "metal" in found.points["ASIS_L"].reason
    assert found.app_status is Status.WARN
    assert "ASIS_L" in found.app_reason


def sphere_mesh(centre, radius_mm):
    return mesh_of(
        lambda points: sphere(points, centre, radius_mm), centre - radius_mm - 1, centre + radius_mm + 1, 0.5
    )
