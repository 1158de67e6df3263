"""Landmarks that a person placed: which were moved, how far to trust them, and what is kept of the automatic ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial import cKDTree

from coxa.anatomy import PAIRED_LANDMARKS, SIDES, SINGLE_LANDMARKS, Landmark, Status, landmark_name
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.surface_points import SurfacePoints

PLACED_METHOD = "placed by hand"
PLACEABLE = (*(landmark_name(stem, side) for stem in PAIRED_LANDMARKS for side in SIDES), *SINGLE_LANDMARKS)
"""The teardrops on a projection are drawn from the bone and cannot be placed."""
UNMOVED_MM = 0.1
"""A point of a file this close to the automatic one was left where it was; files round to less."""
MAX_OFF_BONE_MM = 15.0
"""A bony landmark placed farther than this from its bone gets a warning."""
HAND_UNCERTAINTY_MM: Mapping[str, float] = {
    "ASIS": 7.3,
    "AIIS": 5.8,
    "PSIS": 8.8,
    "PT": 4.4,
    "IS": 3.8,
    "SP": 2.5,
    "IT": 5.0,
    "TD": 4.0,
    "GT": 5.0,
    "LT": 4.0,
    "PSY": 3.0,
    "HRC": 2.0,
    "HRC_NATIVE": 5.0,
    "SOCKET": 3.0,
}
"""90 % radius of one trained person's point. The first six: 0.894 times the 95th percentile of one rater against the
consensus of four others (as in a normal scatter in space); the rest have no raters behind them [E]."""
OFF_BONE_CENTRES = {"HRC": 70.0, "HRC_NATIVE": 70.0, "SOCKET": 70.0, "PSY": 30.0}
"""These lie inside a joint, not on bone: a migrated cup's centre is this far from the hip bone at the most [E]."""


def moved_landmarks(given_lps_mm: Mapping[str, FloatArray], automatic: Mapping[str, Landmark]) -> dict[str, FloatArray]:
    """Return the given points that do not lie where Coxa had put them, or that it had not found at all.

    Raises
    ------
    InputRefusedError
        When a name is none of `PLACEABLE`.
    """
    unknown = sorted(set(given_lps_mm) - set(PLACEABLE))
    if unknown:
        raise InputRefusedError(f"no landmarks to place: {', '.join(unknown)}; known are {', '.join(PLACEABLE)}")
    moved = {}
    for name, place in given_lps_mm.items():
        found = automatic[name].position_lps_mm
        if found is None or float(np.linalg.norm(place - found)) > UNMOVED_MM:
            moved[name] = np.asarray(place, dtype=np.float64)
    return moved


def placed_landmark(name: str, place_lps_mm: FloatArray, bones: Mapping[str, SurfacePoints]) -> Landmark:
    """Return the landmark where a person put it; a warning when that is off the bone it belongs to.

    Parameters
    ----------
    name : str
        Contract name.
    place_lps_mm : ndarray (3,)
    bones : Mapping[str, SurfacePoints]
        By structure name.
    """
    stem = name.removesuffix("_L").removesuffix("_R")
    warning = _off_bone(name, stem, place_lps_mm, bones)
    return Landmark(
        name,
        place_lps_mm,
        HAND_UNCERTAINTY_MM[stem],
        Status.OK if warning is None else Status.WARN,
        PLACED_METHOD,
        warning,
    )


def _off_bone(name: str, stem: str, place_lps_mm: FloatArray, bones: Mapping[str, SurfacePoints]) -> str | None:
    side = {"L": "left", "R": "right"}.get(name[-1] if name[-2] == "_" else "", "")
    bone = "sacrum" if stem == "SP" else f"{'femur' if stem in ('GT', 'LT') else 'hip'}_{side or 'left'}"
    if bone not in bones:
        return f"placed by hand with no surface of {bone} to compare it with"
    gap = float(cKDTree(bones[bone].points_lps_mm).query(place_lps_mm)[0])
    limit = OFF_BONE_CENTRES.get(stem, MAX_OFF_BONE_MM)
    if gap <= limit:
        return None
    return f"placed by hand {gap:.0f} mm off {bone}, more than {limit:.0f} mm: check its position"
