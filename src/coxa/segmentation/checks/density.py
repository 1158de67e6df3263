"""The density of the interior and of the rim: is it bone."""

from __future__ import annotations

import numpy as np

from coxa.labels import Finding
from coxa.segmentation.checks.finding import compared, not_applicable
from coxa.segmentation.checks.limits import Limits
from coxa.segmentation.checks.scene import CheckedBone

INTERIOR, RIM = "density of the interior", "density of the rim"
INTERIOR_HU = Limits(low=-80.0, high=700.0, failed_below=-150.0)
"""Median: fatty marrow of an osteoporotic sacrum to a dense femur [E]."""
RIM_HU = Limits(low=60.0, failed_below=0.0)
"""Median: even an osteoporotic cortex at 5 mm is denser than muscle [E]."""
RIM_MM, INSIDE_MM = 3.5, 6.0
"""Up to this depth under the surface is rim, beyond that one interior: a cortex is 1 to 3 mm thick [E]."""
LEAST_VOXELS = 200
"""Fewer voxels give no median to rely on [E]."""


def check_density(bone: CheckedBone) -> tuple[Finding, Finding]:
    """Compare the medians of the bone's interior and of its rim, both away from metal."""
    return (
        _median(INTERIOR, bone, INSIDE_MM, np.inf, INTERIOR_HU),
        _median(RIM, bone, 0.0, RIM_MM, RIM_HU),
    )


def _median(check: str, bone: CheckedBone, above_mm: float, upto_mm: float, limits: Limits) -> Finding:
    chosen = bone.mask & ~bone.hidden & (bone.depths_mm > above_mm) & (bone.depths_mm <= upto_mm)
    if chosen.sum() < LEAST_VOXELS:
        return not_applicable(check, "too little of it lies away from metal")
    median = float(np.median(bone.hu[chosen]))
    return compared(check, median, limits, f"{check} {median:.0f} HU is not that of bone", unit="HU")
