"""How much the bone about a supposed pair of hip joints looks like a pelvis, and so which way up and round it lies.

About the axis through both hip joints bone lies where it lies in every adult: the sacrum above and behind, the
symphysis below and in front, an ilium over each joint, an ischium under it, a femur beside and below; and there is
none in the belly, the buttocks, the groins and between the thighs. No turn by more than about 50 degrees and no
exchange of front and back keeps that pattern; an exchange of left and right does, for a pelvis is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.grid import Grid

COARSE_BONE_HU = 150.0
"""Mean of a cell of 2 mm that holds bone; the belly's unenhanced organs and vessels lie below."""
SAMPLE_MM, SAMPLE_DEG = 8.0, 9.0
"""Pitch of the places that are looked up, mm across and outward, degrees around."""
IN_VIEW_SHARE = 0.4
"""A place of which less is in view says nothing."""
SOFT_LIMIT = 0.35
"""A place that should be soft is all wrong when this share of it is bone."""
UNKNOWN_WEIGHT = 0.7
"""Counts as so many empty places: the fewer are in view, the less they prove."""


@dataclass(frozen=True)
class _Place:
    """A block in cylinder coordinates about the hip axis.

    ``across_mm`` from the midline, or laterally from a joint; ``angle_deg`` 0 superior, 90 posterior; ``bone_share``
    of its volume holds bone in adults, 0 where there is none.
    """

    across_mm: tuple[float, float]
    angle_deg: tuple[float, float]
    radius_mm: tuple[float, float]
    bone_share: float = 0.0

    def samples(self) -> FloatArray:
        """Return points (N, 3): across, posterior, superior, mm."""
        across = np.arange(self.across_mm[0], self.across_mm[1] + 0.1, SAMPLE_MM)
        angle = np.radians(np.arange(self.angle_deg[0], self.angle_deg[1] + 0.1, SAMPLE_DEG))
        radius = np.arange(self.radius_mm[0], self.radius_mm[1] + 0.1, SAMPLE_MM)
        x, a, r = (m.ravel() for m in np.meshgrid(across, angle, radius, indexing="ij"))
        return np.stack([x, r * np.sin(a), r * np.cos(a)], axis=1)


_MIDLINE = (
    _Place((-55, 55), (15, 50), (85, 120), 0.55),  # sacrum
    _Place((-22, 22), (185, 255), (32, 58), 0.40),  # symphysis
    _Place((-55, 55), (270, 345), (50, 120)),  # belly
    _Place((-30, 30), (95, 170), (50, 120)),  # natal cleft
    _Place((-45, 45), (170, 230), (80, 120)),  # between the thighs
)
_JOINT = (
    _Place((-25, 15), (-20, 30), (35, 60), 0.50),  # ilium
    _Place((-25, 15), (105, 142), (35, 60), 0.40),  # ischium
    _Place((-56, -28), (240, 300), (18, 32), 0.50),  # pubic ramus
    _Place((25, 60), (100, 165), (25, 60), 0.35),  # trochanters
    _Place((15, 55), (155, 185), (65, 120), 0.20),  # femoral shaft
    _Place((30, 60), (-75, 60), (16, 50)),  # gluteal muscles beside the joint
    _Place((-25, 40), (190, 290), (60, 120)),  # groin
    _Place((-25, 60), (65, 115), (66, 120)),  # buttock
)


@dataclass(frozen=True, eq=False)
class BoneCells:
    """Where a scan holds bone or has some beside, in coarse cells [k, j, i]."""

    occupied: BoolArray
    grid: Grid

    @classmethod
    def of(cls, hu: npt.NDArray[np.float32], grid: Grid) -> BoneCells:
        """Take the bone cells of HU averaged over cells of about 2 mm [k, j, i]."""
        bone: BoolArray = ndi.binary_dilation(hu > COARSE_BONE_HU)
        return cls(np.asarray(bone), grid)

    def look_up(self, points_lps_mm: FloatArray) -> tuple[BoolArray, BoolArray]:
        """Tell of points (N, 3) which lie in bone, and which in view."""
        index = np.rint(self.grid.indices_from_points(points_lps_mm)).astype(np.int64)
        in_view = ((index >= 0) & (index < np.array(self.grid.size))).all(axis=1)
        i, j, k = np.where(np.asarray(in_view)[:, None], index, 0).T
        return np.asarray(self.occupied[k, j, i] & in_view), np.asarray(in_view)


def pelvis_likeness(cells: BoneCells, lps_from_hips: RigidTransform, half_distance_mm: float) -> float:
    """Return how well bone and soft tissue lie as they do in a pelvis: 1 all of it, 0 no better than chance.

    Parameters
    ----------
    cells : BoneCells
    lps_from_hips : RigidTransform
        Supposed axes: x toward the left joint, y posterior, z superior; origin midway between the joints.
    half_distance_mm : float
        From the origin to each joint.
    """
    hits, in_view = cells.look_up(lps_from_hips.points(_POINTS + half_distance_mm * _JOINT_SHIFT))
    seen = np.add.reduceat(in_view, _STARTS)
    share = np.add.reduceat(hits, _STARTS) / np.maximum(seen, 1)
    told = seen >= IN_VIEW_SHARE * _COUNTS
    bone, soft = told & (_BONE_SHARE > 0), told & (_BONE_SHARE == 0)
    as_bone = np.minimum(1.0, share[bone] / _BONE_SHARE[bone]).sum() / (bone.sum() + UNKNOWN_WEIGHT)
    as_soft = np.minimum(1.0, share[soft] / SOFT_LIMIT).sum() / max(1, soft.sum())
    return float(as_bone - as_soft)


def tilted_frame(middle_lps_mm: FloatArray, toward_left: FloatArray, tilt_deg: float) -> RigidTransform:
    """Return ``lps_from_hips`` of joints about a middle, superior turned forward by a tilt about their axis."""
    x = unit(toward_left)
    up = np.array([0.0, 0.0, 1.0])
    z = unit(up - (up @ x) * x)
    y = np.cross(z, x)
    cosine, sine = np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))
    return RigidTransform.from_axes([x, cosine * y - sine * z, cosine * z + sine * y], middle_lps_mm, Frame.LPS, "hips")


_LEFT, _RIGHT = np.array([1.0, 1.0, 1.0]), np.array([-1.0, 1.0, 1.0])
"""Signs that lay a place out on the left and on the right."""
_BLOCKS = [(place, place.samples(), 0.0) for place in _MIDLINE]
"""Each place with its points and the side it belongs to: in the midline,"""
_BLOCKS += [(place, place.samples() * side, side[0]) for place in _JOINT for side in (_LEFT, _RIGHT)]
_POINTS = np.vstack([points for _, points, _ in _BLOCKS])
_COUNTS = np.array([len(points) for _, points, _ in _BLOCKS])
"""Points of each place,"""
_STARTS = np.concatenate([[0], np.cumsum(_COUNTS)[:-1]])
"""the first of them,"""
_BONE_SHARE = np.array([place.bone_share for place, _, _ in _BLOCKS])
"""the share of bone expected there; 0 where bone should be absent."""
_JOINT_SHIFT = np.repeat(np.array([[shift, 0.0, 0.0] for _, _, shift in _BLOCKS]), _COUNTS, axis=0)
"""What moves with the distance between the hips, and to which side."""
