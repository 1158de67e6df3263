"""The femur around a stem: its neck cut found on the scan, seeds beside the stem, its shell closed at the cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.blocks import block_about, bounding_block, grid_of, margin_voxels, within
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.seeds import FEMUR_LABEL, HIP_LABEL, SEED_CONTRAST
from coxa.segmentation.bones.solid import cut_spikes, fill_around_metal
from coxa.segmentation.implants.metal_parts import MetalParts
from coxa.segmentation.local_contrast import LocalContrast
from coxa.segmentation.metal.artefacts import bloom_reach_mm
from coxa.volume import Volume

HEAD_ROOM_MM = 26.0
"""No femur is left this close to a prosthetic head, whatever the cut [E]."""
NECK_RADIUS_MM = 22.0
"""The neck lies within this of its axis; further out is the greater trochanter, which no neck cut reaches."""
CUT_MM, CUT_WINDOW_MM, CUT_STEP_MM = (16.0, 60.0), 6.0, 1.0
"""How far from the head the neck may be cut, and the length on both sides of the cut that is compared."""
RING_MM, RING_HU = 2.5, (-100.0, 400.0)
"""What is compared lies further than this from metal, and neither fat nor a streak weighs more than bone does."""
BESIDE_STEM_MM, STEM_BAND_MM = 8.0, 20.0
"""Bone this near to a stem, and within this of its line, is femur: a bone of the pelvis is further away."""
SHAFT_DEPTH_MM = 55.0
"""This far down from the head the whole band about the stem's line is femur."""
TROCHANTER_MM = (8.0, 38.0)
"""Lateral of the stem's line, between these distances from it, is the greater trochanter."""
TROCHANTER_HALF_MM = 30.0
"""The greater trochanter ends this far to both sides, across the stem's line, mm."""
NO_HIP_BAND_MM, NO_HIP_DEPTH_MM = 26.0, 10.0
"""No certain hip bone lies this near to the stem's line, further down from the head than this."""
CLOSING_MM = 12.0
"""The wall is closed in a block that reaches this far beyond it, mm."""


@dataclass(frozen=True, eq=False)
class ResectedFemur:
    """What a stem tells about its femur.

    Attributes
    ----------
    head_lps_mm : ndarray (3,)
        Centre of the prosthetic head.
    neck_lps, body_lps : ndarray (3,)
        Unit vectors from the head along the neck, and along the stem's body distally.
    body_point_lps_mm : ndarray (3,)
        A point of the body's line.
    cut_mm : float
        How far from the head, along the neck, the bone begins.
    """

    head_lps_mm: FloatArray
    neck_lps: FloatArray
    body_lps: FloatArray
    body_point_lps_mm: FloatArray
    cut_mm: float

    def cut_away(self, grid: Grid) -> BoolArray:
        """Return the voxels [k, j, i] from which head and neck were taken."""
        along, radius = along_and_around(self.head_lps_mm, self.neck_lps, grid)
        room = along**2 + radius**2 < HEAD_ROOM_MM**2
        return np.asarray(room | ((along > 0) & (along < self.cut_mm) & (radius < NECK_RADIUS_MM)))


def find_resected_femurs(region: Volume, metal: BoolArray, parts: MetalParts) -> dict[Side, ResectedFemur]:
    """Return what the stem of each side tells; a side without a head, or with too little stem in view, is absent."""
    found = {}
    for side, stem in parts.stems.items():
        head = parts.prostheses[side].head
        if head is None or stem.body_lps is None or stem.body_point_lps_mm is None:
            continue
        centre = head.sphere.centre_lps_mm
        cut_mm = find_neck_cut(region, metal, centre, stem.neck_lps)
        found[side] = ResectedFemur(centre, stem.neck_lps, stem.body_lps, stem.body_point_lps_mm, cut_mm)
    return found


def find_neck_cut(region: Volume, metal: BoolArray, head_lps_mm: FloatArray, neck_lps: FloatArray) -> float:
    """Return how far along the neck what surrounds the metal turns from soft tissue to bone: the steepest step."""
    block = block_about(head_lps_mm, CUT_MM[1] + CUT_WINDOW_MM + NECK_RADIUS_MM, region.grid)
    grid = grid_of(block, region.grid)
    along, radius = along_and_around(head_lps_mm, neck_lps, grid)
    ring = (radius < NECK_RADIUS_MM) & ~within(metal[block], grid, RING_MM)
    edges = np.arange(CUT_MM[0] - CUT_WINDOW_MM, CUT_MM[1] + CUT_WINDOW_MM + CUT_STEP_MM, CUT_STEP_MM)
    voxels, _ = np.histogram(along[ring], edges)
    weight, _ = np.histogram(along[ring], edges, weights=np.clip(region.hu[block][ring], *RING_HU))
    window = round(CUT_WINDOW_MM / CUT_STEP_MM)
    voxels_to, weight_to = (np.concatenate([[0.0], np.cumsum(n)]) for n in (voxels, weight))
    mean = (weight_to[window:] - weight_to[:-window]) / np.maximum(voxels_to[window:] - voxels_to[:-window], 1)
    step = mean[window:] - mean[:-window]
    return float(edges[window + int(step.argmax())])


