"""Where each bone ends among the voxels of its rim: the edge level of a cortex as thin as the scan's blur.

At the edge of a thick cortex the scan shows the mean of cortex and soft tissue. A thin cortex never shows its full
density: half of the peak that is left of it lies outside the bone, by 0.1 mm at 1.5 mm of cortex, by 0.3 mm at 0.8 mm.
A plate of width w and density C, blurred by a Gaussian of width s, keeps ``2 Phi(w / 2s) - 1`` of C at its peak and
``Phi(w / s) - 1/2`` at its edge, so the peak tells the edge's level whatever the blur is, once C is known. That
compact bone's density is much the same throughout is the premise of Treece et al., Med Image Anal 14 (2010) 276.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy.special import ndtr, ndtri

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.blocks import Block, bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.relief import CORTEX_CEILING_HU, CORTEX_FLOOR_HU, SOFT_TISSUE_HU
from coxa.segmentation.surface_uncertainty import outward_normals

COMPACT_BONE_HU = 1000.0
"""The top of Hounsfield's scale; where bone is brighter it is its own measure."""
NORMAL_SIGMA_MM = 1.0
INWARD_MM, INWARD_VOXELS, STEP_MM = 4.0, 2.0, 0.5
"""So far inward the cortex's peak and the bone behind it are looked for; coarse voxels blur them further apart."""

Labels = npt.NDArray[np.uint8]
Hu = npt.NDArray[np.int16]


def settle_edges(labels: Labels, hu: Hu, grid: Grid, bones: tuple[int, ...], unsure: BoolArray) -> None:
    """Give to each bone, or take from it, the voxels at its face to soft tissue, by their own HU; in place.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
        Bones to within a voxel. What faces another label stays as it is.
    hu : ndarray [k, j, i] of int16
    grid : Grid
    bones : tuple of int
        Labels to settle.
    unsure : ndarray [k, j, i] of bool
        Where the scan shows no edge: beside metal.
    """

    def settle(bone: int) -> tuple[Block, BoolArray] | None:
        block = bounding_block(labels == bone, (1, 1, 1))
        return None if block is None else (block, _settled(labels[block], hu[block], grid, bone, unsure[block]))

    with ThreadPoolExecutor() as threads:
        found = list(threads.map(settle, bones))
    for bone, result in zip(bones, found, strict=True):
        if result is not None:
            part, settled = labels[result[0]], result[1]
            part[(part == bone) & ~settled] = 0
            part[(part == 0) & settled] = bone


def _settled(labels: Labels, hu: Hu, grid: Grid, bone: int, unsure: BoolArray) -> BoolArray:
    """Return the bone in a block: what its rim wins is added, what still faces the outside then may be lost."""
    own, outside = labels == bone, labels == 0
    inner = own & _beside(outside) & (hu < _half(CORTEX_CEILING_HU))
    outer = outside & _beside(own) & ~_beside(~own & ~outside) & (hu >= _half(CORTEX_FLOOR_HU))
    kji = np.argwhere((inner | outer) & ~unsure)
    inward = -outward_normals(own, kji, np.array(grid.spacing_mm[::-1]), NORMAL_SIGMA_MM)
    peak, behind = _look_inward(hu, grid, kji, inward)
    cortical, in_bone = peak >= CORTEX_FLOOR_HU, hu[tuple(kji.T)] >= edge_level_hu(peak, behind)
    settled = own.copy()
    settled[tuple(kji[cortical & in_bone].T)] = True
    loose = cortical & ~in_bone & (own & _beside(outside & ~settled))[tuple(kji.T)]
    kji, inward = kji[loose], inward[loose]
    settled[tuple(kji.T)] = False
    beneath = kji + np.rint(inward / np.abs(inward).max(axis=1, initial=1e-6, keepdims=True)).astype(np.int64)
    bare = ~settled[tuple(np.clip(beneath, 0, np.array(own.shape) - 1).T)]
    settled[tuple(kji[bare].T)] = True  # a sheet of two voxels is not pierced
    return _whole(settled | ~_beside(~settled), own & ~_beside(~own))  # no pits of one voxel


def _whole(settled: BoolArray, core: BoolArray) -> BoolArray:
    """Return a bone without the crumbs at its rim: pieces that hold nothing of its core."""
    pieces, count = ndi.label(settled)
    whole = np.zeros(count + 1, dtype=bool)
    whole[pieces[core]] = True
    whole[0] = False
    return np.asarray(whole[pieces])


def edge_level_hu(peak_hu: FloatArray, behind_hu: FloatArray) -> FloatArray:
    """Return what the scan shows at the outer edge of bone, from the peak of its cortex and what lies behind it.

    Half of the bone behind, and of the plate of compact bone before it what the module's formula leaves at its edge.
    Without a peak this is half of the bone; with a peak of compact bone, half of that.

    Parameters
    ----------
    peak_hu, behind_hu : ndarray (N,)
    """
    behind = np.clip(behind_hu, SOFT_TISSUE_HU, peak_hu)
    compact = np.maximum(COMPACT_BONE_HU, peak_hu) - behind
    share = (peak_hu - behind) / np.maximum(compact, 1)
    return np.asarray(_half(behind) + compact * (ndtr(2 * ndtri((1 + share) / 2)) - 0.5))


def _half(bone_hu: FloatArray | float) -> FloatArray | float:
    return 0.5 * (float(SOFT_TISSUE_HU) + bone_hu)


def _look_inward(
    hu: Hu, grid: Grid, kji: IntArray, inward_mm: npt.NDArray[np.float32]
) -> tuple[FloatArray, FloatArray]:
    """Return the highest HU met from voxels (N, 3) of the rim along unit vectors, and the lowest behind it."""
    inward = inward_mm / np.array(grid.spacing_mm[::-1], dtype=np.float32)
    # the crest of a thin cortex runs between the voxels: of each place the brightest beside it is taken
    bright = np.minimum(_brightest_beside(hu), CORTEX_CEILING_HU)
    reach_mm = max(INWARD_MM, INWARD_VOXELS * max(grid.spacing_mm))
    peak = behind = np.full(len(kji), np.iinfo(np.int16).min, dtype=np.int16)
    for depth_mm in np.arange(0.0, reach_mm + STEP_MM / 2, STEP_MM):
        k, j, i = (
            np.clip(np.rint(start + depth_mm * along), 0, length - 1).astype(np.int32)
            for start, along, length in zip(kji.T, inward.T, hu.shape, strict=True)
        )
        place = (k * hu.shape[1] + j) * hu.shape[2] + i
        crest = bright.take(place)
        behind = np.where(crest > peak, crest, np.minimum(behind, hu.take(place)))
        peak = np.maximum(peak, crest)
    return peak.astype(np.float64), behind.astype(np.float64)


def _beside(mask: BoolArray) -> BoolArray:
    """Return the voxels that share a face with a mask."""
    beside = np.zeros_like(mask)
    for axis in range(3):
        to, of = np.moveaxis(beside, axis, 0), np.moveaxis(mask, axis, 0)
        to[1:] |= of[:-1]
        to[:-1] |= of[1:]
    return beside


def _brightest_beside(hu: Hu) -> Hu:
    """Return the highest of each voxel and those that share a face with it."""
    brightest = hu.copy()
    for axis in range(3):
        to, of = np.moveaxis(brightest, axis, 0), np.moveaxis(hu, axis, 0)
        np.maximum(to[1:], of[:-1], out=to[1:])
        np.maximum(to[:-1], of[1:], out=to[:-1])
    return brightest
