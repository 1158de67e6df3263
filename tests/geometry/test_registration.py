import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.errors import FitError
from coxa.geometry.registration import (
    find_symmetry_plane,
    reflection_matrix,
    register_pairs,
    register_trimmed,
    transform_points,
)


def bumpy(count: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """An ellipsoid with two unequal bumps, so that no rotation maps it onto itself; points and normals."""
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    z = 1 - 2 * (np.arange(count) + 0.5) / count
    unit = np.c_[np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z]
    bump = 1 + 0.25 * np.exp(-8 * (1 - unit @ [0.6, 0.8, 0.0])) + 0.15 * np.exp(-8 * (1 - unit @ [0.0, 0.6, 0.8]))
    points = unit * bump[:, None] * [60.0, 40.0, 30.0]
    normals = unit / [60.0, 40.0, 30.0]
    return points, normals / np.linalg.norm(normals, axis=1)[:, None]


def motion(degrees: tuple[float, float, float], shift: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def test_a_moved_surface_is_laid_back():
    points, normals = bumpy()
    true = motion((6.0, -4.0, 5.0), (4.0, -3.0, 2.0))
    moved = transform_points(true, points)
    fit = register_trimmed(points, normals, moved, normals @ true[:3, :3].T, keep_fraction=0.9)
    assert transform_points(fit.target_from_source, points) == pytest.approx(moved, abs=0.05)
    assert fit.rms_mm < 0.05


def test_trimming_keeps_a_lost_part_from_pulling():
    points, normals = bumpy()
    true = motion((3.0, 2.0, -4.0), (2.0, 1.0, -2.0))
    worn = points - normals * np.where(points[:, 0] > 35.0, 8.0, 0.0)[:, None]
    fit = register_trimmed(points, normals, transform_points(true, worn), normals @ true[:3, :3].T, keep_fraction=0.7)
    assert transform_points(fit.target_from_source, points) == pytest.approx(transform_points(true, points), abs=0.3)
    assert fit.matched_fraction == pytest.approx(0.7, abs=0.01)


def test_surfaces_that_do_not_overlap_are_refused():
    points, normals = bumpy(500)
    with pytest.raises(FitError, match="do not overlap"):
        register_trimmed(points, normals, points + 1000.0, normals)


def test_reflection_negates_only_the_normal_component():
    matrix = reflection_matrix([5.0, 0.0, 0.0], [1.0, 0.0, 0.0])
    assert transform_points(matrix, [7.0, 3.0, 4.0]) == pytest.approx([3.0, 3.0, 4.0])


def test_symmetry_plane_is_found_from_a_tilted_and_shifted_start():
    points, normals = bumpy()
    half = points[:, 0] > 3.0
    mirror = reflection_matrix([0, 0, 0], [1, 0, 0])
    both = np.r_[points[half], transform_points(mirror, points[half])]
    both_normals = np.r_[normals[half], normals[half] @ mirror[:3, :3].T]
    pose = motion((20.0, 10.0, -30.0), (100.0, 50.0, -20.0))
    truth_point, truth_normal = transform_points(pose, np.zeros(3)), pose[:3, 0]
    start_normal = motion((3.0, 6.0, -5.0), (0, 0, 0))[:3, :3] @ truth_normal
    plane = find_symmetry_plane(
        transform_points(pose, both), both_normals @ pose[:3, :3].T, truth_point + 4.0 * truth_normal, start_normal
    )
    assert plane.normal_lps @ truth_normal == pytest.approx(1.0, abs=1e-4)
    assert (plane.point_lps_mm - truth_point) @ truth_normal == pytest.approx(0.0, abs=0.1)
    left, right = transform_points(pose, [[40.0, 5, 6], [-40.0, 5, 6]])
    assert transform_points(plane.reflection, left) == pytest.approx(right, abs=0.5)


def test_pairs_give_back_the_motion_that_made_them_and_never_a_reflection():
    points = np.array([[0.0, 0, 0], [50.0, 0, 0], [0, 30.0, 0], [10.0, 5.0, 20.0]])
    pose = motion((40.0, -70.0, 120.0), (100.0, 50.0, -20.0))
    assert register_pairs(points, transform_points(pose, points)) == pytest.approx(pose, abs=1e-9)
    assert np.linalg.det(register_pairs(points, points * [-1.0, 1.0, 1.0])[:3, :3]) == pytest.approx(1.0)
    with pytest.raises(FitError, match="at least 3"):
        register_pairs(points[:2], points[:2])
