"""The hip bone as one solid: a bent plate for ilium and ischium, swept rods for the pubis, a socket.

Coordinates are those of one hemipelvis: x lateral, y posterior, z superior, mm, origin near mid-ASIS with the
anterior pelvic plane at y = 0. The right side is the same construction mirrored by its user.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.phantom.parameters import HemipelvisShape
from coxa.phantom.plate import bent_plate
from coxa.phantom.solids import (
    Solid,
    capsule,
    difference,
    ellipsoid,
    half_space,
    intersection,
    rounded_box,
    sphere,
    tube,
    union,
)

MEAN_CENTRE = (86.5, 53.0, -72.0)
"""Mean rotation centre of adults in this frame."""

SOCKET_INCLINATION_DEG, SOCKET_ANTEVERSION_DEG = 43.0, 18.0
"""Radiographic orientation of the native opening."""

JOINT_REACH_MM = 40.0
"""How far a shift of the joint drags the bone around it (Gaussian sigma)."""

# Border of the plate seen from the side, (posterior, superior), counter-clockwise from the ASIS.
OUTLINE_YZ = (
    (1.0, -3.0), (5.0, 10.0), (14.0, 24.0), (28.0, 40.0), (46.0, 54.0), (66.0, 64.0), (86.0, 67.0),
    (105.0, 61.0), (122.0, 48.0), (136.0, 31.0), (142.0, 16.0), (137.0, 3.0), (131.0, -8.0), (124.0, -15.0),
    (112.0, -17.0), (100.0, -19.0), (92.0, -27.0), (90.0, -40.0), (95.0, -53.0), (103.0, -64.0), (107.0, -73.0),
    (101.0, -81.0), (95.0, -88.0), (99.0, -98.0), (102.0, -110.0), (97.0, -122.0), (87.0, -129.0),
    (77.0, -124.0), (74.0, -112.0), (73.0, -100.0), (71.0, -91.0), (66.5, -82.5), (61.0, -82.5), (54.5, -82.5),
    (48.0, -81.5), (42.0, -79.0), (36.0, -76.0), (31.0, -69.0), (26.0, -58.0), (20.0, -46.0), (15.0, -38.0),
    (19.0, -29.0), (15.0, -20.0), (7.0, -13.0),
)  # fmt: skip

# Middle of the plate: (posterior, superior) -> lateral, and its thickness there.
SHEET = (
    (0.0, 0.0, 117.0, 9.0), (16.0, 26.0, 133.0, 8.0), (30.0, 41.0, 137.0, 8.0), (46.0, 54.0, 134.0, 9.0),
    (62.0, 62.0, 123.0, 8.0), (75.0, 66.0, 110.0, 7.5), (88.0, 67.0, 92.0, 8.0), (105.0, 61.0, 70.0, 10.0),
    (122.0, 48.0, 55.0, 14.0), (142.0, 18.0, 47.0, 14.0), (130.0, -9.0, 49.0, 13.0), (120.0, 20.0, 54.0, 19.0),
    (20.0, 0.0, 111.0, 6.5), (40.0, 25.0, 120.0, 4.5), (40.0, 0.0, 102.0, 6.0), (60.0, 30.0, 108.0, 4.2),
    (60.0, 0.0, 92.0, 9.0), (80.0, 35.0, 90.0, 4.2), (80.0, 5.0, 76.0, 11.0), (100.0, 30.0, 67.0, 13.0),
    (100.0, 0.0, 61.5, 16.0), (110.0, -14.0, 57.0, 14.0), (16.0, -36.0, 98.0, 9.0), (20.0, -20.0, 104.0, 8.0),
    (40.0, -22.0, 92.0, 13.0), (60.0, -22.0, 81.0, 16.0), (80.0, -20.0, 71.0, 15.0), (93.0, -28.0, 65.0, 11.0),
    (45.0, -45.0, 72.0, 10.0), (65.0, -45.0, 67.0, 10.0), (85.0, -45.0, 65.0, 12.0), (30.0, -60.0, 66.0, 9.0),
    (50.0, -62.0, 56.5, 4.2), (70.0, -64.0, 57.0, 6.0), (90.0, -60.0, 62.0, 11.0), (40.0, -76.0, 56.0, 4.2),
    (54.0, -78.0, 55.0, 3.8), (54.0, -88.0, 55.0, 4.0), (72.0, -80.0, 58.0, 7.0), (100.0, -70.0, 56.0, 6.0),
    (107.0, -74.0, 51.0, 5.0), (86.0, -88.0, 62.0, 14.0), (88.0, -105.0, 62.0, 18.0), (84.0, -124.0, 52.0, 16.0),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class HipBone:
    """A hip bone and its socket in hemipelvis coordinates.

    Attributes
    ----------
    solid : Solid
    centre : ndarray (3,)
        Of head and socket, mm.
    socket_radius_mm : float
        Of the lunate surface.
    opening : ndarray (3,)
        Unit vector out of the socket.
    """

    solid: Solid
    centre: FloatArray
    socket_radius_mm: float
    opening: FloatArray


def opening_axis(inclination_deg: float, anteversion_deg: float) -> FloatArray:
    """Return the unit vector out of a cup in (lateral, posterior, superior) from radiographic angles [Murray 1993]."""
    inclination, anteversion = np.radians([inclination_deg, anteversion_deg])
    return np.array(
        [np.sin(inclination) * np.cos(anteversion), -np.sin(anteversion), -np.cos(inclination) * np.cos(anteversion)]
    )


def hip_bone(shape: HemipelvisShape) -> HipBone:
    """Build the hip bone of one side."""
    at = _placement(shape)
    centre = at(MEAN_CENTRE)
    radius = 0.5 * shape.head_diameter_mm + shape.joint_space_mm
    opening = opening_axis(SOCKET_INCLINATION_DEG, SOCKET_ANTEVERSION_DEG)
    ilium = union(_plate(at), _iliac_spines(at), blend=5.0)
    ischiopubic = union(_ischium(at), _pubis(at), blend=5.0)
    wall = _socket_wall(at, centre, radius, opening)
    solid = union(union(ilium, wall, blend=9.0), ischiopubic, blend=6.0)
    solid = difference(solid, *_socket_spaces(centre, radius, opening), blend=1.2)
    solid = union(solid, _teardrop_lip(centre, radius), blend=2.0)
    solid = intersection(solid, half_space((2.2, 0.0, 0.0), (-1.0, 0.0, 0.0)), blend=1.5)
    return HipBone(solid, centre, radius, opening)


Placement = Callable[[Sequence[float]], FloatArray]


def _placement(shape: HemipelvisShape) -> Placement:
    """Return where a point of the mean shape lies in this one: scaled, flared at the crest, dragged by the joint."""

    def at(point: Sequence[float]) -> FloatArray:
        p = np.asarray(point, dtype=np.float64)
        near = np.exp(-np.sum((p - MEAN_CENTRE) ** 2) / (2 * JOINT_REACH_MM**2))
        flare = np.clip((p[2] + 40.0) / 100.0, 0.0, 1.0) * np.clip((100.0 - p[1]) / 60.0, 0.0, 1.0)
        shift = near * np.asarray(shape.centre_shift_mm) + np.array([shape.wing_flare_mm * flare, 0.0, 0.0])
        return np.asarray(shape.size * p + shift)

    return at


def _rod(at: Placement, *knots: tuple[float, float, float, float]) -> Solid:
    """Return a rod through knots (lateral, posterior, superior, radius)."""
    return tube([(at(knot[:3]), knot[3]) for knot in knots])


def _plate(at: Placement) -> Solid:
    sheet = np.array([[*at((x, y, z)), t] for y, z, x, t in SHEET])
    nearest = [min(SHEET, key=lambda s: (s[0] - y) ** 2 + (s[1] - z) ** 2)[2] for y, z in OUTLINE_YZ]
    outline = np.array([at((x, y, z))[1:] for x, (y, z) in zip(nearest, OUTLINE_YZ, strict=True)])
    return bent_plate(outline, sheet[:, 1:3], sheet[:, 0], sheet[:, 3])


def _iliac_spines(at: Placement) -> Solid:
    """ASIS and AIIS knobs and the ischial spine."""
    asis = capsule(at((116.5, 7.0, -3.0)), at((121.0, 13.0, 9.0)), 7.0, 5.5)
    aiis = capsule(at((96.5, 21.5, -37.5)), at((91.0, 34.0, -46.0)), 6.0, 9.0)
    spine = capsule(at((52.5, 105.0, -73.5)), at((61.0, 92.0, -66.0)), 2.6, 7.0)
    return union(asis, aiis, spine, blend=4.0)


def _ischium(at: Placement) -> Solid:
    """Ischial body, tuberosity, ramus up to the pubis."""
    return _rod(
        at,
        (72.0, 80.0, -84.0, 12.0),
        (68.0, 88.0, -100.0, 13.5),
        (58.0, 89.0, -116.0, 13.5),
        (47.0, 79.0, -124.0, 11.0),
        (33.0, 61.0, -121.0, 8.5),
        (20.0, 44.0, -115.0, 8.0),
        (12.0, 33.0, -110.0, 7.5),
    )


def _pubis(at: Placement) -> Solid:
    """Body beside the symphysis, tubercle, superior ramus."""
    long_axis = unit((0.0, 0.68, -0.73))
    thin_axis = unit((0.25, 0.73, 0.68))
    third = unit(np.cross(long_axis, thin_axis))
    body = ellipsoid(at((11.0, 21.0, -99.0)), (21.0, 25.0, 9.5), [third, np.cross(thin_axis, third), thin_axis])
    tubercle = capsule(at((25.0, 5.3, -93.5)), at((15.0, 10.0, -91.0)), 5.2, 6.0)
    ramus = _rod(
        at,
        (14.0, 13.0, -88.0, 8.0),
        (32.0, 16.0, -83.5, 8.5),
        (46.0, 21.0, -75.5, 9.0),
        (60.0, 28.0, -66.0, 10.5),
        (72.0, 34.0, -57.0, 12.0),
    )
    return union(body, tubercle, ramus, blend=6.0)


def _socket_wall(at: Placement, centre: FloatArray, radius: float, opening: FloatArray) -> Solid:
    """Return the bone around the socket: a thick bowl, flat towards the pelvis, and the roof above it."""
    bowl = sphere(centre, radius + 7.2)
    medial_limit = half_space(centre - np.array([radius + 6.3, 0.0, 0.0]), (-1.0, 0.0, 0.0))
    rim = half_space(centre - 0.5 * opening, opening)
    roof = ellipsoid(at((88.0, 52.0, -44.0)), (13.0, 25.0, 17.0))
    behind_roof = half_space(centre + 3.0 * opening, opening)
    return union(
        intersection(bowl, medial_limit, rim, blend=4.0), intersection(roof, behind_roof, blend=3.0), blend=6.0
    )


def _socket_spaces(centre: FloatArray, radius: float, opening: FloatArray) -> tuple[Solid, ...]:
    """Lunate sphere with the way out of it, fossa, notch."""
    lunate = union(sphere(centre, radius), capsule(centre, centre + 40.0 * opening, radius, radius + 6.0))
    floor = unit((-0.93, 0.05, -0.36))
    notch = unit((-0.58, 0.12, -0.80))
    deep = 4.0
    fossa = capsule(centre + floor * (radius + deep - 16.0), centre + 0.7 * radius * notch, 16.0, 12.0)
    beside_floor = centre + np.array([8.6 - radius, 1.0, -27.0])
    insertion_path = rounded_box(beside_floor, (12.0, 12.5, 16.0), 4.0)
    return lunate, fossa, insertion_path


def _teardrop_lip(centre: FloatArray, radius: float) -> Solid:
    """Return the rounded lower lip of the plate between fossa floor and pelvis: its tip is the inferior teardrop."""
    middle = centre + np.array([-radius - 4.9, 0.0, -0.30 * radius])
    return ellipsoid(middle, (2.2, 10.0, 9.0))
