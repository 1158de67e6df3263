"""Hip prostheses as geometry: head, cup and stem out of surfaces, and the orientation of a cup.

Surfaces in LPS mm come in; spheres, axes and angles go out. Knows no voxels, no bones and no patient.
"""

from coxa.implants.cup_angles import (
    CupAngles,
    after_pelvic_tilt,
    anatomical_angles,
    axis_from_anatomical,
    axis_from_operative,
    axis_from_radiographic,
    operative_angles,
    radiographic_angles,
)

__all__ = [
    "CupAngles",
    "after_pelvic_tilt",
    "anatomical_angles",
    "axis_from_anatomical",
    "axis_from_operative",
    "axis_from_radiographic",
    "operative_angles",
    "radiographic_angles",
]
