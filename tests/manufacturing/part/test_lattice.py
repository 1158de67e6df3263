"""Porosity, levels and closed parts of the lattices."""

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from coxa.errors import MeshError, UsageError
from coxa.geometry import Grid
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.voxelise import inside_mask
from coxa.io.meshes.mesh_files import open_edges
from coxa.manufacturing import check_mesh
from coxa.manufacturing.measuring.thickness import measure_thickness
from coxa.manufacturing.part.block_meshing import CUT_MM, BlockMesher
from coxa.manufacturing.part.lattice import STYLES, SURFACES, Lattice
from coxa.manufacturing.part.porous_part import largest_shell, porous_part
from coxa.manufacturing.rules.certificate import Verdict

# Clinical reference, section 9: gyroid, porosity -> network level, sheet level.
GYROID_LEVELS = {0.60: (0.310, 0.617), 0.70: (0.617, 0.465), 0.75: (0.766, 0.387), 0.80: (0.916, 0.310)}


@pytest.mark.parametrize("porosity", GYROID_LEVELS)
def test_gyroid_levels_of_the_reference(porosity: float) -> None:
    network, sheet = GYROID_LEVELS[porosity]
    assert Lattice("gyroid", "network", 1.4, porosity).level == pytest.approx(network, abs=0.003)
    assert Lattice("gyroid", "sheet", 1.4, porosity).level == pytest.approx(sheet, abs=0.003)


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("style", STYLES)
def test_porosity_on_points_of_its_own(surface: str, style: str) -> None:
    lattice = Lattice(surface, style, 1.3, 0.72)
    x, y, z = np.random.default_rng(1).uniform(0.0, 13.0, (3, 200_000)).astype(np.float32)
    assert float((lattice.distance(x, y, z) >= 0).mean()) == pytest.approx(0.72, abs=0.005)


def test_unknown_lattice() -> None:
    with pytest.raises(UsageError, match="gyroid"):
        Lattice("honeycomb")


