"""The healthy side laid on the other one: what a destroyed hip borrows its native centre and teardrop from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import SIDES, Estimate, Side
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.registration import find_symmetry_plane, register_trimmed, transform_points
from coxa.geometry.surface_points import SurfacePoints

THINNING_MM2 = 20.0
"""One surface point takes part for so much area, mm2."""
SOCKET_RADII = 1.65
"""In head radii about a centre: bone within takes no part in finding the symmetry."""
KEEP_FRACTION = 0.8
"""Share of the pairs, closest first, that take part in the fit."""
MAX_LOCAL_MISS_MM = 3.0
"""Mirrored and present hip bone must agree to this RMS over the kept part, else the mirror is not trusted."""
USUAL_MISS_MM = 1.0
"""RMS by which the two sides of a healthy pelvis miss each other; what goes beyond widens the uncertainty."""
MIRROR_UNCERTAINTY_MM = 4.0
"""90 % radius: mirrored against own centre in nine adults with a ruined socket: mean 2.4, worst 4.5 mm."""


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


def find_mirror_map(
    hips: Mapping[Side, SurfacePoints],
    lps_from_app: RigidTransform,
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
        lps_from_app.origin,
        lps_from_app.axes[0],
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


def estimate_from_mirror(mirror: MirrorMap, healthy: Estimate) -> Estimate:
    """Carry the healthy side's answer across, with its own uncertainty and warning.

    Raises
    ------
    ValueError
        When the healthy side has no answer.
    """
    if healthy.position_lps_mm is None:
        raise ValueError(f"nothing to mirror: {healthy.reason}")
    position = transform_points(mirror.other_from_side, healthy.position_lps_mm)
    by_plane = transform_points(mirror.plane_only, healthy.position_lps_mm)
    apart = float(np.linalg.norm(position - by_plane))
    misfit = max(mirror.rms_mm - USUAL_MISS_MM, 0.0)
    uncertainty = float(np.linalg.norm([MIRROR_UNCERTAINTY_MM, misfit, healthy.uncertainty_mm or 0.0]))
    method = (
        "contralateral mirror: trimmed registration of the mirrored hip bone without its acetabulum "
        f"(residual {mirror.rms_mm:.1f} mm; {apart:.1f} mm from the mid-sagittal reflection alone)"
    )
    return Estimate("mirror", position, uncertainty, method, healthy.reason)


def _without_sockets(
    bone: SurfacePoints, centres_lps_mm: tuple[FloatArray, ...], head_radius_mm: float
) -> SurfacePoints:
    outside = np.ones(len(bone.points_lps_mm), dtype=bool)
    for centre in centres_lps_mm:
        outside &= np.linalg.norm(bone.points_lps_mm - centre, axis=1) > SOCKET_RADII * head_radius_mm
    return bone.where(outside)
