"""Loss of known volume, in its sector."""

import numpy as np
import pytest
import trimesh

from coxa.anatomy import LABELS, UNKNOWN, UNKNOWN_LABEL, Side
from coxa.case import FittedCup
from coxa.geometry import Grid
from coxa.labels import Segmentation
from coxa.planning.defect import SECTORS, bone_change, measure_defect
from coxa.planning.settings import PlanSettings
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, as_mesh, hip_block, landmarks, mirrored

# Places deep in the block, on the left, well inside one sector each.
PLACES = {
    "roof": (-8.0, 0.0, 42.0),
    "anterior": (-12.0, -38.0, 12.0),
    "posterior": (-12.0, 42.0, 12.0),
    "medial": (-44.0, 0.0, 10.0),
}
RADII_MM = (10.0, 8.0, 9.0)
VOLUME_ML = 4.0 / 3.0 * np.pi * np.prod(RADII_MM) / 1000.0
SETTINGS = PlanSettings(defect_radius_mm=56.0)


def no_metal() -> Segmentation:
    grid = Grid((60, 60, 60), (4.0, 4.0, 4.0), LEFT_CENTRE - 118.0, np.eye(3))
    return Segmentation(np.zeros(grid.shape, dtype=np.uint8), grid)


def ellipsoid(offset: tuple[float, float, float]) -> trimesh.Trimesh:
    body = trimesh.creation.icosphere(4).apply_scale(RADII_MM)
    return body.apply_translation(LEFT_CENTRE + offset)


@pytest.mark.parametrize("sector", SECTORS)
@pytest.mark.parametrize("side", list(Side))
def test_lost_ellipsoid_has_its_volume_and_sector(sector: str, side: Side) -> None:
    native, host = as_mesh(hip_block()), as_mesh(hip_block(ellipsoid(PLACES[sector])))
    centre = LEFT_CENTRE if side is Side.LEFT else MIRROR * LEFT_CENTRE
    if side is Side.RIGHT:
        native, host = mirrored(native), mirrored(host)
    frame = landmarks().lps_from_app
    assert frame is not None
    change = bone_change(native, host, centre, no_metal(), None, SETTINGS)
    defect = measure_defect(change, frame, side, "made")
    assert defect.lost_ml == pytest.approx(VOLUME_ML, rel=0.02)
    assert defect.lost_by_sector_ml[sector] == pytest.approx(VOLUME_ML, rel=0.02)
    assert sum(defect.lost_by_sector_ml.values()) == pytest.approx(defect.lost_ml, rel=1e-9)
    assert defect.new_ml == pytest.approx(0.0, abs=0.01)
    assert defect.unknown_ml == 0.0


def test_new_bone_is_not_loss() -> None:
    spur = as_mesh(trimesh.boolean.union([hip_block(), ellipsoid((26.0, 5.0, 60.0))], engine="manifold"))
    native = as_mesh(hip_block())
    frame = landmarks().lps_from_app
    assert frame is not None
    change = bone_change(
        native, spur, LEFT_CENTRE, no_metal(), None, PlanSettings(defect_radius_mm=85.0, defect_spacing_mm=1.5)
    )
    defect = measure_defect(change, frame, Side.LEFT, "made")
    assert defect.lost_ml == pytest.approx(0.0, abs=0.01)
    assert defect.new_ml == pytest.approx(spur.volume_ml - native.volume_ml, rel=0.05)


def test_thin_difference_of_the_sides_is_no_defect() -> None:
    native = as_mesh(hip_block())
    shrunk = native.transformed(np.diag([0.985, 0.985, 0.985, 1.0]))
    change = bone_change(native, shrunk, LEFT_CENTRE, no_metal(), None, SETTINGS)
    assert change.lost.sum() == 0.0


def test_loss_beside_metal_is_unknown_until_the_old_cup_fills_it() -> None:
    grid = Grid((120, 120, 120), (2.0, 2.0, 2.0), LEFT_CENTRE - 119.0, np.eye(3))
    labels = np.zeros(grid.shape, dtype=np.uint8)
    k, j, i = np.indices(grid.shape)
    points = grid.points_from_indices(np.stack([i, j, k], axis=-1))
    middle = LEFT_CENTRE + PLACES["roof"]
    away = np.linalg.norm(points - middle, axis=-1)
    labels[away < 13.0] = UNKNOWN_LABEL
    labels[away < 6.0] = 6  # smaller than the loss: most of it is hidden by the unknown, not by the metal itself
    native, host = as_mesh(hip_block()), as_mesh(hip_block(ellipsoid(PLACES["roof"])))
    metal = Segmentation(labels, grid, {**LABELS, UNKNOWN_LABEL: UNKNOWN})
    frame = landmarks().lps_from_app
    assert frame is not None
    change = bone_change(native, host, LEFT_CENTRE, metal, None, SETTINGS)
    hidden = measure_defect(change, frame, Side.LEFT, "made")
    assert hidden.lost_ml == 0.0
    assert hidden.unknown_ml == pytest.approx(VOLUME_ML, rel=0.02)
    cup = FittedCup(middle, np.array([0.0, 0.0, -1.0]), 40.0, 1.0, 1.0, 1.0, "made")
    half = measure_defect(bone_change(native, host, LEFT_CENTRE, metal, cup, SETTINGS), frame, Side.LEFT, "made")
    assert half.lost_ml == pytest.approx(0.5 * VOLUME_ML, rel=0.03)
    assert half.lost_ml + half.unknown_ml == pytest.approx(VOLUME_ML, rel=0.02)
