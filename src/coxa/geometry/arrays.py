"""Read-only arrays: frozen values hand out arrays that cannot be written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ArrayShape:
    """The shape of an array as part of a field's type; whoever reads the field from a file holds the file to it."""

    lengths: tuple[int, ...]


Vector3 = Annotated[FloatArray, ArrayShape((3,))]
Matrix3x3 = Annotated[FloatArray, ArrayShape((3, 3))]
Matrix4x4 = Annotated[FloatArray, ArrayShape((4, 4))]


def read_only(values: npt.ArrayLike, shape: tuple[int, ...] | None = None) -> FloatArray:
    """Return a read-only float64 copy of ``values``.

    Raises
    ------
    ValueError
        When ``shape`` is given and differs (``-1`` matches any length), or a value is not finite.
    """
    array = np.array(values, dtype=np.float64)
    if shape is not None and (
        array.ndim != len(shape) or any(s not in (-1, n) for s, n in zip(shape, array.shape, strict=True))
    ):
        raise ValueError(f"expected an array of shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("expected finite numbers only")
    array.flags.writeable = False
    return array


def unit(vector: npt.ArrayLike) -> FloatArray:
    """Return ``vector`` (3,) scaled to length one.

    Raises
    ------
    ValueError
        When the vector has no direction.
    """
    v = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(v))
    if length < 1e-12:
        raise ValueError("a zero vector has no direction")
    return v / length


def perpendiculars(axis: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return two unit vectors (3,) across a unit axis and each other; the three are right-handed, the axis third."""
    along = np.asarray(axis, dtype=np.float64)
    first = unit(np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))]))
    return first, np.cross(along, first)


def as_frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a read-only view of ``array`` (no copy)."""
    view = array.view()
    view.flags.writeable = False
    return view
