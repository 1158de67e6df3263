"""A bent block is met again by bending; a hole is not followed."""

import numpy as np
import trimesh

from coxa.geometry import Mesh
from coxa.planning.defect.residual_warp import warped_onto
from tests.planning.block_hip import HEAD_RADIUS_MM, LEFT_CENTRE, as_mesh, hip_block


def bent(mesh: Mesh) -> Mesh:
    """Push all faces 2 mm outward in y and z at most, slowly varying: the sides of a pelvis differ like that."""
    offset = mesh.vertices_lps_mm - LEFT_CENTRE
    push = 2.0 * np.tanh(offset / 60.0) * [0.0, 1.0, 1.0]
    return Mesh(mesh.vertices_lps_mm + push, mesh.faces)


def apart_mm(one: Mesh, other: Mesh) -> np.ndarray:
    return np.linalg.norm(one.vertices_lps_mm - other.vertices_lps_mm, axis=1)


def test_smooth_difference_of_the_sides_is_taken_up() -> None:
    native = as_mesh(hip_block())
    host = bent(native)
    near = np.linalg.norm(native.vertices_lps_mm - LEFT_CENTRE, axis=1) < 80.0
    before = apart_mm(native, host)[near]
    after = apart_mm(warped_onto(native, host, LEFT_CENTRE, HEAD_RADIUS_MM), host)[near]
    assert after.mean() < 0.5 * before.mean()


def test_same_bone_stays_and_a_hole_is_not_followed() -> None:
    native = as_mesh(hip_block())
    hole = trimesh.creation.icosphere(4, radius=18.0).apply_translation(np.add(LEFT_CENTRE, (-25.0, 5.0, 88.0)))
    holed = as_mesh(hip_block(hole))
    assert apart_mm(warped_onto(native, native, LEFT_CENTRE, HEAD_RADIUS_MM), native).max() < 0.05
    assert apart_mm(warped_onto(native, holed, LEFT_CENTRE, HEAD_RADIUS_MM), native).max() < 0.5


def test_where_nothing_matches_the_bone_stays_as_it_is() -> None:
    native = as_mesh(hip_block())
    far = as_mesh(hip_block().copy().apply_translation([500.0, 0.0, 0.0]))
    ball = as_mesh(trimesh.creation.icosphere(4, radius=30.0).apply_translation(LEFT_CENTRE))
    assert warped_onto(native, far, LEFT_CENTRE, HEAD_RADIUS_MM) is native
    assert warped_onto(native, ball, LEFT_CENTRE, HEAD_RADIUS_MM) is native
