"""Hip prostheses from the metal surface: head sphere, cup sphere, rim plane.

A metal threshold makes blobs: shell, head, neck and screws may touch, and everything blooms outward. Spheres are
therefore looked for among all metal points by their normals, not among connected parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, Vector3, perpendiculars, unit
from coxa.geometry.fits import FittedPlane, FittedSphere, fit_plane
from coxa.geometry.sphere_search import agreeing, find_sphere, refine_sphere
from coxa.geometry.surface_points import SurfacePoints

SEARCH_THINNING_MM2 = 2.0
"""The search for spheres takes one surface point for so much area, mm2."""
HEAD_RADIUS_MM = (9.5, 31.0)
"""Modular heads from 22 mm to bipolar and resurfacing heads."""
CUP_RADIUS_MM = (19.0, 42.0)
"""Least and largest outer radius of a cup, mm [E]."""
MIN_HEAD_SHARE = 0.30
"""Share of the sphere that must be seen. A head is seen but for its neck (0.9); inside a fused liner gap only its
mouth side remains (0.4); screws, plates and shafts stay under 0.1."""
CUP_SHARE = (0.18, 0.62)
"""A shell is a hemisphere (0.5) less artefact and screws; more is a head."""
SPHERE_TOLERANCE_MM = 0.6
"""A surface point this close to a sphere agrees with it, mm."""
CONCENTRIC_WITHIN_MM = 12.0
"""Farthest a head sits from its cup's centre while both belong together (wear, offset liner)."""
STANDARD_HEADS_MM = (22.2, 26.0, 28.0, 30.0, 32.0, 36.0, 38.0, 40.0, 44.0, 48.0)
"""Modular head diameters on the market [E]; a measured sphere is read as the one whose bloom is plausible."""
BLOOM_RADIUS_MM, TYPICAL_BLOOM_MM = (-0.6, 0.95), 0.4
"""How far a threshold surface may stand outside the true surface [E]; of ceramic, not much brighter than the threshold,
it stands inside."""
CUP_DIAMETER_UNCERTAINTY_MM = 1.0
"""90 % half-width: shell and head bloom alike only when both are of one metal."""
AXIS_UNCERTAINTY_DEG, AXIS_PER_DISAGREEMENT, AXIS_PER_RIM_RMS = 0.25, 0.1, 0.1
"""90 % half-angle of the rim's normal: floor; share of what it differs from the shell's axis by (screws and gaps tilt
that one, not the rim); share of the rim's RMS as an angle. Thirteen simulated cups err by 0 to 0.4 degrees."""
RIM_BAND_MM = (-8.0, 4.0)
"""Radial distance of the rim's face from the outer sphere radius."""
RIM_DEPTH_MM = 8.0
"""The ring of the mouth is first looked for within this of the plane through the centre, mm; then ever closer."""
RIM_SECTORS, MIN_RIM_SECTORS = 36, 20
"""Sectors around the opening axis, and how many must hold points of the ring."""
RIM_ROUNDS = 20
"""Fits of the plane of the mouth to the ring that the fit before chose."""


@dataclass(frozen=True, eq=False)
class FittedCup:
    """A metal cup found in the scan.

    Attributes
    ----------
    centre_lps_mm : ndarray (3,)
        Centre of its outer sphere.
    axis_lps : ndarray (3,)
        Unit vector out of the opening.
    outer_diameter_mm : float
    centre_uncertainty_mm, axis_uncertainty_deg, diameter_uncertainty_mm : float
        90 % radius or half-width.
    method : str
    """

    centre_lps_mm: Vector3
    axis_lps: Vector3
    outer_diameter_mm: float
    centre_uncertainty_mm: float
    axis_uncertainty_deg: float
    diameter_uncertainty_mm: float
    method: str


@dataclass(frozen=True, eq=False)
class ProstheticHead:
    """A prosthetic head: the sphere as seen, the diameter it stands for, and the bloom between them (radius, mm)."""

    sphere: FittedSphere
    diameter_mm: float
    diameter_uncertainty_mm: float
    bloom_mm: float


