"""Solids as signed distances: negative inside, positive outside, in millimetres.

A solid is a function of points shaped ``(3, ...)`` that returns distances shaped ``(...)`` in the points' own
precision. The distances are exact for spheres and planes and close to exact near the surface of the others,
which is all that a partial-volume renderer and a surface search need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import unit

Points = npt.NDArray[Any]
Distances = npt.NDArray[Any]
Solid = Callable[[Points], Distances]
Vector = Sequence[float] | npt.NDArray[np.float64]


def _column(vector: Vector, like: Points) -> Points:
    """Return ``vector`` (3,) shaped to broadcast against ``like`` (3, ...)."""
    return np.asarray(vector, dtype=like.dtype).reshape((3,) + (1,) * (like.ndim - 1))


def _dot(p: Points, vector: Vector) -> Distances:
    x, y, z = (p.dtype.type(v) for v in np.asarray(vector, dtype=np.float64))
    return np.asarray(p[0] * x + p[1] * y + p[2] * z)


def _length(p: Points) -> Distances:
    return np.asarray(np.sqrt(np.einsum("i...,i...->...", p, p)))


def sphere(centre: Vector, radius: float) -> Solid:
    """Return a ball."""
    return lambda p: _length(p - _column(centre, p)) - p.dtype.type(radius)


def half_space(point: Vector, outward: Vector) -> Solid:
    """Return everything behind the plane through ``point`` with normal ``outward``."""
    normal = unit(outward)
    offset = float(normal @ np.asarray(point, dtype=np.float64))
    return lambda p: _dot(p, normal) - p.dtype.type(offset)


def capsule(a: Vector, b: Vector, radius_a: float, radius_b: float) -> Solid:
    """Return a segment from ``a`` to ``b`` swept with a radius that runs from ``radius_a`` to ``radius_b``."""
    start = np.asarray(a, dtype=np.float64)
    along = np.asarray(b, dtype=np.float64) - start
    length_squared = max(float(along @ along), 1e-9)

    def distance(p: Points) -> Distances:
        q = p.reshape(3, -1) - _column(start, p).reshape(3, 1)
        step = along.astype(p.dtype)
        t = np.clip((along / length_squared).astype(p.dtype) @ q, 0, 1)
        q -= step[:, None] * t
        gap = np.sqrt(np.einsum("ij,ij->j", q, q))
        gap -= p.dtype.type(radius_a) + t * p.dtype.type(radius_b - radius_a)
        return np.asarray(gap.reshape(p.shape[1:]))

    return distance


def ellipsoid(centre: Vector, radii: Vector, axes: npt.ArrayLike | None = None) -> Solid:
    """Return an ellipsoid; ``axes`` rows are its unit axes. Distance to first order, exact on the surface."""
    rows = np.eye(3) if axes is None else np.asarray(axes, dtype=np.float64)
    r = np.asarray(radii, dtype=np.float64)

    def distance(p: Points) -> Distances:
        q = p - _column(centre, p)
        u = [_dot(q, rows[n]) for n in range(3)]
        inner = np.sqrt(sum((u[n] / p.dtype.type(r[n])) ** 2 for n in range(3)))
        outer = np.sqrt(sum((u[n] / p.dtype.type(r[n] ** 2)) ** 2 for n in range(3)))
        near_centre = p.dtype.type(-r.min())
        ratio = inner * (inner - 1) / np.maximum(outer, p.dtype.type(1e-6))
        return np.asarray(np.where(inner > 1e-3, ratio, near_centre))

    return distance


def rounded_box(centre: Vector, half_sizes: Vector, rounding: float, axes: npt.ArrayLike | None = None) -> Solid:
    """Return a box with edges rounded by ``rounding``; ``axes`` rows are its unit axes."""
    rows = np.eye(3) if axes is None else np.asarray(axes, dtype=np.float64)
    half = np.asarray(half_sizes, dtype=np.float64) - rounding

    def distance(p: Points) -> Distances:
        q = p - _column(centre, p)
        beyond = np.stack([np.abs(_dot(q, rows[n])) - p.dtype.type(half[n]) for n in range(3)])
        outside = _length(np.maximum(beyond, 0))
        return np.asarray(outside + np.minimum(beyond.max(axis=0), 0) - p.dtype.type(rounding))

    return distance


def tube(knots: Sequence[tuple[Vector, float]], pieces: int = 2) -> Solid:
    """Return a rod along a cubic spline through ``(centre, radius)`` knots, ``pieces`` straight cones between two."""
    from scipy.interpolate import CubicSpline

    values = np.array([[*centre, radius] for centre, radius in knots], dtype=np.float64)
    if len(values) > 2:
        reach = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(values[:, :3], axis=0), axis=1))]
        at = np.concatenate([np.linspace(a, b, pieces, endpoint=False) for a, b in pairwise(reach)] + [reach[-1:]])
        values = CubicSpline(reach, values)(at)
    return union(*(capsule(a[:3], b[:3], a[3], b[3]) for a, b in pairwise(values)))


def union(*solids: Solid, blend: float = 0.0) -> Solid:
    """Return the union; surfaces nearer than ``blend`` to each other flow together."""
    return lambda p: reduce(lambda a, b: _smooth_minimum(a, b, blend), (solid(p) for solid in solids))


def intersection(*solids: Solid, blend: float = 0.0) -> Solid:
    """Return the intersection, edges rounded over ``blend``."""
    return lambda p: -reduce(lambda a, b: _smooth_minimum(a, b, blend), (-solid(p) for solid in solids))


def difference(solid: Solid, *removed: Solid, blend: float = 0.0) -> Solid:
    """Return ``solid`` without ``removed``, edges rounded over ``blend``."""
    return intersection(solid, *(complement(other) for other in removed), blend=blend)


def complement(solid: Solid) -> Solid:
    """Return everything outside the solid."""
    return lambda p: -solid(p)


def offset(solid: Solid, outward: float) -> Solid:
    """Return the solid grown by ``outward`` mm."""
    return lambda p: solid(p) - p.dtype.type(outward)


def moved(solid: Solid, source_from_target: npt.ArrayLike) -> Solid:
    """Return the solid in another frame: points are first taken by the affine (4, 4); distances must survive it."""
    m = np.asarray(source_from_target, dtype=np.float64)

    def distance(p: Points) -> Distances:
        rotation, shift = m[:3, :3].astype(p.dtype), m[:3, 3].astype(p.dtype)
        q = (rotation @ p.reshape(3, -1) + shift[:, None]).reshape(p.shape)
        return solid(q)

    return distance


def _smooth_minimum(a: Distances, b: Distances, blend: float) -> Distances:
    """Return the minimum, rounded by a quadratic where ``a`` and ``b`` differ by less than ``blend``."""
    if blend <= 0:
        return np.minimum(a, b)
    k = a.dtype.type(blend)
    overlap = np.maximum(k - np.abs(a - b), 0)
    return np.asarray(np.minimum(a, b) - overlap * overlap * (a.dtype.type(0.25) / k))
