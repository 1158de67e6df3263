"""The interior: a bone whose marrow is missing keeps its extent, but holds hollows that its outline encloses."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from coxa.anatomy import Status
from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import far_from
from coxa.labels import Finding
from coxa.segmentation.checks.finding import compared, not_applicable
from coxa.segmentation.checks.limits import ByKind, Limits
from coxa.segmentation.checks.scene import CheckedBone

CLOSING_SHARE = 0.10
"""Radius of the closing as a share of the bone's size: smaller than the obturator foramen and the sciatic notch."""
METAL_SHARE = 0.05
"""With more of a femur than this beside metal there is a stem or a nail in it [E]."""
MISSING_SHARE: ByKind = {
    "hip": Limits(high=0.05, failed_above=0.15),
    "sacrum": Limits(high=0.25, failed_above=0.40),
    "femur": Limits(high=0.04, failed_above=0.15),
}
"""Seen: hip 0.005 to 0.015; sacrum 0.11 to 0.16, for its canal and foramina; femur 0.001 to 0.008."""
DEPTH_SHARE: ByKind = {
    "hip": Limits(0.033, 0.066, 0.025, 0.10),
    "sacrum": Limits(0.038, 0.085, 0.028, 0.12),
    "femur": Limits(0.062, 0.16, 0.045, 0.21),
}
"""Mean depth by the bone's size. Seen: hip 0.041 to 0.053; sacrum 0.049 to 0.068; femur 0.084 to 0.129."""


def check_hollow(bone: CheckedBone) -> Finding:
    """Compare the share of the interior that is missing: enclosed by the bone's closed outline, and no other label."""
    missing = missing_interior(bone)
    share = float(missing.sum()) / float(missing.sum() + bone.mask.sum())
    limits = MISSING_SHARE[bone.kind]
    place = reach = None
    if limits.status_of(share) is not Status.OK:
        place = bone.middle_lps_mm(_largest(missing))
        reach = bone.width_mm(missing)
    reason = f"hollow: {100 * share:.0f} % of its interior is missing"
    return compared("interior", share, limits, reason, place_lps_mm=place, reach_mm=reach)


def check_depth(bone: CheckedBone) -> Finding:
    """Compare how deep the voxels lie under the surface, on average: tunnels and sheets have no depth."""
    if bone.kind == "femur" and bone.hidden[bone.mask].mean() > METAL_SHARE:
        return not_applicable("depth", "metal takes the place of its interior")
    if bone.is_stump:
        return not_applicable("depth", "too little of it is in view")
    depth_mm = float(bone.depths_mm[bone.mask].mean())
    value = depth_mm / bone.size_mm
    low = DEPTH_SHARE[bone.kind].low
    thin = low is not None and value < low
    reason = (
        f"{'thin' if thin else 'bulky'}: its voxels lie {depth_mm:.1f} mm under its surface on average, "
        f"{'less' if thin else 'more'} than in a bone of this size"
    )
    return compared("depth", value, DEPTH_SHARE[bone.kind], reason, reach_mm=2.0 * depth_mm)


def missing_interior(bone: CheckedBone) -> BoolArray:
    """Return what the closed outline encloses and no label holds [k, j, i]."""
    radius_mm = CLOSING_SHARE * bone.size_mm
    spacing = bone.spacing_kji_mm
    step = (float(spacing[0]), float(spacing[1]), float(spacing[2]))
    margin = [(int(radius_mm // along) + 2,) * 2 for along in step]
    outside = far_from(np.pad(bone.mask, margin), step, radius_mm)
    inner = tuple(slice(m[0], -m[1]) for m in margin)
    filled = ndi.binary_fill_holes(far_from(outside, step, radius_mm)[inner])
    return np.asarray(filled & ~bone.mask & ~bone.occupied)


def _largest(mask: BoolArray) -> BoolArray:
    pieces, count = ndi.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())
