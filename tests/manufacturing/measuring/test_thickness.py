"""Wall and strut figures on bodies of known thickness."""

import numpy as np
import pytest
import trimesh

from coxa.geometry import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring import patch_thickness, thickness
from coxa.manufacturing.measuring.patch_thickness import measure_thickness_by_patches
from coxa.manufacturing.measuring.thickness import Thickness, measure_thickness
from coxa.manufacturing.part.lattice import Lattice


def measured_in(body: trimesh.Trimesh, classify_below_mm: float) -> Thickness:
    mesh = Mesh(body.vertices, body.faces)
    return measure_thickness(mesh, classify_below_mm, RayCaster(mesh))


@pytest.mark.parametrize("wall_mm", [0.1, 0.4, 1.0, 2.5])
def test_plate(wall_mm: float) -> None:
    measured = measured_in(trimesh.creation.box((20.0, 20.0, wall_mm)), 3.0)
    value, _ = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(wall_mm, abs=0.01)
    assert measured.thinnest(measured.is_strut) is None


@pytest.mark.parametrize("wall_mm", [0.3, 1.0])
def test_tube(wall_mm: float) -> None:
    tube = trimesh.creation.annulus(r_min=8.0 - wall_mm, r_max=8.0, height=25.0, sections=256)
    measured = measured_in(tube, 0.6)
    value, _ = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(wall_mm, abs=0.05)


@pytest.mark.parametrize("diameter_mm", [0.25, 0.5])
def test_rod_is_a_strut(diameter_mm: float) -> None:
    rod = trimesh.creation.cylinder(0.5 * diameter_mm, 10.0, sections=64)
    measured = measured_in(rod, 0.6)
    value, _ = measured.thinnest(measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(diameter_mm, abs=0.02)
    assert measured.area_mm2[measured.is_strut].sum() > 0.9 * measured.area_mm2[measured.thickness_mm < 0.6].sum()


@pytest.mark.parametrize("degrees", [0.0, 33.0])
def test_a_strut_is_one_at_its_roots_too(degrees: float) -> None:
    """Where a rod of 0.3 mm stands on blocks it is as wide as they are, but no wall."""
    rod = trimesh.creation.cylinder(0.15, 6.2, sections=48)
    blocks = [trimesh.creation.box((4.0, 4.0, 2.0)).apply_translation([0.0, 0.0, z]) for z in (-4.0, 4.0)]
    body = trimesh.boolean.union([rod, *blocks], engine="manifold")
    body.apply_transform(trimesh.transformations.rotation_matrix(np.radians(degrees), [0.6, 0.64, 0.48]))
    measured = measured_in(body, 0.6)
    strut, wall = measured.thinnest(measured.is_strut), measured.thinnest(~measured.is_strut)
    assert strut is not None and strut[0] == pytest.approx(0.3, abs=0.005)
    assert wall is not None and wall[0] == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("sides", [3, 4])
def test_an_edge_is_no_thin_wall(sides: int) -> None:
    """From beside the edge of a pyramid a ray leaves through the face across within a micrometre."""
    cone = trimesh.creation.cone(8.0, 10.0, sections=sides)
    measured = measured_in(cone, 0.6)
    assert not (measured.thickness_mm < 0.6).any()


def test_wedge_is_thick_where_its_faces_are_far_apart() -> None:
    measured = measured_in(trimesh.creation.box((10.0, 10.0, 10.0)), 0.6)
    assert measured.thickness_mm.min() == pytest.approx(10.0, abs=1e-3)


def test_place_of_the_thinnest_wall() -> None:
    step = trimesh.util.concatenate(
        [
            trimesh.creation.box((10.0, 10.0, 4.0)),
            trimesh.creation.box((10.0, 10.0, 0.6)).apply_translation([30.0, 0, 0]),
        ]
    )
    measured = measured_in(step, 1.0)
    value, place = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == pytest.approx(0.6, abs=0.01)
    assert np.linalg.norm(place - [30.0, 0.0, 0.0]) < 8.0


def sheet_walls_mm(lattice: Lattice, points: np.ndarray) -> np.ndarray:
    """The sheet's thickness at points of its surface, from its own formula: along the gradient to the other side."""
    scale = 2.0 * np.pi / lattice.cell_mm

    def gyroid(p: np.ndarray) -> np.ndarray:
        x, y, z = (scale * p[:, n] for n in range(3))
        return np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)

    h = 1e-4
    gradient = np.stack([(gyroid(points + h * e) - gyroid(points - h * e)) / (2 * h) for e in np.eye(3)], axis=1)
    inward = -gradient * np.sign(gyroid(points))[:, None] / np.linalg.norm(gradient, axis=1)[:, None]
    steps = np.arange(0.2, 0.5, 0.005)
    inside = np.stack([np.abs(gyroid(points + t * inward)) < lattice.level for t in steps])
    return steps[np.argmin(inside, axis=0)]