def block_field(grid: Grid, half_mm: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A block about the grid's middle, and the depth under its lower k face."""
    k, j, i = (np.arange(n) * s for n, s in zip(grid.shape, grid.spacing_mm[::-1], strict=True))
    k, j, i = (axis - axis.mean() for axis in (k, j, i))
    hi, hj, hk = half_mm
    parts = np.broadcast_arrays(
        np.abs(k)[:, None, None] - hk, np.abs(j)[None, :, None] - hj, np.abs(i)[None, None, :] - hi
    )
    depth = np.broadcast_to((k + hk)[:, None, None], grid.shape)
    return np.max(parts, axis=0).astype(np.float32), depth.astype(np.float32)


GRID = Grid((31, 31, 31), (0.5, 0.5, 0.5), np.array([100.0, -50.0, -600.0]), np.eye(3))


@pytest.mark.parametrize("porosity", [0.6, 0.75])
def test_porous_block_has_its_porosity_as_a_mesh(porosity: float) -> None:
    body, depth = block_field(GRID, (4.2, 4.2, 4.2))
    part = porous_part(body, depth, GRID, Lattice("gyroid", "network", 1.4, porosity), 100.0, 0.12)
    # Within: two whole cells of the mesh have the designed porosity.
    cells = Grid((56, 56, 56), (0.05, 0.05, 0.05), GRID.origin_lps_mm + 7.5 - 1.375, np.eye(3))
    assert 1.0 - inside_mask(part.mesh, cells).mean() == pytest.approx(porosity, abs=0.01)
    # Over all: struts cut too thin were left out, so it is more, and the figure is the mesh's own.
    assert part.porosity == pytest.approx(1.0 - part.mesh.volume_ml / (8.4**3 / 1000.0), abs=0.005)
    assert porosity < part.porosity < porosity + 0.06


def test_part_is_one_closed_body_solid_below_its_layer() -> None:
    body, depth = block_field(GRID, (6.0, 5.0, 4.0))
    part = porous_part(body, depth, GRID, Lattice(), 2.0, 0.2)
    as_read = trimesh.Trimesh(part.mesh.vertices_lps_mm.astype(np.float32), part.mesh.faces, process=False)
    assert as_read.is_watertight and as_read.is_winding_consistent and as_read.body_count == 1
    envelope = 12.0 * 10.0 * 8.0 / 1000.0
    assert part.envelope_ml == pytest.approx(envelope, rel=0.02)
    assert part.porous_ml == pytest.approx(envelope / 4.0, rel=0.06)
    middle_of_the_part = np.array([100.0, -50.0, -600.0]) + 7.5
    low, high = part.mesh.vertices_lps_mm.min(axis=0), part.mesh.vertices_lps_mm.max(axis=0)
    assert np.allclose(0.5 * (low + high), middle_of_the_part, atol=0.1)
    assert np.allclose(high - low, [12.0, 10.0, 8.0], atol=0.1)
    # Above layer and transition there is no hole: points inside stay inside.
    k_solid = middle_of_the_part[2] - 4.0 + 3.0
    points = np.random.default_rng(0).uniform([-5, -4, 0], [5, 4, 4], (500, 3))
    points = np.column_stack([points[:, :2] + middle_of_the_part[:2], k_solid + points[:, 2]])
    assert as_read.contains(points).all()


def test_gyroid_sheet_has_the_wall_of_the_reference() -> None:
    body, depth = block_field(GRID, (3.0, 3.0, 3.0))
    part = porous_part(body, depth, GRID, Lattice("gyroid", "sheet", 3.0, 0.70), 100.0, 0.1)
    measured = measure_thickness(part.mesh, 0.6, RayCaster(part.mesh))
    # Computed from the gyroid's formula: wall / L = .108 at 70 %.
    assert float(np.median(measured.thickness_mm[measured.thickness_mm < 1.0])) == pytest.approx(0.324, abs=0.05)


def test_no_powder_is_trapped() -> None:
    body, _ = block_field(GRID, (5.0, 5.0, 5.0))
    # A shell all round: porous only deep within, so that its pores have no way out.
    part = porous_part(body, np.where(body < -2.0, 0.5, 50.0).astype(np.float32), GRID, Lattice(), 2.0, 0.25)
    assert trimesh.Trimesh(part.mesh.vertices_lps_mm, part.mesh.faces, process=False).body_count == 1
    assert part.mesh.volume_ml == pytest.approx(1.0, rel=0.02)


def test_a_lattice_part_raises_no_alarm() -> None:
    grid = Grid((41, 25, 21), GRID.spacing_mm, GRID.origin_lps_mm, GRID.direction)
    body, depth = block_field(grid, (9.0, 4.0, 3.5))
    part = porous_part(body, depth, grid, Lattice("gyroid", "network", 1.4, 0.65), 3.0, 0.15)
    certificate = check_mesh(part.mesh, "lpbf", 0.65)
    assert [rule for rule in certificate.rules if rule.verdict in (Verdict.FAIL, Verdict.WARN)] == []
    # Measured, not passed over: a mesh with struts has a figure for each.
    for name in ("thinnest_strut", "smallest_pore", "porosity"):
        assert certificate.rule(name).verdict is Verdict.PASS


def test_left_handed_grid_gives_an_outward_mesh() -> None:
    grid = Grid(GRID.size, GRID.spacing_mm, GRID.origin_lps_mm, np.diag([-1.0, 1.0, 1.0]))
    body, depth = block_field(grid, (5.0, 5.0, 5.0))
    assert porous_part(body, depth, grid, Lattice(), 2.0, 0.25).mesh.volume_ml > 0


def test_empty_body_is_refused() -> None:
    with pytest.raises(MeshError, match="empty"):
        porous_part(np.ones(GRID.shape, np.float32), np.ones(GRID.shape, np.float32), GRID, Lattice(), 2.0, 0.2)


def test_blocks_make_the_part_that_one_block_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    body, depth = block_field(GRID, (5.0, 5.0, 4.0))
    whole = porous_part(body, depth, GRID, Lattice(), 2.0, 0.2)
    monkeypatch.setattr("coxa.manufacturing.part.block_meshing.SLAB_VOXELS", 30_000)
    blocks = porous_part(body, depth, GRID, Lattice(), 2.0, 0.2)
    assert open_edges(blocks.mesh) == 0
    assert len(blocks.mesh.faces) == len(whole.mesh.faces)
    assert len(blocks.mesh.vertices_lps_mm) == len(whole.mesh.vertices_lps_mm)
    assert blocks.mesh.volume_ml == pytest.approx(whole.mesh.volume_ml, rel=1e-5)
    for name in ("envelope_ml", "porous_ml", "porosity"):
        assert getattr(blocks, name) == pytest.approx(getattr(whole, name), abs=1e-4)


def test_what_is_drawn_again_is_what_a_drawing_of_the_cut_part_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    body, depth = block_field(GRID, (5.0, 5.0, 4.0))
    monkeypatch.setattr("coxa.manufacturing.part.block_meshing.SLAB_VOXELS", 60_000)
    cut = BlockMesher(body, depth - np.float32(2.0), GRID, Lattice(), 0.1)
    volume_ml, surfaces = largest_shell(cut.mesh()).volume_ml, [block.surface for block in cut._blocks]
    places = GRID.origin_lps_mm + 7.5 + [[1.0, 0.5, -0.6], [-2.0, 1.0, -0.45]]
    cut.cut(places[:1])
    cut.cut(places[1:])
    again = [block.surface is not before for block, before in zip(cut._blocks, surfaces, strict=True)]
    assert 0 < sum(again) < len(again)
    assert open_edges(cut.mesh()) == 0
    # Two balls in solid metal are two hollows, even where a ball crosses the row that two blocks share.
    hollows_ml = 2 * 4.0 / 3.0 * np.pi * CUT_MM**3 / 1000.0
    assert volume_ml - cut.mesh().volume_ml == pytest.approx(hollows_ml, rel=0.05)
    assert largest_shell(cut.mesh()).volume_ml == pytest.approx(volume_ml, rel=1e-6)


def slanted_field() -> tuple[np.ndarray, np.ndarray]:
    """A block about the grid's middle that is porous under a slanted plane, so that every row has struts elsewhere."""
    body, _ = block_field(GRID, (5.0, 5.0, 5.0))
    k, j, i = np.meshgrid(*(0.5 * np.arange(n) - 7.5 for n in GRID.shape), indexing="ij")
    return body, (2.0 + 0.8 * k + 0.5 * j - 0.33 * i).astype(np.float32)


@pytest.mark.parametrize("rows", [3, 8])
def test_the_surface_does_not_depend_on_what_is_drawn_together(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    body, below_layer = slanted_field()
    monkeypatch.setattr("coxa.manufacturing.part.block_meshing.SLAB_ROWS", 1000)
    whole = BlockMesher(body, below_layer, GRID, Lattice(), 0.3).mesh()
    monkeypatch.setattr("coxa.manufacturing.part.block_meshing.SLAB_ROWS", rows)
    blocks = BlockMesher(body, below_layer, GRID, Lattice(), 0.3).mesh()
    assert open_edges(blocks) == 0
    assert len(blocks.vertices_lps_mm) == len(whole.vertices_lps_mm)
    apart, _ = cKDTree(whole.vertices_lps_mm).query(blocks.vertices_lps_mm)
    assert apart.max() < 1e-5


def test_no_block_that_a_cut_reaches_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts at all heights between two seams: what was not drawn again must be as if it had been."""
    body, below_layer = slanted_field()
    monkeypatch.setattr("coxa.manufacturing.part.block_meshing.SLAB_ROWS", 8)
    drawing = BlockMesher(body, below_layer, GRID, Lattice(), 0.3)
    middle = GRID.origin_lps_mm + 7.5
    for offset in np.arange(-1.2, 1.2, 0.1):
        away = np.array([[2.0 * np.sin(9.0 * offset), 3.0 * np.cos(7.0 * offset), offset]])
        drawing.cut(middle + away)
    rows = [(b.surface.first_row, b.surface.first_row + b.surface.rows) for b in drawing._blocks]
    for block, anew in zip(drawing._blocks, drawing._drawn(rows), strict=True):
        assert np.array_equal(block.surface.vertices_ijk, anew.surface.vertices_ijk)
    assert open_edges(drawing.mesh()) == 0


def test_a_thin_layer_on_a_large_body_has_its_own_porosity() -> None:
    """The body's skin must not count as struts."""
    grid = Grid((61, 61, 31), (0.5, 0.5, 0.5), np.zeros(3), np.eye(3))
    body, depth = block_field(grid, (14.0, 14.0, 6.0))
    part = porous_part(body, depth, grid, Lattice("gyroid", "network", 1.4, 0.70), 2.0, 0.2)
    assert part.envelope_ml == pytest.approx(28.0 * 28.0 * 12.0 / 1000.0, rel=0.005)
    assert part.porous_ml == pytest.approx(28.0 * 28.0 * 2.0 / 1000.0, rel=0.01)
    assert 0.69 < part.porosity < 0.76  # struts cut too thin at the outer side are left out
