"""What a header says of a grid, checked: an impossible one is refused at the door, in words of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coxa.errors import UnreadableInputError
from coxa.geometry.grid import Grid

SPACING_MM = (0.01, 20.0)
"""Micro-CT of a specimen to the thickest slices of a CT."""
LARGEST_EXTENT_MM = 2500.0
"""Longer than any patient couch."""
LARGEST_ORIGIN_MM = 100_000.0
"""Farther from the origin of the frame is no patient."""
ORTHONORMAL_TOLERANCE = 1e-3
"""Largest deviation of the axes' products from a rotation's; more is a sheared grid."""
MOST_VOXELS = 1_100_000_000
"""A thousand slices of 1024 x 1024."""


def plausible_grid(
    size: Sequence[int], spacing_mm: npt.ArrayLike, origin_lps_mm: npt.ArrayLike, direction: npt.ArrayLike, kind: str
) -> Grid:
    """Return the grid that a header declares.

    Parameters
    ----------
    size : sequence of int
        Along i, j, k.
    spacing_mm, origin_lps_mm : array_like (3,)
    direction : array_like (3, 3)
        Columns are the axes.
    kind : str
        What the file is, for the messages: ``NIfTI``, ``the scan``.

    Raises
    ------
    UnreadableInputError
        When it cannot be the grid of a CT.
    """
    spacing, origin, axes = (np.asarray(v, dtype=np.float64) for v in (spacing_mm, origin_lps_mm, direction))
    if len(size) != 3 or min(size) < 1 or max(size) > 100_000:
        raise UnreadableInputError(f"the {kind} header holds an impossible size: it is damaged")
    if not (np.isfinite(spacing).all() and np.isfinite(origin).all() and np.isfinite(axes).all()):
        raise UnreadableInputError(f"the {kind} header holds geometry that is no number: it is damaged")
    if spacing.min() < SPACING_MM[0] or spacing.max() > SPACING_MM[1]:
        listed = " x ".join(f"{s:g}" for s in spacing)
        raise UnreadableInputError(
            f"the {kind} header declares an impossible voxel spacing of {listed} mm (possible are {SPACING_MM[0]:g} to "
            f"{SPACING_MM[1]:g}): correct the header, or convert the DICOM series again"
        )
    longest = float((spacing * np.array(size)).max())
    if longest > LARGEST_EXTENT_MM:
        raise UnreadableInputError(
            f"the {kind} header declares {longest / 1000:.1f} m of body, longer than any patient: its voxel spacing or "
            "size is wrong; convert the DICOM series again"
        )
    if np.abs(origin).max() > LARGEST_ORIGIN_MM:
        raise UnreadableInputError(f"the {kind} header declares a place {np.abs(origin).max() / 1000:.0f} m away")
    if np.abs(axes.T @ axes - np.eye(3)).max() > ORTHONORMAL_TOLERANCE:
        raise UnreadableInputError(f"the {kind} axes are not at right angles: resample it to a rectangular grid")
    rounded = tuple(round(float(s), 6) for s in spacing)  # single precision is read back to the decimals meant
    place = origin.round(4) + 0.0
    return Grid((int(size[0]), int(size[1]), int(size[2])), (rounded[0], rounded[1], rounded[2]), place, axes)


def require_readable_size(size: Sequence[int], item_bytes: int, available_bytes: int, kind: str) -> int:
    """Return how many bytes the voxels of a header take, before any memory is asked for.

    Parameters
    ----------
    size : sequence of int
    item_bytes : int
        Of one voxel.
    available_bytes : int
        The most that the file can hold, unpacked.
    kind : str

    Raises
    ------
    UnreadableInputError
        When that is more than the file holds, or than Coxa reads.
    """
    needed = item_bytes
    for n in size:
        needed *= int(n)
    if needed > available_bytes:
        raise UnreadableInputError(
            f"the {kind} file is cut off, or its header is damaged: it declares {needed / 1e6:.0f} MB of voxels and "
            "cannot hold them; copy it again from where it came"
        )
    if needed > MOST_VOXELS * item_bytes:
        raise UnreadableInputError(
            f"the {kind} header declares {needed / item_bytes / 1e9:.1f} thousand million voxels, and Coxa reads up to "
            f"{MOST_VOXELS / 1e9:.1f}: crop the scan to the pelvis"
        )
    return needed
