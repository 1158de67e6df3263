"""Sacrum and fifth lumbar vertebra. Coordinates: x to the patient's left, y posterior, z superior, mm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.phantom.solids import Solid, capsule, difference, ellipsoid, half_space, intersection, tube, union

PROMONTORY = (0.0, 67.0, 19.5)
"""Front edge of the upper end plate (left, posterior, superior), mm."""

# Vertebral bodies S1 to S5 and coccyx: centre (posterior, superior), half width, half depth, half height.
BODIES = (
    (89.0, 20.0, 26.0, 16.5, 17.0),
    (106.0, -2.0, 21.0, 12.5, 15.5),
    (120.0, -22.0, 17.0, 9.5, 13.5),
    (129.0, -41.0, 14.0, 8.0, 12.0),
    (131.0, -59.0, 11.0, 6.5, 11.0),
    (127.0, -75.0, 6.5, 5.0, 10.0),
)
END_PLATE_NORMAL = (0.0, -0.72, 0.69)
"""Out of the upper end plate (left, posterior, superior)."""


def sacrum() -> Solid:
    """Build the sacrum with alae, canal, foramina and median crest; SI joints are cut by the caller."""
    axes = _body_axes()
    bodies = [
        _elliptic_block(np.array([0.0, y, z]), (w, d, h), rows)
        for (y, z, w, d, h), rows in zip(BODIES, axes, strict=True)
    ]
    halves = [union(_lateral_mass(side), _roof(side), blend=5.0) for side in (1.0, -1.0)]
    crest = tube(
        [((0.0, 119.0, 34.0), 4.0), ((0.0, 134.0, 16.0), 5.0), ((0.0, 146.0, -8.0), 5.0), ((0.0, 149.0, -34.0), 4.0)]
    )
    solid = union(union(*bodies, blend=4.0), *halves, crest, blend=8.0)
    holes = [_canal(), *(_foramen(side, level) for side in (1.0, -1.0) for level in range(4))]
    end_plate = half_space(PROMONTORY, END_PLATE_NORMAL)
    top = union(end_plate, half_space((0.0, 98.0, 0.0), (0.0, -1.0, 0.0)))
    return intersection(difference(solid, *holes, blend=2.0), top, blend=2.5)


def lumbar_vertebra() -> Solid:
    """Build L5: body, arch, transverse and spinous processes."""
    normal = unit((0.0, -0.42, 0.9))
    rows = np.array([[1.0, 0.0, 0.0], np.cross(normal, [1.0, 0.0, 0.0]), normal])
    middle = np.array([0.0, 66.0, 50.0])
    body = _elliptic_block(middle, (26.0, 18.0, 13.5), rows)
    parts = [body]
    for side in (1.0, -1.0):
        pedicle = capsule((15.0 * side, 78.0, 55.0), (20.0 * side, 96.0, 58.0), 6.0, 6.0)
        transverse = capsule((20.0 * side, 92.0, 58.0), (44.0 * side, 92.0, 60.0), 6.0, 4.0)
        lamina = capsule((20.0 * side, 96.0, 58.0), (0.0, 112.0, 57.0), 5.0, 5.0)
        facet = capsule((20.0 * side, 97.0, 58.0), (22.0 * side, 103.0, 46.0), 5.5, 5.0)
        parts += [pedicle, transverse, lamina, facet]
    spinous = capsule((0.0, 112.0, 57.0), (0.0, 136.0, 50.0), 4.5, 5.0)
    return union(*parts, spinous, blend=4.0)


def _body_axes() -> list[FloatArray]:
    """Rows (left, posterior, superior) of each body, following the curve of the sacrum."""
    centres = np.array([[y, z] for y, z, *_ in BODIES])
    tangents = np.gradient(centres, axis=0)
    rows = []
    for n, (dy, dz) in enumerate(tangents):
        up = unit(END_PLATE_NORMAL) if n == 0 else unit((0.0, -dy, -dz))
        rows.append(np.array([[1.0, 0.0, 0.0], np.cross(up, [1.0, 0.0, 0.0]), up]))
    return rows


def _elliptic_block(centre: FloatArray, half_sizes: Sequence[float], rows: FloatArray) -> Solid:
    """Return an elliptic cylinder with flat ends; ``half_sizes`` along the rows, the last one its height."""
    width, depth, height = half_sizes
    column = ellipsoid(centre, (width, depth, 6.0 * height), rows)
    ends = [half_space(centre + sign * height * rows[2], sign * rows[2]) for sign in (1.0, -1.0)]
    return intersection(column, *ends, blend=3.0)


def _lateral_mass(side: float) -> Solid:
    """Alae of S1 and S2 and the tapering border down to S5."""
    first = tube(
        [((16.0 * side, 88.0, 20.0), 15.0), ((34.0 * side, 92.0, 16.0), 16.5), ((50.0 * side, 99.0, 8.0), 17.0)]
    )
    second = capsule((16.0 * side, 107.0, -3.0), (43.0 * side, 111.0, -8.0), 13.0, 14.0)
    third = capsule((14.0 * side, 120.0, -22.0), (33.0 * side, 122.0, -22.0), 9.5, 10.0)
    border = tube(
        [((38.0 * side, 119.0, -18.0), 9.5), ((28.0 * side, 128.0, -40.0), 8.0), ((13.0 * side, 131.0, -58.0), 6.5)]
    )
    return union(first, second, third, border, blend=9.0)


def _roof(side: float) -> Solid:
    """Laminae behind the canal and the superior articular process."""
    lamina = tube(
        [
            ((13.0 * side, 117.0, 28.0), 5.0),
            ((11.0 * side, 131.0, 8.0), 5.5),
            ((9.0 * side, 141.0, -15.0), 5.0),
            ((7.0 * side, 143.0, -42.0), 4.5),
        ]
    )
    bridge = tube(
        [
            ((24.0 * side, 112.0, 22.0), 7.0),
            ((22.0 * side, 124.0, 2.0), 7.0),
            ((18.0 * side, 134.0, -18.0), 6.0),
            ((14.0 * side, 138.0, -40.0), 5.0),
        ]
    )
    facet = capsule((21.0 * side, 104.0, 26.0), (23.0 * side, 110.0, 42.0), 7.0, 5.0)
    return union(lamina, bridge, facet, blend=8.0)


def _canal() -> Solid:
    return tube(
        [
            ((0.0, 92.0, 58.0), 9.0),
            ((0.0, 109.0, 26.0), 8.5),
            ((0.0, 122.0, 5.0), 7.0),
            ((0.0, 133.0, -20.0), 4.5),
            ((0.0, 139.0, -45.0), 2.5),
        ]
    )


def _foramen(side: float, level: int) -> Solid:
    """Return the sacral foramen below body ``level`` on one side, open to the front and the back."""
    (y0, z0, w0, *_), (y1, z1, w1, *_) = BODIES[level], BODIES[level + 1]
    middle = np.array([side * (0.5 * (w0 + w1) - 0.5), 0.5 * (y0 + y1), 0.5 * (z0 + z1)])
    forward = unit((0.0, z1 - z0, -(y1 - y0)))
    radius = 5.5 - 0.7 * level
    return capsule(middle + 18.0 * forward, middle - 22.0 * forward, radius + 1.0, radius - 2.0)
