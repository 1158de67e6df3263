"""Which corner of the anterior pelvic plane is trusted least, and what its radius does to what is measured in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, landmark_name
from coxa.case import WeakestCorner
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform, app_frame
from coxa.landmarks.pelvis import CORNERS

CUP_INCLINATION_DEG, CUP_ANTEVERSION_DEG = 40.0, 15.0
"""Of the cup that stands for any: the middle of Lewinnek's zone, radiographic."""


def weakest_corner(marks: Mapping[str, Landmark]) -> WeakestCorner:
    """Return the corner whose own radius turns the frame most, with the effects of that on height, horizontal and cup.

    The corner is moved by its 90 % radius along each axis of the frame and both ways; the largest change counts. Height
    and horizontal are those of the rotation centre over the teardrop of each side where both are found.

    Parameters
    ----------
    marks : Mapping[str, Landmark]
        All four corners have positions.
    """
    corners = {name: marks[name].point for name in CORNERS}
    effects = [_effect(name, marks[name], corners, marks) for name in CORNERS]
    return max(effects, key=lambda effect: effect.rotation_deg)


def _effect(
    name: str, mark: Landmark, corners: Mapping[str, FloatArray], marks: Mapping[str, Landmark]
) -> WeakestCorner:
    radius = mark.uncertainty_mm or 0.0
    frame = app_frame(*(corners[corner] for corner in CORNERS))
    changes = []
    for step in (*frame.axes, *-frame.axes):
        moved = app_frame(*({**corners, name: corners[name] + radius * step}[corner] for corner in CORNERS))
        height, horizontal = _moved_centre_mm(frame, moved, marks)
        changes.append((_turn_deg(frame, moved), height, horizontal, *_moved_cup_deg(frame, moved)))
    largest = np.abs(np.array(changes)).max(axis=0)
    return WeakestCorner(name, radius, *(round(float(x), 3) for x in largest))


def _turn_deg(one: RigidTransform, other: RigidTransform) -> float:
    return float(np.degrees(2.0 * np.arcsin(np.linalg.norm(one.axes - other.axes) / (2.0 * np.sqrt(2.0)))))


def _moved_centre_mm(
    frame: RigidTransform, moved: RigidTransform, marks: Mapping[str, Landmark]
) -> tuple[float, float]:
    """Return the largest change of height and horizontal of both sides, mm; zero where nothing is found."""
    height, horizontal = 0.0, 0.0
    for side in SIDES:
        centre, teardrop = (marks[landmark_name(stem, side)] for stem in ("HRC", "TD"))
        if centre.position_lps_mm is None or teardrop.position_lps_mm is None:
            continue
        before, after = (
            _over_teardrop(centre.point - teardrop.point, axes, marks) for axes in (frame.axes, moved.axes)
        )
        height = max(height, abs(after[0] - before[0]))
        horizontal = max(horizontal, abs(after[1] - before[1]))
    return height, horizontal


def _over_teardrop(offset_mm: FloatArray, axes: FloatArray, marks: Mapping[str, Landmark]) -> tuple[float, float]:
    """Return height and horizontal of an offset in the coronal plane, along and across the inter-teardrop line."""
    left, superior = axes[0], axes[2]
    line = np.array([1.0, 0.0])
    teardrops = [marks[landmark_name("TD", side)].position_lps_mm for side in (Side.LEFT, Side.RIGHT)]
    if teardrops[0] is not None and teardrops[1] is not None:
        apart = teardrops[0] - teardrops[1]
        line = np.array([apart @ left, apart @ superior])
        line = line / np.linalg.norm(line)
    flat = np.array([offset_mm @ left, offset_mm @ superior])
    return float(flat @ np.array([-line[1], line[0]])), abs(float(flat @ line))


def _moved_cup_deg(frame: RigidTransform, moved: RigidTransform) -> tuple[float, float]:
    """Return the largest change of radiographic inclination and anteversion of a usual cup of either side, degrees."""
    inclination, anteversion = np.radians([CUP_INCLINATION_DEG, CUP_ANTEVERSION_DEG])
    changes = []
    for side in SIDES:
        lateral = side.lateral_sign * np.sin(inclination) * np.cos(anteversion)
        axis = np.array([lateral, -np.sin(anteversion), -np.cos(inclination) * np.cos(anteversion)]) @ frame.axes
        left, posterior, superior = moved.axes @ axis
        changes.append(
            (
                np.degrees(np.arctan2(side.lateral_sign * left, -superior)) - CUP_INCLINATION_DEG,
                np.degrees(np.arcsin(-posterior)) - CUP_ANTEVERSION_DEG,
            )
        )
    largest = np.abs(np.array(changes)).max(axis=0)
    return float(largest[0]), float(largest[1])
