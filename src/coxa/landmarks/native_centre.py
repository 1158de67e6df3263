"""Where the native rotation centre was or should be: a ladder of methods, each with its uncertainty.

Own intact head, then the mirrored centre of the other side, then pelvic proportions. A higher rung is used when the
lower one is not available; the disagreement between rungs is said in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.registration import find_symmetry_plane, register_trimmed, transform_points
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.pelvis import PelvicFrame

THINNING_MM2 = 20.0
SOCKET_RADII = 1.65
"""In head radii about a centre: bone within takes no part in finding the symmetry."""
KEEP_FRACTION = 0.8
MAX_LOCAL_MISS_MM = 3.0
"""Mirrored and present hip bone must agree to this RMS over the kept part, else the mirror is not trusted."""
MIRROR_UNCERTAINTY_MM = 4.0
"""90 % radius: mirrored against own centre in nine adults with a ruined socket: mean 2.4, worst 4.5 mm."""
PROPORTION_UNCERTAINTY_MM = 9.0
"""90 % radius of the proportions below: leave-one-out over ten adults mean 4.9, p90 7.1, worst 8.9 mm."""
PROPORTION_LANDMARKS = ("PT", "IS", "AIIS")
PROPORTIONS = (0.416, 0.497, 0.221)
"""Centre = PT + a u + b v + c n with u = IS - PT, v = AIIS - PT, n = u x v / sqrt|u x v|, lateral positive."""


@dataclass(frozen=True, eq=False)
class NativeCentre:
    """A native rotation centre.

    Attributes
    ----------
    position_lps_mm : ndarray (3,)
    uncertainty_mm : float
        90 % radius.
    method : str
    doubt : str or None
    """

    position_lps_mm: FloatArray
    uncertainty_mm: float
    method: str
    doubt: str | None = None


@dataclass(frozen=True, eq=False)
class MirrorMap:
    """How one side maps onto the other.

    Attributes
    ----------
    other_from_side : ndarray (4, 4)
        Improper: takes a point of the healthy side to the same point of the other side, LPS mm.
    plane_only : ndarray (4, 4)
        The reflection in the pelvis's mid-sagittal plane alone.
    rms_mm : float
    """

    other_from_side: FloatArray
    plane_only: FloatArray
    rms_mm: float


def centre_of_proportions(
    points_lps_mm: Mapping[str, FloatArray], frame: PelvicFrame, side: Side
) -> NativeCentre | None:
    """Return the centre that the side's own tubercle, spine and AIIS suggest; None when one of them is missing.

    The last rung, and the start of the others.
    """
    names = [landmark_name(stem, side) for stem in PROPORTION_LANDMARKS]
    if any(name not in points_lps_mm for name in names):
        return None
    mirror = np.array([side.lateral_sign, 1.0, 1.0])
    tubercle, spine, aiis = (frame.lps_from_app.inverse().points(points_lps_mm[name]) * mirror for name in names)
    u, v = spine - tubercle, aiis - tubercle
    normal = np.cross(u, v)
    local = tubercle + np.array(PROPORTIONS) @ [u, v, normal / np.sqrt(np.linalg.norm(normal))]
    return NativeCentre(
        frame.lps_from_app.points(local * mirror),
        PROPORTION_UNCERTAINTY_MM,
        "proportions of pubic tubercle, ischial spine and AIIS",
        "from pelvic proportions only: no intact hip to mirror",
    )


def find_mirror_map(
    hips: Mapping[Side, SurfacePoints],
    frame: PelvicFrame,
    healthy: Side,
    socket_centres_lps_mm: Mapping[Side, tuple[FloatArray, ...]],
    head_radius_mm: float,
) -> MirrorMap:
    """Lay the mirrored healthy hip bone on the other hip bone, sockets left out.

    First the whole pelvis is laid on its own reflection (the mid-sagittal plane); then the mirrored hip bone alone is
    laid on its partner, because the two halves of a pelvis are turned against each other at the sacrum.

    Raises
    ------
    FitError
        When the bones do not overlap well enough.
    """
    bones = {
        side: _without_sockets(hips[side].thinned(THINNING_MM2), socket_centres_lps_mm[side], head_radius_mm)
        for side in SIDES
    }
    plane = find_symmetry_plane(
        np.vstack([bones[side].points_lps_mm for side in SIDES]),
        np.vstack([bones[side].normals_lps for side in SIDES]),
        frame.lps_from_app.origin,
        frame.lps_from_app.axes[0],
        keep_fraction=KEEP_FRACTION,
    )
    mirror = plane.reflection
    source, target = bones[healthy], bones[healthy.opposite]
    fit = register_trimmed(
        transform_points(mirror, source.points_lps_mm),
        source.normals_lps @ mirror[:3, :3].T,
        target.points_lps_mm,
        target.normals_lps,
        keep_fraction=KEEP_FRACTION,
    )
    if fit.rms_mm > MAX_LOCAL_MISS_MM:
        raise FitError(f"mirrored and present hip bone miss each other by {fit.rms_mm:.1f} mm: no symmetry to use")
    return MirrorMap(fit.target_from_source @ mirror, mirror, fit.rms_mm)


def mirrored_centre(mirror: MirrorMap, healthy_centre_lps_mm: FloatArray) -> NativeCentre:
    """Carry the healthy side's centre across."""
    position = transform_points(mirror.other_from_side, healthy_centre_lps_mm)
    by_plane = transform_points(mirror.plane_only, healthy_centre_lps_mm)
    apart = float(np.linalg.norm(position - by_plane))
    uncertainty = float(np.hypot(MIRROR_UNCERTAINTY_MM, mirror.rms_mm - 1.0 if mirror.rms_mm > 1.0 else 0.0))
    return NativeCentre(
        position,
        uncertainty,
        "contralateral mirror: trimmed registration of the mirrored hip bone without its acetabulum "
        f"(misses by {mirror.rms_mm:.1f} mm; {apart:.1f} mm from the mid-sagittal reflection alone)",
    )


def _without_sockets(
    bone: SurfacePoints, centres_lps_mm: tuple[FloatArray, ...], head_radius_mm: float
) -> SurfacePoints:
    outside = np.ones(len(bone.points_lps_mm), dtype=bool)
    for centre in centres_lps_mm:
        outside &= np.linalg.norm(bone.points_lps_mm - centre, axis=1) > SOCKET_RADII * head_radius_mm
    return bone.where(outside)
