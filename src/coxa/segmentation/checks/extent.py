"""The volume against the bone's extent, and the extent against other bones: ratios of volume and convex hull."""

from __future__ import annotations

import numpy as np

from coxa.labels import Finding
from coxa.segmentation.checks.finding import compared, not_applicable
from coxa.segmentation.checks.limits import ByKind, Limits
from coxa.segmentation.checks.scene import CheckedBone, CheckedBones

HULL_SHARE: ByKind = {
    "hip": Limits(0.21, 0.38, 0.16, 0.50),
    "sacrum": Limits(0.29, 0.70, 0.20, 0.85),
    "femur": Limits(0.40, 0.93, 0.28),
}
"""Seen: hip 0.255 to 0.313; sacrum 0.37 to 0.49, in the phantom 0.63; femur 0.54 to 0.82."""
HULL_ML: ByKind = {
    "hip": Limits(500.0, 2800.0, 250.0, 4000.0),
    "sacrum": Limits(180.0, 1200.0, 90.0, 1800.0),
    "femur": Limits(high=2000.0, failed_above=3500.0),
}
"""Seen: hip 740 to 2080; sacrum 280 to 820; a femur is cut wherever the scan ends."""
SHORT_TO_LONG: ByKind = {"hip": Limits(0.23, 0.44, 0.15, 0.60), "sacrum": Limits(0.24, 0.52, 0.15, 0.70)}
"""Seen: hip 0.29 to 0.37; sacrum 0.31 to 0.42."""
MIDDLE_TO_LONG: ByKind = {"hip": Limits(0.46, 0.76, 0.34, 0.92), "sacrum": Limits(low=0.70, failed_below=0.50)}
"""Seen: hip 0.55 to 0.66; sacrum 0.84 to 0.99."""
SACRUM_TO_HIP = Limits(0.36, 1.15, 0.22, 1.60)
"""Volume of the sacrum over the mean of the hip bones that are there. Seen: 0.50 to 0.71, in the phantom
0.95."""


def check_hull_share(bone: CheckedBone) -> Finding:
    """Compare the volume with that of the bone's convex hull."""
    if bone.is_stump:
        return not_applicable("volume in its extent", "too little of it is in view")
    share = bone.volume_ml / bone.hull_ml
    reason = f"its {bone.volume_ml:.0f} ml fill {100 * share:.0f} % of its own extent"
    return compared("volume in its extent", share, HULL_SHARE[bone.kind], reason)


def check_extent(bone: CheckedBone) -> Finding:
    """Compare the volume of the convex hull with adult bones; of a cut bone only that it is not too large."""
    limits = HULL_ML[bone.kind]
    if bone.is_cut:
        limits = Limits(high=limits.high, failed_above=limits.failed_above)
    reason = f"its extent of {bone.hull_ml:.0f} ml is not that of an adult bone"
    return compared("extent", bone.hull_ml, limits, reason, unit="ml")


def check_proportions(bone: CheckedBone) -> tuple[Finding, ...]:
    """Compare the bone's spread along its three principal axes."""
    names = ("thickness to length", "width to length")
    if bone.kind not in SHORT_TO_LONG:
        return tuple(not_applicable(name, "how much of a femur is in view differs") for name in names)
    if bone.is_cut:
        return tuple(not_applicable(name, "cut by the edge of the field of view") for name in names)
    spread = np.sqrt(np.linalg.eigvalsh(np.cov(bone.points_lps_mm.T)))
    return tuple(
        compared(name, float(value / spread[2]), limits[bone.kind], f"its {name} is {value / spread[2]:.2f}")
        for name, value, limits in zip(names, spread[:2], (SHORT_TO_LONG, MIDDLE_TO_LONG), strict=True)
    )


def check_sacrum_size(bones: CheckedBones) -> Finding:
    """Compare the sacrum's volume with that of the hip bones."""
    sacrum = bones.bones["sacrum"]
    hips = [bone for bone in bones.bones.values() if bone.kind == "hip"]
    if not hips:
        return not_applicable("sacrum to hip bones", "no hip bone to compare with")
    if sacrum.is_cut or any(bone.is_cut for bone in hips):
        return not_applicable("sacrum to hip bones", "cut by the edge of the field of view")
    ratio = sacrum.volume_ml / float(np.mean([bone.volume_ml for bone in hips]))
    reason = f"its volume is {100 * ratio:.0f} % of a hip bone's"
    return compared("sacrum to hip bones", ratio, SACRUM_TO_HIP, reason)
