"""The ilio-ischial (Köhler) line of one side: two points of the medial border of the posterior column."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import Landmark, Side, Status
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh

POSTERIOR_MM = (5.0, 32.0)
"""Behind the native centre: quadrilateral plate and posterior column, short of the ischial spine [E]."""
UPPER_MM, LOWER_MM = (5.0, 25.0), (-30.0, -12.0)
"""Above and below the native centre: where the line touches the plate and the ischium [E]."""
TANGENT_PERCENTILE = 99.0
"""Percentile of the medial coordinate from which points touch the line: single points may stick out."""
MIN_POINTS = 10
"""Fewer points in a band show no border."""
KOHLER_UNCERTAINTY_MM = 3.0
"""90 % radius of both points of the line, mm [E]."""


def kohler_points(
    hip: Mesh | None, native_centre: Landmark, lps_from_app: RigidTransform | None, side: Side
) -> dict[str, Landmark]:
    """Return the upper and lower point of the Köhler line as landmarks ``KOHLER_UPPER`` and ``KOHLER_LOWER``."""
    names = ("KOHLER_UPPER", "KOHLER_LOWER")
    reason = None
    if hip is None or hip.is_empty:
        reason = f"no surface of hip_{side}"
    elif lps_from_app is None or native_centre.position_lps_mm is None:
        reason = "needs the anterior pelvic frame and the native rotation centre"
    if reason is not None or hip is None or lps_from_app is None:
        return {name: Landmark.missing(name, reason or "") for name in names}
    turned = np.array([-side.lateral_sign, 1.0, 1.0])
    local = lps_from_app.inverse().vectors(hip.vertices_lps_mm - native_centre.point) * turned
    column = local[(local[:, 1] > POSTERIOR_MM[0]) & (local[:, 1] < POSTERIOR_MM[1])]
    marks = {}
    for name, (low, high) in zip(names, (UPPER_MM, LOWER_MM), strict=True):
        place = _medial_tangent(column[(column[:, 2] > low) & (column[:, 2] < high)])
        if place is None:
            marks[name] = Landmark.missing(name, "the posterior column is destroyed or out of view there")
            continue
        marks[name] = Landmark(
            name,
            native_centre.point + lps_from_app.vectors(place * turned),
            KOHLER_UNCERTAINTY_MM,
            native_centre.status,
            "medial border of the posterior column",
            native_centre.reason if native_centre.status is Status.WARN else None,
        )
    return marks


def _medial_tangent(band_mm: FloatArray) -> FloatArray | None:
    if len(band_mm) < MIN_POINTS:
        return None
    touching = band_mm[band_mm[:, 0] >= np.percentile(band_mm[:, 0], TANGENT_PERCENTILE)]
    return np.asarray(touching.mean(0))
