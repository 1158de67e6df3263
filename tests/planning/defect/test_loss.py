"""Loss of known volume, in its sector; what metal hides; what the sides' own difference must not do."""

import functools

import numpy as np
import pytest
import trimesh

from coxa.anatomy import LABELS, UNKNOWN, UNKNOWN_LABEL, Side
from coxa.case import FittedCup
from coxa.geometry import Grid, Mesh
from coxa.labels import Segmentation
from coxa.planning.defect.loss import SECTORS, DefectSite, bone_change, measure_defect, sector_index
from coxa.planning.defect.native_hemipelvis import NativeHemipelvis
from coxa.planning.defect.values import Defect
from coxa.planning.settings.defect_settings import DefectSettings
from tests.planning.block_hip import HEAD_RADIUS_MM, LEFT_CENTRE, MIRROR, as_mesh, hip_block, landmarks, mirrored

# Places deep in the block, on the left, well inside one sector each.
PLACES = {
    "roof": (-8.0, 0.0, 42.0),
    "anterior": (-12.0, -38.0, 12.0),
    "posterior": (-12.0, 42.0, 12.0),
    "medial": (-44.0, 0.0, 10.0),
}
RADII_MM = (10.0, 8.0, 9.0)
VOLUME_ML = 4.0 / 3.0 * np.pi * np.prod(RADII_MM) / 1000.0
BIAS_MM = 0.5
SETTINGS = DefectSettings(defect_radius_mm=56.0, defect_spacing_mm=1.5)


def no_metal() -> Segmentation:
    """A scan of both hips."""
    grid = Grid((120, 60, 60), (4.0, 4.0, 4.0), [-238.0, *(LEFT_CENTRE - 118.0)[1:]], np.eye(3))
    return Segmentation(np.zeros(grid.shape, dtype=np.uint8), grid)


@functools.cache
def holed(sector: str) -> Mesh:
    """The block with the ellipsoid of that sector gone."""
    return as_mesh(hip_block(ellipsoid(PLACES[sector])))


def ellipsoid(offset: tuple[float, float, float]) -> trimesh.Trimesh:
    body = trimesh.creation.icosphere(4).apply_scale(RADII_MM)
    return body.apply_translation(LEFT_CENTRE + offset)


def compared(
    native: Mesh,
    host: Mesh,
    *,
    side: Side = Side.LEFT,
    segmentation: Segmentation | None = None,
    reamed_radius_mm: float | None = None,
    cup: FittedCup | None = None,
    moved_mm: float = 0.0,
    settings: DefectSettings = SETTINGS,
) -> Defect:
    centre = LEFT_CENTRE if side is Side.LEFT else MIRROR * LEFT_CENTRE
    today = np.add(centre, (0.0, 0.0, moved_mm))
    frame = landmarks().lps_from_app
    assert frame is not None
    site = DefectSite(NativeHemipelvis(native, 0.0, BIAS_MM, "made"), host, centre, today, reamed_radius_mm, cup)
    change = bone_change(site, segmentation or no_metal(), settings)
    return measure_defect(change, site, sector_index(change.grid, centre, frame, side))


@pytest.mark.parametrize(("sector", "side"), list(zip(SECTORS, [*Side, *Side], strict=True)))
def test_lost_ellipsoid_has_its_volume_and_sector(sector: str, side: Side) -> None:
    native, host = as_mesh(hip_block()), holed(sector)
    if side is Side.RIGHT:
        native, host = mirrored(native), mirrored(host)
    defect = compared(native, host, side=side)
    assert defect.lost_ml == pytest.approx(VOLUME_ML, rel=0.02)
    assert defect.seen_lost_ml == pytest.approx(VOLUME_ML, rel=0.02)
    assert defect.lost_by_sector_ml[sector] == pytest.approx(VOLUME_ML, rel=0.02)
    assert sum(defect.lost_by_sector_ml.values()) == pytest.approx(defect.lost_ml, rel=1e-9)
    assert sum(defect.native_by_sector_ml.values()) == pytest.approx(defect.native_ml, rel=1e-9)
    assert defect.new_ml == pytest.approx(0.0, abs=0.01)
    assert defect.unknown_ml == 0.0


def test_new_bone_is_not_loss() -> None:
    spur = as_mesh(trimesh.boolean.union([hip_block(), ellipsoid((26.0, 5.0, 60.0))], engine="manifold"))
    native = as_mesh(hip_block())
    defect = compared(native, spur, settings=DefectSettings(defect_radius_mm=85.0, defect_spacing_mm=1.5))
    assert defect.lost_ml == pytest.approx(0.0, abs=0.01)
    assert defect.new_ml == pytest.approx(spur.volume_ml - native.volume_ml, rel=0.05)


def test_thin_difference_of_the_sides_is_no_defect() -> None:
    native = as_mesh(hip_block())
    shrunk = native.transformed(np.diag([0.985, 0.985, 0.985, 1.0]))
    assert compared(native, shrunk).lost_ml == 0.0


def test_thin_layer_reamed_from_a_socket_is_lost_only_where_a_cup_has_been() -> None:
    native = hip_block()
    reamer = trimesh.creation.icosphere(5, radius=29.0).apply_translation(LEFT_CENTRE)  # the socket has 27 mm
    host = trimesh.boolean.difference([native, reamer], engine="manifold")
    reamed_ml = (native.volume - host.volume) / 1000.0
    assert reamed_ml > 4.0
    untouched = compared(as_mesh(native), as_mesh(host))
    operated = compared(as_mesh(native), as_mesh(host), reamed_radius_mm=HEAD_RADIUS_MM)
    assert untouched.lost_ml == 0.0
    assert operated.lost_ml == pytest.approx(reamed_ml, rel=0.03)


