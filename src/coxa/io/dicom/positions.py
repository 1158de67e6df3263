"""Where the slices of a series lie: order, pitch, gaps, shear. Geometry of headers, no voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import IrregularSlicesError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.io.dicom.series import SAME_POSITION_MM, Series

POSITION_TOLERANCE_MM = 0.1
"""How far a slice may lie from its place on the regular grid; scanners round positions to 0.1 mm."""
GAP_FACTOR = 1.5
"""A step this many times the median is a gap even when it is small."""
MAX_FILLED_GAP_MM = 20.0
"""The largest step that ``allow_gaps`` interpolates over."""
_NAMED_GAPS = 3


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
        In-plane displacement of each slice (along i, j) against the first; zero without shear.
    sheared : bool
        The displacement grows steadily from slice to slice: a tilted gantry.
    """

    order: IntArray
    repeats: tuple[tuple[int, int], ...]
    depths_mm: FloatArray
    pitch_mm: float
    gaps: tuple[Gap, ...]
    drift_mm: FloatArray
    sheared: bool


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
    pitch, gaps = _pitch_and_gaps(depths)
    positions = np.array([series.images[n].position_lps_mm for n in order])
    drift = (positions - positions[0]) @ series.axes()[:2].T
    rate = (drift * (depths - depths[0])[:, None]).sum(0) / ((depths - depths[0]) ** 2).sum()
    sheared = float(np.abs(drift).max()) > POSITION_TOLERANCE_MM
    left_over = np.abs(drift - (depths - depths[0])[:, None] * rate).max(1)
    if sheared and left_over.max() > POSITION_TOLERANCE_MM:
        worst = int(left_over.argmax())
        raise IrregularSlicesError(
            f"the slice at {depths[worst]:.1f} mm along the normal is displaced in its plane by "
            f"{left_over[worst]:.1f} mm against its neighbours: export the series again, one reconstruction only"
        )
    return Layout(order, repeats, depths, pitch, gaps, drift if sheared else np.zeros_like(drift), sheared)


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


def _pitch_and_gaps(depths: FloatArray) -> tuple[float, tuple[Gap, ...]]:
    steps = np.diff(depths)
    median = float(np.median(steps))
    mean = float(depths[-1] - depths[0]) / len(steps)
    off_grid = np.abs(depths - depths[0] - mean * np.arange(len(depths))).max()
    if off_grid <= POSITION_TOLERANCE_MM and steps.max() <= GAP_FACTOR * median:
        return mean, ()
    wrong = (np.abs(steps - median) > POSITION_TOLERANCE_MM) | (steps > GAP_FACTOR * median)
    if not wrong.any():  # many small errors that add up: name the largest
        wrong = np.abs(steps - median) == np.abs(steps - median).max()
    return median, tuple(Gap(float(depths[n]), float(depths[n + 1])) for n in np.flatnonzero(wrong))
