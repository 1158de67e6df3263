"""Signed distances on voxels, exact near surfaces and skipped elsewhere, in pieces of bounded size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.phantom.solids import Solid

BRICK = 4
"""Edge of the blocks, in voxels, that are left out whole where no surface is near."""
POINTS_AT_ONCE = 1 << 19
"""Points evaluated at once: bounds the memory."""
MARGIN_MM = 7.0
"""Distances are exact within this of a surface: cortex and partial volume need no more."""

STEEPNESS = 1.3
"""Allowance for fields whose slope exceeds one."""


@dataclass(frozen=True, eq=False)
class SampledSolid:
    """Signed distances of one solid on a block of a grid.

    Attributes
    ----------
    distance : ndarray [k, j, i] of float32
    start_ijk : (int, int, int)
        First voxel of the block.
    """

    distance: npt.NDArray[np.float32]
    start_ijk: tuple[int, int, int]

    def slab(self, k_start: int, k_stop: int) -> tuple[tuple[slice, slice, slice], npt.NDArray[np.float32]] | None:
        """Return where, in slices ``k_start`` to ``k_stop``, the block lies, and its distances there."""
        i, j, k = self.start_ijk
        nk, nj, ni = self.distance.shape
        low, high = max(k, k_start), min(k + nk, k_stop)
        if low >= high:
            return None
        where = (slice(low - k_start, high - k_start), slice(j, j + nj), slice(i, i + ni))
        return where, self.distance[low - k : high - k]


def sample(
    solid: Solid, grid: Grid, body_from_lps: FloatArray, box_mm: FloatArray, margin_mm: float = MARGIN_MM
) -> SampledSolid | None:
    """Sample a solid given in body coordinates on the voxels of ``grid`` around its box.

    Parameters
    ----------
    solid : Solid
    grid : Grid
    body_from_lps : ndarray (4, 4)
    box_mm : ndarray (2, 3)
        Corners, in body coordinates, that hold the solid.
    margin_mm : float
        How far from the surface distances are exact.

    Returns
    -------
    SampledSolid or None
        None when the box misses the grid.
    """
    body_from_ijk = body_from_lps @ grid.lps_from_ijk
    corners = np.array(
        [[box_mm[a, 0], box_mm[b, 1], box_mm[c, 2], 1.0] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    )
    ijk = corners @ np.linalg.inv(body_from_ijk)[:3].T
    low = np.maximum(np.floor(ijk.min(0)).astype(int), 0)
    high = np.minimum(np.ceil(ijk.max(0)).astype(int) + 1, grid.size)
    if (high <= low).any():
        return None
    size = high - low
    bricks = -(-size // BRICK)
    values = np.empty(tuple(bricks[::-1] * BRICK), dtype=np.float32)
    view = values.reshape(bricks[2], BRICK, bricks[1], BRICK, bricks[0], BRICK).transpose(0, 2, 4, 1, 3, 5)
    origin = body_from_ijk @ np.r_[low, 1.0]
    _fill(view, solid, body_from_ijk[:3, :3], origin[:3], margin_mm)
    block = values[: size[2], : size[1], : size[0]]
    return SampledSolid(block, (int(low[0]), int(low[1]), int(low[2])))


def _fill(view: npt.NDArray[np.float32], solid: Solid, step: FloatArray, origin: FloatArray, margin_mm: float) -> None:
    """Fill bricks [K, J, I, k, j, i]: one value where the surface is far, every voxel where it is near."""
    bricks = np.argwhere(np.ones(view.shape[:3], dtype=bool))[:, ::-1]
    centres = (origin + (bricks * BRICK + 0.5 * (BRICK - 1)) @ step.T).T.astype(np.float32)
    middle = np.concatenate(
        [solid(part) for part in np.array_split(centres, centres.shape[1] // POINTS_AT_ONCE + 1, 1)]
    )
    reach = 0.5 * BRICK * np.linalg.norm(step @ np.ones(3)) * STEEPNESS + margin_mm
    view[...] = middle.reshape(view.shape[:3])[..., None, None, None]
    near = bricks[np.abs(middle) < reach]
    inner = np.stack(np.meshgrid(*(np.arange(BRICK),) * 3, indexing="ij"), -1)[..., ::-1].reshape(-1, 3) @ step.T
    batch = POINTS_AT_ONCE // BRICK**3
    for first in range(0, len(near), batch):
        chosen = near[first : first + batch]
        points = (origin + BRICK * chosen @ step.T)[:, None] + inner
        result = solid(np.moveaxis(points, -1, 0).astype(np.float32))
        view[chosen[:, 2], chosen[:, 1], chosen[:, 0]] = result.reshape(-1, BRICK, BRICK, BRICK)


def occupancy(distance: npt.NDArray[np.float32], width_mm: float) -> npt.NDArray[np.float32]:
    """Return the share of a voxel of ``width_mm`` that lies inside a surface at that distance."""
    return np.asarray(np.clip(0.5 - distance / np.float32(width_mm), 0, 1), dtype=np.float32)


def volume_ml(solid: Solid, box_mm: FloatArray, step_mm: float) -> float:
    """Return the volume of a solid inside a box by partial-volume counting on a lattice."""
    size = np.ceil((box_mm[1] - box_mm[0]) / step_mm).astype(int)
    grid = Grid((int(size[0]), int(size[1]), int(size[2])), (step_mm,) * 3, box_mm[0] + 0.5 * step_mm, np.eye(3))
    sampled = sample(solid, grid, np.eye(4), np.array([box_mm[0], box_mm[1]]), margin_mm=step_mm)
    if sampled is None:
        return 0.0
    return float(occupancy(sampled.distance, step_mm).sum(dtype=np.float64)) * grid.voxel_volume_ml
