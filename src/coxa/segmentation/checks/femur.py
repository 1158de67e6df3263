"""The femur's head at its socket and its shaft below."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from coxa.labels import Finding
from coxa.segmentation.checks.finding import Place, compared, not_applicable
from coxa.segmentation.checks.limits import Limits
from coxa.segmentation.checks.places import gap_mm, pelvic_axes
from coxa.segmentation.checks.scene import CheckedBone, CheckedBones

HEAD, SHAFT = "femoral head", "femoral shaft"
HEAD_RADIUS_MM = Limits(13.0, 31.0, failed_above=37.0)
"""Radius of the largest ball inside the femur near the hip bone, up to 2 mm small on coarse voxels. Seen: 16 to 26."""
NEAR_HIP_MM = 12.0
"""A ball in the femur whose surface is no further from the hip bone is at the joint [E]."""
RESECTED_GAP_MM = 6.0
"""Without a head as far apart from its hip bone as this, or further, a femur is resected, not badly segmented."""
SHAFT_RADIUS_MM = Limits(8.0, 28.0, failed_above=36.0)
"""Radius of the circle as large as the section at the lower end of the femur. Seen: 11.5 to 23."""
BELOW_HEAD_MM = 90.0
"""From here on below the head the femur is shaft; the lesser trochanter is passed."""
SECTION_MM = 10.0
"""Height of the section, two slices of 5 mm."""


def check_head(femur: CheckedBone, bones: CheckedBones) -> Finding:
    """Compare the largest ball inside the femur next to its hip bone with a femoral head."""
    hip = bones.bones.get(f"hip_{femur.name.split('_')[1]}")
    if hip is None:
        return not_applicable(HEAD, "needs the hip bone of its side")
    if femur.hidden.any():
        return not_applicable(HEAD, "metal in or at the joint")
    radius, place = head_ball(femur, hip)
    if HEAD_RADIUS_MM.low is not None and radius < HEAD_RADIUS_MM.low and gap_mm(femur, hip) >= RESECTED_GAP_MM:
        return not_applicable(HEAD, "no head at the joint: resected")
    reason = f"the largest ball in it at the joint has a radius of {radius:.0f} mm"
    return compared(HEAD, radius, HEAD_RADIUS_MM, reason, unit="mm", place_lps_mm=place, reach_mm=abs(radius - 23.0))


def head_ball(femur: CheckedBone, hip: CheckedBone) -> tuple[float, Place]:
    """Return radius and centre of the largest ball in the femur that comes near the hip bone."""
    kji = np.argwhere(femur.mask)
    depth = femur.depths_mm[femur.mask]
    deep = np.argsort(-depth)[: max(1, len(depth) // 3)]
    points = femur.grid.points_from_indices(kji[deep][:, ::-1])
    surface = hip.grid.points_from_indices(hip.surface_kji[:, ::-1])
    gap = cKDTree(surface).query(points)[0] - depth[deep]
    near = np.flatnonzero(gap < NEAR_HIP_MM)
    best = int(near[0]) if len(near) else int(np.argmin(gap))
    x, y, z = points[best]
    return float(depth[deep][best]), (float(x), float(y), float(z))


def check_shaft(femur: CheckedBone, bones: CheckedBones) -> Finding:
    """Compare the femur's section at its lower end with a shaft."""
    axes = pelvic_axes(bones)
    hip = bones.bones.get(f"hip_{femur.name.split('_')[1]}")
    if axes is None or hip is None:
        return not_applicable(SHAFT, "needs both hip bones, along the file's axes")
    height = femur.points_lps_mm @ axes.superior
    bottom, top = float(height.min()), float(np.percentile(height, 99.5))
    if top - bottom < BELOW_HEAD_MM + SECTION_MM:
        return not_applicable(SHAFT, "the shaft is not in view")
    section = (height > bottom + 1.0) & (height < bottom + 1.0 + SECTION_MM)
    if femur.hidden[femur.mask][section].any():
        return not_applicable(SHAFT, "metal in the shaft")
    area_mm2 = 1000.0 * float(section.sum()) * femur.grid.voxel_volume_ml / SECTION_MM
    radius = float(np.sqrt(area_mm2 / np.pi))
    x, y, z = femur.points_lps_mm[section].mean(axis=0).tolist()
    reason = f"its section at the lower end is that of a circle of {radius:.0f} mm radius"
    return compared(SHAFT, radius, SHAFT_RADIUS_MM, reason, unit="mm", place_lps_mm=(x, y, z))
