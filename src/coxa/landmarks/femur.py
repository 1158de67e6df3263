"""The femur: native head sphere, its own frame, trochanter apices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from coxa.anatomy import Side
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.fits import FittedSphere, fit_sphere
from coxa.geometry.shaft import find_shaft_axis
from coxa.geometry.sphere_search import agreeing, find_sphere
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.extremum import outermost_cap

HEAD_RADIUS_MM = (16.0, 34.0)
"""Least and largest radius of a native head, mm [E]."""
JOINT_SPACE_MM = 7.0
"""Femoral surface this close to the hip bone belongs to the head, or nearly."""
HEAD_TOLERANCE_MM = 1.2
"""A surface point this close to the sphere belongs to the head, mm."""
NECK_SHELL = (1.1, 1.4)
"""In head radii: between these spheres about the centre lies only the neck."""
HEAD_SIDE = 0.4
"""In head radii along the neck: surface beyond is neck."""
HEAD_SAMPLE_MM2 = 1.5
"""One surface point takes part for so much area, mm2."""
MIN_HEAD_CAP_DEG = 60.0
"""Least half-angle of the cap of the sphere that is seen, degrees."""
MAX_HEAD_RMS_MM = 0.8
"""A surface that misses the sphere by more is no head, root mean square, mm."""
MIN_HEAD_SHARE = 0.18
"""Least share of the sphere that a head shows."""
UNRELIABLE_HEAD_SHARE = 0.35
"""Below: no head; between: a worn or osteophytic head whose centre is unreliable; a healthy one shows half."""
MAX_CENTRE_TO_SOCKET = 1.6
"""In head radii: a head whose centre is farther from its hip bone is no head in a socket."""
GT_DIRECTION, GT_CAP_MM, GT_LATERAL_OFFSETS = (0.0, 0.0, 1.0), 2.0, 0.8
"""Greater trochanter: its direction, the depth of its cap in mm, and how far lateral it begins, in femoral offsets."""
LT_DIRECTION, LT_CAP_MM = (-0.50, 0.87, 0.0), 1.0
"""Lesser trochanter: its direction and the depth of its cap in mm,"""
LT_BELOW_OFFSETS, LT_LATERAL_OFFSETS = (0.8, 2.1), 0.85
"""how far below the head it lies, from and to, and how far lateral it ends, in femoral offsets."""
LT_CLEAR_OF_HEAD_MM = 36.0
"""Trochanter rules in the femur's own frame (lateral, posterior, proximal), where trained raters mark them."""


@dataclass(frozen=True, eq=False)
class FemurAxes:
    """The femur's frame; lateral points from the head centre to the shaft axis, ``offset_mm`` away.

    ``short_shaft_reach_mm`` is None unless the shaft is in view only that far below the head.
    """

    proximal_lps: FloatArray
    lateral_lps: FloatArray
    posterior_lps: FloatArray
    offset_mm: float
    short_shaft_reach_mm: float | None


@dataclass(frozen=True, eq=False)
class NativeHead:
    """A femoral head: its sphere, and the share (0 to 1) of the whole sphere that its surface covers."""

    sphere: FittedSphere
    share: float


def fit_native_head(femur: SurfacePoints, hip: SurfacePoints | None) -> NativeHead:
    """Fit the sphere of a native femoral head to its articular surface; neck, fovea and osteophytes stay out.

    Raises
    ------
    FitError
        When there is no intact head: resected, destroyed, fused, or out of view.
    """
    cloud = femur.thinned(HEAD_SAMPLE_MM2)
    centre, radius = _starting_sphere(cloud, hip)
    points = cloud.points_lps_mm
    for step in range(40):
        d = points - centre
        distance = np.linalg.norm(d, axis=1)
        shell = (distance > NECK_SHELL[0] * radius) & (distance < NECK_SHELL[1] * radius)
        if not shell.any():
            raise FitError("no neck leads away from the femoral head")
        neck = unit(d[shell].mean(0))
        used = agreeing(points, cloud.normals_lps, centre, radius, max(HEAD_TOLERANCE_MM, 4.0 - 0.3 * step))
        used &= d @ neck < HEAD_SIDE * radius
        if used.sum() < 50:
            raise FitError("no spherical femoral head in view")
        sphere = fit_sphere(points[used])
        centre, radius = sphere.centre_lps_mm, sphere.radius_mm
    head = NativeHead(sphere, float(cloud.areas_mm2[used].sum()) / (4.0 * np.pi * sphere.radius_mm**2))
    _require_head(head, hip)
    return head


