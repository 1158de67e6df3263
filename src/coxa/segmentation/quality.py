"""What a segmentation says of itself: volume, border contact, plausible density, metal nearby."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import BONES, METAL, Status
from coxa.geometry.arrays import BoolArray
from coxa.labels import Segmentation, StructureQuality
from coxa.segmentation.blocks import Block, bounding_block, within
from coxa.volume import Volume

METAL_HALO_MM = 3.0
PLAUSIBLE_VOLUME_ML = {"hip": (150.0, 600.0), "sacrum": (90.0, 400.0), "femur": (25.0, 700.0)}
"""Adult bones as far as a pelvic scan shows them [E]; the femur depends on where the scan ends."""
PLAUSIBLE_MEAN_HU = (80.0, 900.0)
"""Whole bones, osteoporotic to dense [E]."""
CONTAMINATED_SHARE = 0.05


def assess(segmentation: Segmentation, volume: Volume) -> tuple[StructureQuality, ...]:
    """Return the quality of every structure, absent bones included."""
    blocks = {name: block for name in (*BONES, METAL) if (block := bounding_block(segmentation.mask(name))) is not None}
    near_metal = within(segmentation.mask(METAL), segmentation.grid, METAL_HALO_MM)
    bones = [
        _assess_bone(name, blocks[name], segmentation, volume, near_metal) if name in blocks else _absent(name)
        for name in BONES
    ]
    metal = [_assess_metal(blocks[METAL], segmentation, volume)] if METAL in blocks else []
    return (*bones, *metal)


def _absent(name: str) -> StructureQuality:
    return StructureQuality(name, 0.0, False, 0.0, 0.0, Status.NOT_MEASURABLE, "not found in the scan")


def _assess_metal(block: Block, segmentation: Segmentation, volume: Volume) -> StructureQuality:
    ml, mean_hu = _amount(METAL, block, segmentation, volume)
    return StructureQuality(METAL, ml, _touches_border(block, segmentation), mean_hu, 1.0, Status.OK)


def _assess_bone(
    name: str, block: Block, segmentation: Segmentation, volume: Volume, near_metal: BoolArray
) -> StructureQuality:
    ml, mean_hu = _amount(name, block, segmentation, volume)
    contamination = float(near_metal[block][_mask_in(block, name, segmentation)].mean())
    border = _touches_border(block, segmentation)
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


def _mask_in(block: Block, name: str, segmentation: Segmentation) -> BoolArray:
    value = next(value for value, label in segmentation.names.items() if label == name)
    return np.asarray(segmentation.labels[block] == value)


def _amount(name: str, block: Block, segmentation: Segmentation, volume: Volume) -> tuple[float, float]:
    """Return volume in ml and mean HU."""
    hu = volume.hu[block][_mask_in(block, name, segmentation)]
    return len(hu) * segmentation.grid.voxel_volume_ml, float(hu.mean())


def _touches_border(block: Block, segmentation: Segmentation) -> bool:
    return any(s.start == 0 or s.stop == n for s, n in zip(block, segmentation.labels.shape, strict=True))
