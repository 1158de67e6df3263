"""The proximal femur as one solid, with its medullary canal.

Coordinates as in :mod:`coxa.phantom.hip_bone`: x lateral, y posterior, z superior.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.phantom.parameters import HemipelvisShape
from coxa.phantom.solids import Solid, capsule, sphere, tube, union

SHAFT_DOWN = (-0.06, -0.05, -1.0)
"""Direction of the shaft in the thigh at rest: a little medial and anterior on its way down."""

SHAFT_LENGTH_MM = 230.0
"""From the neck's base down to the end of the femur, mm."""


Placement = Callable[[float, float, float], FloatArray]
"""Lateral, posterior and superior of the neck base, mm, to a point."""


@dataclass(frozen=True, eq=False)
class Femur:
    """A femur in hemipelvis coordinates.

    Attributes
    ----------
    solid : Solid
    canal : Solid
        Marrow space of the shaft, negative inside.
    head_centre : ndarray (3,)
    head_radius_mm : float
    neck_base : ndarray (3,)
        Where the neck axis meets the shaft axis.
    neck_axis, shaft_axis : ndarray (3,)
        Unit vectors, from the head outward and down the shaft.
    lateral, posterior : ndarray (3,)
        Unit vectors of the thigh, normal to the shaft.
    """

    solid: Solid
    canal: Solid
    head_centre: FloatArray
    head_radius_mm: float
    neck_base: FloatArray
    neck_axis: FloatArray
    shaft_axis: FloatArray
    lateral: FloatArray
    posterior: FloatArray


def femur(shape: HemipelvisShape, head_centre: FloatArray) -> Femur:
    """Build the femur of one side on its head centre (3,)."""
    down = unit(SHAFT_DOWN)
    version = np.radians(shape.anteversion_deg + shape.external_rotation_deg)
    lateral = unit(np.array([1.0, 0.0, 0.0]) - down[0] * down)
    posterior = unit(np.cross(lateral, down))
    posterior = posterior if posterior[1] > 0 else -posterior
    lateral, posterior = (
        np.cos(version) * lateral + np.sin(version) * posterior,
        np.cos(version) * posterior - np.sin(version) * lateral,
    )
    lean = np.radians(180.0 - shape.neck_shaft_angle_deg)
    neck = np.cos(lean) * down + np.sin(lean) * lateral
    base = head_centre + neck * shape.femoral_offset_mm / np.sin(lean)
    radius = 0.5 * shape.head_diameter_mm

    def at(out: float, back: float, up: float) -> FloatArray:
        return np.asarray(base + out * lateral + back * posterior - up * down)

    solid = _femur_solid(at, head_centre, neck, radius)
    canal = tube([(at(0, 0, -42), 7.0), (at(0, 0, -75), 7.5), (at(0, 0, -110), 6.5), (at(0, 0, -SHAFT_LENGTH_MM), 6.0)])
    return Femur(solid, canal, head_centre, radius, base, neck, down, lateral, posterior)


def _femur_solid(at: Placement, head_centre: FloatArray, neck: FloatArray, radius: float) -> Solid:
    base = at(0, 0, 0)
    neck_rod = tube(
        [
            (head_centre + 8.0 * neck, 0.72 * radius),
            (head_centre + 0.6 * (base - head_centre), 0.62 * radius),
            (base, 17.0),
        ]
    )
    shaft = tube(
        [(at(0, 0, 4), 17.5), (at(0, 0, -25), 17.0), (at(0, 0, -60), 14.5), (at(0, 0, -SHAFT_LENGTH_MM), 13.5)]
    )
    greater = tube([(at(9, 2, -8), 13.0), (at(7, 9, 11), 12.5), (at(3, 14, 27), 7.5)])
    lesser = capsule(at(-12.5, 20.0, -29.0), at(-4.0, 6.0, -31.0), 5.5, 11.0)
    crest = capsule(at(4, 14, 18), at(-8, 12, -20), 4.0, 3.5)
    trunk = union(union(shaft, greater, blend=8.0), lesser, crest, neck_rod, blend=7.0)
    head = sphere(head_centre, radius)
    return union(head, trunk, blend=1.5)