def test_gyroid_sheet_against_its_formula() -> None:
    """The walls as the level set has them; the block's rim, where sheets are cut, is left out."""
    from skimage.measure import marching_cubes

    lattice = Lattice("gyroid", "sheet", 3.0, 0.70)
    pitch, count = 0.08, 65
    axis = (np.arange(count) * pitch).astype(np.float32)
    field = lattice.distance(axis[:, None, None], axis[None, :, None], axis[None, None, :])
    block = np.pad(field, 1, constant_values=1.0)
    vertices, faces, _, _ = marching_cubes(block, 0.0, spacing=(pitch,) * 3)
    closed = trimesh.Trimesh(vertices - pitch, faces[:, ::-1], process=False)
    closed.invert() if closed.volume < 0 else None
    measured = measured_in(closed, 0.6)
    inner = ((measured.points_lps_mm > 0.8) & (measured.points_lps_mm < count * pitch - 0.8)).all(axis=1)
    truth = sheet_walls_mm(lattice, measured.points_lps_mm[inner])
    # Between 0.30 and 0.36 mm: |grad G| varies over the surface.
    assert 0.05 < np.ptp(truth) < 0.2
    least = measured.thinnest(inner)
    assert least is not None and least[0] == pytest.approx(truth.min(), abs=0.05)
    assert np.percentile(np.abs(measured.thickness_mm[inner] - truth), 95) < 0.05


def test_patches_measure_what_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces about a patch are looked through, but only its own are measured."""
    plates = [trimesh.creation.box((12.0, 12.0, wall)) for wall in (0.5, 0.3)]
    plates[1].apply_translation([0.0, 0.0, 6.0])
    rod = trimesh.creation.cylinder(0.2, 10.0, sections=64).apply_translation([20.0, 0.0, 0.0])
    body = trimesh.util.concatenate([*plates, rod])
    for _ in range(3):
        body = body.subdivide()
    mesh = Mesh(body.vertices, body.faces)
    whole = measured_in(body, 0.6)
    monkeypatch.setattr(patch_thickness, "PATCH_FACES", 9000)
    pieces = measure_thickness_by_patches(mesh, 0.6)
    assert pieces.area_mm2.sum() == pytest.approx(whole.area_mm2.sum(), rel=1e-3)
    for chosen, known_mm, place in ((~pieces.is_strut, 0.3, [0.0, 0.0, 6.0]), (pieces.is_strut, 0.4, [20.0, 0, 0])):
        found = pieces.thinnest(chosen)
        assert found is not None and found[0] == pytest.approx(known_mm, abs=0.01)
        assert np.linalg.norm(found[1] - place) < 9.0
    rod_side = (pieces.points_lps_mm[:, 0] > 15.0) & (np.abs(pieces.points_lps_mm[:, 2]) < 4.999)
    assert np.array_equal(pieces.is_strut, rod_side)
    assert np.isfinite(pieces.thickness_mm[rod_side]).all()
    assert pieces.area_mm2[rod_side].sum() == pytest.approx(np.pi * 0.4 * 10.0, rel=0.05)


def test_a_patch_that_is_open_where_it_was_cut_off_has_no_wall_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rays through a thick body leave the patch without meeting anything: thick, not without a wall."""
    body = trimesh.creation.box((30.0, 30.0, 20.0))
    for _ in range(5):
        body = body.subdivide()
    monkeypatch.setattr(patch_thickness, "PATCH_FACES", 2000)
    measured = measure_thickness_by_patches(Mesh(body.vertices, body.faces), 0.43, struts_below_mm=0.27)
    assert measured.area_mm2.sum() == pytest.approx(body.area, rel=0.01)
    assert np.isinf(measured.thickness_mm).all()