@dataclass(frozen=True, eq=False)
class Prosthesis:
    """What the metal of one side holds; ``cup_reason`` says why there is no cup."""

    head: ProstheticHead | None
    cup: FittedCup | None
    cup_reason: str | None


def find_prosthesis(metal: SurfacePoints) -> Prosthesis | None:
    """Recognise a hip prosthesis in the metal of one side.

    Parameters
    ----------
    metal : SurfacePoints
        Metal of this side only.

    Returns
    -------
    Prosthesis or None
        None when neither a head nor a cup is recognised: plates, nails, screws, clips.
    """
    cloud = metal.thinned(SEARCH_THINNING_MM2)
    head = _find_head(cloud)
    sphere = _find_cup_sphere(cloud, head)
    if head is None and sphere is None:
        return None
    if sphere is None:
        return Prosthesis(head, None, "no metal shell around the head: hemiarthroplasty or an all-polyethylene cup")
    return Prosthesis(head, *_measure_cup(metal, sphere, head))


def sphere_share(sphere: FittedSphere, area_per_point_mm2: float) -> float:
    """Return the share of the sphere's surface that its points stand for, 0 to about 1."""
    return sphere.points_used * area_per_point_mm2 / (4.0 * np.pi * sphere.radius_mm**2)


def _find_head(cloud: SurfacePoints) -> ProstheticHead | None:
    try:
        sphere = find_sphere(cloud.points_lps_mm, cloud.normals_lps, HEAD_RADIUS_MM, SPHERE_TOLERANCE_MM)
    except FitError:
        return None
    share = sphere_share(sphere, float(cloud.areas_mm2.mean()))
    looks_like_shell = sphere.radius_mm > CUP_RADIUS_MM[0] and share < CUP_SHARE[1]
    if looks_like_shell:
        # A shell outvotes a head that is half hidden: look again among smaller spheres.
        try:
            sphere = find_sphere(
                cloud.points_lps_mm,
                cloud.normals_lps,
                (HEAD_RADIUS_MM[0], sphere.radius_mm - 3.0),
                SPHERE_TOLERANCE_MM,
            )
        except FitError:
            return None
        share = sphere_share(sphere, float(cloud.areas_mm2.mean()))
    return _as_head(sphere) if share >= MIN_HEAD_SHARE else None


def _as_head(sphere: FittedSphere) -> ProstheticHead:
    """Read the sphere as a market size when one explains it with a plausible bloom, else as seen."""
    candidates = [d for d in STANDARD_HEADS_MM if BLOOM_RADIUS_MM[0] < sphere.radius_mm - d / 2 < BLOOM_RADIUS_MM[1]]
    if not candidates:
        return ProstheticHead(sphere, 2.0 * sphere.radius_mm, 2.0 * BLOOM_RADIUS_MM[1], 0.0)
    diameter = min(candidates, key=lambda d: abs(sphere.radius_mm - d / 2 - TYPICAL_BLOOM_MM))
    spread = 1.0 if len(candidates) == 1 else 2.0
    return ProstheticHead(sphere, diameter, spread, sphere.radius_mm - diameter / 2)


def _find_cup_sphere(cloud: SurfacePoints, head: ProstheticHead | None) -> FittedSphere | None:
    low = CUP_RADIUS_MM[0]
    if head is not None:
        own = agreeing(
            cloud.points_lps_mm,
            cloud.normals_lps,
            head.sphere.centre_lps_mm,
            head.sphere.radius_mm,
            2.0 * SPHERE_TOLERANCE_MM,
        )
        away = np.linalg.norm(cloud.points_lps_mm - head.sphere.centre_lps_mm, axis=1)
        cloud = cloud.where(~own & (away < CUP_RADIUS_MM[1] + CONCENTRIC_WITHIN_MM))
        low = max(low, head.sphere.radius_mm + 1.5)
    if len(cloud.points_lps_mm) < 50:
        return None
    try:
        sphere = find_sphere(cloud.points_lps_mm, cloud.normals_lps, (low, CUP_RADIUS_MM[1]), SPHERE_TOLERANCE_MM)
    except FitError:
        return None
    share = sphere_share(sphere, float(cloud.areas_mm2.mean()))
    apart = 0.0 if head is None else float(np.linalg.norm(sphere.centre_lps_mm - head.sphere.centre_lps_mm))
    return sphere if CUP_SHARE[0] <= share <= CUP_SHARE[1] and apart <= CONCENTRIC_WITHIN_MM else None


