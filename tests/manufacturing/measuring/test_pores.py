"""Pores and porosity of bodies whose pores are known."""

import numpy as np
import pytest
import trimesh

from coxa.geometry import Grid, Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing import check_mesh
from coxa.manufacturing.measuring.pores import Pores, measure_pores
from coxa.manufacturing.measuring.trapped_powder import _loops
from coxa.manufacturing.measuring.wall_distance import WallDistance
from coxa.manufacturing.part.lattice import Lattice
from coxa.manufacturing.part.porous_part import porous_part
from tests.manufacturing.part.test_lattice import block_field


def pores_in(mesh: Mesh) -> Pores:
    return measure_pores(mesh, RayCaster(mesh), WallDistance(mesh))


def plate_less(*cutters: trimesh.Trimesh) -> Mesh:
    body = trimesh.boolean.difference([trimesh.creation.box((20.0, 20.0, 3.0)), *cutters], engine="manifold")
    return Mesh(body.vertices, body.faces)


def test_round_holes() -> None:
    places = [(x, y, 0.0) for x in (-6, -2, 2, 6) for y in (-6, -2, 2, 6)]
    drills = [trimesh.creation.cylinder(0.3, 10.0, sections=64).apply_translation(p) for p in places]
    pores = pores_in(plate_less(*drills))
    for found in (pores.narrowest(), pores.widest()):
        assert found is not None
        assert found[0] == pytest.approx(0.6, abs=0.05)
        assert min(np.hypot(*(found[1] - p)[:2]) for p in np.array(places)) < 0.1


def test_slot() -> None:
    pores = pores_in(plate_less(trimesh.creation.box((12.0, 0.5, 10.0))))
    narrowest = pores.narrowest()
    assert narrowest is not None and narrowest[0] == pytest.approx(0.5, abs=0.05)
    assert abs(narrowest[1][1]) < 0.05


@pytest.mark.parametrize(
    "body",
    [
        trimesh.creation.box((20.0, 20.0, 3.0)),
        trimesh.creation.torus(10.0, 2.0),
        trimesh.boolean.union([trimesh.creation.box((20.0, 20.0, 3.0)), trimesh.creation.box((3.0, 20.0, 20.0))]),
    ],
    ids=["block", "ring", "corner"],
)
def test_bodies_without_pores(body: trimesh.Trimesh) -> None:
    pores = pores_in(Mesh(body.vertices, body.faces))
    assert pores.narrowest() is None and pores.widest() is None


# Clinical reference, section 9: gyroid network, pore / cell by porosity.
@pytest.mark.parametrize(("porosity", "pore_per_cell"), [(0.60, 0.515), (0.75, 0.614)])
def test_gyroid_network_pores_and_porosity(porosity: float, pore_per_cell: float) -> None:
    cell = 1.5
    grid = Grid((19, 19, 19), (0.5, 0.5, 0.5), np.array([100.0, -50.0, -600.0]), np.eye(3))
    body, depth = block_field(grid, (3.6, 3.6, 3.6))
    part = porous_part(body, depth, grid, Lattice("gyroid", "network", cell, porosity), 100.0, 0.12)
    certificate = check_mesh(part.mesh, designed_porosity=porosity)
    assert certificate.rule("largest_pore").value == pytest.approx(pore_per_cell * cell, abs=0.05)
    # Measured within the porous zone, where cells are whole: a grid along the cells would be far off.
    assert certificate.rule("porosity").value == pytest.approx(porosity, abs=0.02)
    assert str(certificate.rule("porosity").verdict) == "pass"


def test_porosity_that_is_not_the_designed_one_is_doubted() -> None:
    grid = Grid((19, 19, 19), (0.5, 0.5, 0.5), np.zeros(3), np.eye(3))
    body, depth = block_field(grid, (3.6, 3.6, 3.6))
    part = porous_part(body, depth, grid, Lattice("gyroid", "network", 1.5, 0.6), 100.0, 0.18)
    assert str(check_mesh(part.mesh, designed_porosity=0.75).rule("porosity").verdict) == "warn"


def test_a_narrow_pore_is_a_warning() -> None:
    certificate = check_mesh(plate_less(trimesh.creation.box((12.0, 0.2, 10.0))))
    rule = certificate.rule("smallest_pore")
    assert str(rule.verdict) == "warn" and certificate.printable
    assert rule.value == pytest.approx(0.2, abs=0.05)
    low, high = (float(x) for x in str(certificate.rule("pore_as_printed").value).split(" to "))
    assert (low, high) == (pytest.approx(0.03, abs=0.02), pytest.approx(0.18, abs=0.02))


@pytest.mark.parametrize("diameter_mm", [0.3, 1.0])
def test_holes_are_no_lattice_and_no_wider_than_they_are(diameter_mm: float) -> None:
    """A ball in a hole must not count for what it finds outside, nor a plate of holes for a porous zone."""
    places = [(x, y, 0.0) for x in (-4, 0, 4) for y in (-4, 0, 4)]
    drills = [trimesh.creation.cylinder(0.5 * diameter_mm, 10.0, sections=64).apply_translation(p) for p in places]
    certificate = check_mesh(plate_less(*drills))
    for name in ("smallest_pore", "largest_pore"):
        assert certificate.rule(name).value == pytest.approx(diameter_mm, abs=0.03)
    assert certificate.rule("porosity").value is None


def test_the_smallest_pore_is_no_wider_than_the_largest() -> None:
    """A gyroid cut free on all sides: few of its gaps lie between walls that face each other."""
    from skimage.measure import marching_cubes

    lattice = Lattice("gyroid", "network", 1.5, 0.7)
    axis = (np.arange(56) * 0.08).astype(np.float32)
    field = np.pad(
        lattice.distance(axis[:, None, None], axis[None, :, None], axis[None, None, :]), 1, constant_values=1
    )
    vertices, faces, _, _ = marching_cubes(field, 0.0, spacing=(0.08,) * 3)
    pores = pores_in(Mesh(vertices, faces))
    narrowest, widest = pores.narrowest(), pores.widest()
    assert narrowest is not None and widest is not None
    # Clinical reference, section 9: 0.58 of the cell at 70 %.
    assert 0.75 < narrowest[0] <= widest[0] < 0.95
    assert (pores.width_mm <= pores.ball_diameter_mm + 1e-9).all()


def test_loops_of_a_space() -> None:
    space = np.zeros((16, 16, 16), dtype=bool)
    space[8, 8, 1:15] = True
    assert _loops(space) == 0
    space[8, 1:15, 8] = True
    assert _loops(space) == 0  # two holes that cross
    space[3, 2:9, 2:9] = True
    space[3, 4:7, 4:7] = False
    assert _loops(space) == 1
    space[:] = False
    space[2:13, 2:13, 2:13] = True
    space[5:8, 5:8, 5:8] = False
    assert _loops(space) == 0  # a chamber about a loose body
