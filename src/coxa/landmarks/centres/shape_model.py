"""A statistical shape model of each hip bone with its acetabular centre, from corresponding surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, IntArray, read_only
from coxa.geometry.mesh import Mesh


@dataclass(frozen=True, eq=False)
class HipShapeModel:
    """Mean and modes of one side's hip bone, in a frame of its own, mm.

    Attributes
    ----------
    vertices_mm : ndarray (M, 3)
        Mean shape.
    faces : ndarray (F, 3)
    vertex_modes_mm : ndarray (K, M, 3)
        What one standard deviation of each mode adds.
    centre_mm : ndarray (3,)
        Mean acetabular centre: the sphere of the lunate surface.
    centre_modes_mm : ndarray (K, 3)
    landmarks_mm : Mapping[str, ndarray (3,)]
        Mean pelvic landmarks by stem, such as ``ASIS``: they say where to begin a fit.
    """

    vertices_mm: FloatArray
    faces: IntArray
    vertex_modes_mm: FloatArray
    centre_mm: FloatArray
    centre_modes_mm: FloatArray
    landmarks_mm: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        count = len(self.vertices_mm)
        object.__setattr__(self, "vertices_mm", read_only(self.vertices_mm, (count, 3)))
        modes = len(self.vertex_modes_mm)
        object.__setattr__(self, "vertex_modes_mm", read_only(self.vertex_modes_mm, (modes, count, 3)))
        object.__setattr__(self, "centre_mm", read_only(self.centre_mm, (3,)))
        object.__setattr__(self, "centre_modes_mm", read_only(self.centre_modes_mm, (modes, 3)))

    def shape(self, coefficients: FloatArray) -> Mesh:
        """Return the bone of these mode coefficients (K,), in standard deviations; the model's frame."""
        return Mesh(self.vertices_mm + np.tensordot(coefficients, self.vertex_modes_mm, 1), self.faces)

    def centre(self, coefficients: FloatArray) -> FloatArray:
        """Return the acetabular centre (3,) that belongs to `shape`."""
        return np.asarray(self.centre_mm + coefficients @ self.centre_modes_mm)

    def away_from_socket(self, radius_mm: float) -> BoolArray:
        """Tell which vertices (M,) of the mean lie farther than that from its acetabular centre."""
        return np.asarray(np.linalg.norm(self.vertices_mm - self.centre_mm, axis=1) > radius_mm)


@dataclass(frozen=True, eq=False)
class HipAtlas:
    """Shape models of both hip bones.

    Attributes
    ----------
    models : Mapping[Side, HipShapeModel]
    subjects : int
        People whose bones made the models.
    left_out_error_mm : float
        90 % of the left-out subjects' acetabular centres were predicted within this, from the rest of their hip bone.
    """

    models: Mapping[Side, HipShapeModel]
    subjects: int
    left_out_error_mm: float