def test_only_what_lies_about_the_places_is_measured() -> None:
    plates = [trimesh.creation.box((12.0, 12.0, 0.3)).apply_translation([x, 0.0, 0.0]) for x in (0.0, 40.0)]
    body = trimesh.util.concatenate(plates)
    for _ in range(4):
        body = body.subdivide()
    measured = measure_thickness_by_patches(Mesh(body.vertices, body.faces), 0.5, np.array([[40.0, 0.0, 0.15]]))
    assert (np.abs(measured.points_lps_mm[:, 0] - 40.0) < 6.0).all()
    found = measured.thinnest(~measured.is_strut)
    assert found is not None and found[0] == pytest.approx(0.3, abs=0.001)


def test_a_thin_wall_is_not_lost_among_many_thinner_struts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Struts that print at 0.3 mm must not use up the closer looks that a wall of 0.35 mm needs."""
    rods = [trimesh.creation.cylinder(0.15, 60.0, sections=12) for _ in range(400)]
    for n, rod in enumerate(rods):
        rod.apply_translation([2.0 * (n % 20), 2.0 * (n // 20), 0.0])
    wall = trimesh.creation.box((10.0, 10.0, 0.35)).apply_translation([-20.0, 0.0, 0.0])
    monkeypatch.setattr(thickness, "LOOKED_CLOSER", 200)
    measured = measured_in(trimesh.util.concatenate([wall, *rods]), 0.6)
    for chosen, known_mm in ((measured.is_strut, 0.29), (~measured.is_strut, 0.35)):
        found = measured.thinnest(chosen)
        assert found is not None and found[0] == pytest.approx(known_mm, abs=0.015)


def test_a_wall_thinner_than_a_micrometre_has_no_thickness() -> None:
    body = trimesh.creation.box((10.0, 10.0, 0.0005)).subdivide()
    measured = measured_in(body, 0.6)
    value, _ = measured.thinnest(~measured.is_strut)  # type: ignore[misc]
    assert value == 0.0


def test_a_small_thin_place_of_a_large_part_is_found_and_measured() -> None:
    """A dimple that leaves 0.35 mm over 1 mm² of a plate of 40,000 mm²; a fleck of much less does not count."""
    plate = trimesh.creation.box((140.0, 140.0, 5.0)).subdivide().subdivide().subdivide()
    drill = trimesh.creation.cylinder(0.6, 10.0, sections=64).apply_translation([31.0, -47.0, -5.0 + 2.15])
    speck = trimesh.creation.cylinder(0.12, 10.0, sections=32).apply_translation([-20.0, 15.0, -5.0 + 2.3])
    measured = measured_in(trimesh.boolean.difference([plate, drill, speck], engine="manifold"), 0.6)
    found = measured.thinnest(measured.thickness_mm < 0.6)
    assert found is not None and found[0] == pytest.approx(0.35, abs=0.005)
    assert np.hypot(*(found[1][:2] - [31.0, -47.0])) < 0.7


def test_specks_of_a_large_part_do_not_count_however_few_rays_find_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """One ray in ten mm² that meets a speck of 0.05 mm² must not speak for all ten."""
    plate = trimesh.creation.box((100.0, 100.0, 5.0)).subdivide().subdivide()
    places = [(x, y, -2.7) for x in range(-44, 45, 4) for y in range(-44, 45, 4)]
    specks = [trimesh.creation.cylinder(0.12, 10.0, sections=16).apply_translation(p) for p in places]
    monkeypatch.setattr(thickness, "FINDERS", 60_000)
    body = trimesh.boolean.difference([plate, *specks], engine="manifold")
    few = thickness.spread_over(Mesh(body.vertices, body.faces), 60_000)
    floor_mm = 2.5 + 2.7 - 5.0  # of metal left under each speck
    assert (np.abs(few.points_lps_mm[:, 2] - (2.5 - floor_mm)) < 1e-6).any(), "no ray finds a speck"
    assert not (measured_in(body, 0.6).thickness_mm < 0.6).any()