def seed_beside_stems(
    seeds: npt.NDArray[np.uint8], local_contrast: LocalContrast, metal: BoolArray, femurs: Mapping[Side, ResectedFemur]
) -> None:
    """Replace the femur's seeds of operated sides, in place: a stem shows where its femur is better than a joint."""
    if not femurs:
        return
    k, j, i = np.nonzero(local_contrast.values >= SEED_CONTRAST)
    points = local_contrast.grid.points_from_indices(np.stack([i, j, k], axis=1))
    near_metal = within(metal, local_contrast.grid, BESIDE_STEM_MM)[k, j, i]
    label = seeds[k, j, i]
    for side, femur in femurs.items():
        from_head = points - femur.head_lps_mm
        down, beyond_cut = from_head @ femur.body_lps, from_head @ femur.neck_lps - femur.cut_mm
        off = points - femur.body_point_lps_mm
        off -= (off @ femur.body_lps)[:, None] * femur.body_lps
        from_line = np.linalg.norm(off, axis=1)
        outward = unit(femur.neck_lps - (femur.neck_lps @ femur.body_lps) * femur.body_lps)
        lateral, across = off @ outward, np.abs(off @ np.cross(femur.body_lps, outward))
        beside = near_metal & (from_line < STEM_BAND_MM) & (beyond_cut > 4) & (down > 25)
        shaft = (from_line < STEM_BAND_MM) & (down > SHAFT_DEPTH_MM)
        trochanter = (lateral > TROCHANTER_MM[0]) & (from_line < TROCHANTER_MM[1]) & (across < TROCHANTER_HALF_MM)
        trochanter &= (beyond_cut > 6) & (down > -5)
        label[label == FEMUR_LABEL[side]] = 0
        label[(from_line < NO_HIP_BAND_MM) & (down > NO_HIP_DEPTH_MM) & (label == HIP_LABEL[side])] = 0
        label[beside | shaft | trochanter] = FEMUR_LABEL[side]
    seeds[k, j, i] = label


def resected_solid(wall: BoolArray, local_contrast: LocalContrast, metal: BoolArray, femur: ResectedFemur) -> BoolArray:
    """Fill a femur's wall [k, j, i], closed by the plane of the neck cut and by the stem where it meets the cortex."""
    solid = np.zeros_like(wall)
    block = bounding_block(wall, margin_voxels(CLOSING_MM, local_contrast.grid))
    if block is None:
        return solid
    grid = grid_of(block, local_contrast.grid)
    gone, hard = femur.cut_away(grid), metal[block]
    edge = local_contrast.values[block] >= 0.5
    lid = gone & within(~gone, grid, 1.5 * max(1.0, max(grid.spacing_mm)))
    shell = (wall[block] & edge & ~gone) | (within(hard, grid, bloom_reach_mm(grid)) & ~gone) | lid
    filled = fill_around_metal(shell, ~edge, grid) & ~gone
    solid[block] = cut_spikes(filled, grid)
    return solid


def along_and_around(
    point_lps_mm: FloatArray, axis_lps: FloatArray, grid: Grid
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return each voxel's coordinate [k, j, i] along an axis from a point, and its distance from the axis, mm."""
    to_lps = grid.direction * np.array(grid.spacing_mm)
    start = grid.origin_lps_mm - point_lps_mm
    along = np.full((1, 1, 1), start @ axis_lps, dtype=np.float32)
    squared = np.full((1, 1, 1), start @ start, dtype=np.float32)
    for axis, shape in ((0, (1, 1, -1)), (1, (1, -1, 1)), (2, (-1, 1, 1))):  # the grid's axes are orthogonal
        step, n = to_lps[:, axis], np.arange(grid.size[axis])
        along = along + (n * (step @ axis_lps)).reshape(shape).astype(np.float32)
        squared = squared + (n**2 * (step @ step) + 2 * n * (step @ start)).reshape(shape).astype(np.float32)
    return along, np.sqrt(np.maximum(squared - along**2, 0))
