"""The cup: size, place, orientation, and its shell as a mesh."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import Side
from coxa.case import Landmarks
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import FloatArray, read_only, unit
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.coverage import hemisphere_directions
from coxa.planning.plan import PlannedCup, TargetCentre
from coxa.planning.settings import PlanSettings

LEAST_SOCKET = 0.2
"""Share of the hemisphere that must still have socket for the cup to be fitted to it [E]."""

CHORD_ERROR_MM = 0.01
"""Largest distance between the shell's mesh and the true sphere."""


def plan_cup(landmarks: Landmarks, host: Mesh, target: TargetCentre, side: Side, settings: PlanSettings) -> PlannedCup:
    """Place a hemispherical cup on the target centre at the target angles of the functional frame.

    Its diameter: the native head's of the other side (else of this side) plus ``cup_over_head_mm``, then as
    much as is needed to touch what is left of the socket, to the nearest catalogue size.

    Raises
    ------
    InputRefusedError
        Without a pelvic frame, or without a native head when no diameter is set by hand.
    """
    if landmarks.lps_from_app is None:
        raise InputRefusedError(
            f"the pelvic frame is not known ({landmarks.app_reason}), so the cup cannot be oriented: "
            "plan on a scan that shows both iliac spines and pubic tubercles"
        )
    chosen_ri, chosen_ra = settings.inclination_deg, settings.anteversion_deg
    inclination = settings.target_inclination_deg if chosen_ri is None else chosen_ri
    anteversion = settings.target_anteversion_deg if chosen_ra is None else chosen_ra
    axis = cup_axis_lps(functional_frame(landmarks.lps_from_app), side, inclination, anteversion)
    diameter = settings.cup_diameter_mm
    if diameter is None:
        wanted = _native_head_mm(landmarks, side) + settings.cup_over_head_mm
        diameter = catalogue_diameter_mm(
            socket_diameter_mm(host, target.position_lps_mm, axis, wanted, settings), settings
        )
    return PlannedCup(
        diameter, target.position_lps_mm, read_only(axis, (3,)), inclination, anteversion, str(Frame.FUNCTIONAL)
    )


def socket_diameter_mm(
    host: Mesh, centre_lps_mm: FloatArray, axis_lps: FloatArray, wanted_mm: float, settings: PlanSettings
) -> float:
    """Return the diameter that touches the socket left about a centre, from ``wanted_mm`` to ``cup_upsize_mm`` more.

    Rays from the centre over the hemisphere find the bone; those that meet it within reach of an allowed cup are
    the socket, and their median radius plus half the press fit is the cup's. With less than ``LEAST_SOCKET`` of
    the hemisphere left, the size stays as wanted.
    """
    directions = hemisphere_directions(axis_lps, samples=4000)
    distance, _ = RayCaster(host).first_hit(np.broadcast_to(centre_lps_mm, directions.shape), directions)
    reach = 0.5 * (wanted_mm + settings.cup_upsize_mm)
    socket = distance[np.abs(distance - 0.5 * wanted_mm) <= reach - 0.5 * wanted_mm + settings.press_fit_mm]
    if len(socket) < LEAST_SOCKET * len(distance):
        return wanted_mm
    touching = 2.0 * float(np.median(socket)) + settings.press_fit_mm
    return float(np.clip(touching, wanted_mm, wanted_mm + settings.cup_upsize_mm))


def cup_axis_lps(frame: RigidTransform, side: Side, inclination_deg: float, anteversion_deg: float) -> FloatArray:
    """Return the unit vector out of the opening for radiographic angles (Murray 1993) in an anatomical frame.

    n = (sin RI cos RA, sin RA, -cos RI cos RA), components lateral, anterior, superior.
    """
    ri, ra = np.radians([inclination_deg, anteversion_deg])
    left, posterior, superior = frame.axes
    lateral = side.lateral_sign * left
    return unit(np.sin(ri) * np.cos(ra) * lateral - np.sin(ra) * posterior - np.cos(ri) * np.cos(ra) * superior)


def catalogue_diameter_mm(wanted_mm: float, settings: PlanSettings) -> float:
    """Return the catalogue size nearest to ``wanted_mm``."""
    steps = round((wanted_mm - settings.cup_smallest_mm) / settings.cup_step_mm)
    size = settings.cup_smallest_mm + steps * settings.cup_step_mm
    return float(min(max(size, settings.cup_smallest_mm), settings.cup_largest_mm))


def _native_head_mm(landmarks: Landmarks, side: Side) -> float:
    for candidate in (side.opposite, side):
        hip = landmarks.hips.get(candidate)
        if hip is not None and not hip.implant_present and hip.head is not None:
            return 2.0 * hip.head.radius_mm
    raise InputRefusedError("no native femoral head was found to size the cup: give its diameter with --cup-diameter")


def cup_mesh(cup: PlannedCup, shell_mm: float) -> Mesh:
    """Return the cup as a closed hemispherical shell with a rounded rim; LPS mm."""
    outer = 0.5 * cup.outer_diameter_mm
    profile = _shell_profile(outer, outer - shell_mm)
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
    first = unit(np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))]))
    second = np.cross(axis, first)
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
