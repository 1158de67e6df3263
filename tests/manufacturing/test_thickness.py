"""Wall and strut figures on bodies of known thickness."""

import numpy as np
import pytest
import trimesh

from coxa.geometry import Mesh
from coxa.manufacturing.thickness import measure_thickness


def mesh(body: trimesh.Trimesh) -> Mesh:
    return Mesh(body.vertices, body.faces)


@pytest.mark.parametrize("wall_mm", [0.1, 0.4, 1.0, 2.5])
def test_plate(wall_mm: float) -> None:
    measured = measure_thickness(mesh(trimesh.creation.box((20.0, 20.0, wall_mm))), 3.0)
    value, _ = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(wall_mm, abs=0.01)
    assert measured.thinnest(measured.is_strut) is None


@pytest.mark.parametrize("wall_mm", [0.3, 1.0])
def test_tube(wall_mm: float) -> None:
    tube = trimesh.creation.annulus(r_min=8.0 - wall_mm, r_max=8.0, height=25.0, sections=256)
    measured = measure_thickness(mesh(tube), 0.6)
    value, _ = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(wall_mm, abs=0.05)


@pytest.mark.parametrize("diameter_mm", [0.25, 0.5])
def test_rod_is_a_strut(diameter_mm: float) -> None:
    rod = trimesh.creation.cylinder(0.5 * diameter_mm, 10.0, sections=64)
    measured = measure_thickness(mesh(rod), 0.6)
    value, _ = measured.thinnest(measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(diameter_mm, abs=0.02)
    assert measured.area_mm2[measured.is_strut].sum() > 0.9 * measured.area_mm2[measured.thickness_mm < 0.6].sum()


def test_wedge_is_thick_where_its_faces_are_far_apart() -> None:
    measured = measure_thickness(mesh(trimesh.creation.box((10.0, 10.0, 10.0))), 0.6)
    assert measured.thickness_mm.min() == pytest.approx(10.0, abs=1e-3)


def test_place_of_the_thinnest_wall() -> None:
    step = trimesh.util.concatenate(
        [
            trimesh.creation.box((10.0, 10.0, 4.0)),
            trimesh.creation.box((10.0, 10.0, 0.6)).apply_translation([30.0, 0, 0]),
        ]
    )
    measured = measure_thickness(mesh(step), 1.0)
    value, place = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(0.6, abs=0.01)
    assert np.linalg.norm(place - [30.0, 0.0, 0.0]) < 8.0