def femur_axes(femur: SurfacePoints, head_centre_lps_mm: FloatArray, side: Side) -> FemurAxes:
    """Return the frame of a femur, whole or cut by the field of view.

    Raises
    ------
    FitError
        When too little shaft is in view.
    """
    shaft = find_shaft_axis(femur.thinned(3.0).points_lps_mm, head_centre_lps_mm)
    across = shaft.foot_of(head_centre_lps_mm) - head_centre_lps_mm
    lateral = unit(across)
    posterior = side.lateral_sign * np.cross(shaft.proximal_lps, lateral)
    reach = shaft.reach_mm if shaft.is_short else None
    return FemurAxes(shaft.proximal_lps, lateral, posterior, float(np.linalg.norm(across)), reach)


def trochanters(
    femur: SurfacePoints, head_centre_lps_mm: FloatArray, axes: FemurAxes
) -> tuple[FloatArray | None, FloatArray | None]:
    """Return the apices of the greater and lesser trochanter (3,), LPS mm; None for one that is not in view."""
    basis = np.array([axes.lateral_lps, axes.posterior_lps, axes.proximal_lps])
    local = (femur.points_lps_mm - head_centre_lps_mm) @ basis.T
    greater = local[:, 0] > GT_LATERAL_OFFSETS * axes.offset_mm
    below = -local[:, 2] / axes.offset_mm
    lesser = (below > LT_BELOW_OFFSETS[0]) & (below < LT_BELOW_OFFSETS[1]) & (local[:, 1] > -7.0)
    lesser &= local[:, 0] < LT_LATERAL_OFFSETS * axes.offset_mm
    lesser &= np.linalg.norm(local, axis=1) > LT_CLEAR_OF_HEAD_MM
    return (
        outermost_cap(femur.where(greater), unit(GT_DIRECTION) @ basis, GT_CAP_MM),
        outermost_cap(femur.where(lesser), unit(LT_DIRECTION) @ basis, LT_CAP_MM),
    )


def _starting_sphere(cloud: SurfacePoints, hip: SurfacePoints | None) -> tuple[FloatArray, float]:
    if hip is not None:
        gap = cKDTree(hip.thinned(2.0).points_lps_mm).query(cloud.points_lps_mm, distance_upper_bound=JOINT_SPACE_MM)[0]
        near = gap < JOINT_SPACE_MM
        if near.sum() >= 100:
            cloud = cloud.where(near)
    coarse = cloud.thinned(4.0)
    sphere = find_sphere(coarse.points_lps_mm, coarse.normals_lps, HEAD_RADIUS_MM, 1.0)
    return sphere.centre_lps_mm, sphere.radius_mm


def _require_head(head: NativeHead, hip: SurfacePoints | None) -> None:
    sphere, share = head.sphere, head.share
    if not HEAD_RADIUS_MM[0] < sphere.radius_mm < HEAD_RADIUS_MM[1]:
        raise FitError(f"the sphere at the joint has a radius of {sphere.radius_mm:.0f} mm: no femoral head")
    if sphere.rms_mm > MAX_HEAD_RMS_MM or sphere.cap_half_angle_deg < MIN_HEAD_CAP_DEG or share < MIN_HEAD_SHARE:
        raise FitError(f"the femoral head is not spherical enough: only {share:.0%} of a sphere agrees")
    if hip is not None:
        gap = float(np.linalg.norm(hip.points_lps_mm - sphere.centre_lps_mm, axis=1).min())
        if gap > MAX_CENTRE_TO_SOCKET * sphere.radius_mm:
            raise FitError(f"the femoral head lies {gap - sphere.radius_mm:.0f} mm away from its socket: dislocated")
