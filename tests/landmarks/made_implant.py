"""Metal of a hip prosthesis as an implicit shape: shell with rim, head, neck, optional screw."""

import numpy as np

from tests.geometry.shapes import capsule, mesh_of, sphere

CENTRE = np.array([90.0, 60.0, -70.0])


def implant(points, axis, head_mm=28.0, cup_mm=54.0, screw=False, bloom_mm=0.0):
    """Signed distance of the metal; ``axis`` points out of the opening."""
    axis = np.asarray(axis, float)
    along = (points - CENTRE) @ axis
    radius = cup_mm / 2
    metal = np.minimum(
        np.maximum(np.abs(sphere(points, CENTRE, radius - 2.0)) - 2.0, along),
        np.minimum(
            sphere(points, CENTRE, head_mm / 2), capsule(points, CENTRE, CENTRE + np.array([10.0, 5.0, -55.0]), 6.0)
        ),
    )
    if screw:
        away = np.array([-0.3, 0.2, 0.93])
        metal = np.minimum(metal, capsule(points, CENTRE + radius * away, CENTRE + (radius + 28.0) * away, 3.0))
    return metal - bloom_mm


def implant_mesh(axis, **shape):
    return mesh_of(
        lambda points: implant(points, axis, **shape),
        CENTRE - np.array([45, 45, 75]),
        CENTRE + np.array([45, 45, 65]),
        1.25,
    )
