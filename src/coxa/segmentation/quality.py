"""What a segmentation says of itself: volume, border contact, plausible density, metal nearby."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import BONES, METAL, Status
from coxa.geometry.arrays import BoolArray
from coxa.labels import Segmentation, StructureQuality
from coxa.segmentation.metal import distance_to
from coxa.volume import Volume

METAL_HALO_MM = 3.0
PLAUSIBLE_VOLUME_ML = {"hip": (150.0, 600.0), "sacrum": (90.0, 400.0), "femur": (25.0, 700.0)}
"""Adult bones as far as a pelvic scan shows them [E]; the femur depends on where the scan ends."""
PLAUSIBLE_MEAN_HU = (80.0, 900.0)
"""Whole bones, osteoporotic to dense [E]."""
CONTAMINATED_SHARE = 0.05


def assess(segmentation: Segmentation, volume: Volume) -> tuple[StructureQuality, ...]:
    """Return the quality of every structure, absent ones included."""
    metal = segmentation.mask(METAL)
    near_metal = distance_to(metal, segmentation.grid, METAL_HALO_MM) <= METAL_HALO_MM if metal.any() else metal
    found = [_assess_bone(name, segmentation, volume, near_metal) for name in BONES]
    if metal.any():
        ml = float(metal.sum()) * segmentation.grid.voxel_volume_ml
        mean_hu = float(volume.hu[metal].mean())
        found.append(StructureQuality(METAL, ml, _touches_border(metal), mean_hu, 1.0, Status.OK))
    return tuple(found)


def _assess_bone(name: str, segmentation: Segmentation, volume: Volume, near_metal: BoolArray) -> StructureQuality:
    mask = segmentation.mask(name)
    count = int(mask.sum())
    if count == 0:
        return StructureQuality(name, 0.0, False, 0.0, 0.0, Status.NOT_MEASURABLE, "not found in the scan")
    ml = count * segmentation.grid.voxel_volume_ml
    mean_hu = float(volume.hu[mask].mean())
    contamination = float((mask & near_metal).sum()) / count
    border = _touches_border(mask)
    reasons = []
    low, high = PLAUSIBLE_VOLUME_ML[name.split("_")[0]]
    if not low <= ml <= high:
        reasons.append(f"volume {ml:.0f} ml is outside {low:.0f} to {high:.0f} ml")
    if not PLAUSIBLE_MEAN_HU[0] <= mean_hu <= PLAUSIBLE_MEAN_HU[1]:
        reasons.append(f"mean density {mean_hu:.0f} HU is not that of a whole bone")
    if border and not name.startswith("femur"):
        reasons.append("cut by the edge of the field of view")
    if contamination > CONTAMINATED_SHARE:
        reasons.append(f"{100 * contamination:.0f} % of it lies within {METAL_HALO_MM:.0f} mm of metal")
    status = Status.WARN if reasons else Status.OK
    return StructureQuality(name, ml, border, mean_hu, contamination, status, "; ".join(reasons) or None)


def _touches_border(mask: BoolArray) -> bool:
    return any(bool(np.take(mask, end, axis=axis).any()) for axis in range(3) for end in (0, -1))
