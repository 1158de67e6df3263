"""How far a segmented surface may lie from the true one, from the edge that the scan shows there.

Along the outward normal of each surface point the steepest fall of density is looked for. Its distance from the
surface, and how sharply noise and slope let it be placed, make the point's uncertainty. Where no fall stands out
of the noise (a bridged joint, a bone as soft as muscle) the scan does not support the surface at all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.grid import Grid
from coxa.labels import SurfaceUncertainty

POINTS = 4000
"""Surface points looked at; the percentiles move by less than 0.03 mm with more."""
NORMAL_SIGMA_MM = 1.5
"""Width over which the direction outward is averaged, mm."""
AT_ONCE = 2000
"""So many normals are worked out together that their surroundings stay in the processor's cache."""
REACH_MM, STEP_MM = 3.0, 0.25
"""Half-length and pitch of the profiles across the surface, mm."""
SLOPE_SIGMA_MM, SLOPE_SIGMA_VOXELS = 0.6, 0.4
"""Over this width the density's fall is taken; a coarse voxel blurs an edge by more."""
NEARNESS_MM = 2.0
"""A fall this far away counts 0.6 of one at the surface."""
SETTLE_MM = 0.75
"""The edge is averaged this far about its likeliest place, mm."""
CLEAR_FALL = 3.0
"""A fall over the slope's width of this many times the noise is an edge."""
GRID_SHARE = 0.29
"""Standard deviation of a voxel's own width, which no edge is known better than with whole voxels."""
UNSUPPORTED_MM = 2.0
"""What stands for a surface point without an edge [E]."""
LEAST_POINTS = 100
"""Fewer surface points say nothing."""
SOFT_TISSUE_HU = (-200, 200)
"""From and to of what noise is measured in, HU."""
JOINT_VOXELS = 1.5
"""Two bones closer than this share one edge in the scan: what parts them is a joint's surface, not this measure."""


