"""Patches of a mesh: every face once, together no larger than asked, and compact."""

import numpy as np
import trimesh

from coxa.geometry import Mesh
from coxa.geometry.patches import FaceCells, compact_patches, patch_of


def test_every_face_is_in_one_compact_patch() -> None:
    body = trimesh.creation.icosphere(5)
    mesh = Mesh(body.vertices * [5.0, 5.0, 40.0] + [300.0, -40.0, 1200.0], body.faces)
    patches = compact_patches(mesh, 500)
    assert np.array_equal(np.sort(np.concatenate(patches)), np.arange(len(mesh.faces)))
    assert max(len(faces) for faces in patches) <= 500
    # As many faces in the order they come are spread over the whole spindle.
    assert max(np.ptp(patch_of(mesh, faces).vertices_lps_mm[:, 2]) for faces in patches) < 20.0


def test_a_patch_keeps_its_faces_in_order() -> None:
    body = trimesh.creation.box((2.0, 3.0, 4.0))
    mesh = Mesh(body.vertices, body.faces)
    patch = patch_of(mesh, np.array([7, 2, 9]))
    assert np.array_equal(patch.vertices_lps_mm[patch.faces], mesh.vertices_lps_mm[mesh.faces[[7, 2, 9]]])


def test_a_mesh_that_is_small_enough_is_one_patch() -> None:
    body = trimesh.creation.box((2.0, 3.0, 4.0))
    assert [len(faces) for faces in compact_patches(Mesh(body.vertices, body.faces), 12)] == [12]


def test_faces_about_points_are_all_within_a_cube_and_none_beyond_two() -> None:
    body = trimesh.creation.icosphere(5)
    mesh = Mesh(body.vertices * [5.0, 5.0, 40.0] + [300.0, -40.0, 1200.0], body.faces)
    places = mesh.vertices_lps_mm[[10, 500, 9000]]
    corners = mesh.vertices_lps_mm[mesh.faces]
    away = np.abs(corners[:, :, None] - places[None, None]).max(axis=3).min(axis=(1, 2))
    cells = FaceCells(mesh, 1.5)
    for found in (cells.about_points(places), cells.about_faces(np.flatnonzero(away == 0.0))):
        near = np.zeros(len(mesh.faces), dtype=bool)
        near[found] = True
        assert near[away < 1.5].all() and not near.all()
    near = np.zeros(len(mesh.faces), dtype=bool)
    near[cells.about_points(places)] = True
    assert not near[away > 3.0].any()
