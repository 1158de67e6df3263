"""Does a scan show a pelvis? A cheap, conservative look at bone on coarsely sampled slices.

It refuses what cannot be a pelvis (no bone, a head, an arm) and never a real one; whether the pelvis is complete is
for the segmentation to say, which knows the structures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import NoPelvisError
from coxa.volume import Volume

BONE_HU = 200
"""Bone from here on, HU."""
TISSUE_HU = -300
"""Body, not air, above this, HU."""
LUNG_HU = (-950, -500)
"""From and to of lung, HU."""
SAMPLE_MM = 4.0
"""Voxel pitch of the look, about."""
MIN_BONE_ML = 30.0
"""Cortical bone of the smallest adult pelvis is ten times this [E]."""
MIN_BONE_WIDTH_MM = 170.0
"""The skull is narrower; both hips of an adult together are never [E]."""
MIN_SLICE_BONE_CM2 = 3.0
"""Less bone in a slice is the table, calcified vessels or noise [E]."""
MIN_PELVIS_CM2 = 30.0
"""Lower ribs and lumbar spine together show less, iliac wings and hips more [E]."""
MAX_LUNG_SHARE = 0.20
"""More lung-like voxels between the skin lines make a slice thorax; table foam alone reaches half of that [E]."""


@dataclass(frozen=True)
class SliceLook:
    """What one axial slice shows.

    Attributes
    ----------
    bone_cm2 : float
    bone_width_mm : float
        From the 2nd to the 98th percentile of the bone's lateral positions; 0 with less than 3 cm² of bone.
    lung_share : float
        Of the voxels between the skin lines.
    cut_at_sides : bool
        Tissue reaches the left or right border of the image.
    """

    bone_cm2: float
    bone_width_mm: float
    lung_share: float
    cut_at_sides: bool

    @property
    def like_pelvis(self) -> bool:
        """Much and wide bone and no lung; for comparing series, too strict for refusing one."""
        wide = self.bone_width_mm >= MIN_BONE_WIDTH_MM and self.bone_cm2 >= MIN_PELVIS_CM2
        return wide and self.lung_share <= MAX_LUNG_SHARE


def look_at_slice(hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float]) -> SliceLook:
    """Look at one slice [j, i], i along the patient's left-right axis; spacing along (i, j) in mm."""
    pixel_cm2 = spacing_mm[0] * spacing_mm[1] / 100.0
    bone_columns = np.nonzero(hu >= BONE_HU)[1]
    bone_cm2 = float(len(bone_columns) * pixel_cm2)
    width = 0.0
    if bone_cm2 >= MIN_SLICE_BONE_CM2:
        low, high = np.percentile(bone_columns, [2, 98])
        width = float(high - low) * spacing_mm[0]
    tissue = hu > TISSUE_HU
    inside = np.logical_or.accumulate(tissue, 1) & np.logical_or.accumulate(tissue[:, ::-1], 1)[:, ::-1]
    lung = inside & (hu >= LUNG_HU[0]) & (hu <= LUNG_HU[1])
    lung_share = float(lung.sum() / max(int(inside.sum()), 1))
    edge = tissue[:, [0, -1]].mean(0)
    return SliceLook(bone_cm2, width, lung_share, bool((edge > 0.05).any()))


def require_pelvis(volume: Volume) -> None:
    """Refuse a scan that cannot show a pelvis.

    Raises
    ------
    NoPelvisError
        When there is hardly any bone, or only bone narrower than any pelvis in a body that is seen whole.
    """
    upright = volume.nearest_lps()
    step = [max(1, round(SAMPLE_MM / s)) for s in upright.grid.spacing_mm]
    coarse = upright.hu[:: step[2], :: step[1], :: step[0]]
    spacing = np.array(upright.grid.spacing_mm) * step
    looks = [look_at_slice(plane, (float(spacing[0]), float(spacing[1]))) for plane in coarse]
    bone_ml = sum(look.bone_cm2 for look in looks) * float(spacing[2]) / 10.0
    advice = "give a CT of the pelvis with both hips in view"
    if bone_ml < MIN_BONE_ML:
        raise NoPelvisError(f"no pelvis in view: only {bone_ml:.0f} ml of bone in the whole scan; {advice}")
    width = max(look.bone_width_mm for look in looks)
    if width < MIN_BONE_WIDTH_MM and not any(look.cut_at_sides for look in looks if look.bone_width_mm > 0):
        raise NoPelvisError(f"no pelvis in view: the bones are at most {width:.0f} mm wide; {advice}")
