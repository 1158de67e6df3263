"""What compact bone measures in a scan: by the shafts of the femurs, where it is thicker than any blur.

Tube voltage, reconstruction and patient move it between 900 and 1800 HU; the hips' own cortex is mostly too thin to
tell. Set too low it leaves bones where half of their cortex's peak does, set too high it takes bone away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.edges import NORMAL_SIGMA_MM, STEP_MM, beside, places_inward
from coxa.segmentation.bones.surface_uncertainty import outward_normals

UNKNOWN_COMPACT_HU = 1000.0
"""Taken when no bone tells: the top of Hounsfield's scale, low enough to take no bone away."""
DENSEST_HU = 1800
"""Denser voxels count as this dense: metal and its blooming."""
SHAFT_BELOW_MM = 70.0
"""This far below a femur's top its shaft begins; above, dense cancellous bone can pass for thick cortex."""
THICK_MM, THICK_VOXELS, LEVEL_SHARE = 3.0, 2.5, 0.8
"""Cortex whose peak holds level for so long shows it in full: up to 3 times the blur's width at half height."""
SHAFT_PERCENTILE = 25.0
"""Three quarters of a shaft's cortex is at least so dense; where bone is denser its own peak says so."""
PELVIC_PERCENTILE = 95.0
"""Of the pelvis only the densest and thickest cortex shows what compact bone measures; none of it shows more."""
DEPTH_MM = 6.0
"""Profiles of the cortex reach this deep, mm."""
LEAST, ENOUGH = 100, 4000
"""So many places must agree; of more, evenly drawn ones are asked."""


def cortical_bone_hu(
    labels: npt.NDArray[np.uint8],
    hu: npt.NDArray[np.int16],
    grid: Grid,
    pelvis: tuple[int, ...],
    femurs: tuple[int, ...],
    unsure: BoolArray,
) -> float:
    """Return what compact bone measures, HU: as most of the shafts show it, no more than the brightest of the pelvis.

    The lesser of the two, as a dense shaft must not take bone off a pelvis that shows nothing like it. Without shafts
    in view the pelvis tells alone, and where neither does, :data:`UNKNOWN_COMPACT_HU` stands.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
        Bones to within a voxel, slices from below upward.
    hu : ndarray [k, j, i] of int16
    grid : Grid
    pelvis, femurs : tuple of int
        Their labels.
    unsure : ndarray [k, j, i] of bool
        Where metal upsets the HU.
    """
    pelvic = [_peaks(labels, hu, grid, bone, unsure)[0] for bone in pelvis]
    shafts = []
    for femur in femurs:
        slices = np.flatnonzero((labels == femur).any(axis=(1, 2)))
        below = int(slices[-1] - SHAFT_BELOW_MM / grid.spacing_mm[2]) if len(slices) else 0
        if below > 0:
            peak, thick = _peaks(labels[:below], hu[:below], grid, femur, unsure[:below])
            shafts.append(peak[thick])
    told = [_told(pelvic, PELVIC_PERCENTILE), _told(shafts, SHAFT_PERCENTILE)]
    return min((hu for hu in told if hu is not None), default=UNKNOWN_COMPACT_HU)


def _told(peaks: list[FloatArray], percentile: float) -> float | None:
    pooled = np.concatenate([*peaks, np.empty(0)])
    return float(np.percentile(pooled, percentile)) if len(pooled) >= LEAST else None


def _peaks(
    labels: npt.NDArray[np.uint8], hu: npt.NDArray[np.int16], grid: Grid, bone: int, unsure: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Return the highest HU met inward from places at a bone's face, and where the cortex is thick."""
    block = bounding_block(labels == bone, (1, 1, 1))
    if block is None:
        return np.empty(0), np.empty(0, dtype=bool)
    own, hu = labels[block] == bone, hu[block]
    kji = np.argwhere(own & beside(labels[block] == 0) & ~unsure[block])
    kji = kji[:: max(1, len(kji) // ENOUGH)]
    spacing = np.array(grid.spacing_mm[::-1])
    inward = -outward_normals(own, kji, spacing, NORMAL_SIGMA_MM)
    depths = np.arange(0.0, DEPTH_MM + STEP_MM / 2, STEP_MM)
    places = [places_inward(kji, inward, depth, grid, hu.shape) for depth in depths]
    last, stride = hu.size - 1, np.array([hu.shape[1] * hu.shape[2], hu.shape[2], 1])
    crest = [
        hu.take(np.clip(place + step, 0, last)).clip(max=DENSEST_HU)
        for place in places
        for step in (0, *stride, *-stride)
    ]
    peak = np.max(crest, axis=0)
    level_mm = STEP_MM * np.sum([hu.take(place) >= LEVEL_SHARE * peak for place in places], axis=0)
    return peak.astype(np.float64), level_mm >= np.maximum(THICK_MM, THICK_VOXELS * (np.abs(inward) @ spacing))