def _measure_cup(
    metal: SurfacePoints, sphere: FittedSphere, head: ProstheticHead | None
) -> tuple[FittedCup | None, str | None]:
    near = np.linalg.norm(metal.points_lps_mm - sphere.centre_lps_mm, axis=1) < sphere.radius_mm + 10.0
    local = metal.where(near)
    sphere = refine_sphere(
        local.points_lps_mm, local.normals_lps, sphere.centre_lps_mm, sphere.radius_mm, SPHERE_TOLERANCE_MM
    )
    on_shell = agreeing(
        local.points_lps_mm, local.normals_lps, sphere.centre_lps_mm, sphere.radius_mm, SPHERE_TOLERANCE_MM
    )
    # The shell's pole is opposite its opening; screws and gaps tilt this estimate by a degree or so.
    axis_of_shell = unit(sphere.centre_lps_mm - local.where(on_shell).centroid_lps_mm)
    rim = _rim_plane(local, sphere, axis_of_shell)
    # A head that blooms is of metal, as the shell is; a ceramic one says nothing of the shell.
    bloom = head.bloom_mm if head is not None and head.bloom_mm > 0.0 else TYPICAL_BLOOM_MM
    diameter = 2.0 * (sphere.radius_mm - bloom)
    if rim is None:
        axis, axis_uncertainty, method = axis_of_shell, 4.0, "sphere of the shell; axis from the shell, rim not seen"
    else:
        axis = rim.normal_lps
        disagreement = float(np.degrees(np.arccos(np.clip(axis @ axis_of_shell, -1.0, 1.0))))
        rim_noise = AXIS_PER_RIM_RMS * float(np.degrees(rim.rms_mm / sphere.radius_mm))
        axis_uncertainty = AXIS_UNCERTAINTY_DEG + AXIS_PER_DISAGREEMENT * disagreement + rim_noise
        method = f"sphere of the shell; axis from the rim's face, {disagreement:.1f} deg from the shell's own axis"
    centre_uncertainty = 0.3 + sphere.rms_mm
    return (
        FittedCup(
            sphere.centre_lps_mm,
            axis,
            diameter,
            centre_uncertainty,
            axis_uncertainty,
            CUP_DIAMETER_UNCERTAINTY_MM,
            method,
        ),
        None,
    )


def _rim_plane(local: SurfacePoints, sphere: FittedSphere, axis_start: FloatArray) -> FittedPlane | None:
    """Fit the plane of the shell's mouth: the ring of surface that faces along the opening axis.

    None when less than 200 degrees of the ring are seen.
    """
    offsets = local.points_lps_mm - sphere.centre_lps_mm
    axis, height, band = axis_start, 0.0, RIM_DEPTH_MM
    plane = None
    for step in range(RIM_ROUNDS):
        along = offsets @ axis
        out = np.sqrt(np.maximum((offsets**2).sum(1) - along**2, 0.0)) - sphere.radius_mm
        ring = (out > RIM_BAND_MM[0]) & (out < RIM_BAND_MM[1]) & (local.normals_lps @ axis > 0.9)
        ring &= np.abs(along - height) < band
        if ring.sum() < RIM_SECTORS or _sectors_seen(offsets[ring], axis) < MIN_RIM_SECTORS:
            return None
        found = fit_plane(local.points_lps_mm[ring])
        axis = found.normal_lps * np.sign(found.normal_lps @ axis)
        height = float(np.median(offsets[ring] @ axis))
        band = max(1.5, band * 0.7) if step > 1 else band
        plane = FittedPlane(found.point_lps_mm, axis, found.rms_mm)
    return plane


def _sectors_seen(offsets_mm: FloatArray, axis: FloatArray) -> int:
    """Count the sectors around the axis that hold points."""
    first, second = perpendiculars(axis)
    azimuth = np.arctan2(offsets_mm @ second, offsets_mm @ first)
    return len(np.unique(np.floor((azimuth + np.pi) / (2 * np.pi) * RIM_SECTORS)))
