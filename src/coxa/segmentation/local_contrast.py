"""How bright a voxel is against the brightest bone near it: the local contrast on which bones are told apart.

Cortical bone is not one grey value: 1000 HU on a thick femoral shaft, 250 HU on an osteoporotic iliac
fossa. Its edge is where the profile falls to half between the local cortex and soft tissue (the
half-maximum rule), so every voxel is judged against its own neighbourhood: contrast 1 on the local
cortex, 0.5 on its edge, near 0 in soft tissue, and low in a joint space between two bright walls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid

SOFT_TISSUE_HU = np.float32(40.0)
"""Contrast 0: unenhanced soft tissue, HU."""
CORTEX_REACH_MM = 3.0
"""A voxel is compared with the brightest one within this half-width."""
CORTEX_FLOOR_HU = 210
"""Nothing is bone whose whole neighbourhood stays below: unenhanced soft tissue plus noise."""
CORTEX_CEILING_HU = 1400
"""Brighter neighbours (metal, its blooming) do not raise the bar for bone."""
EDGE_CONTRAST = 0.5
"""Half of the brightest neighbour: where the edge of bone lies."""
WALL_CONTRAST = 0.33
"""A thin cortex beside a much denser one reaches less than half of it, yet still walls the bone in."""


@dataclass(frozen=True, eq=False)
class LocalContrast:
    """Relative brightness on a grid.

    Attributes
    ----------
    values : ndarray [k, j, i] of float32
        (HU - soft tissue) / (local cortex - soft tissue), clipped to 0..1; 0 where there is no bone near.
    grid : Grid
    """

    values: npt.NDArray[np.float32]
    grid: Grid

    @property
    def shell(self) -> BoolArray:
        """Voxels within the half-maximum edge of bone."""
        return np.asarray(self.values >= EDGE_CONTRAST)

    @property
    def wall(self) -> BoolArray:
        """Voxels that keep the outside out when a bone is filled; a little wider than the shell."""
        return np.asarray(self.values >= WALL_CONTRAST)


def bone_local_contrast(
    hu: npt.NDArray[np.int16], grid: Grid, least_cortex_hu: npt.NDArray[np.int16] | None = None
) -> LocalContrast:
    """Compute the local contrast of a block of HU [k, j, i].

    Parameters
    ----------
    hu : ndarray [k, j, i] of int16
    grid : Grid
    least_cortex_hu : ndarray [k, j, i] of int16, optional
        No voxel is compared with less than this: where streaks are as bright as faint bone.
    """
    reach_k, reach_j, reach_i = (max(1, round(CORTEX_REACH_MM / s)) for s in grid.spacing_mm[::-1])
    values = np.empty(hu.shape, dtype=np.float32)
    for k, row in enumerate(values):  # slice by slice: one float array in all, the rest stays in the cache
        slab = hu[max(0, k - reach_k) : k + reach_k + 1].max(axis=0)
        cortex = _brightest_along(_brightest_along(slab, reach_j).T, reach_i).T
        wanted = cortex if least_cortex_hu is None else np.maximum(cortex, least_cortex_hu[k])
        bar = np.clip(wanted, 0, CORTEX_CEILING_HU) - SOFT_TISSUE_HU
        np.divide(np.clip(hu[k], 0, CORTEX_CEILING_HU) - SOFT_TISSUE_HU, np.maximum(bar, 1), out=row)
        row[cortex < CORTEX_FLOOR_HU] = 0
        np.clip(row, 0, 1, out=row)
    return LocalContrast(values, grid)


def _brightest_along(plane: npt.NDArray[np.int16], reach: int) -> npt.NDArray[np.int16]:
    """Return the largest value within ``reach`` rows."""
    brightest = plane.copy(order="K")
    for n in range(1, reach + 1):
        np.maximum(brightest[n:], plane[:-n], out=brightest[n:])
        np.maximum(brightest[:-n], plane[n:], out=brightest[:-n])
    return brightest
