"""DICOM objects read again after writing, against what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from coxa.case import MeasuredCase
from coxa.errors import RoundTripError, UnreadableInputError
from coxa.export.dicom.stl import read_dicom_stl
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.labels import Segmentation

POINT_MM = 1e-3
"""Points stand in single precision."""
VALUE = 1e-6
"""Numbers stand as decimal strings of 16 characters; relative."""


def reread_dicom_segmentation(path: Path, meant: Segmentation) -> None:
    """Read a Segmentation object again: each structure's voxels, by name, at their places.

    Raises
    ------
    RoundTripError
        When a structure is missing, or a voxel is missing, too many, or elsewhere.
    """
    import highdicom as hd

    read = hd.seg.segread(path)
    number_of = {str(s.SegmentLabel): int(s.SegmentNumber) for s in read.SegmentSequence}
    stored_values = set(np.unique(meant.labels).tolist())
    present = {name: value for value, name in meant.names.items() if value in stored_values}
    if set(number_of) != set(present):
        raise RoundTripError(f"'{path.name}' re-reads with the structures {', '.join(number_of)} instead of others")
    found = read.get_volume(combine_segments=True)
    stored = np.asarray(found.array)
    places = np.argwhere(stored > 0)
    indices: IntArray = np.rint(meant.grid.indices_from_points(found.map_indices_to_reference(places))).astype(int)
    inside = ((indices >= 0) & (indices < meant.grid.size)).all(axis=1)
    count = int(np.isin(meant.labels, list(present.values())).sum())
    value_of = np.zeros(max(number_of.values(), default=0) + 1, dtype=np.int64)
    for name, number in number_of.items():
        value_of[number] = present[name]
    same = inside.all() and len(places) == count
    if same:
        i, j, k = indices.T
        same = bool((meant.labels[k, j, i] == value_of[stored[tuple(places.T)]]).all())
    if not same:
        raise RoundTripError(f"'{path.name}' re-reads with other voxels than the segmentation; write it again")


def reread_dicom_report(path: Path, meant: MeasuredCase) -> None:
    """Read a structured report again: every landmark found at its place, every value measured.

    Raises
    ------
    RoundTripError
        When a point or a value is missing or another one.
    """
    import highdicom as hd

    content = hd.sr.srread(path).content
    points = {
        str(g.tracking_identifier): np.asarray(g.roi.value[0]) for g in content.get_planar_roi_measurement_groups()
    }
    found = {name: point.point for name, point in meant.landmarks.points.items() if point.status.has_value}
    if set(points) != set(found):
        raise RoundTripError(f"'{path.name}' re-reads with {len(points)} landmarks instead of {len(found)}")
    for name, place in found.items():
        _require_near(path, name, points[name], place)
    groups = content.get_image_measurement_groups()
    values = sorted(float(m.value) for g in groups for m in g.get_measurements())
    wanted = sorted(float(m.value) for m in meant.measurements if m.value is not None)
    if len(values) != len(wanted) or not np.allclose(values, wanted, rtol=VALUE, atol=VALUE):
        raise RoundTripError(f"'{path.name}' re-reads with other measurements than the case; write it again")


def reread_dicom_stl(path: Path, meant: bytes) -> None:
    """Take the STL out again: it must be bit-equal.

    Raises
    ------
    RoundTripError
    """
    try:
        same = read_dicom_stl(path) == meant
    except UnreadableInputError as error:
        raise RoundTripError(f"'{path.name}' re-reads as no Encapsulated STL") from error
    if not same:
        raise RoundTripError(f"'{path.name}' re-reads with another STL than the plan's; write it again")


def _require_near(path: Path, name: str, read: Any, meant: FloatArray) -> None:
    away_mm = float(np.linalg.norm(np.asarray(read, dtype=float) - meant))
    if away_mm > POINT_MM:
        raise RoundTripError(f"'{path.name}' re-reads {name} {away_mm:.3g} mm away from its place; write it again")
