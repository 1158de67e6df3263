"""The pelvis's points chosen together: what the rules found where it fits the whole, another prominence where not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import Side
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.constellation.agreement import (
    HEAD_NOISE_MM,
    MISFIT,
    PLACED_NOISE_MM,
    POINT_NOISE_MM,
    Agreement,
    agreeing_points,
)
from coxa.landmarks.constellation.candidates import prominences_near
from coxa.landmarks.constellation.model import adult_constellation
from coxa.landmarks.pelvis import CORNERS, HIP_RULES, PelvicPoints, frame_of_corners, points_in_frame

SEARCH_SIGMAS, SEARCH_RADIUS_MM = 3.0, (10.0, 25.0)
"""How far around its expected place another prominence is looked for."""
FRAME_ROUNDS = 3
"""How often the frame is rebuilt at most while one of its corners does not fit."""

SAME_PLACE_MM = 1.0
"""A corner found again within this was not moved by the better frame."""

Places = Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class ChosenPoints:
    """The points with what is to be said of them.

    Attributes
    ----------
    pelvis : PelvicPoints
        Without the refused points. The frame holds even where one of its corners is refused: then it rests on that
        corner's expected place and serves to look for others only.
    first : Mapping[str, ndarray (3,)]
        Points that did not fit where they were found first: that place.
    refused : tuple of str
        Points that fit nowhere.
    agreement : Agreement
        Of the points as chosen.
    """

    pelvis: PelvicPoints
    first: Places
    refused: tuple[str, ...]
    agreement: Agreement


def choose_together(
    hips: Mapping[Side, SurfacePoints],
    sacrum: SurfacePoints | None,
    pelvis: PelvicPoints,
    heads: Places,
    placed: Places,
) -> ChosenPoints:
    """Judge the points by each other, rebuild the frame where a corner does not fit, look again for what does not.

    Parameters
    ----------
    hips, sacrum
        Surfaces; LPS mm.
    pelvis : PelvicPoints
        As the rules found them, with the placed points in place.
    heads : Mapping[str, ndarray (3,)]
        ``HRC_L`` and ``HRC_R`` where they are native heads.
    placed : Mapping[str, ndarray (3,)]
        By a person; they stay.
    """
    contradicted: dict[str, FloatArray] = {}
    for _ in range(FRAME_ROUNDS):
        agreement = _agreement(pelvis.points_lps_mm, heads, placed)
        misfits = [corner for corner in CORNERS if corner in agreement.misfits]
        if not misfits:
            break
        contradicted = {name: pelvis.points_lps_mm[name] for name in misfits} | contradicted
        try:
            frame = frame_of_corners({**pelvis.points_lps_mm, **_expected_places(agreement, CORNERS)})
        except FitError:
            break
        pelvis = points_in_frame(hips, sacrum, frame, placed)
    agreement = _agreement(pelvis.points_lps_mm, heads, placed)
    if contradicted and not any(corner in agreement.misfits for corner in CORNERS):
        with suppress(FitError):
            pelvis = replace(pelvis, frame=frame_of_corners(pelvis.points_lps_mm))  # of the corners as they are now
    if agreement.fitted is None:
        return ChosenPoints(pelvis, {}, (), agreement)
    chosen = _with_other_prominences(hips, pelvis, agreement, heads, placed)
    now = chosen.pelvis.points_lps_mm
    left = {n: p for n, p in contradicted.items() if n in now and float(np.linalg.norm(now[n] - p)) > SAME_PLACE_MM}
    return replace(chosen, first={**chosen.first, **left})


def _with_other_prominences(
    hips: Mapping[Side, SurfacePoints], pelvis: PelvicPoints, agreement: Agreement, heads: Places, placed: Places
) -> ChosenPoints:
    misfits = tuple(name for name in agreement.misfits if name not in heads)
    others = {}
    for name in misfits:
        other = _another_prominence(name, hips, pelvis, agreement)
        if other is not None:
            others[name] = other
    refused = tuple(name for name in misfits if name not in others)
    points = {**pelvis.points_lps_mm, **others}
    frame = pelvis.frame
    if any(corner in misfits for corner in CORNERS):
        try:
            frame = frame_of_corners({**points, **_expected_places(agreement, [c for c in CORNERS if c in refused])})
        except FitError:  # no pelvis of a plausible size: its corners are not told
            refused = tuple(dict.fromkeys((*refused, *(c for c in CORNERS if c in misfits))))
    kept = {name: place for name, place in points.items() if name not in refused}
    first = {name: pelvis.points_lps_mm[name] for name in misfits}
    return ChosenPoints(
        replace(pelvis, points_lps_mm=kept, frame=frame), first, refused, _agreement(kept, heads, placed)
    )


def _another_prominence(
    name: str, hips: Mapping[Side, SurfacePoints], pelvis: PelvicPoints, agreement: Agreement
) -> FloatArray | None:
    """Return the prominence near a landmark's expected place that fits the other points best; None when none fits."""
    stem, side = name.rpartition("_")[0], Side.LEFT if name.endswith("L") else Side.RIGHT
    if stem not in HIP_RULES or agreement.fitted is None:
        return None
    rule, expected = HIP_RULES[stem], agreement.expected[name]
    spread = float(np.sqrt(np.linalg.eigvalsh(expected.covariance_mm2).max()))
    radius = float(np.clip(SEARCH_SIGMAS * spread, *SEARCH_RADIUS_MM))
    direction = pelvis.frame.lps_from_app.vectors(np.array(rule.direction) * [side.lateral_sign, 1.0, 1.0])
    found = prominences_near(hips[side], expected.position_lps_mm, radius, direction, rule.cap_depth_mm)
    judged = [
        (agreement.fitted.expected(name, POINT_NOISE_MM, place).distance_squared, n) for n, place in enumerate(found)
    ]
    best = min(judged, default=(np.inf, 0))
    return found[best[1]] if best[0] <= MISFIT else None


def _agreement(points: Places, heads: Places, placed: Places) -> Agreement:
    noise = dict.fromkeys(points, POINT_NOISE_MM) | dict.fromkeys(heads, HEAD_NOISE_MM)
    noise |= dict.fromkeys(placed, PLACED_NOISE_MM)
    return agreeing_points(adult_constellation(), {**points, **heads, **placed}, noise, tuple(placed))


def _expected_places(agreement: Agreement, names: list[str] | tuple[str, ...]) -> dict[str, FloatArray]:
    return {name: agreement.expected[name].position_lps_mm for name in names if name in agreement.misfits}
