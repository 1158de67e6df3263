"""Where each bone ends among the voxels of its rim: the edge level of a cortex as thin as the scan's blur.

At the edge of a thick cortex the scan shows the mean of cortex and soft tissue. A thin cortex never shows its full
density: half of the peak that is left of it lies outside the bone, by 0.1 mm at 1.5 mm of cortex, by 0.3 mm at 0.8 mm.
A plate of width w and density C, blurred by a Gaussian of width s, keeps ``2 Phi(w / 2s) - 1`` of C at its peak and
``Phi(w / s) - 1/2`` at its edge, so the peak tells the edge's level whatever the blur is, once C is known. That
compact bone's density is much the same throughout is the premise of [Treece 2010].
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.blocks import Block, bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.simple_voxels import ABOUT, count_about, remove_simple
from coxa.segmentation.bones.surface_uncertainty import outward_normals
from coxa.segmentation.local_contrast import CORTEX_CEILING_HU, CORTEX_FLOOR_HU, SOFT_TISSUE_HU

NORMAL_SIGMA_MM = 1.0
"""Width over which the direction inward is averaged, mm."""
INWARD_MM, INWARD_VOXELS, STEP_MM = 4.0, 2.0, 0.5
"""So far inward the cortex's peak and the bone behind it are looked for; coarse voxels blur them further apart."""
LEAST_SHEET = 2
"""So many voxels stay beneath one that goes: the surface of a thinner sheet would have holes."""

Labels = npt.NDArray[np.uint8]
Hu = npt.NDArray[np.int16]


def settle_edges(
    labels: Labels, hu: Hu, grid: Grid, bones: tuple[int, ...], unsure: BoolArray, compact_hu: float
) -> None:
    """Take from each bone the voxels at its face to soft tissue that do not reach its edge's level; in place.

    No bone gains a tunnel, a cavity or a piece by it, and no sheet of two voxels is thinned.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
        Bones as half of their cortex's peak shows them. What faces another label stays as it is.
    hu : ndarray [k, j, i] of int16
    grid : Grid
    bones : tuple of int
        Labels to settle.
    unsure : ndarray [k, j, i] of bool
        Where the scan shows no edge: beside metal.
    compact_hu : float
        What compact bone measures in this scan; where bone is brighter it is its own measure.
    """

    def lost(bone: int) -> tuple[Block, BoolArray] | None:
        block = bounding_block(labels == bone, (1, 1, 1))
        if block is None:
            return None
        return block, _too_wide(labels[block], hu[block], grid, bone, unsure[block], compact_hu)

    with ThreadPoolExecutor() as threads:
        found = [result for result in threads.map(lost, bones) if result is not None]
    for block, gone in found:
        labels[block][gone] = 0


def _too_wide(labels: Labels, hu: Hu, grid: Grid, bone: int, unsure: BoolArray, compact_hu: float) -> BoolArray:
    """Return the voxels of a bone in a block that lie outside its edge and leave its form when they go."""
    own = labels == bone
    ceiling = max(compact_hu, CORTEX_CEILING_HU)
    kji = np.argwhere(own & beside(labels == 0) & (hu < _half(ceiling)) & ~unsure)
    inward = -outward_normals(own, kji, np.array(grid.spacing_mm[::-1]), NORMAL_SIGMA_MM)
    peak, behind = _look_inward(hu, grid, kji, inward, ceiling)
    faint = (peak >= CORTEX_FLOOR_HU) & (hu[tuple(kji.T)] < edge_level_hu(peak, behind, compact_hu))
    kji, inward = kji[faint], inward[faint]
    settled = own.copy()
    remove_simple(settled, kji[_dispensable(own, kji, inward)])
    return np.asarray(own & ~settled)


