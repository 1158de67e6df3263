"""The Harris hip score from its items, and the visual analogue scale.

References
----------
Harris WH (1969) Traumatic arthritis of the hip after dislocation and acetabular fractures: treatment by mold
arthroplasty. J Bone Joint Surg Am 51:737-755.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from coxa.cohort.table import cell_number, cell_text
from coxa.errors import InputRefusedError

ITEM_POINTS: Mapping[str, Mapping[str, int]] = {
    "pain": {"none": 44, "slight": 40, "mild": 30, "moderate": 20, "marked": 10, "disabled": 0},
    "limp": {"none": 11, "slight": 8, "moderate": 5, "severe": 0, "unable to walk": 0},
    "support": {
        "none": 11,
        "cane for long walks": 7,
        "cane most of the time": 5,
        "one crutch": 3,
        "two canes": 2,
        "two crutches": 0,
        "unable to walk": 0,
    },
    "distance": {"unlimited": 11, "six blocks": 8, "two or three blocks": 5, "indoors only": 2, "bed and chair": 0},
    "stairs": {"without railing": 4, "with railing": 2, "in any manner": 1, "unable": 0},
    "shoes": {"with ease": 4, "with difficulty": 2, "unable": 0},
    "sitting": {"ordinary chair one hour": 5, "high chair half an hour": 3, "unable": 0},
    "transport": {"able": 1, "unable": 0},
}
"""Answers of each item in short, with their points; a cell may hold the words or the points."""

DEFORMITY_POINTS = 4
"""Points of a hip without deformity [Harris 1969]."""
DEFORMITY_LIMITS: Mapping[str, float] = {
    "fixed_flexion_deg": 30.0,
    "fixed_adduction_deg": 10.0,
    "fixed_internal_rotation_deg": 10.0,
    "leg_length_discrepancy_mm": 32.0,
}
"""The four points are given when all of these stay below their limit, and none otherwise."""
DEFORMITY_WORDS: Mapping[str, float] = {
    **dict.fromkeys(("none", "no", "false", "4", "4.0"), 4.0),
    **dict.fromkeys(("yes", "true", "0", "0.0"), 0.0),
}
"""What a table may say of deformity, and its points."""

MOTION_INDEX: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "flexion_deg": ((0.0, 45.0, 1.0), (45.0, 90.0, 0.6), (90.0, 110.0, 0.3)),
    "abduction_deg": ((0.0, 15.0, 0.8), (15.0, 20.0, 0.3)),
    "external_rotation_deg": ((0.0, 15.0, 0.4),),
    "adduction_deg": ((0.0, 15.0, 0.2),),
}
"""Arcs in degrees (from, to) with the index that a degree in them counts; further motion counts nothing."""
MOTION_FACTOR, MOTION_MAXIMUM = 0.05, 5.0
"""The indices of all arcs sum to 100.5; times the factor that is 5.025, counted as 5."""
LARGEST_ARC_DEG = 180.0
"""A larger angle is a slip of the pen, degrees."""

BANDS = ((90.0, "excellent"), (80.0, "good"), (70.0, "fair"), (0.0, "poor"))
"""Lowest score of each band."""
VAS_HIGHEST = 10.0
"""Upper end of the visual analogue scale."""


@dataclass(frozen=True)
class HarrisScore:
    """A scored hip: ``total`` of 0 to 100 points, its band, and the points of each item."""

    total: float
    band: str
    points: Mapping[str, float]


def harris_score(items: Mapping[str, object]) -> HarrisScore:
    """Score one hip from its items.

    Parameters
    ----------
    items : mapping
        The items of `ITEM_POINTS`, in words or points; ``deformity`` (yes/no or 0/4 points) or the four of
        `DEFORMITY_LIMITS`; ``range_of_motion`` (0 to 5 points) or the four arcs of `MOTION_INDEX` in degrees.

    Returns
    -------
    HarrisScore

    Raises
    ------
    InputRefusedError
        Naming each item that is missing or has an impossible answer. A score is never made from a part of the items.
    """
    problems: list[str] = []
    points: dict[str, float] = {}
    for name in (*ITEM_POINTS, "deformity", "range_of_motion"):
        try:
            points[name] = _points(name, items)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InputRefusedError("the Harris score cannot be computed: " + "; ".join(problems))
    total = sum(points.values())
    return HarrisScore(total, harris_band(total), points)


def harris_band(total: float) -> str:
    """Return Harris's band: excellent from 90, good from 80, fair from 70, poor below."""
    return next(name for lowest, name in BANDS if total >= lowest)


def vas(value: object) -> float:
    """Return a visual analogue scale reading (0 no pain to 10 worst pain).

    Raises
    ------
    InputRefusedError
        When it is missing or outside 0 to 10.
    """
    try:
        reading = _number("vas", value, VAS_HIGHEST)
    except ValueError as error:
        raise InputRefusedError(str(error)) from error
    return reading


def motion_points(arcs_deg: Mapping[str, float]) -> float:
    """Return the points of the range of motion (0 to 5) from the arcs of `MOTION_INDEX` in degrees."""
    index = 0.0
    for name, parts in MOTION_INDEX.items():
        index += sum((min(max(arcs_deg[name], low), high) - low) * weight for low, high, weight in parts)
    return min(MOTION_MAXIMUM, index * MOTION_FACTOR)


def _points(name: str, items: Mapping[str, object]) -> float:
    if name == "deformity":
        return _deformity_points(items)
    if name == "range_of_motion":
        return _motion_points(items)
    return _answer_points(name, items.get(name), ITEM_POINTS[name])


def _answer_points(name: str, value: object, answers: Mapping[str, int]) -> float:
    text = _answer(value)
    if text in answers:
        return float(answers[text])
    if not text:
        raise ValueError(f"{name} is missing")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if number in answers.values():
        return number
    choices = ", ".join(f"{word} ({points})" for word, points in answers.items())
    raise ValueError(f"{name} '{text}' is none of {choices}")


def _answer(value: object) -> str:
    """Return a cell in lower case; "none" is an answer here, though it means a missing value elsewhere."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return "none" if text == "none" else cell_text(value).lower().replace("_", " ")


def _deformity_points(items: Mapping[str, object]) -> float:
    """Return 4 without deformity beyond Harris's limits, else 0; ``deformity`` says yes or no, or the points."""
    given = _answer(items.get("deformity"))
    if given:
        if given not in DEFORMITY_WORDS:
            raise ValueError(f"deformity '{given}' is neither yes (0) nor no (4)")
        return DEFORMITY_WORDS[given]
    found = {name: _number(name, items.get(name), LARGEST_ARC_DEG) for name in DEFORMITY_LIMITS}
    return float(DEFORMITY_POINTS if all(found[n] < limit for n, limit in DEFORMITY_LIMITS.items()) else 0)


def _motion_points(items: Mapping[str, object]) -> float:
    if cell_text(items.get("range_of_motion")):
        return _number("range_of_motion", items["range_of_motion"], MOTION_MAXIMUM)
    return motion_points({name: _number(name, items.get(name), LARGEST_ARC_DEG) for name in MOTION_INDEX})


def _number(name: str, value: object, highest: float) -> float:
    try:
        number = cell_number(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if math.isnan(number):
        raise ValueError(f"{name} is missing")
    if not 0.0 <= number <= highest:
        raise ValueError(f"{name} {number:g} lies outside 0 to {highest:g}")
    return number
