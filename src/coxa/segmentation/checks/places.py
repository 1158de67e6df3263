"""The places of the bones: sacrum between the hip bones, each femur at its own hip and below its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from coxa.geometry.arrays import FloatArray, unit
from coxa.labels import Finding
from coxa.segmentation.checks.finding import compared, not_applicable
from coxa.segmentation.checks.limits import Limits
from coxa.segmentation.checks.scene import CheckedBone, CheckedBones

RIGHT_TO_LEFT_MM = Limits(low=0.0)
"""From the right hip bone's middle to the left one's, to the patient's left; the axes of the file may be wrong."""
BETWEEN_HIPS = Limits(0.445, 0.555, 0.36, 0.64)
"""Where the sacrum's centroid lies on the way from the right hip bone's to the left one's. Seen: 0.475 to 0.53."""
TOP_ABOVE_HIP = Limits(-0.80, 0.25, failed_above=0.45)
"""Height of the femur's top over its hip bone's centroid, by the hip bone's size. Seen: -0.36 to -0.14; a
femur follows a cup that has migrated upward, and without its head it ends lower and may sink."""
LATERAL_OF_HIP = Limits(0.0, 0.75, -0.15, 1.0)
"""How far lateral of its hip bone's centroid the femur's top 60 mm lie, by the hip bone's size. Seen: 0.17 to 0.39,
without head 0.62."""
GAP_TO_HIP_MM = Limits(high=45.0, failed_above=90.0)
"""Seen: 2 to 3.4; 28 where head and implant are gone, or the head is a prosthetic one."""
TOP_MM = 60.0
"""So much of a femur is head, neck and trochanter."""
FEW = 4000
"""Voxels of each bone between which the least distance is looked for."""


@dataclass(frozen=True, eq=False)
class PelvicAxes:
    """Left and superior (3,) of the patient, by hip bones and scan."""

    left: FloatArray
    superior: FloatArray


def pelvic_axes(bones: CheckedBones) -> PelvicAxes | None:
    """Return the axes; None without two hip bones, or where the bones lie against the file's axes."""
    left, right = bones.bones.get("hip_left"), bones.bones.get("hip_right")
    if left is None or right is None:
        return None
    across = unit(left.centroid_lps_mm - right.centroid_lps_mm)
    if across[0] < np.cos(np.radians(45.0)):
        return None
    up = np.array([0.0, 0.0, 1.0])
    return PelvicAxes(across, unit(up - (up @ across) * across))


def check_hip_side(hip: CheckedBone, bones: CheckedBones) -> Finding:
    """Compare on which side of the other hip bone a hip bone lies: x runs to the patient's left."""
    check = "side of the hip bone"
    left, right = bones.bones.get("hip_left"), bones.bones.get("hip_right")
    if left is None or right is None:
        return not_applicable(check, "needs both hip bones")
    apart = float(left.centroid_lps_mm[0] - right.centroid_lps_mm[0])
    reason = "left and right are exchanged, or the file's directions are wrong"
    x, y, z = hip.centroid_lps_mm.tolist()
    return compared(check, apart, RIGHT_TO_LEFT_MM, reason, unit="mm", place_lps_mm=(x, y, z))


def check_sacrum_place(bones: CheckedBones) -> Finding:
    """Compare where the sacrum lies between the hip bones."""
    check = "between the hip bones"
    left, right = bones.bones.get("hip_left"), bones.bones.get("hip_right")
    if left is None or right is None:
        return not_applicable(check, "needs both hip bones")
    sacrum = bones.bones["sacrum"]
    across = left.centroid_lps_mm - right.centroid_lps_mm
    share = float((sacrum.centroid_lps_mm - right.centroid_lps_mm) @ across / (across @ across))
    reason = f"its middle lies {100 * share:.0f} % of the way from the right hip bone to the left"
    x, y, z = sacrum.centroid_lps_mm.tolist()
    return compared(check, share, BETWEEN_HIPS, reason, place_lps_mm=(x, y, z))


def check_femur_place(femur: CheckedBone, bones: CheckedBones) -> tuple[Finding, ...]:
    """Compare height, side and distance of a femur with its own hip bone."""
    checks = ("top of the femur", "side of the femur", "distance to the hip bone")
    side = femur.name.split("_")[1]
    hip, axes = bones.bones.get(f"hip_{side}"), pelvic_axes(bones)
    if hip is None or axes is None:
        return tuple(not_applicable(check, "needs both hip bones, along the file's axes") for check in checks)
    height = (femur.points_lps_mm - hip.centroid_lps_mm) @ axes.superior
    top = float(np.percentile(height, 99.5))
    upper = femur.points_lps_mm[height > top - TOP_MM].mean(axis=0)
    outward = axes.left if side == "left" else -axes.left
    lateral = float((upper - hip.centroid_lps_mm) @ outward)
    place = (float(upper[0]), float(upper[1]), float(upper[2]))
    gap = gap_mm(femur, hip)
    return (
        compared(
            checks[0],
            top / hip.size_mm,
            TOP_ABOVE_HIP,
            f"its top lies {top:+.0f} mm from the height of the hip bone's middle",
            place_lps_mm=place,
        ),
        compared(
            checks[1],
            lateral / hip.size_mm,
            LATERAL_OF_HIP,
            f"its upper end lies {lateral:+.0f} mm lateral of the hip bone's middle",
            place_lps_mm=place,
        ),
        compared(checks[2], gap, GAP_TO_HIP_MM, f"{gap:.0f} mm apart from its hip bone", unit="mm"),
    )


def gap_mm(bone: CheckedBone, other: CheckedBone) -> float:
    """Return the least distance of two bones' voxels, mm."""
    a, b = (x.points_lps_mm[:: max(1, len(x.points_lps_mm) // FEW)] for x in (bone, other))
    return float(cKDTree(b).query(a)[0].min())
