"""Streaks of metal, calmed for segmenting only: the HU that are reported stay as scanned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import Block, bounding_block, distance_to, margin_voxels, within
from coxa.geometry.grid import Grid
from coxa.segmentation.local_contrast import SOFT_TISSUE_HU
from coxa.volume import Volume

STREAK_REACH_MM = 60.0
"""Streaks are reduced this far from metal, mm."""
CELL_MM = 2.5
"""How much a voxel is smoothed changes slowly: cells of this width share it."""
SMOOTHING_MM = (0.5, 1.3)
"""In slices without streaks, where more would only blur thin cortex, and in slices full of them."""
STREAK_NOISE_HU = (18.0, 26.0)
"""Noise of soft tissue between these takes a slice from one smoothing to the other."""
GRAIN_MM, TISSUE_HU, LEAST_TISSUE_PIXELS = 1.6, (-20.0, 120.0), 200
"""Noise is what is finer than this in what looks like soft tissue."""
BAR_REACH_MM, BAR_HU = (12.0, 20.0), (400, 210)
"""Cortex this near to metal is expected to reach this; bright streaks, and metal's own glow, reach 250 HU."""
BLOOM_MM, BLOOM_VOXELS = 1.8, 1.5
"""Voxels this close to metal hold no bone signal: the scanner's blooming, and partial volume of coarse voxels."""
GRAIN_SIGMAS = 3.0
"""How far the average over a grain reaches."""
BRIGHTEST_HU = 1800
"""Smoothing must not smear the metal itself."""


def bloom_reach_mm(grid: Grid) -> float:
    """Return how far from metal voxels hold no bone signal."""
    return max(BLOOM_MM, BLOOM_VOXELS * max(grid.spacing_mm))


def reduce_metal_artefacts(volume: Volume, metal: BoolArray) -> Volume:
    """Return a copy smoothed around metal, with the metal and its blooming at soft-tissue level.

    Parameters
    ----------
    volume : Volume
    metal : ndarray [k, j, i] of bool
        Without any, the volume itself is returned.
    """
    _, rows, columns = margin_voxels(STREAK_REACH_MM, volume.grid)
    block = bounding_block(metal, (0, rows, columns))  # streaks run within slices
    if block is None:
        return volume
    part = np.minimum(volume.hu[block], BRIGHTEST_HU).astype(np.float32)
    part[within(metal[block], volume.grid, bloom_reach_mm(volume.grid))] = SOFT_TISSUE_HU
    spacing = volume.grid.spacing_mm[::-1]
    quiet, loud = (ndi.gaussian_filter(part, [sigma / s for s in spacing], truncate=2.5) for sigma in SMOOTHING_MM)
    quiet += streakiness(part, volume.grid)[:, None, None] * (loud - quiet)
    quiet -= part
    quiet *= _share_by_distance(metal[block], volume.grid)
    streak_reduced = volume.hu.copy()
    streak_reduced[block] = np.round(part + quiet).astype(np.int16)
    return Volume(streak_reduced, volume.grid)


def _share_by_distance(metal: BoolArray, grid: Grid) -> npt.NDArray[np.float32]:
    """Return how much smoothing each voxel takes: 1 near metal, 0 beyond the streaks; by cells of some voxels."""
    cell = [max(1, round(CELL_MM / s)) for s in grid.spacing_mm[::-1]]
    coarse = metal
    for axis, voxels in enumerate(cell):
        coarse = np.logical_or.reduceat(coarse, np.arange(0, metal.shape[axis], voxels), axis=axis)
    spacing = [s * n for s, n in zip(grid.spacing_mm, cell[::-1], strict=True)]
    size = coarse.shape[2], coarse.shape[1], coarse.shape[0]
    coarse_grid = Grid(size, (spacing[0], spacing[1], spacing[2]), grid.origin_lps_mm, grid.direction)
    share: npt.NDArray[np.float32] = np.clip(1.5 - distance_to(coarse, coarse_grid) / (STREAK_REACH_MM / 1.5), 0, 1)
    for axis, (voxels, length) in enumerate(zip(cell, metal.shape, strict=True)):
        share = np.repeat(share, voxels, axis=axis).take(np.arange(length), axis=axis)
    return share


def grain_hu(streak_reduced: Volume, block: Block, grain_mm: float) -> npt.NDArray[np.float32]:
    """Return the HU of a block averaged over the grain of cancellous bone: its trabeculae are no density."""
    sigma = [grain_mm / s for s in streak_reduced.grid.spacing_mm[::-1]]
    return np.asarray(ndi.gaussian_filter(streak_reduced.hu[block].astype(np.float32), sigma, truncate=GRAIN_SIGMAS))


def least_cortex_hu(metal: BoolArray, grid: Grid) -> npt.NDArray[np.int16] | None:
    """Return how bright cortex must be at each voxel [k, j, i] to stand out from streaks; None without metal."""
    block = bounding_block(metal, margin_voxels(BAR_REACH_MM[1], grid))
    if block is None:
        return None
    least = np.zeros(metal.shape, dtype=np.int16)
    least[block] = np.interp(distance_to(metal[block], grid), BAR_REACH_MM, BAR_HU)
    return least


def streakiness(hu: npt.NDArray[np.float32], grid: Grid) -> npt.NDArray[np.float32]:
    """Return for each slice of a block [k, j, i] how full of streaks it is, 0 to 1, by the noise of its soft tissue."""
    sigma = [GRAIN_MM / s for s in grid.spacing_mm[1::-1]]
    share = np.zeros(len(hu), dtype=np.float32)
    for k, slab in enumerate(hu):
        plane = np.clip(slab, -150, 300)
        smooth = ndi.gaussian_filter(plane, sigma, truncate=2.5)
        tissue = (smooth > TISSUE_HU[0]) & (smooth < TISSUE_HU[1])
        if np.count_nonzero(tissue) >= LEAST_TISSUE_PIXELS:
            noise = 1.4826 * np.median(np.abs(plane - smooth)[tissue])
            share[k] = np.interp(noise, STREAK_NOISE_HU, (0, 1))
    return np.asarray(ndi.uniform_filter1d(share, 3))
