"""Voxel grids to put the phantom on: axial, any axis code, oblique."""

from __future__ import annotations

import numpy as np

from coxa.errors import UsageError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.phantom.parameters import PhantomParameters, Pose, Triple

_CODES = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
"""Axis (0 left, 1 posterior, 2 superior) and sign of each letter of an orientation code."""


def rotation(angles_deg: Triple) -> FloatArray:
    """Return the rotation (3, 3) about x, then y, then z of the fixed axes."""
    a, b, c = np.radians(angles_deg)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def pose_transform(pose: Pose) -> RigidTransform:
    """Return ``lps_from_app`` of a pose: without rotation the anterior pelvic plane is coronal."""
    return RigidTransform.from_axes(rotation(pose.rotation_deg).T, pose.offset_mm)


def default_grid(parameters: PhantomParameters) -> Grid:
    """Return the axial LPS grid of the scanner's field around mid-ASIS."""
    scanner = parameters.scanner
    low, high = np.array(scanner.field_lps_mm, dtype=np.float64).T
    spacing = np.array(scanner.spacing_mm)
    size = np.floor((high - low) / spacing + 1e-6).astype(int) + 1
    origin = low + np.array(parameters.pose.offset_mm)
    return Grid((int(size[0]), int(size[1]), int(size[2])), scanner.spacing_mm, origin, np.eye(3))


def oriented_grid(grid: Grid, code: str) -> Grid:
    """Return the same voxels of an axial LPS grid with axes that run as ``code`` says, such as ``RAS``.

    Raises
    ------
    UsageError
        When the code does not name each of the three directions once.
    """
    try:
        axes = [_CODES[letter] for letter in code.upper()]
    except KeyError:
        axes = []
    if sorted(axis for axis, _ in axes) != [0, 1, 2]:
        raise UsageError(f"'{code}' is no axis code; take one letter each of L/R, A/P, S/I, such as RAS")
    order = (axes[0][0], axes[1][0], axes[2][0])
    flips = (axes[0][1] < 0, axes[1][1] < 0, axes[2][1] < 0)
    return grid.reoriented(order, flips)


def oblique_grid(grid: Grid, rotation_deg: Triple) -> Grid:
    """Return the grid turned about its middle; a scan on it is not axial."""
    turn = rotation(rotation_deg)
    half = 0.5 * (np.array(grid.size) - 1) * np.array(grid.spacing_mm)
    middle = grid.origin_lps_mm + grid.direction @ half
    direction = turn @ grid.direction
    return Grid(grid.size, grid.spacing_mm, middle - direction @ half, direction)
