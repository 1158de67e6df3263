"""Where the slices of a series lie: order, pitch, gaps, shear. Geometry of headers, no voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import IrregularSlicesError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.io.dicom.series import SAME_POSITION_MM, Series

POSITION_TOLERANCE_MM = 0.1
"""How far a slice may lie from its place without a word; scanners round positions to 0.1 mm."""
ROUNDED_DEPTH_MM = 0.2
"""How far a slice may lie from its place along the normal when that is said; at most a quarter of the pitch."""
ROUNDING_PIXELS = 0.5
"""How far a slice may lie from its place in its plane; beyond 0.1 mm it is shifted, and that is said."""
_EPSILON_MM = 1e-6
"""What rounding of decimals may add to a limit."""
GAP_FACTOR = 1.5
"""A step this many times the median is a gap even when it is small."""
MAX_FILLED_GAP_MM = 20.0
"""The largest step that ``allow_gaps`` interpolates over."""
_NAMED_GAPS = 3
"""So many gaps a message names; the rest it counts."""


@dataclass(frozen=True)
class Gap:
    """A step between neighbours that is not the pitch; depths along the slice normal, mm."""

    below_mm: float
    above_mm: float

    @property
    def step_mm(self) -> float:
        """The distance between the two slices."""
        return self.above_mm - self.below_mm


@dataclass(frozen=True, eq=False)
class Layout:
    """The order and regularity of a series.

    Attributes
    ----------
    order : ndarray (N,) of int
        Indices into ``series.images``, ascending along the normal, one image a position.
    repeats : tuple of (int, int)
        Image that repeats the position of another: (kept, repeated).
    depths_mm : ndarray (N,)
        Along the normal, ascending.
    pitch_mm : float
        Mean step when regular, median step when there are gaps.
    gaps : tuple of Gap
    drift_mm : ndarray (N, 2)
        In-plane displacement of each slice (along i, j): with shear against the first, else against the median where
        it is more than rounding to 0.1 mm, and zero elsewhere.
    sheared : bool
        The displacement grows steadily from slice to slice: a tilted gantry.
    origin_lps_mm : ndarray (3,)
        Of the first slice; without shear at the median in-plane position of all.
    uneven_mm : float
        Farthest of any slice from its place on the regular grid along the normal; 0 with gaps.
    """

    order: IntArray
    repeats: tuple[tuple[int, int], ...]
    depths_mm: FloatArray
    pitch_mm: float
    gaps: tuple[Gap, ...]
    drift_mm: FloatArray
    sheared: bool
    origin_lps_mm: FloatArray
    uneven_mm: float


def lay_out(series: Series) -> Layout:
    """Sort a series by position along its normal and find repeats, gaps and shear.

    Raises
    ------
    IrregularSlicesError
        When slices are displaced in their plane without a steady shear, or fewer than two positions are left.
    """
    depths = series.depths_mm()
    order, repeats = _one_a_position(depths)
    if len(order) < 2:
        raise IrregularSlicesError("the series has a single slice position: give the whole series")
    depths = depths[order]
    pitch, gaps, uneven = _pitch_and_gaps(depths)
    positions = np.array([series.images[n].position_lps_mm for n in order])
    axes = series.axes()[:2]
    in_plane = positions @ axes.T
    rate = _steady_shear(in_plane, depths)
    level = in_plane - depths[:, None] * rate
    left_over = level - np.median(level, axis=0)
    _require_in_place(depths, np.abs(left_over).max(1), ROUNDING_PIXELS * min(series.spacing_mm()))
    if rate.any():
        return Layout(order, repeats, depths, pitch, gaps, in_plane - in_plane[0], True, positions[0], uneven)
    shifted = np.abs(left_over).max(1) > POSITION_TOLERANCE_MM + _EPSILON_MM
    drift = np.where(shifted[:, None], left_over, 0.0)
    origin = positions[0] - left_over[0] @ axes
    return Layout(order, repeats, depths, pitch, gaps, drift, False, origin, uneven)


def _steady_shear(in_plane: FloatArray, depths: FloatArray) -> FloatArray:
    """Return the displacement along i and j a mm of depth (2,), by the median over pairs; 0 when it is rounding."""
    half = max(1, len(depths) // 2)
    slopes = (in_plane[half:] - in_plane[:-half]) / (depths[half:] - depths[:-half])[:, None]
    rate = np.median(slopes, axis=0)
    run = depths[-1] - depths[0]
    return np.asarray(rate if float(np.abs(rate).max()) * run > 2 * POSITION_TOLERANCE_MM else np.zeros(2))


def _require_in_place(depths: FloatArray, displaced_mm: FloatArray, half_pixel_mm: float) -> None:
    worst = int(displaced_mm.argmax())
    if displaced_mm[worst] > max(POSITION_TOLERANCE_MM, half_pixel_mm) + _EPSILON_MM:
        raise IrregularSlicesError(
            f"the slice at {depths[worst]:.1f} mm along the normal is displaced in its plane by "
            f"{displaced_mm[worst]:.1f} mm against its neighbours: export the series again, one reconstruction only"
        )


def describe_gaps(layout: Layout) -> str:
    """Say where the steps are wrong and by how much."""
    named = [
        f"{gap.step_mm:.1f} mm between {gap.below_mm:.1f} and {gap.above_mm:.1f} mm"
        for gap in layout.gaps[:_NAMED_GAPS]
    ]
    more = f" and {len(layout.gaps) - _NAMED_GAPS} more" if len(layout.gaps) > _NAMED_GAPS else ""
    return f"{', '.join(named)}{more} along the slice normal, where {layout.pitch_mm:.2f} mm is the rule"


def _one_a_position(depths: FloatArray) -> tuple[IntArray, tuple[tuple[int, int], ...]]:
    kept: list[int] = []
    repeats: list[tuple[int, int]] = []
    for n in np.argsort(depths, kind="stable"):
        if kept and depths[n] - depths[kept[-1]] < SAME_POSITION_MM:
            repeats.append((kept[-1], int(n)))
        else:
            kept.append(int(n))
    return np.array(kept, dtype=np.int64), tuple(repeats)


def _pitch_and_gaps(depths: FloatArray) -> tuple[float, tuple[Gap, ...], float]:
    """Return the pitch, the gaps, and how far a slice lies from its place at most when there are none."""
    steps = np.diff(depths)
    median = float(np.median(steps))
    mean = float(depths[-1] - depths[0]) / len(steps)
    off_grid = depths - depths[0] - mean * np.arange(len(depths))
    uneven = float(np.ptp(off_grid)) / 2
    rounding = max(POSITION_TOLERANCE_MM, min(ROUNDED_DEPTH_MM, median / 4)) + _EPSILON_MM
    if uneven <= rounding and np.abs(steps - mean).max() <= 2 * rounding and steps.max() <= GAP_FACTOR * median:
        return mean, (), uneven
    wrong = (np.abs(steps - median) > POSITION_TOLERANCE_MM) | (steps > GAP_FACTOR * median)
    if not wrong.any():  # many small errors that add up: name the largest
        wrong = np.abs(steps - median) == np.abs(steps - median).max()
    return median, tuple(Gap(float(depths[n]), float(depths[n + 1])) for n in np.flatnonzero(wrong)), 0.0
