"""Whether a screw's channel stays closed all round on its way through the augment, or cuts a slot into its side."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.paths import AUGMENT_WALL_MM, CUP, DRILLED_MM, ScrewPaths, beside
from coxa.planning.settings import PlanSettings

STATION_MM = 2.0
"""Every so far along the screw a ring of places about its channel is looked at."""

RING_PLACES = 8
"""Places around a screw's channel that are looked at."""

SEAT_MM = 4.0
"""Places this near to the bone ahead are no open side: the seat's gap, and pits of the bone that it bridges [E]."""

_CUP_SIDE_MM = 0.5
"""A place this close beyond the cement gap lies at the cup, no open side, mm."""


def cuts_slot(
    augment: RayCaster,
    host: RayCaster,
    cup: PlannedCup,
    paths: ScrewPaths,
    begin_mm: FloatArray,
    settings: PlanSettings,
) -> BoolArray:
    """Tell (N,) which screws would leave less than ``AUGMENT_WALL_MM`` of augment on one side of their channel.

    Such a channel is a slot: what it leaves of the augment are fingers. A screw that passes beside the augment cuts
    none.

    Parameters
    ----------
    augment, host : RayCaster
        Of the two closed meshes.
    cup : PlannedCup
        Whose cement gap is the other side of the augment, and no open one.
    paths : ScrewPaths
    begin_mm : ndarray (N,)
        Where each screw reaches the bone; infinite where it does not.
    settings : PlanSettings
    """
    wall = 0.5 * settings.screws.screw_diameter_mm + settings.screws.screw_channel_mm + AUGMENT_WALL_MM + DRILLED_MM
    begin = np.where(np.isfinite(begin_mm), begin_mm, 0.0)
    # under a head that sits on the augment's free face the face itself is open
    first = 0.0 if paths.through == CUP else wall
    along = np.arange(first, float(begin.max(initial=0.0)), STATION_MM)
    path, station = np.nonzero(along[None] < begin[:, None])
    if not len(path):
        return np.zeros(len(begin), dtype=bool)
    turns = np.linspace(0.0, 2.0 * np.pi, RING_PLACES, endpoint=False)
    ring = wall * np.stack([beside(paths.directions_lps, turn) for turn in turns], axis=1)
    axis = paths.entries_lps_mm[path] + along[station, None] * paths.directions_lps[path]
    places = (axis[:, None] + ring[path]).reshape(-1, 3)
    ahead = np.repeat(paths.directions_lps[path], RING_PLACES, axis=0)
    in_augment, _ = _met(augment, places, ahead)
    in_host, to_host = _met(host, places, ahead)
    to_cup = np.linalg.norm(places - cup.centre_lps_mm, axis=1) - 0.5 * cup.outer_diameter_mm
    closed = in_augment | in_host | (to_host < SEAT_MM) | (to_cup < settings.site.cement_gap_mm + _CUP_SIDE_MM)
    held, open_side = (found.reshape(-1, RING_PLACES).any(axis=1) for found in (in_augment, ~closed))
    slots = np.zeros(len(begin), dtype=bool)
    slots[path[held & open_side]] = True
    return slots


def _met(caster: RayCaster, places: FloatArray, directions: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Return which places lie inside a mesh, and how far ahead its surface is."""
    distance, face = caster.first_hit(places, directions)
    return caster.starts_inside(face, directions), distance
