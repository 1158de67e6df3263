"""The inferior teardrop in 3D: the lower end of the medial acetabular wall at the notch.

On a radiograph the teardrop is a projection of the fossa floor and the quadrilateral plate. In coronal slices near the
rotation centre both are the two sides of one thin wall that ends freely above the obturator foramen. That end is nearly
level in the anterior half of the notch, where it casts the radiographic apex, and slopes down behind it; the teardrop
is its mean over a slab there, which moves little with the slab's exact place.
"""

from __future__ import annotations

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.section import plane_section

SLAB_POSTERIOR_MM, SLICE_STEP_MM = (-8.0, 2.0), 1.0
"""Antero-posterior reach of the slab relative to the native rotation centre [E]."""
MEDIAL_RADII = (0.6, 2.3)
"""The wall is looked for between these distances medial of the centre, in head radii."""
HEIGHT_HALF_MM = 4.0
"""The quadrilateral plate is met this close to the centre's height."""
BOTTOM_RADII = 1.9
"""A free end lies higher than this many head radii under the centre."""
TIP_ZONE_MM = 6.0
"""Of a free end, so much above its lowest point is the tip, mm."""
MAX_TIP_WIDTH_MM = 22.0
"""A wider tip is no free end of a wall, mm."""
MIN_SLICES = 5
"""Fewer slices with a free end show no teardrop."""


def find_teardrop(
    hip: Mesh, native_centre_lps_mm: FloatArray, head_radius_mm: float, lps_from_app: RigidTransform, side: Side
) -> FloatArray | None:
    """Return the inferior teardrop (3,) in LPS mm, or None when the wall does not end above the foramen.

    Parameters
    ----------
    hip : Mesh
        The hip bone of this side.
    native_centre_lps_mm : ndarray (3,)
        Native rotation centre; the wall is followed downward from its height.
    head_radius_mm : float
    lps_from_app : RigidTransform
    side : Side
    """
    ends = free_ends(hip, native_centre_lps_mm, head_radius_mm, lps_from_app, side, SLAB_POSTERIOR_MM)
    return None if len(ends) < MIN_SLICES else native_centre_lps_mm + lps_from_app.vectors(ends.mean(0))


def free_ends(
    hip: Mesh,
    native_centre_lps_mm: FloatArray,
    head_radius_mm: float,
    lps_from_frame: RigidTransform,
    side: Side,
    slab_posterior_mm: tuple[float, float],
) -> FloatArray:
    """Return the medial wall's lower end in each coronal slice of a frame where it ends freely.

    (N, 3) left, posterior and superior of the native centre, in the frame, mm; ``slab_posterior_mm`` is the reach of
    the slices from the centre.
    """
    left, posterior, superior = lps_from_frame.axes
    to_medial_superior = np.array([-side.lateral_sign * left, superior]).T
    ends = []
    for level in np.arange(slab_posterior_mm[0], slab_posterior_mm[1] + 0.5 * SLICE_STEP_MM, SLICE_STEP_MM):
        section = plane_section(hip, native_centre_lps_mm + level * posterior, posterior)
        outline = (section.points_lps_mm - native_centre_lps_mm) @ to_medial_superior
        tip = _free_end(outline, section.pieces, head_radius_mm)
        if tip is not None:
            ends.append((-side.lateral_sign * tip[0], level, tip[1]))
    return np.array(ends, dtype=np.float64).reshape(-1, 3)


def _free_end(outline_mm: FloatArray, pieces: IntArray, head_radius_mm: float) -> tuple[float, float] | None:
    """Return (medial, superior) of the medial wall's lower end in one slice; None when it runs on."""
    medial, superior = outline_mm[:, 0], outline_mm[:, 1]
    in_reach = (medial > MEDIAL_RADII[0] * head_radius_mm) & (medial < MEDIAL_RADII[1] * head_radius_mm)
    plate = np.flatnonzero(in_reach & (np.abs(superior) < HEIGHT_HALF_MM))
    if not len(plate):
        return None
    seed = plate[int(np.argmax(medial[plate]))]
    wall = outline_mm[in_reach & (pieces == pieces[seed]) & (superior < HEIGHT_HALF_MM)]
    bottom = float(wall[:, 1].min())
    width = float(np.ptp(wall[wall[:, 1] < bottom + TIP_ZONE_MM, 0]))
    # Bone that runs on to the bound, or is broad, is pubis or ischium, not a wall with a free end.
    if width > MAX_TIP_WIDTH_MM or bottom < -BOTTOM_RADII * head_radius_mm:
        return None
    return float(wall[wall[:, 1] < bottom + 1.0, 0].mean()), bottom
