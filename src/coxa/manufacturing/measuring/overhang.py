"""Downward surface that wants support, for the best way up."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh

BASE_MM = 0.5
"""Faces this close to the lowest point stand on the plate."""

SEARCH_FACES = 40_000
"""Faces, evenly picked, on which the best direction is searched; its area is then taken over all."""

_DIRECTIONS = 92
"""Build directions tried, spread over the sphere."""


def least_overhang(mesh: Mesh, overhang_deg: float) -> tuple[float, FloatArray]:
    """Return the least area in mm² that is flatter than ``overhang_deg`` and faces down, and the build direction.

    Parameters
    ----------
    mesh : Mesh
    overhang_deg : float
        Angle to the build plate.
    """
    normals, areas = mesh.face_normals()
    centres = mesh.vertices_lps_mm[mesh.faces].mean(axis=1)
    some = slice(None, None, max(1, len(areas) // SEARCH_FACES))
    searched = [_overhang_mm2(normals[some], areas[some], centres[some], d, overhang_deg) for d in _directions()]
    best = _directions()[int(np.argmin(np.round(searched, 6)))]
    return _overhang_mm2(normals, areas, centres, best, overhang_deg), best


def _overhang_mm2(
    normals: FloatArray, areas: FloatArray, centres: FloatArray, up: FloatArray, overhang_deg: float
) -> float:
    height = centres @ up
    flat = (normals @ up < -np.cos(np.radians(overhang_deg))) & (height > height.min() + BASE_MM)
    return float(areas[flat].sum())


def _directions() -> FloatArray:
    """Return the six axes, then directions spread over the sphere (golden spiral)."""
    n = np.arange(_DIRECTIONS) + 0.5
    height = 1.0 - 2.0 * n / _DIRECTIONS
    angle = np.pi * (1.0 + np.sqrt(5.0)) * n
    radius = np.sqrt(1.0 - height**2)
    spiral = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height])
    return np.concatenate([np.eye(3)[::-1], -np.eye(3), spiral])