def test_loss_is_looked_for_up_to_where_the_centre_went() -> None:
    up = np.array([0.0, 0.0, 30.0])
    hole = trimesh.creation.icosphere(4, radius=9.0).apply_translation(np.add(LEFT_CENTRE, (-25.0, 0.0, 62.0)))
    native, host = as_mesh(hip_block()), as_mesh(hip_block(hole))
    volume_ml = 4.0 / 3.0 * np.pi * 9.0**3 / 1000.0
    settings = DefectSettings(defect_radius_mm=50.0, defect_spacing_mm=1.5)
    healthy = NativeHemipelvis(native, 0.0, BIAS_MM, "made")
    stayed = bone_change(DefectSite(healthy, host, LEFT_CENTRE, LEFT_CENTRE, None, None), no_metal(), settings)
    moved = bone_change(DefectSite(healthy, host, LEFT_CENTRE, LEFT_CENTRE + up, None, None), no_metal(), settings)
    assert stayed.lost.sum() * stayed.grid.voxel_volume_ml < 0.1 * volume_ml
    assert moved.lost.sum() * moved.grid.voxel_volume_ml == pytest.approx(volume_ml, rel=0.02)


@functools.cache
def hidden_loss() -> Segmentation:
    """Metal in the middle of the roof's loss, and unknown all about it."""
    grid = Grid((60, 60, 60), (2.0, 2.0, 2.0), np.add(LEFT_CENTRE, PLACES["roof"]) - 59.0, np.eye(3))
    labels = np.zeros(grid.shape, dtype=np.uint8)
    k, j, i = np.indices(grid.shape)
    away = np.linalg.norm(
        grid.points_from_indices(np.stack([i, j, k], axis=-1)) - LEFT_CENTRE - PLACES["roof"], axis=-1
    )
    labels[away < 13.0] = UNKNOWN_LABEL
    labels[away < 6.0] = 6
    return Segmentation(labels, grid, {**LABELS, UNKNOWN_LABEL: UNKNOWN})


def test_loss_beside_metal_is_unknown_until_the_old_cup_fills_it() -> None:
    native, host = as_mesh(hip_block()), holed("roof")
    hidden = compared(native, host, segmentation=hidden_loss())
    assert hidden.seen_lost_ml == pytest.approx(0.0, abs=1e-6)
    assert hidden.unknown_ml == pytest.approx(VOLUME_ML, rel=0.02)
    assert hidden.unknown_by_sector_ml["roof"] == pytest.approx(VOLUME_ML, rel=0.02)
    cup = FittedCup(LEFT_CENTRE + PLACES["roof"], np.array([0.0, 0.0, -1.0]), 40.0, 1.0, 1.0, 1.0, "made")
    half = compared(native, host, segmentation=hidden_loss(), cup=cup)
    assert half.seen_lost_ml == pytest.approx(0.5 * VOLUME_ML, rel=0.03)
    assert half.unknown_ml == pytest.approx(0.5 * VOLUME_ML, rel=0.03)


@pytest.mark.parametrize(("moved_mm", "share"), [(4.0, 0.5), (6.0, 1.0)])
def test_hidden_bone_is_lost_beside_a_migrated_cup_and_half_so_beside_a_fixed_one(
    moved_mm: float, share: float
) -> None:
    native, host = as_mesh(hip_block()), holed("roof")
    defect = compared(native, host, segmentation=hidden_loss(), moved_mm=moved_mm)
    assert defect.lost_ml == pytest.approx(share * VOLUME_ML, rel=0.02)
    assert defect.uncertainty_ml == pytest.approx(0.5 * VOLUME_ML, rel=0.02)
    assert defect.kept_ml == pytest.approx(defect.native_ml - VOLUME_ML, rel=0.01)


def test_uncertainty_is_the_native_surface_moved_by_its_bias() -> None:
    """A loss that opens to the block's top takes a disc of native surface with it, which may lie off."""
    bore = trimesh.creation.cylinder(radius=12.0, height=40.0)
    bore.apply_translation(np.add(LEFT_CENTRE, (-25.0, 5.0, 90.0)))
    native, host = as_mesh(hip_block()), as_mesh(hip_block(bore))
    settings = DefectSettings(defect_radius_mm=96.0, defect_spacing_mm=2.0)
    defect = compared(native, host, settings=settings)
    disc_ml = np.pi * 12.0**2 * BIAS_MM / 1000.0
    assert defect.uncertainty_ml == pytest.approx(disc_ml, rel=0.15)


def test_bone_that_the_scan_does_not_hold_is_not_lost() -> None:
    native = as_mesh(hip_block())
    grid = no_metal().grid
    cut_at = LEFT_CENTRE[2] - 25.0
    rows = int((cut_at - grid.origin_lps_mm[2]) / grid.spacing_mm[2])
    short = grid.crop([0, 0, rows], [*grid.size[:2], grid.size[2] - rows])
    vertices = native.vertices_lps_mm.copy()
    lowest = short.origin_lps_mm[2]
    assert vertices[:, 2].min() < lowest < LEFT_CENTRE[2]
    vertices[:, 2] = np.maximum(vertices[:, 2], lowest)
    host = Mesh(vertices, native.faces)
    seen = compared(native, host, segmentation=Segmentation(np.zeros(short.shape, dtype=np.uint8), short))
    taken_for_lost = compared(native, host)
    assert taken_for_lost.lost_ml > 3.0, "nothing was cut off"
    assert seen.lost_ml < 0.1 and seen.native_ml < taken_for_lost.native_ml
