"""How much bone is left around the native acetabulum, direction by direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.signed_distance import sample_field
from coxa.implants.cup_angles import CupAngles, opening_axis
from coxa.planning.defect.loss import BoneChange

NATIVE_OPENING = CupAngles(inclination_deg=45.0, anteversion_deg=20.0)
"""Radiographic angles of a native acetabulum in the APP frame, to lay its opening plane by [E]."""
DIRECTIONS = 72
"""Of the radial graph, around the opening."""
DEPTHS_DEG = (10.0, 20.0, 30.0, 40.0)
"""A direction stands for rays so far below the opening plane: the rim and the wall behind it [E]."""
STEP_MM = 0.5
"""Bone along a ray is counted in such steps, mm."""
LEAST_NATIVE_MM = 1.0
"""Shorter native bone along a direction says nothing: the notch, or the way out of the pelvis."""


@dataclass(frozen=True)
class RadialLoss:
    """Lengths of bone along rays from the native centre, mean over the depths; mm.

    Attributes
    ----------
    angles_deg : tuple of float
        In the opening plane: 0 superior, 90 anterior, 180 inferior, 270 posterior, on both sides.
    native_mm : tuple of float
        Native bone along the direction, within the region in which loss is counted.
    missing_mm : tuple of float
        Of that, what is seen to be lost.
    hidden_mm : tuple of float
        Of that, what metal and its halo hide.
    """

    angles_deg: tuple[float, ...]
    native_mm: tuple[float, ...]
    missing_mm: tuple[float, ...]
    hidden_mm: tuple[float, ...]

    def __post_init__(self) -> None:
        if {len(self.native_mm), len(self.missing_mm), len(self.hidden_mm)} != {len(self.angles_deg)}:
            raise ValueError("native, missing and hidden bone need one length for each angle")

    def missing_share(self) -> FloatArray:
        """Return missing over native length (N,); hidden bone counts half, directions without bone count as 0."""
        native = np.asarray(self.native_mm)
        lost = np.asarray(self.missing_mm) + 0.5 * np.asarray(self.hidden_mm)
        share = lost / np.maximum(native, LEAST_NATIVE_MM)
        return np.where(native >= LEAST_NATIVE_MM, np.clip(share, 0.0, 1.0), 0.0)


def radial_loss(
    change: BoneChange, centre_lps_mm: FloatArray, lps_from_app: RigidTransform, side: Side, reach_mm: float
) -> RadialLoss:
    """Measure native, missing and hidden bone along rays from the native centre, out to ``reach_mm``."""
    superior, anterior, axis = rim_axes(lps_from_app, side)
    angles = np.arange(DIRECTIONS) * (360.0 / DIRECTIONS)
    around = np.cos(np.radians(angles))[:, None] * superior + np.sin(np.radians(angles))[:, None] * anterior
    depth = np.radians(DEPTHS_DEG)
    rays = np.cos(depth)[None, :, None] * around[:, None, :] - np.sin(depth)[None, :, None] * axis
    steps = np.arange(0.5 * STEP_MM, reach_mm, STEP_MM)
    points = (centre_lps_mm + rays[:, :, None, :] * steps[:, None]).reshape(-1, 3)
    lengths = []
    for field in (change.native, change.lost, change.unknown):
        share = sample_field(np.clip(field, 0.0, 1.0), change.grid, points, outside=0.0)
        along = share.reshape(DIRECTIONS, len(DEPTHS_DEG), len(steps)).sum(axis=2) * STEP_MM
        lengths.append(tuple(float(x) for x in along.mean(axis=1)))
    return RadialLoss(tuple(float(a) for a in angles), *lengths)


def rim_axes(lps_from_app: RigidTransform, side: Side) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the superior and anterior directions in the native opening plane, and the axis out of it; LPS."""
    axis = opening_axis(NATIVE_OPENING, lps_from_app, side.lateral_sign)
    superior = lps_from_app.axes[2] - (lps_from_app.axes[2] @ axis) * axis
    superior /= np.linalg.norm(superior)
    anterior = np.cross(axis, superior)
    return superior, anterior * np.sign(-anterior @ lps_from_app.axes[1]), axis


def rim_angles_deg(offsets_lps_mm: FloatArray, lps_from_app: RigidTransform, side: Side) -> FloatArray:
    """Return the direction in the opening plane, 0 to 360 as in :class:`RadialLoss`, of offsets (N, 3) from it."""
    superior, anterior, _ = rim_axes(lps_from_app, side)
    return np.asarray(np.degrees(np.arctan2(offsets_lps_mm @ anterior, offsets_lps_mm @ superior)) % 360.0)
