"""Two bones that touch, parted where the contact is narrowest.

A flood passes through the brightest contact, however small it is. A current does not: let bone conduct by
its local contrast, hold the seeds of one bone at 1 and those of the other at 0, and the potential stays near 1 all
over the one and near 0 all over the other; it falls where the way between them is narrow and dim. This is
the random walker [Grady 2006], solved on blocks of voxels, which conduct what their faces do.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy import sparse
from scipy.sparse.linalg import cg
from skimage.segmentation import watershed

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import bounding_block
from coxa.segmentation.local_contrast import LocalContrast

BLOCK_MM = 2.0
"""Edge of the blocks of voxels that the random walk goes over, mm."""
DIMMEST = 0.02
"""Conductance does not vanish, so that every voxel of the mask has a potential."""
TOLERANCE, MOST_STEPS = 1e-3, 2000
"""Relative residual at which the solver stops, and its most steps."""


def part_at_bottleneck(local_contrast: LocalContrast, bone: BoolArray, one: BoolArray, other: BoolArray) -> BoolArray:
    """Return which voxels of ``bone`` [k, j, i] belong to ``one``, a mask of certain seeds, rather than to ``other``.

    Without seeds of either there is nothing to part: all of it, or none, belongs to ``one``.
    """
    block = bounding_block(bone)
    if block is None or not (other & bone).any():
        return bone.copy()
    if not (one & bone).any():
        return np.zeros_like(bone)
    part, values = bone[block], local_contrast.values[block]
    cell = _cells(part, local_contrast.grid.spacing_mm[::-1])
    potential = _potential(cell, values, one[block] & part, other[block] & part)
    nearer_one = part & (potential[cell] > 0.5)
    mine = np.zeros_like(bone)
    mine[block] = _along_the_dark(values, part, nearer_one, cell)
    return mine


def _cells(bone: BoolArray, spacing_kji_mm: tuple[float, ...]) -> npt.NDArray[np.int32]:
    """Return the number of each voxel's block of about :data:`BLOCK_MM` ; 0 outside the bone."""
    side = [max(1, round(BLOCK_MM / s)) for s in spacing_kji_mm]
    shape = [-(-n // f) for n, f in zip(bone.shape, side, strict=True)]
    place = np.ravel_multi_index(
        np.ix_(*(np.arange(n) // f for n, f in zip(bone.shape, side, strict=True))), tuple(shape)
    )
    used = np.zeros(int(np.prod(shape)), dtype=bool)
    used[place[bone]] = True
    number = np.cumsum(used, dtype=np.int32)
    return np.where(bone, number[place], 0).astype(np.int32)


def _potential(
    cell: npt.NDArray[np.int32], local_contrast: npt.NDArray[np.float32], one: BoolArray, other: BoolArray
) -> FloatArray:
    """Return the potential of every cell, by its number; cell 0 is no bone and has none."""
    count = int(cell.max()) + 1
    laplacian = _laplacian(cell, local_contrast, count)
    fixed, value = np.zeros(count, dtype=bool), np.full(count, 0.5)
    for seeds, level in ((other, 0.0), (one, 1.0)):
        fixed[cell[seeds]], value[cell[seeds]] = True, level
    fixed[0] = True
    free = ~fixed
    rows = laplacian[free]
    inner = rows[:, free]
    scale = sparse.diags(1.0 / inner.diagonal())
    value[free], _ = cg(
        inner, -rows[:, fixed] @ value[fixed], x0=value[free], rtol=TOLERANCE, maxiter=MOST_STEPS, M=scale
    )
    return value


def _laplacian(cell: npt.NDArray[np.int32], local_contrast: npt.NDArray[np.float32], count: int) -> sparse.csr_matrix:
    conductance = sparse.csr_matrix((count, count))
    for axis in range(3):
        here = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        next_ = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        crossing = (cell[here] != cell[next_]) & (cell[here] > 0) & (cell[next_] > 0)
        weight = (
            np.maximum(np.minimum(local_contrast[here], local_contrast[next_])[crossing], DIMMEST).astype(np.float64)
            ** 2
        )
        pairs = (cell[here][crossing], cell[next_][crossing])
        conductance = conductance + sparse.coo_matrix((weight, pairs), (count, count)).tocsr()
    conductance = conductance + conductance.T
    total = np.asarray(conductance.sum(axis=1)).ravel() + 1e-9  # a cell on its own keeps its first value
    return (sparse.diags(total) - conductance).tocsr()


def _along_the_dark(
    local_contrast: npt.NDArray[np.float32], bone: BoolArray, nearer_one: BoolArray, cell: npt.NDArray[np.int32]
) -> BoolArray:
    """Let the border between the two settle on the darkest voxels within the cells that it runs through."""
    border = ndi.binary_dilation(nearer_one) & bone & ~nearer_one
    border |= ndi.binary_dilation(bone & ~nearer_one) & nearer_one
    contested = np.zeros(int(cell.max()) + 1, dtype=bool)
    contested[cell[border]] = True
    markers = np.where(nearer_one, 1, 2).astype(np.uint8)
    markers[contested[cell] | ~bone] = 0
    level = (200 - np.round(local_contrast * 200)).astype(np.uint8)
    settled = watershed(level, markers, mask=bone)
    return np.asarray(np.where(settled > 0, settled == 1, nearer_one))
