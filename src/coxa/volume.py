"""A CT volume: Hounsfield units on a grid, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import as_frozen
from coxa.geometry.grid import Grid

_Voxel = TypeVar("_Voxel", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Volume:
    """Hounsfield units on a grid.

    Attributes
    ----------
    hu : ndarray [k, j, i]
        Read-only; int16 as a rule. Padding outside the reconstruction circle is set to -1024 at the door.
    grid : Grid
    """

    hu: npt.NDArray[np.int16]
    grid: Grid

    def __post_init__(self) -> None:
        if self.hu.shape != self.grid.shape:
            raise ValueError(f"voxels {self.hu.shape} do not fit the grid {self.grid.shape} (order k, j, i)")
        object.__setattr__(self, "hu", as_frozen(self.hu))

    def nearest_lps(self) -> Volume:
        """Return a view (no copy) whose index axes run most nearly along left, posterior, superior."""
        axes, flips = self.grid.axes_nearest_lps()
        return Volume(reorient_array(self.hu, axes, flips), self.grid.reoriented(axes, flips))

    def crop(self, start_ijk: npt.ArrayLike, size_ijk: npt.ArrayLike) -> Volume:
        """Return a view of the block that starts at voxel ``start_ijk``."""
        i, j, k = (int(n) for n in np.asarray(start_ijk))
        ni, nj, nk = (int(n) for n in np.asarray(size_ijk))
        return Volume(self.hu[k : k + nk, j : j + nj, i : i + ni], self.grid.crop(start_ijk, size_ijk))


def reorient_array(
    array: npt.NDArray[_Voxel], axes: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> npt.NDArray[_Voxel]:
    """Reorder the axes of an array [k, j, i] as :meth:`Grid.reoriented` does; a view."""
    moved = array.transpose([2 - axes[2], 2 - axes[1], 2 - axes[0]])
    step = tuple(slice(None, None, -1 if flips[2 - n] else 1) for n in range(3))
    return moved[step]


def restore_array(
    array: npt.NDArray[_Voxel], axes: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> npt.NDArray[_Voxel]:
    """Undo :func:`reorient_array`; a view."""
    step = tuple(slice(None, None, -1 if flips[2 - n] else 1) for n in range(3))
    order = [2 - axes[2], 2 - axes[1], 2 - axes[0]]
    return array[step].transpose(np.argsort(order))
