"""A true-size radiograph computed from the scan: parallel rays along a frame's antero-posterior axis.

Parallel rays don't magnify: one pixel is the same number of millimetres everywhere. The patient's left is
on the viewer's right, as on a film.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.anatomy import HIP_LEFT, HIP_RIGHT, SACRUM
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.labels import Segmentation
from coxa.report.canvas import RgbArray
from coxa.volume import Volume

SOFT_TISSUE_SHARE = 0.25
"""How much of the attenuation under ``BONE_FROM_HU`` counts; less shows bone better through a large patient [E]."""
BONE_FROM_HU = 150.0
METAL_CEILING_HU = 2500.0
SHADOW_PITCH_MM = 2.0
"""Distance of the points of which a structure's shadow is made."""


@dataclass(frozen=True, eq=False)
class Radiograph:
    """Line integrals of attenuation on a plane of a frame (left, posterior, superior).

    Attributes
    ----------
    water_mm : ndarray [row, column] of float32
        Path length in mm of water-equivalent, bone counted in full and soft tissue in part.
    lps_from_frame : RigidTransform
    left_mm, top_mm : float
        Frame coordinates (left, superior) of the centre of pixel (0, 0).
    mm_per_px : float
    """

    water_mm: npt.NDArray[np.float32]
    lps_from_frame: RigidTransform
    left_mm: float
    top_mm: float
    mm_per_px: float

    def pixels_from_points(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return (x, y) pixels (N, 2) of LPS points (N, 3)."""
        points = self.lps_from_frame.inverse().points(np.asarray(points_lps_mm, dtype=np.float64).reshape(-1, 3))
        return np.stack([points[:, 0] - self.left_mm, self.top_mm - points[:, 2]], axis=1) / self.mm_per_px

    @property
    def extent_frame_mm(self) -> tuple[float, float, float, float]:
        """Frame coordinates (left axis from, to, superior axis from, to) of the outermost pixel centres."""
        rows, columns = self.water_mm.shape
        right_edge = self.left_mm + (columns - 1) * self.mm_per_px
        return self.left_mm, right_edge, self.top_mm - (rows - 1) * self.mm_per_px, self.top_mm


def project_coronal(
    volume: Volume,
    lps_from_frame: RigidTransform,
    points_lps_mm: npt.ArrayLike,
    *,
    margin_mm: float = 25.0,
    mm_per_px: float = 0.9,
    depth_step_mm: float = 3.0,
) -> Radiograph:
    """Project the scan along the frame's posterior axis onto a box around ``points_lps_mm``.

    Parameters
    ----------
    volume : Volume
    lps_from_frame : RigidTransform
        ``lps_from_app`` or ``lps_from_functional``.
    points_lps_mm : array (N, 3)
        What must be in the picture, in all three directions.
    margin_mm : float
        Added on every side, also in front and behind.
    mm_per_px : float
    depth_step_mm : float
        Distance between samples along a ray.
    """
    from scipy import ndimage

    seen = lps_from_frame.inverse().points(points_lps_mm)
    low, high = seen.min(0) - margin_mm, seen.max(0) + margin_mm
    step = np.array([mm_per_px, depth_step_mm, mm_per_px])
    columns, depths, rows = (int(n) for n in np.ceil((high - low) / step) + 1)
    start = np.array([low[0], low[1], high[2]])
    # Samples are indexed (row, depth, column); this affine takes them to the volume's [k, j, i].
    frame_from_sample = np.zeros((3, 3))
    frame_from_sample[[0, 1, 2], [2, 1, 0]] = [mm_per_px, depth_step_mm, -mm_per_px]
    ijk_from_lps = volume.grid.ijk_from_lps
    kji_from_frame = (ijk_from_lps[:3, :3] @ lps_from_frame.matrix[:3, :3])[::-1]
    origin = volume.grid.indices_from_points(lps_from_frame.points(start))[::-1]
    water = np.zeros((rows, columns), dtype=np.float32)
    thick = 32
    matrix = kji_from_frame @ frame_from_sample
    for first in range(0, rows, thick):
        count = min(thick, rows - first)
        offset = origin + matrix @ np.array([first, 0.0, 0.0])
        hu = ndimage.affine_transform(
            volume.hu, matrix, offset, (count, depths, columns), np.float32, order=1, mode="constant", cval=-1000.0
        )
        water[first : first + count] = _attenuation(hu).sum(1) * depth_step_mm
    return Radiograph(water, lps_from_frame, float(low[0]), float(high[2]), mm_per_px)


def film(radiograph: Radiograph) -> RgbArray:
    """Return the radiograph as a film is read: bone bright, evened out as digital films are [row, column, 3]."""
    from scipy import ndimage

    path = radiograph.water_mm
    tissue = path > 5.0
    if not tissue.any():
        return np.zeros((*path.shape, 3), dtype=np.uint8)
    # Large-scale differences in body thickness are mostly taken out, so that thin and stout patients look alike.
    sigma = 30.0 / radiograph.mm_per_px
    weight = ndimage.gaussian_filter(tissue.astype(np.float32), sigma)
    broad = ndimage.gaussian_filter(np.where(tissue, path, 0.0), sigma) / np.maximum(weight, 1e-3)
    evened = path - 0.7 * broad
    fine = evened - ndimage.gaussian_filter(evened, 2.5 / radiograph.mm_per_px)
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
        x, y = np.rint(radiograph.pixels_from_points(points)).astype(np.int64).T
        inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        shadow[y[inside], x[inside]] = True
    # Grown until the gaps between the points close, then back. Many layers lie behind one another, so the
    # outermost points come near the true edge: a quarter of their distance is left outside them, not half.
    pitch_px = float((spacing * step / parts).max()) / radiograph.mm_per_px
    grown = ndimage.distance_transform_edt(~shadow) <= 0.75 * pitch_px
    return np.asarray(ndimage.distance_transform_edt(grown) > 0.5 * pitch_px)


def _attenuation(hu: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return attenuation relative to water; soft tissue counts in part, metal is capped."""
    water = np.clip(hu, -1000.0, METAL_CEILING_HU) / 1000.0 + 1.0
    knee = BONE_FROM_HU / 1000.0 + 1.0
    return np.asarray(SOFT_TISSUE_SHARE * np.minimum(water, knee) + np.maximum(water - knee, 0.0))
