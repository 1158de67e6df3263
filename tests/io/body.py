"""A toy body whose left, front and top can be told by HU, and DICOM files of it to spoil."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom

from coxa.geometry.grid import Grid
from coxa.io.dicom.write import write_ct_dicom
from coxa.volume import Volume

LEFT_BONE_LPS_MM = (110.0, 10.0, 1030.0)
RIGHT_BONE_LPS_MM = (-110.0, 10.0, 1030.0)
FRONT_BONE_LPS_MM = (0.0, -60.0, 1030.0)
LEFT_HU, RIGHT_HU, FRONT_HU = 700, 400, 1000
RISE_HU_PER_MM = 2.0
"""Bone grows denser upwards, from z = 1030 mm on."""

AXIAL = Grid((60, 44, 21), (6.0, 6.0, 3.0), [-177.0, -120.0, 1000.0], np.eye(3))
OBLIQUE_AXES = np.linalg.qr(np.array([[1.0, 0.15, -0.1], [-0.2, 1.0, 0.25], [0.1, -0.2, 1.0]]))[0]
OBLIQUE_AXES = OBLIQUE_AXES * np.sign(np.diag(OBLIQUE_AXES))


def body(grid: Grid = AXIAL) -> Volume:
    """Sample the body on a grid: elliptic trunk of fat and muscle, three posts of bone along z, air around."""
    k, j, i = np.indices(grid.shape)
    x, y, z = np.moveaxis(grid.points_from_indices(np.stack([i, j, k], -1)), -1, 0)
    hu = np.full(grid.shape, -1000.0)
    trunk = (x / 165.0) ** 2 + (y / 105.0) ** 2
    hu[trunk < 1.0] = -100.0
    hu[trunk < 0.8] = 50.0
    for (cx, cy, cz), radius, value in (
        (LEFT_BONE_LPS_MM, 28.0, LEFT_HU),
        (RIGHT_BONE_LPS_MM, 28.0, RIGHT_HU),
        (FRONT_BONE_LPS_MM, 18.0, FRONT_HU),
    ):
        inside = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
        hu[inside] = (value + RISE_HU_PER_MM * (z - cz))[inside]
    return Volume(np.rint(hu).astype(np.int16), grid)


def hu_at(volume: Volume, point_lps_mm) -> float:
    """Read the voxel nearest to a point."""
    i, j, k = np.rint(volume.grid.indices_from_points(point_lps_mm)).astype(int)
    return float(volume.hu[k, j, i])


def assert_anatomy(volume: Volume, tolerance_hu: float = 8.0) -> None:
    """Left bone on the left, front bone in front, denser upwards: signed, in LPS mm."""
    for point, value in (
        (LEFT_BONE_LPS_MM, LEFT_HU),
        (RIGHT_BONE_LPS_MM, RIGHT_HU),
        (FRONT_BONE_LPS_MM, FRONT_HU),
    ):
        for rise in (-15.0, 0.0, 15.0):
            here = hu_at(volume, np.add(point, [0.0, 0.0, rise]))
            assert abs(here - (value + RISE_HU_PER_MM * rise)) <= tolerance_hu
    assert hu_at(volume, (0.0, 40.0, 1030.0)) == 50


def oblique_grid(size=(64, 50, 34), spacing=(6.0, 6.0, 3.0)) -> Grid:
    """A grid turned by some 15 degrees about every axis, centred in the body."""
    corner = OBLIQUE_AXES @ (np.array(spacing) * (np.array(size) - 1) / 2.0)
    return Grid(size, spacing, np.array([0.0, 0.0, 1030.0]) - corner, OBLIQUE_AXES)


def write_body(folder: Path, grid: Grid = AXIAL, seed: str = "body", **extra: str) -> list[Path]:
    """Write the body as CT slices."""
    return write_ct_dicom(folder, body(grid), series_description="body", seed_uid=seed, extra=extra)


def edit(path: Path, change: Callable[[pydicom.Dataset], None]) -> None:
    """Change one DICOM file in place."""
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def edit_all(paths: list[Path], **values: object) -> None:
    """Set attributes by keyword in every file; None deletes."""

    def change(dataset: pydicom.Dataset) -> None:
        for keyword, value in values.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)

    for path in paths:
        edit(path, change)