def surface_uncertainty(
    mask: BoolArray, other_bones: BoolArray, hu: npt.NDArray[np.int16], grid: Grid
) -> SurfaceUncertainty | None:
    """Return the uncertainty of the surface of a mask [k, j, i]; None when it has too little surface.

    Parameters
    ----------
    mask, other_bones, hu : ndarray [k, j, i]
        The block around the structure, with a margin of 3 mm where the scan has it. Surface that faces another
        bone across less than :data:`JOINT_VOXELS` is left out.
    grid : Grid
    """
    kji = surface_voxels(mask)
    kji = kji[:: max(1, len(kji) // POINTS)]
    kji = kji[~_faces(other_bones, kji, grid)]
    if len(kji) < LEAST_POINTS:
        return None
    at_mm = point_uncertainties_mm(mask, hu, grid, kji)
    p50, p90 = np.percentile(at_mm, [50, 90])
    return SurfaceUncertainty(float(p50), float(p90))


def _faces(other_bones: BoolArray, kji: IntArray, grid: Grid) -> BoolArray:
    """Tell of each voxel (N, 3) whether another bone lies within :data:`JOINT_VOXELS`."""
    step_mm = np.array(grid.spacing_mm[::-1])
    reach_mm = JOINT_VOXELS * step_mm.max()
    span = (np.arange(-n, n + 1) for n in (reach_mm / step_mm).astype(int))
    around = np.stack([a.ravel() for a in np.meshgrid(*span, indexing="ij")], axis=1)
    around = around[np.linalg.norm(around * step_mm, axis=1) <= reach_mm]
    faces = np.zeros(len(kji), dtype=bool)
    for offset in around:
        k, j, i = np.clip(kji + offset, 0, np.array(other_bones.shape) - 1).T
        faces |= other_bones[k, j, i]
    return faces


def surface_voxels(mask: BoolArray) -> IntArray:
    """Return the voxels (N, 3) of a mask that have a face outside it; the array's border is no outside."""
    inner = mask.copy()
    for axis in range(3):
        ahead, behind = (tuple(s if a == axis else slice(None) for a in range(3)) for s in (np.s_[1:], np.s_[:-1]))
        inner[ahead] &= mask[behind]
        inner[behind] &= mask[ahead]
    return np.argwhere(mask & ~inner)


def point_uncertainties_mm(mask: BoolArray, hu: npt.NDArray[np.int16], grid: Grid, kji: IntArray) -> FloatArray:
    """Return the uncertainty at surface voxels (N, 3), mm."""
    offsets = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    step_mm = np.array(grid.spacing_mm[::-1])
    profile = _profiles(hu, kji, outward_normals(mask, kji, step_mm), offsets, step_mm)
    noise = _noise_hu(hu)
    width_mm = max(SLOPE_SIGMA_MM, SLOPE_SIGMA_VOXELS * float(step_mm.max()))
    slope = -ndi.gaussian_filter1d(profile, width_mm / STEP_MM, axis=1, order=1, mode="nearest") / STEP_MM
    likely = (slope * np.exp(-0.5 * (offsets / NEARNESS_MM) ** 2)).argmax(axis=1)
    beside = np.abs(offsets - offsets[likely][:, None]) <= SETTLE_MM  # the weight pulls the place toward the surface
    best = np.where(beside, slope, -np.inf).argmax(axis=1)
    steepest = slope[np.arange(len(kji)), best]
    half_voxel = 0.5 * step_mm.mean()  # the mask's edge runs outside its last voxel's centre
    shift = offsets[best] - half_voxel
    blurred = noise / np.maximum(steepest, 1e-6)
    spread = np.sqrt(shift**2 + blurred**2 + (GRID_SHARE * step_mm.mean()) ** 2)
    clear = steepest * 2.5 * width_mm > CLEAR_FALL * noise
    return np.asarray(np.where(clear, np.minimum(spread, REACH_MM), UNSUPPORTED_MM))


def outward_normals(
    mask: BoolArray, kji: IntArray, step_mm: FloatArray, sigma_mm: float = NORMAL_SIGMA_MM
) -> npt.NDArray[np.float32]:
    """Return outward unit normals (N, 3) in the order k, j, i, mm: away from the mask's weight around each voxel."""
    reach = np.maximum(1, np.round(2.0 * sigma_mm / step_mm)).astype(int)
    away = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    weight = np.exp(-0.5 * ((away * step_mm) ** 2).sum(axis=1) / sigma_mm**2)
    wide = np.pad(mask, [(r, r) for r in reach], mode="edge")
    stride = np.array([wide.shape[1] * wide.shape[2], wide.shape[2], 1])
    pull = (-weight[:, None] * away * step_mm).astype(np.float32)
    normal = np.empty((len(kji), 3), dtype=np.float32)
    for start in range(0, len(kji), AT_ONCE):
        few = slice(start, start + AT_ONCE)
        around = wide.ravel().take(((kji[few] + reach) @ stride)[:, None] + (away @ stride))
        normal[few] = around.astype(np.float32) @ pull
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-9)[:, None]
    return normal


def _profiles(
    hu: npt.NDArray[np.int16],
    kji: IntArray,
    outward: npt.NDArray[np.float32],
    offsets: FloatArray,
    step_mm: FloatArray,
) -> FloatArray:
    at = kji[:, None, :] + offsets[None, :, None] * (outward / step_mm)[:, None, :]
    values = ndi.map_coordinates(hu, at.reshape(-1, 3).T, output=np.float32, order=1, mode="nearest")
    return np.asarray(values.reshape(len(kji), len(offsets)))


def _noise_hu(hu: npt.NDArray[np.int16]) -> float:
    """Return the noise from neighbouring voxels of soft tissue, robustly; 0 where there is none."""
    soft = (hu > SOFT_TISSUE_HU[0]) & (hu < SOFT_TISSUE_HU[1])
    step = np.abs(np.diff(hu.astype(np.int32), axis=2))[soft[..., 1:] & soft[..., :-1]]
    return float(1.4826 * np.median(step) / np.sqrt(2.0)) if step.size else 0.0
