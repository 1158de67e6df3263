import numpy as np
import pytest

from coxa.errors import MeshError
from coxa.geometry import Mesh
from coxa.geometry.registration import reflection_matrix


def box(size=(10.0, 20.0, 30.0)) -> Mesh:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * size
    faces = [
        [0, 1, 3],
        [0, 3, 2],
        [4, 6, 7],
        [4, 7, 5],
        [0, 4, 5],
        [0, 5, 1],
        [2, 3, 7],
        [2, 7, 6],
        [0, 2, 6],
        [0, 6, 4],
    ]
    return Mesh(corners, np.array([*faces, [1, 5, 7], [1, 7, 3]]))


def test_volume_is_positive_with_outward_normals():
    assert box().volume_ml == pytest.approx(6.0)
    normals, areas = box().face_normals()
    assert areas.sum() == pytest.approx(2 * (200 + 300 + 600))
    outward = np.einsum("ij,ij->i", normals, box().vertices_lps_mm[box().faces].mean(1) - [5.0, 10.0, 15.0])
    assert (outward > 0).all()


def test_a_reflected_mesh_keeps_outward_normals():
    mirrored = box().transformed(reflection_matrix([0, 0, 0], [1, 0, 0]))
    assert mirrored.volume_ml == pytest.approx(6.0)
    assert mirrored.vertices_lps_mm[:, 0].max() == pytest.approx(0.0)


def test_vertex_normals_point_outward():
    out = box().vertices_lps_mm - [5.0, 10.0, 15.0]
    assert (np.einsum("ij,ij->i", box().vertex_normals(), out) > 0).all()


def test_arrays_are_read_only_and_damage_is_refused():
    with pytest.raises(ValueError, match="read-only"):
        box().vertices_lps_mm[0] = 0.0
    with pytest.raises(MeshError, match="damaged"):
        Mesh(np.zeros((3, 3)), np.array([[0, 1, 3]]))
    with pytest.raises(MeshError, match="vertices"):
        Mesh(np.zeros((3, 2)), np.array([[0, 1, 2]]))
