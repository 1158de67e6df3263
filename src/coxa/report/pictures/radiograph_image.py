"""A computed radiograph as a film is read, and the shadows of single structures on it."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import HIP_LEFT, HIP_RIGHT, SACRUM
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.labels import Segmentation
from coxa.radiograph import Radiograph
from coxa.report.drawing.canvas import RgbArray

SHADOW_PITCH_MM = 2.0
"""Distance of the points of which a structure's shadow is made."""


def radiograph_image(radiograph: Radiograph) -> RgbArray:
    """Return the radiograph as a film is read: bone bright, evened out as digital films are [row, column, 3]."""
    from scipy import ndimage

    path = radiograph.water_mm
    tissue = path > 5.0
    if not tissue.any():
        return np.zeros((*path.shape, 3), dtype=np.uint8)
    # Large-scale differences in body thickness are mostly taken out, so that thin and stout patients look alike.
    sigma = 30.0 / radiograph.view.mm_per_px
    weight = ndimage.gaussian_filter(tissue.astype(np.float32), sigma)
    broad = ndimage.gaussian_filter(np.where(tissue, path, 0.0), sigma) / np.maximum(weight, 1e-3)
    evened = path - 0.7 * broad
    fine = evened - ndimage.gaussian_filter(evened, 2.5 / radiograph.view.mm_per_px)
    evened = evened + 0.6 * fine
    low, high = np.percentile(evened[tissue], [4.0, 98.5])
    level = np.clip((evened - low) / max(high - low, 1e-3), 0.0, 1.0) ** 1.15
    return np.repeat((level * 255.0 + 0.5).astype(np.uint8)[..., None], 3, axis=2)


def pelvis_points(segmentation: Segmentation, step: int = 6) -> FloatArray:
    """Return LPS mm (N, 3) of every ``step``-th voxel of hips and sacrum, of all bone when there are none."""
    values = [value for value, name in segmentation.names.items() if name in (HIP_LEFT, HIP_RIGHT, SACRUM)]
    few = segmentation.labels[::step, ::step, ::step]
    kji = np.argwhere(np.isin(few, values))
    if not len(kji):
        kji = np.argwhere(few > 0)
    if not len(kji):
        kji = np.indices((2, 2, 2)).reshape(3, -1).T * (np.array(few.shape) - 1)
    return segmentation.grid.points_from_indices(kji[:, ::-1] * step)


def silhouette(radiograph: Radiograph, segmentation: Segmentation, name: str) -> BoolArray:
    """Return the shadow of one structure on the radiograph [row, column]."""
    from scipy import ndimage

    shadow = np.zeros(radiograph.water_mm.shape, dtype=bool)
    values = segmentation.values_of(name)
    # Fine voxels are sampled, thick ones split, so that neighbouring points are SHADOW_PITCH_MM apart at most.
    spacing = np.array(segmentation.grid.spacing_mm)
    step = np.maximum(1, (SHADOW_PITCH_MM / spacing).astype(np.int64))
    i, j, k = (int(n) for n in step)
    kji = np.argwhere(np.isin(segmentation.labels[::k, ::j, ::i], values))
    if not len(kji):
        return shadow
    parts = np.ceil(spacing * step / SHADOW_PITCH_MM).astype(np.int64)
    centred = [(np.arange(n) + 0.5) / n - 0.5 for n in parts]
    rows, columns = radiograph.water_mm.shape
    for offset in np.stack(np.meshgrid(*centred), axis=-1).reshape(-1, 3):
        points = segmentation.grid.points_from_indices((kji[:, ::-1] + offset) * step)
        x, y = np.rint(radiograph.view.pixels_from_points(points)).astype(np.int64).T
        inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        shadow[y[inside], x[inside]] = True
    # Grown until the gaps between the points close, then back. Many layers lie behind one another, so the
    # outermost points come near the true edge: a quarter of their distance is left outside them, not half.
    pitch_px = float((spacing * step / parts).max()) / radiograph.view.mm_per_px
    grown = ndimage.distance_transform_edt(~shadow) <= 0.75 * pitch_px
    return np.asarray(ndimage.distance_transform_edt(grown) > 0.5 * pitch_px)
