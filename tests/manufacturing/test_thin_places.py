"""No strut and no wall of a made part is thinner than a laser powder bed prints, whatever faces cut the lattice."""

import numpy as np
import pytest

from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring.thickness import measure_thickness
from coxa.manufacturing.part import porous_part as module
from coxa.manufacturing.part.lattice import Lattice
from coxa.manufacturing.part.porous_field import cut_out
from coxa.manufacturing.part.porous_part import porous_part

LPBF_STRUT_MM, LPBF_WALL_MM = 0.25, 0.4
LATTICE = Lattice("gyroid", "network", 1.45, 0.65)


def shard(seed: int) -> tuple[np.ndarray, np.ndarray, Grid]:
    """A body between eight planes that lie anyhow, porous under one of them."""
    chance = np.random.default_rng(seed)
    grid = Grid((40, 40, 30), (0.5, 0.5, 0.5), np.zeros(3), np.eye(3))
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = 0.5 * np.stack([i, j, k], axis=-1)
    from_middle = points - points.reshape(-1, 3).mean(axis=0)
    body = np.full(grid.shape, -np.inf)
    for _ in range(7):
        normal = chance.normal(size=3)
        body = np.maximum(body, from_middle @ normal / np.linalg.norm(normal) - chance.uniform(4, 7))
    normal = chance.normal(size=3)
    depth = 5.0 - from_middle @ normal / np.linalg.norm(normal)
    return np.maximum(body, -depth).astype(np.float32), depth.astype(np.float32), grid


def thinnest(mesh: Mesh) -> tuple[float, float]:
    measured = measure_thickness(mesh, 0.6, RayCaster(mesh))
    strut, wall = (measured.thinnest(chosen) for chosen in (measured.is_strut, ~measured.is_strut))
    assert strut is not None and wall is not None
    return strut[0], wall[0]


@pytest.mark.parametrize("seed", [0, 9, 13, 14])
def test_thin_places_are_cut_out_and_nothing_else(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    body, depth, grid = shard(seed)
    made = porous_part(body, depth, grid, LATTICE, 2.0, 0.2)
    strut, wall = thinnest(made.mesh)
    assert strut >= LPBF_STRUT_MM and wall >= LPBF_WALL_MM
    monkeypatch.setattr(module, "CUT_ROUNDS", 0)
    uncut = porous_part(body, depth, grid, LATTICE, 2.0, 0.2)
    strut, wall = thinnest(uncut.mesh)
    assert strut < LPBF_STRUT_MM or wall < LPBF_WALL_MM, "the shard shows nothing"
    assert made.mesh.volume_ml == pytest.approx(uncut.mesh.volume_ml, rel=0.01)


def test_a_cut_beyond_the_rows_does_nothing_and_one_across_their_edge_only_its_part() -> None:
    field = np.full((6, 7, 8), -1.0, dtype=np.float32)
    cut_out(field, np.array([[4.0, 3.0, -20.0], [4.0, 3.0, 30.0]]), 2.0, 0.2)
    assert (field == -1.0).all()
    cut_out(field, np.array([[4.0, 3.0, -1.0]]), 2.5, 0.2)
    assert field[0, 3, 4] == pytest.approx(0.3) and field[1, 3, 4] == pytest.approx(0.1)
    assert (field[2:] < 0).all() and field[0, 3, 7] < 0


def test_a_lattice_that_is_thin_by_design_is_left_whole() -> None:
    body, depth, grid = shard(0)
    sheets = Lattice("gyroid", "sheet", 1.0, 0.8)
    made = porous_part(body, depth, grid, sheets, 2.0, 0.2)
    assert thinnest(made.mesh)[0] < LPBF_STRUT_MM
    assert made.porosity < 0.9
