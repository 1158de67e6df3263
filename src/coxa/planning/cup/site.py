"""What a cup is weighed against: bone today, native bone, target, and the directions toward the midline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform, functional_frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.radial_bone import RadialBone, radial_bone

MEDIAL_CONE_DEG = 30.0
"""Directions within this angle of the APP's medial axis are toward the medial wall [E]."""

MEDIAL_RAYS = 91
"""Rays toward the medial wall, spread over the cone."""

TABLE_REACH_MM = 60.0
"""The inner table is looked for this far from the cup's centre."""

WALL_BEYOND_NATIVE_MM = 5.0
"""Bone that begins farther than this behind the native inner table is another wall [E]."""

WORST_SHARE = 0.10
"""Share of the medial directions that may be worse than the figure given: the notch has an edge [E]."""


@dataclass(frozen=True, eq=False)
class MedialWall:
    """The wall between cup and pelvis, seen from possible centres along the medial directions; mm from the centre.

    Attributes
    ----------
    enter_mm, leave_mm : ndarray [centre, direction]
        The wall of today, inf where there is none.
    table_mm : ndarray [centre, direction]
        Inner table: of today's wall, else of the native one; inf where neither is.
    """

    enter_mm: FloatArray
    leave_mm: FloatArray
    table_mm: FloatArray

    def thickness_mm(self, radius_mm: float) -> FloatArray:
        """Return the bone [centre] left behind a cup; nan where no direction has a wall."""
        is_wall = np.isfinite(self.leave_mm)
        near = np.maximum(np.where(is_wall, self.enter_mm, 0.0), radius_mm)
        left = np.maximum(np.where(is_wall, self.leave_mm, 0.0) - near, 0.0)
        return _quantile(np.where(is_wall, left, np.nan), WORST_SHARE)

    def protrusion_mm(self, radius_mm: float) -> FloatArray:
        """Return how far a cup [centre] stands through the inner table; nan where there is no table."""
        through = np.where(np.isfinite(self.table_mm), np.maximum(radius_mm - self.table_mm, 0.0), np.nan)
        return _quantile(through, 1.0 - WORST_SHARE)

    def open_fraction(self) -> FloatArray:
        """Return the share of the directions [centre] that have no wall today."""
        return np.asarray(np.isinf(self.leave_mm).mean(axis=1))


class CupSite:
    """Bone about a target centre, made ready for rays once.

    Parameters
    ----------
    host, native : Mesh
        Today's and the native hip bone; closed, LPS mm.
    lps_from_app : RigidTransform
    target_lps_mm : array (3,)
    side : Side
    """

    def __init__(
        self, host: Mesh, native: Mesh, lps_from_app: RigidTransform, target_lps_mm: FloatArray, side: Side
    ) -> None:
        self.host, self.native = RayCaster(host), RayCaster(native)
        self.target_lps_mm, self.side = target_lps_mm, side
        self.functional = functional_frame(lps_from_app)
        left, posterior, superior = lps_from_app.axes
        self.axes_lps = np.stack([side.lateral_sign * left, posterior, superior])
        """Unit vectors lateral, posterior, superior of the APP frame, one a row."""

    def offset_mm(self, centre_lps_mm: FloatArray) -> FloatArray:
        """Return (lateral, posterior, superior) of centres (..., 3) from the target."""
        return np.asarray((centre_lps_mm - self.target_lps_mm) @ self.axes_lps.T)

    def directions(self, samples: int) -> FloatArray:
        """Return unit vectors (N, 3) of equal area over the whole sphere; those of the other side are its mirror."""
        return np.asarray(spiral(samples) @ self.axes_lps)

    def medial_wall(self, centres_lps_mm: FloatArray) -> MedialWall:
        """Return the wall as it is seen from centres (C, 3)."""
        apex = spiral(round(2.0 * MEDIAL_RAYS / (1.0 - np.cos(np.radians(MEDIAL_CONE_DEG)))))[:MEDIAL_RAYS]
        posterior, superior = self.axes_lps[1:]
        cone = np.asarray(apex @ np.stack([posterior, superior, -self.axes_lps[0]]))
        today = radial_bone(self.host, centres_lps_mm, cone, TABLE_REACH_MM)
        native = radial_bone(self.native, centres_lps_mm, cone, TABLE_REACH_MM)
        return _wall(today, native)

    def antero_posterior_mm(self, axis_lps: FloatArray) -> float | None:
        """Return the native acetabulum's diameter between the outer surfaces of both columns; None when one is open.

        Along rays from the target, 10 to 30 degrees behind the plane of a cup's opening, the median of where they
        leave the bone.
        """
        backward = self.axes_lps[1] - (self.axes_lps[1] @ axis_lps) * axis_lps
        backward /= np.linalg.norm(backward)
        upward = np.cross(axis_lps, backward)
        sides = []
        for sign in (-1.0, 1.0):
            clock, sunk = (
                a.ravel() for a in np.meshgrid(np.radians([-15, -7.5, 0, 7.5, 15]), np.radians([10, 15, 20, 25, 30]))
            )
            rim = sign * np.outer(np.cos(clock), backward) + np.outer(np.sin(clock), upward)
            fan = np.cos(sunk)[:, None] * rim - np.outer(np.sin(sunk), axis_lps)
            leave = radial_bone(self.native, self.target_lps_mm[None], fan, TABLE_REACH_MM).leave_mm[0, :, 0]
            sides.append(float(np.median(leave)))
        return sum(sides) if np.isfinite(sides).all() else None


def spiral(samples: int) -> FloatArray:
    """Return unit vectors (N, 3) of equal area over the sphere, from +z to -z (golden spiral)."""
    n = np.arange(samples) + 0.5
    height = 1.0 - 2.0 * n / samples
    radius, angle = np.sqrt(1.0 - height**2), np.pi * (1.0 + np.sqrt(5.0)) * n
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height])


def _wall(today: RadialBone, native: RadialBone) -> MedialWall:
    enter, leave, table = today.enter_mm[..., 0], today.leave_mm[..., 0], native.leave_mm[..., 0]
    is_wall = enter <= table + WALL_BEYOND_NATIVE_MM
    enter, leave = np.where(is_wall, enter, np.inf), np.where(is_wall, leave, np.inf)
    return MedialWall(enter, leave, np.where(is_wall, leave, table))


def _quantile(values: FloatArray, share: float) -> FloatArray:
    """Return the quantile over the last axis without nan; nan where there is nothing else."""
    known = np.isfinite(values)
    rows = np.sort(np.where(known, values, np.inf), axis=-1)
    count = known.sum(axis=-1)
    at = np.floor(share * np.maximum(count - 1, 0) + 0.5).astype(np.int64)
    found = np.take_along_axis(rows, at[..., None], axis=-1)[..., 0]
    return np.where(count > 0, found, np.nan)
