"""The acetabulum's own sphere: its lunate surface without the fossa, or the cavity that a removed implant left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.fits import FittedSphere
from coxa.geometry.sphere_search import ExpectedCentre, find_sphere_near
from coxa.geometry.surface_points import SurfacePoints

MIN_SOCKET_SHARE, MIN_SOCKET_CAP_DEG = 0.12, 40.0
"""Share of the sphere, and half-angle of its cap in degrees, that a socket shows at least."""
SOCKET_UNCERTAINTY_MM = 2.0
"""90 % radius: lunate and head centres differ by 0.7 mm on average and up to 1.5 mm in nineteen intact hips."""
HEADLESS_SOCKET_UNCERTAINTY_MM = 6.0
"""90 % radius where the head is gone: what took it has mostly been at the socket too [E]."""


@dataclass(frozen=True)
class SocketKind:
    """What kind of hollow is looked for.

    Attributes
    ----------
    radius_mm : (float, float)
    tolerance_mm : float
        How far surface that counts may lie off the sphere.
    reach_mm : float
        Surface farther from where the centre is expected takes no part.
    spread_mm : float
        How far the centre commonly lies from there: nearer spheres win over equal ones.
    farthest_mm : float
        A centre farther from there is refused.
    """

    radius_mm: tuple[float, float]
    tolerance_mm: float
    reach_mm: float
    spread_mm: float
    farthest_mm: float


LUNATE = SocketKind((18.0, 32.0), 0.8, reach_mm=42.0, spread_mm=10.0, farthest_mm=20.0)
"""A wider band takes the rim and the floor of the fossa for lunate surface: up to 13 mm off in intact hips."""
CAVITY = SocketKind((18.0, 40.0), 1.5, reach_mm=55.0, spread_mm=15.0, farthest_mm=45.0)
"""Where a cup or spacer was: as wide as that, rough, and moved as far as it had migrated [E]."""


def fit_socket(hip: SurfacePoints, expected_centre_lps_mm: FloatArray, kind: SocketKind = LUNATE) -> FittedSphere:
    """Fit a sphere to the concave surface near where the centre is expected.

    Raises
    ------
    FitError
        When no concave sphere of a socket's size is there: destroyed, filled, or out of view.
    """
    near = np.linalg.norm(hip.points_lps_mm - expected_centre_lps_mm, axis=1) < kind.reach_mm
    cloud = hip.where(near).thinned(2.0)
    if len(cloud.points_lps_mm) < 100:
        raise FitError("the acetabulum is not in view")
    # Seen from inside, the lunate surface is convex: turn its normals round.
    expected = ExpectedCentre(expected_centre_lps_mm, kind.spread_mm)
    sphere = find_sphere_near(expected, cloud.points_lps_mm, -cloud.normals_lps, kind.radius_mm, kind.tolerance_mm)
    share = sphere.points_used * float(cloud.areas_mm2.mean()) / (4.0 * np.pi * sphere.radius_mm**2)
    apart = float(np.linalg.norm(sphere.centre_lps_mm - expected_centre_lps_mm))
    if share < MIN_SOCKET_SHARE or sphere.cap_half_angle_deg < MIN_SOCKET_CAP_DEG or apart > kind.farthest_mm:
        raise FitError(f"no spherical socket: {share:.0%} of a sphere agrees, {apart:.0f} mm from where it should be")
    return sphere
