"""Fewer triangles: never farther than asked, always closed, and never what was not measured."""

import numpy as np
import pytest
import trimesh

from coxa.errors import MeshError
from coxa.geometry import Mesh, deviation
from coxa.geometry.deviation import deviation_between
from coxa.manufacturing import check_mesh
from coxa.manufacturing.part import simplify
from coxa.manufacturing.part.simplify import simplified_within

RADIUS_MM = 15.0
PLACE = np.array([-120.0, 35.0, -640.0])


@pytest.fixture(autouse=True)
def _fewer_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deviation, "SAMPLES", 10_000)


def ball(subdivisions: int = 5) -> Mesh:
    body = trimesh.creation.icosphere(subdivisions, radius=RADIUS_MM)
    return Mesh(body.vertices + PLACE, body.faces)


@pytest.mark.parametrize("deviation_mm", [0.1, 0.02])
def test_a_ball_stays_as_near_as_it_says(deviation_mm: float) -> None:
    mesh = ball()
    fewer, measured = simplified_within(mesh, deviation_mm)
    assert len(fewer.faces) < 0.6 * len(mesh.faces)
    assert 0 < measured.max_mm <= deviation_mm
    assert check_mesh(fewer).printable
    # A ball's own truth: its vertices lie on it, its faces beneath it by no more than both meshes together.
    radii = np.linalg.norm(fewer.vertices_lps_mm[fewer.faces].mean(axis=1) - PLACE, axis=1)
    faceting_mm = RADIUS_MM - np.linalg.norm(mesh.vertices_lps_mm[mesh.faces].mean(axis=1) - PLACE, axis=1).min()
    assert np.abs(radii - RADIUS_MM).max() <= measured.max_mm + faceting_mm + 1e-4
    assert measured.volume_change == pytest.approx(fewer.volume_ml / mesh.volume_ml - 1.0, abs=1e-9)


def test_what_moved_too_far_is_not_taken() -> None:
    mesh = ball(4)
    fewer, measured = simplified_within(mesh, 1e-6)
    assert len(fewer.faces) == len(mesh.faces)
    assert measured.max_mm <= 1e-6


@pytest.mark.parametrize("fault", ["open", "crossing"])
def test_what_is_torn_or_crosses_itself_is_not_taken(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def spoiled(mesh: Mesh, share: float) -> Mesh:
        if fault == "open":
            return Mesh(mesh.vertices_lps_mm, mesh.faces[1:])
        faces = np.concatenate([mesh.faces, mesh.faces + len(mesh.vertices_lps_mm)])
        return Mesh(np.concatenate([mesh.vertices_lps_mm, mesh.vertices_lps_mm + 3.0]), faces)

    monkeypatch.setattr(simplify, "_by_quadrics", spoiled)
    monkeypatch.setattr(simplify, "distances_both_ways_mm", lambda *_: np.zeros(1))
    mesh = ball(3)
    fewer, _ = simplified_within(mesh, 0.02)
    assert check_mesh(fewer).printable
    assert fewer.volume_ml == pytest.approx(mesh.volume_ml, rel=0.01)


def test_patches_meet_where_they_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mesh in many patches stays one closed body, and the measured figure is that of the whole."""
    monkeypatch.setattr(simplify, "PATCH_FACES", 6000)
    mesh = ball()
    fewer, measured = simplified_within(mesh, 0.02)
    assert len(fewer.faces) < 0.75 * len(mesh.faces)
    assert check_mesh(fewer).printable
    assert trimesh.Trimesh(fewer.vertices_lps_mm, fewer.faces, process=False).body_count == 1
    assert deviation_between(mesh, fewer).max_mm <= measured.max_mm + 1e-4 <= 0.0201


def test_a_patch_that_is_torn_is_given_back_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    by_quadrics = simplify._by_quadrics
    monkeypatch.setattr(simplify, "PATCH_FACES", 6000)

    def torn_in_one_corner(patch: Mesh, share: float) -> Mesh:
        light = by_quadrics(patch, share)
        in_the_corner = (patch.vertices_lps_mm.mean(axis=0)[:2] > 1.0).all()
        return Mesh(light.vertices_lps_mm, light.faces[1:]) if in_the_corner else light

    mesh = ball()
    whole, _ = simplified_within(mesh, 0.02)
    monkeypatch.setattr(simplify, "_by_quadrics", torn_in_one_corner)
    fewer, _ = simplified_within(mesh, 0.02)
    assert check_mesh(fewer).printable
    assert len(whole.faces) < len(fewer.faces) < len(whole.faces) + 6000


def test_an_open_mesh_is_refused() -> None:
    mesh = ball(3)
    with pytest.raises(MeshError, match="no closed 2-manifold"):
        simplified_within(Mesh(mesh.vertices_lps_mm, mesh.faces[1:]), 0.02)
