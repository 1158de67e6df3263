"""The fingerprint of a scan: the same from DICOM, a zip of it, or a NIfTI of it."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from coxa.volume import Volume

_STEP_MM = 0.1
"""Cell of the positions of the corners, mm."""
_STEP_SPACING_MM = 1e-3
"""Cell of the spacing, mm."""
_STEP_DIRECTION = 1e-2
"""Cell of the direction cosines."""
_OFFSET = 0.3137
"""Cells are shifted off zero, so that the round numbers of headers lie well inside a cell."""


def scan_sha256(volume: Volume) -> str:
    """Return SHA-256 of voxels and grid, hexadecimal.

    Voxels are taken in the index order nearest to left, posterior, superior, so the storage order of a format does
    not matter; the geometry is put into cells (0.1 mm for the corners' positions, 0.001 mm for the spacing, 0.01 for
    the direction cosines), because formats keep it in decimals or in single precision.
    """
    upright = volume.nearest_lps()
    grid = upright.grid
    corners = grid.points_from_indices(np.array([[0, 0, 0], np.array(grid.size) - 1], dtype=np.float64))
    digest = hashlib.sha256()
    digest.update(np.array(grid.size, dtype="<i8").tobytes())
    for values, step in ((grid.spacing_mm, _STEP_SPACING_MM), (corners, _STEP_MM), (grid.direction, _STEP_DIRECTION)):
        digest.update(_cells(np.asarray(values), step).tobytes())
    for plane in upright.hu:
        digest.update(np.ascontiguousarray(plane, dtype="<i2").data)
    return digest.hexdigest()


def _cells(values: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.int64]:
    return np.floor(values / step + _OFFSET).astype("<i8")
