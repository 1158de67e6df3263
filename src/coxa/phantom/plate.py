"""A bent plate of changing thickness, the ground form of ilium and ischium."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.phantom.solids import Distances, Points, Solid

STEP_MM = 1.5
"""Pitch of the table that the plate is read from, mm."""
MARGIN_MM = 24.0
"""The table reaches this far beyond the outline, mm."""
LIP_MM = 2.0
"""How much half the thickness grows along the iliac crest."""


def bent_plate(outline_yz: FloatArray, knots_yz: FloatArray, lateral: FloatArray, thickness: FloatArray) -> Solid:
    """Return a plate whose middle surface is x = X(y, z).

    Parameters
    ----------
    outline_yz : ndarray (N, 2)
        Corners of a closed border, rounded by a periodic spline.
    knots_yz : ndarray (M, 2)
    lateral, thickness : ndarray (M,)
        X and the plate's thickness at the knots; thin-plate splines run between them.

    Notes
    -----
    X, thickness and the border's distance are tabulated once every ``STEP_MM`` and read back by cubic splines, so
    the shape is smooth and cheap at any number of points.
    """
    from scipy.interpolate import RBFInterpolator
    from scipy.ndimage import spline_filter

    low = np.floor(outline_yz.min(0) - MARGIN_MM)
    count = np.ceil((outline_yz.max(0) + MARGIN_MM - low) / STEP_MM).astype(int) + 1
    y, z = (low[n] + STEP_MM * np.arange(count[n]) for n in range(2))
    nodes = np.stack(np.meshgrid(y, z, indexing="ij"), axis=-1)
    values = np.c_[lateral, thickness]
    spread = RBFInterpolator(knots_yz, values, kernel="thin_plate_spline", smoothing=2.0)
    middle, half = np.moveaxis(spread(nodes.reshape(-1, 2)).reshape(*nodes.shape[:2], 2), -1, 0)
    border = _border(outline_yz, nodes)
    crest = np.clip((nodes[..., 1] + 25.0) / 20.0, 0.0, 1.0)
    half = 0.5 * np.clip(half, 2.5, 24.0) + LIP_MM * crest * np.exp(-(((border + 4.0) / 5.0) ** 2))
    slope = np.sqrt(1.0 + sum(g**2 for g in np.gradient(middle, STEP_MM)))
    tables = [spline_filter(t, order=3) for t in (middle, half, slope, border)]

    def distance(p: Points) -> Distances:
        from scipy.ndimage import map_coordinates

        where = np.stack([(p[1] - p.dtype.type(low[0])) / STEP_MM, (p[2] - p.dtype.type(low[1])) / STEP_MM])
        x, h, s, border = (
            map_coordinates(t, where, order=3, mode="nearest", prefilter=False, output=p.dtype) for t in tables
        )
        across = np.abs(p[0] - x) / s - h
        rim = np.minimum(h, p.dtype.type(5.0))
        outside = np.sqrt(np.maximum(across + rim, 0) ** 2 + np.maximum(border + rim, 0) ** 2)
        return np.asarray(outside + np.minimum(np.maximum(across, border) + rim, 0) - rim)

    return distance


def _border(outline_yz: FloatArray, nodes: FloatArray) -> FloatArray:
    """Return the signed distance of ``nodes`` (A, B, 2) to the smooth closed curve through ``outline_yz``."""
    from scipy.interpolate import CubicSpline
    from scipy.spatial import cKDTree

    closed = np.vstack([outline_yz, outline_yz[:1]])
    reach = np.r_[0.0, np.cumsum(np.sqrt(np.linalg.norm(np.diff(closed, axis=0), axis=1)))]
    curve = CubicSpline(reach, closed, bc_type="periodic")
    at = np.linspace(0.0, reach[-1], 2000, endpoint=False)
    points = curve(at)
    gap, _ = cKDTree(points).query(nodes)
    return np.asarray(np.where(_inside(points, nodes), -gap, gap), dtype=np.float64)


def _inside(polygon: FloatArray, nodes: FloatArray) -> FloatArray:
    """Tell which nodes lie inside the polygon, by counting crossings of a ray."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    inside = np.zeros(nodes.shape[:2], dtype=bool)
    for row in range(nodes.shape[1]):
        z = nodes[0, row, 1]
        crossing = (a[:, 1] > z) != (b[:, 1] > z)
        t = (z - a[crossing, 1]) / (b[crossing, 1] - a[crossing, 1])
        hits = np.sort(a[crossing, 0] + t * (b[crossing, 0] - a[crossing, 0]))
        inside[:, row] = np.searchsorted(hits, nodes[:, row, 0]) % 2 == 1
    return inside
