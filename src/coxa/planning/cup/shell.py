"""The cup: its axis from its angles, and its shell as a mesh."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray, perpendiculars, unit
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.implants.cup_angles import CupAngles, opening_axis
from coxa.planning.cup.values import PlannedCup

CHORD_ERROR_MM = 0.01
"""Largest distance between the shell's mesh and the true sphere."""


def cup_axis_lps(frame: RigidTransform, side: Side, inclination_deg: float, anteversion_deg: float) -> FloatArray:
    """Return the unit vector out of the opening for radiographic angles [Murray 1993] in an anatomical frame."""
    return unit(opening_axis(CupAngles(inclination_deg, anteversion_deg), frame, side.lateral_sign))


def cup_mesh(cup: PlannedCup) -> Mesh:
    """Return the cup as a closed hemispherical shell with a rounded rim; LPS mm."""
    outer = 0.5 * cup.outer_diameter_mm
    profile = _shell_profile(outer, outer - cup.shell_mm)
    turns = 4 * int(np.ceil(np.pi / np.arccos(1.0 - CHORD_ERROR_MM / outer) / 4.0))
    return _revolved(profile, turns, cup.axis_lps, cup.centre_lps_mm)


def _shell_profile(outer_mm: float, inner_mm: float) -> FloatArray:
    """Return (radius, height along the axis) from the outer pole over the rim to the inner pole."""
    count = int(np.ceil(0.25 * np.pi / np.arccos(1.0 - CHORD_ERROR_MM / outer_mm))) * 2
    angle = np.linspace(0.0, np.pi / 2.0, count + 1)
    outside = outer_mm * np.column_stack([np.sin(angle), -np.cos(angle)])
    inside = inner_mm * np.column_stack([np.sin(angle), -np.cos(angle)])[::-1]
    middle, half = 0.5 * (outer_mm + inner_mm), 0.5 * (outer_mm - inner_mm)
    turn = np.linspace(0.0, np.pi, 9)[1:-1]
    # A flattened round: the rim stands no higher than 1 mm over the face plane.
    rim = np.column_stack([middle + half * np.cos(turn), min(half, 1.0) * np.sin(turn)])
    return np.concatenate([outside, rim, inside])


def _revolved(profile: FloatArray, turns: int, axis: FloatArray, centre: FloatArray) -> Mesh:
    """Turn a profile, whose ends lie on the axis, about the axis."""
    first, second = perpendiculars(axis)
    angle = 2.0 * np.pi * np.arange(turns) / turns
    around = np.outer(np.cos(angle), first) + np.outer(np.sin(angle), second)
    rings = profile[1:-1]
    body = (rings[:, None, 0, None] * around[None] + rings[:, None, 1, None] * axis).reshape(-1, 3)
    poles = profile[[0, -1], 1][:, None] * axis
    vertices = np.concatenate([body, poles]) + centre
    here = np.arange(turns)
    there = (here + 1) % turns
    faces = []
    for n in range(len(rings) - 1):
        a, b = n * turns, (n + 1) * turns
        faces += [np.column_stack([a + here, a + there, b + there]), np.column_stack([a + here, b + there, b + here])]
    last, bottom, top = (len(rings) - 1) * turns, len(body), len(body) + 1
    faces += [np.column_stack([np.full(turns, bottom), there, here])]
    faces += [np.column_stack([last + here, last + there, np.full(turns, top)])]
    return Mesh(vertices, np.concatenate(faces))
