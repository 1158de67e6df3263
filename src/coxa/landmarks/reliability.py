"""What makes a landmark unreliable: the edge of the field of view, metal; and how far to trust the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import Landmark, Status
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.surface_points import SurfacePoints

BORDER_MM = 2.0
"""A landmark this close to the edge of the field of view gets a warning, mm [E]."""
METAL_HALO_MM = 5.0
"""A landmark this close to metal gets a warning, mm [E]."""
WARNING_FACTOR = 2.0
"""A landmark with a warning gets this many times the uncertainty [E]."""
VOXEL_SHARE = 0.3
"""Share of the largest voxel edge that adds (in quadrature) to every surface landmark [E]."""

UNCERTAINTY_MM: Mapping[str, float] = {
    "ASIS": 2.6,
    "AIIS": 3.2,
    "PSIS": 3.2,
    "PT": 2.1,
    "IS": 2.3,
    "IT": 4.0,
    "TD": 3.0,
    "GT": 5.4,
    "LT": 3.4,
    "PSY": 2.5,
    "SP": 3.9,
}
"""90 % radius against the consensus of five trained raters on ten adults; IT, TD and PSY have no rated truth and carry
the spread between the two sides instead."""


def axes_warning(lps_from_app: RigidTransform) -> str | None:
    """Say that the bones lie against the file's axes; None where they don't.

    Left, posterior and superior of a patient are x, y and z of the file, however the patient lay. Else its directions
    are wrong: turned, or mirrored, which bones alone cannot tell apart, for a pelvis is symmetric.
    """
    if all(int(np.abs(axis).argmax()) == n and axis[n] > 0.0 for n, axis in enumerate(lps_from_app.axes)):
        return None
    return "the bones lie against the file's axes, so its directions are wrong, and left and right may be exchanged"


def with_warning(mark: Landmark, warning: str) -> Landmark:
    """Return the landmark with one more warning; one that is missing stays as it is."""
    if not mark.status.has_value:
        return mark
    return replace(mark, status=Status.WARN, reason=f"{mark.reason}; {warning}" if mark.reason else warning)


def widened(mark: Landmark, factor: float) -> Landmark:
    """Return the landmark with that many times its radius."""
    if mark.uncertainty_mm is None:
        return mark
    return replace(mark, uncertainty_mm=factor * mark.uncertainty_mm)


def doubted(mark: Landmark, warning: str, apart_mm: float) -> Landmark:
    """Return the landmark with a warning, its radius widened to reach toward the other answer, that far away."""
    radius = 0.0 if mark.uncertainty_mm is None else mark.uncertainty_mm
    return with_warning(replace(mark, uncertainty_mm=max(WARNING_FACTOR * radius, apart_mm)), warning)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What lies around the landmarks.

    Attributes
    ----------
    grid : Grid or None
        The scan's grid, when known.
    metal_lps_mm : ndarray (N, 3)
        Metal surface, thinned; may be empty.
    """

    grid: Grid | None
    metal_lps_mm: FloatArray

    @classmethod
    def of(cls, grid: Grid | None, metal: SurfacePoints | None) -> Surroundings:
        """Build from the scan's grid and the metal surface."""
        points = np.empty((0, 3)) if metal is None else metal.thinned(4.0).points_lps_mm
        return cls(grid, points)

    def at_edge(self, points_lps_mm: FloatArray) -> BoolArray:
        """Tell which points (N, 3) lie at the edge of the field of view."""
        if self.grid is None:
            return np.zeros(len(points_lps_mm), dtype=bool)
        index = self.grid.indices_from_points(points_lps_mm)
        inside_mm = np.minimum(index + 0.5, np.array(self.grid.size) - 0.5 - index) * np.array(self.grid.spacing_mm)
        return np.asarray(inside_mm.min(axis=1) < BORDER_MM)

    def unreliable_at(self, point_lps_mm: FloatArray) -> str | None:
        """Say in words what is wrong with a surface landmark at this place; None when nothing is."""
        if self.at_edge(point_lps_mm[None])[0]:
            return f"within {BORDER_MM:.0f} mm of the edge of the field of view: the bone may go on"
        if len(self.metal_lps_mm):
            gap = float(np.linalg.norm(self.metal_lps_mm - point_lps_mm, axis=1).min())
            if gap < METAL_HALO_MM:
                return f"within {METAL_HALO_MM:.0f} mm of metal: the surface there is not reliable"
        return None

    def unreliable_around(self, centre_lps_mm: FloatArray, radius_mm: float) -> str | None:
        """Say what is wrong with a sphere: metal on it, or the edge of the field of view through it."""
        if self.grid is not None:
            index = self.grid.indices_from_points(centre_lps_mm)
            inside_mm = np.minimum(index, np.array(self.grid.size) - 1 - index) * np.array(self.grid.spacing_mm)
            if inside_mm.min() < radius_mm:
                return "the edge of the field of view cuts the head"
        if len(self.metal_lps_mm):
            distance = np.linalg.norm(self.metal_lps_mm - centre_lps_mm, axis=1)
            if distance.min() < radius_mm + METAL_HALO_MM:
                return "metal in or at the head: its surface is not reliable"
        return None

    def has_metal_within(self, centre_lps_mm: FloatArray, radius_mm: float) -> bool:
        """Tell whether metal lies inside a sphere."""
        return bool((np.linalg.norm(self.metal_lps_mm - centre_lps_mm, axis=1) < radius_mm).any())

    def widened(self, uncertainty_mm: float) -> float:
        """Add the voxel size's share to an uncertainty."""
        voxel = 0.0 if self.grid is None else max(self.grid.spacing_mm)
        return float(np.hypot(uncertainty_mm, VOXEL_SHARE * voxel))

    def surface_landmark(
        self, name: str, point_lps_mm: FloatArray, method: str, known_warning: str | None = None
    ) -> Landmark:
        """Return the landmark with its calibrated uncertainty, and with the warnings of surroundings or finder."""
        uncertainty = self.widened(UNCERTAINTY_MM[name.removesuffix("_L").removesuffix("_R")])
        warning = self.unreliable_at(point_lps_mm) or known_warning
        if warning is None:
            return Landmark(name, point_lps_mm, uncertainty, Status.OK, method)
        return Landmark(name, point_lps_mm, WARNING_FACTOR * uncertainty, Status.WARN, method, warning)
