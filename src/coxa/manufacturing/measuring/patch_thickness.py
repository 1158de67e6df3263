"""How thick a large mesh is, measured patch by patch."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.patches import FaceCells, compact_patches, patch_of
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring.thickness import PATCH_MM2, Thickness, measure_thickness

PATCH_FACES = 3_000_000
"""Faces measured together; bounds the memory."""

ABOUT_MM = 1.6
"""More than a strut is wide: what lies farther from a patch does not tell what is thin in it."""


def measure_thickness_by_patches(
    mesh: Mesh,
    classify_below_mm: float,
    about_lps_mm: FloatArray | None = None,
    *,
    struts_below_mm: float = np.inf,
    held_over_mm2: float = PATCH_MM2,
) -> Thickness:
    """Measure a mesh of any size, patch by patch, each with the faces about it.

    Parameters
    ----------
    mesh : Mesh
    classify_below_mm : float
        As in :func:`measure_thickness`; less than ``ABOUT_MM``. What is thicker than that is infinitely thick.
    about_lps_mm : ndarray (N, 3), optional
        Only what lies about these points is measured; all by default.
    struts_below_mm, held_over_mm2 : float
        As in :func:`measure_thickness`.
    """
    cells = FaceCells(mesh, ABOUT_MM)
    chosen = np.arange(len(mesh.faces)) if about_lps_mm is None else cells.about_points(about_lps_mm)
    is_own, found = np.zeros(len(mesh.faces), dtype=bool), []
    for own in compact_patches(mesh, PATCH_FACES, chosen):
        about = cells.about_faces(own)
        patch = patch_of(mesh, about)
        measured = measure_thickness(
            patch,
            classify_below_mm,
            RayCaster(patch),
            reach_mm=ABOUT_MM,
            struts_below_mm=struts_below_mm,
            held_over_mm2=held_over_mm2,
        )
        measured = replace(measured, face=about[measured.face])
        is_own[own] = True
        found.append(measured.chosen(is_own[measured.face]))
        is_own[own] = False
    return reduce(Thickness.joined, found)
