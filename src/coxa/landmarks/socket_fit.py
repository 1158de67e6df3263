"""The acetabulum's own sphere: its lunate surface, without the fossa."""

from __future__ import annotations

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.fits import FittedSphere
from coxa.geometry.sphere_search import ExpectedCentre, find_sphere
from coxa.geometry.surface_points import SurfacePoints

REACH_MM = 42.0
SOCKET_RADIUS_MM = (18.0, 32.0)
SOCKET_TOLERANCE_MM = 0.8
"""A wider band takes the rim and the floor of the fossa for lunate surface: up to 13 mm off in intact hips."""
MIN_SOCKET_SHARE, MIN_SOCKET_CAP_DEG = 0.12, 40.0
MAX_FROM_EXPECTED_MM = 20.0
EXPECTED_SPREAD_MM = 6.0
"""How far the centre commonly lies from where other landmarks suggest it: nearer spheres win over equal ones."""
SOCKET_UNCERTAINTY_MM = 2.0
"""90 % radius: lunate and head centres differ by 0.7 mm on average and up to 1.5 mm in nineteen intact hips."""
HEADLESS_SOCKET_UNCERTAINTY_MM = 6.0
"""90 % radius where the head is gone: what took it has mostly been at the socket too [E]."""


def fit_socket(hip: SurfacePoints, expected_centre_lps_mm: FloatArray) -> FittedSphere:
    """Fit a sphere to the concave lunate surface near where the centre is expected.

    Raises
    ------
    FitError
        When no concave sphere of a socket's size is there: destroyed, filled, or out of view.
    """
    near = np.linalg.norm(hip.points_lps_mm - expected_centre_lps_mm, axis=1) < REACH_MM
    cloud = hip.where(near).thinned(2.0)
    if len(cloud.points_lps_mm) < 100:
        raise FitError("the acetabulum is not in view")
    # Seen from inside, the lunate surface is convex: turn its normals round.
    sphere = find_sphere(
        cloud.points_lps_mm,
        -cloud.normals_lps,
        SOCKET_RADIUS_MM,
        SOCKET_TOLERANCE_MM,
        expected=ExpectedCentre(expected_centre_lps_mm, EXPECTED_SPREAD_MM),
    )
    share = sphere.points_used * float(cloud.areas_mm2.mean()) / (4.0 * np.pi * sphere.radius_mm**2)
    apart = float(np.linalg.norm(sphere.centre_lps_mm - expected_centre_lps_mm))
    if share < MIN_SOCKET_SHARE or sphere.cap_half_angle_deg < MIN_SOCKET_CAP_DEG or apart > MAX_FROM_EXPECTED_MM:
        raise FitError(f"no spherical socket: {share:.0%} of a sphere agrees, {apart:.0f} mm from where it should be")
    return sphere
