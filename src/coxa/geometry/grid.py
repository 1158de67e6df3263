"""The voxel grid: where voxels are, without the voxels.

Index coordinates are (i, j, k), the fastest axis first, as in DICOM and ITK. Arrays on a grid are
indexed ``[k, j, i]`` and have :attr:`Grid.shape`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray, read_only


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular voxel grid in LPS mm.

    Attributes
    ----------
    size : (int, int, int)
        Voxels along i, j, k.
    spacing_mm : (float, float, float)
        Voxel pitch along i, j, k, positive.
    origin_lps_mm : ndarray (3,)
        Centre of voxel (0, 0, 0).
    direction : ndarray (3, 3)
        Columns are the unit vectors of i, j, k in LPS; orthonormal, either handedness.
    """

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_lps_mm: FloatArray
    direction: FloatArray

    def __post_init__(self) -> None:
        size = tuple(int(n) for n in self.size)
        spacing = tuple(float(s) for s in self.spacing_mm)
        direction = read_only(self.direction, (3, 3))
        if len(size) != 3 or min(size) < 1:
            raise ValueError(f"a grid needs three positive sizes, got {self.size}")
        if len(spacing) != 3 or not min(spacing) > 0:
            raise ValueError(f"a grid needs three positive spacings in mm, got {self.spacing_mm}")
        if not np.allclose(direction.T @ direction, np.eye(3), atol=1e-3):
            raise ValueError("the axes of a grid must be orthonormal (a sheared grid must be resampled first)")
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "spacing_mm", spacing)
        object.__setattr__(self, "origin_lps_mm", read_only(self.origin_lps_mm, (3,)))
        object.__setattr__(self, "direction", direction)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Array shape (k, j, i)."""
        i, j, k = self.size
        return k, j, i

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in ml."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    @property
    def lps_from_ijk(self) -> FloatArray:
        """Affine (4, 4) from continuous index (i, j, k) to LPS mm."""
        affine = np.eye(4)
        affine[:3, :3] = self.direction * np.array(self.spacing_mm)
        affine[:3, 3] = self.origin_lps_mm
        return affine

    @property
    def ijk_from_lps(self) -> FloatArray:
        """Affine (4, 4) from LPS mm to continuous index (i, j, k)."""
        return np.asarray(np.linalg.inv(self.lps_from_ijk), dtype=np.float64)

    def points_from_indices(self, ijk: npt.ArrayLike) -> FloatArray:
        """LPS mm of continuous indices (..., 3) in (i, j, k) order."""
        affine = self.lps_from_ijk
        return np.asarray(ijk, dtype=np.float64) @ affine[:3, :3].T + affine[:3, 3]

    def indices_from_points(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Continuous (i, j, k) of LPS mm points (..., 3)."""
        affine = self.ijk_from_lps
        return np.asarray(points_lps_mm, dtype=np.float64) @ affine[:3, :3].T + affine[:3, 3]

    def crop(self, start_ijk: npt.ArrayLike, size_ijk: npt.ArrayLike) -> Grid:
        """Return the grid of the block that starts at voxel ``start_ijk``."""
        start = np.asarray(start_ijk, dtype=np.int64)
        i, j, k = (int(n) for n in np.asarray(size_ijk, dtype=np.int64))
        return Grid((i, j, k), self.spacing_mm, self.points_from_indices(start), self.direction)

    def matches(self, other: Grid, tolerance_mm: float = 0.01) -> bool:
        """Tell whether both grids put every voxel at the same place, to ``tolerance_mm``."""
        if self.size != other.size:
            return False
        corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(self.size) - 1)
        gap = self.points_from_indices(corners) - other.points_from_indices(corners)
        return bool(np.abs(gap).max() <= tolerance_mm)

    def axes_nearest_lps(self) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
        """Return which index axis runs along x, y, z of LPS, and whether it must be flipped.

        The assignment maximises the summed alignment, so oblique grids (up to any rotation) resolve without ties
        between axes.
        """
        from itertools import permutations

        magnitude = np.abs(self.direction)
        best = max(permutations(range(3)), key=lambda p: sum(magnitude[row, axis] for row, axis in enumerate(p)))
        flips = tuple(bool(self.direction[row, axis] < 0) for row, axis in enumerate(best))
        return (best[0], best[1], best[2]), (flips[0], flips[1], flips[2])

    def reoriented(self, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Grid:
        """Return the same voxels with index axes reordered: new axis n is old axis ``axes[n]``, flipped if so said."""
        start = np.zeros(3)
        direction = np.empty((3, 3))
        for new, (old, flip) in enumerate(zip(axes, flips, strict=True)):
            direction[:, new] = -self.direction[:, old] if flip else self.direction[:, old]
            if flip:
                start[old] = self.size[old] - 1
        size = (self.size[axes[0]], self.size[axes[1]], self.size[axes[2]])
        spacing = (self.spacing_mm[axes[0]], self.spacing_mm[axes[1]], self.spacing_mm[axes[2]])
        return Grid(size, spacing, self.points_from_indices(start), direction)