def _dispensable(own: BoolArray, kji: IntArray, inward: npt.NDArray[np.float32]) -> BoolArray:
    """Tell which voxels (N, 3) leave no pit, no wider crack and no sheet thinner than two when all of them go."""
    rest = own.copy()
    rest[tuple(kji.T)] = False
    toward = inward / np.abs(inward).max(axis=1, initial=1e-6, keepdims=True)
    last = np.array(own.shape) - 1
    keep = count_about(rest, kji) <= len(ABOUT) // 2
    for depth in range(1, LEAST_SHEET + 1):
        inside, outside = (np.clip(np.rint(kji + n * toward).astype(np.int64), 0, last) for n in (depth, -depth))
        keep &= rest[tuple(inside.T)] & ~own[tuple(outside.T)]
    return np.asarray(keep)


def edge_level_hu(peak_hu: FloatArray, behind_hu: FloatArray, compact_hu: float) -> FloatArray:
    """Return what the scan shows at the outer edge of bone, from the peak of its cortex and what lies behind it.

    Half of the bone behind, and of the plate of compact bone before it what the module's formula leaves at its edge.
    Without a peak this is half of the bone; with a peak of compact bone, half of that.

    Parameters
    ----------
    peak_hu, behind_hu : ndarray (N,)
    compact_hu : float
    """
    behind = np.clip(behind_hu, SOFT_TISSUE_HU, peak_hu)
    compact = np.maximum(compact_hu, peak_hu) - behind
    share = (peak_hu - behind) / np.maximum(compact, 1)
    return np.asarray(_half(behind) + compact * (ndtr(2 * ndtri((1 + share) / 2)) - 0.5))


def _half(bone_hu: FloatArray | float) -> FloatArray | float:
    return 0.5 * (float(SOFT_TISSUE_HU) + bone_hu)


def _look_inward(
    hu: Hu, grid: Grid, kji: IntArray, inward: npt.NDArray[np.float32], ceiling_hu: float
) -> tuple[FloatArray, FloatArray]:
    """Return the highest HU met from voxels (N, 3) of the rim along unit vectors, and the lowest behind it."""
    bright = np.minimum(brightest_beside(hu), np.int16(ceiling_hu))
    reach_mm = max(INWARD_MM, INWARD_VOXELS * max(grid.spacing_mm))
    peak = behind = np.full(len(kji), np.iinfo(np.int16).min, dtype=np.int16)
    for depth_mm in np.arange(0.0, reach_mm + STEP_MM / 2, STEP_MM):
        place = places_inward(kji, inward, depth_mm, grid, hu.shape)
        crest = bright.take(place)
        behind = np.where(crest > peak, crest, np.minimum(behind, hu.take(place)))
        peak = np.maximum(peak, crest)
    return peak.astype(np.float64), behind.astype(np.float64)


def places_inward(
    kji: IntArray, inward: npt.NDArray[np.float32], depth_mm: float, grid: Grid, shape: tuple[int, ...]
) -> IntArray:
    """Return the places in the flat array of the voxels at a depth from voxels (N, 3) along unit vectors k, j, i."""
    k, j, i = (
        np.clip(np.rint(start + depth_mm / spacing * along), 0, length - 1).astype(np.int32)
        for start, along, spacing, length in zip(kji.T, inward.T, grid.spacing_mm[::-1], shape, strict=True)
    )
    return np.asarray((k * shape[1] + j) * shape[2] + i)


def beside(mask: BoolArray) -> BoolArray:
    """Return the voxels that share a face with a mask."""
    beside = np.zeros_like(mask)
    for axis in range(3):
        to, of = np.moveaxis(beside, axis, 0), np.moveaxis(mask, axis, 0)
        to[1:] |= of[:-1]
        to[:-1] |= of[1:]
    return beside


def brightest_beside(hu: Hu) -> Hu:
    """Return the highest of each voxel and those that share a face: the crest of a thin cortex runs between voxels."""
    brightest = hu.copy()
    for axis in range(3):
        to, of = np.moveaxis(brightest, axis, 0), np.moveaxis(hu, axis, 0)
        np.maximum(to[1:], of[:-1], out=to[1:])
        np.maximum(to[:-1], of[1:], out=to[:-1])
    return brightest
