"""The hemipelvis as it was before the disease: the mirror of the healthy side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.case import Landmarks
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import reflection_matrix, register_trimmed

ACETABULUM_RADIUS_MM = 45.0
"""Bone this close to the rotation centre takes no part in the registration [E]."""

POINTS = 6000
"""Vertices of the mirrored bone that drive the registration."""

TRIM = 0.7
"""Share of the closest pairs that drive it."""


@dataclass(frozen=True, eq=False)
class NativeHemipelvis:
    """The mirrored healthy hip bone on the side to be planned.

    Attributes
    ----------
    mesh : Mesh
        LPS mm.
    residual_mm : float
        Root mean square distance of the registered surfaces away from the acetabulum, over the matched pairs.
    method : str
    """

    mesh: Mesh
    residual_mm: float
    method: str


def native_hemipelvis(healthy: Mesh, host: Mesh, landmarks: Landmarks, centre_lps_mm: FloatArray) -> NativeHemipelvis:
    """Mirror the healthy hip bone in the median plane of the APP frame, then register it onto the other one.

    Trimmed point-to-plane ICP from the healthy bone's vertices to today's bone, both without their acetabula.

    Raises
    ------
    InputRefusedError
        Without a pelvic frame.
    """
    if landmarks.lps_from_app is None:
        raise InputRefusedError(f"the pelvic frame is not known ({landmarks.app_reason}): no side can be mirrored")
    frame = landmarks.lps_from_app
    mirrored = healthy.transformed(reflection_matrix(frame.origin, frame.axes[0]))
    source, source_normals = _away_from_acetabulum(mirrored, centre_lps_mm)
    target, target_normals = _away_from_acetabulum(host, centre_lps_mm)
    step = max(1, len(source) // POINTS)
    fit = register_trimmed(source[::step], source_normals[::step], target, target_normals, keep_fraction=TRIM)
    method = f"mirror of the healthy side, trimmed ICP ({fit.rms_mm:.1f} mm RMS away from the acetabulum)"
    return NativeHemipelvis(mirrored.transformed(fit.target_from_source), fit.rms_mm, method)


def _away_from_acetabulum(bone: Mesh, centre_lps_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
    kept = np.linalg.norm(bone.vertices_lps_mm - centre_lps_mm, axis=1) > ACETABULUM_RADIUS_MM
    return bone.vertices_lps_mm[kept], bone.vertex_normals()[kept]
