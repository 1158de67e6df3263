"""What lies behind each direction of the cup's hemisphere, as a map that a surgeon reads looking into the cup."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.coverage import radial_gap_mm
from coxa.planning.cup.values import PlannedCup

STEP_DEG = 5.0
"""Cells of the map: this wide from the pole to the rim and around the clock."""

GAP_REACH_MM = 10.0
"""Wider gaps are given as none."""

GapRows = tuple[tuple[float | None, ...], ...]


class Support(StrEnum):
    """What carries the cup in one direction."""

    HOST = "host"
    AUGMENT = "augment"
    NONE = "unsupported"


@dataclass(frozen=True)
class CoverageMap:
    """Gaps behind the cup by angle from the dome's apex and around the clock.

    Attributes
    ----------
    from_apex_deg : tuple of float
        Middle of each row: 0 at the apex, 90 at the rim.
    clock_deg : tuple of float
        Middle of each column: 0 superior, 90 anterior, 180 inferior, 270 posterior, in the cup's face plane and the
        APP frame, on either side.
    host_gap_mm : tuple of tuple of (float or None)
        [row][column] from the cup outward to host bone: 0 where it touches, None beyond 10 mm.
    augment_gap_mm : tuple of tuple of (float or None)
        The same to the augment, less the cement gap.
    """

    from_apex_deg: tuple[float, ...]
    clock_deg: tuple[float, ...]
    host_gap_mm: GapRows
    augment_gap_mm: GapRows

    def __post_init__(self) -> None:
        for name, gaps in (("host_gap_mm", self.host_gap_mm), ("augment_gap_mm", self.augment_gap_mm)):
            if [len(row) for row in gaps] != [len(self.clock_deg)] * len(self.from_apex_deg):
                raise ValueError(f"the rows and columns of {name} do not fit the map's angles")

    def support(self, tolerance_mm: float) -> tuple[tuple[Support, ...], ...]:
        """Return what carries the cup [row][column] within a tolerance; host bone goes before the augment."""
        return tuple(
            tuple(_support(h, a, tolerance_mm) for h, a in zip(host, augment, strict=True))
            for host, augment in zip(self.host_gap_mm, self.augment_gap_mm, strict=True)
        )


def coverage_map(
    cup: PlannedCup,
    side: Side,
    lps_from_app: RigidTransform,
    host: Mesh | RayCaster,
    augment: Mesh | None,
    cement_gap_mm: float,
) -> CoverageMap:
    """Return the gaps to host bone and augment for every cell of the map."""
    apex, clock = np.arange(0.5 * STEP_DEG, 90.0, STEP_DEG), np.arange(0.0, 360.0, STEP_DEG)
    grid = np.stack(np.meshgrid(apex, clock, indexing="ij"), axis=-1).reshape(-1, 2)
    directions = map_directions(cup.axis_lps, side, lps_from_app, grid)
    shape = (len(apex), len(clock))
    to_host = radial_gap_mm(cup, directions, host)
    if augment is None or augment.is_empty:
        to_augment = np.full(len(directions), np.inf)
    else:
        to_augment = np.maximum(radial_gap_mm(cup, directions, augment) - cement_gap_mm, 0.0)
    return CoverageMap(
        tuple(apex.tolist()), tuple(clock.tolist()), _rows(to_host.reshape(shape)), _rows(to_augment.reshape(shape))
    )


def map_directions(
    axis_lps: FloatArray, side: Side, lps_from_app: RigidTransform, angles_deg: FloatArray
) -> FloatArray:
    """Return unit vectors (N, 3) from the cup's centre for (from apex, clock) angles (N, 2)."""
    superior, anterior = face_axes(axis_lps, side, lps_from_app)
    apex, clock = np.radians(angles_deg).T
    around = np.outer(np.cos(clock), superior) + np.outer(np.sin(clock), anterior)
    return np.asarray(np.sin(apex)[:, None] * around - np.outer(np.cos(apex), axis_lps))


def face_axes(axis_lps: FloatArray, side: Side, lps_from_app: RigidTransform) -> tuple[FloatArray, FloatArray]:
    """Return the unit vectors superior and anterior in a cup's face plane."""
    up = lps_from_app.axes[2] - (lps_from_app.axes[2] @ axis_lps) * axis_lps
    superior = up / np.linalg.norm(up)
    # Looking into a right cup, anterior is on the right hand; into a left one, on the left.
    return superior, side.lateral_sign * np.cross(axis_lps, superior)


def _support(host: float | None, augment: float | None, tolerance_mm: float) -> Support:
    if host is not None and host <= tolerance_mm:
        return Support.HOST
    return Support.AUGMENT if augment is not None and augment <= tolerance_mm else Support.NONE


def _rows(gaps_mm: FloatArray) -> GapRows:
    return tuple(tuple(round(g, 2) if g <= GAP_REACH_MM else None for g in row) for row in gaps_mm.tolist())
