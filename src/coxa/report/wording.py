"""How things are called where a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeGuard

from coxa.anatomy import LANDMARK_DESCRIPTIONS, Estimate, Landmark, Status
from coxa.case import Measurement

NOTICE = (
    "Research tool, not a medical device. Every figure and picture must be checked by the treating surgeon "
    "against the scan before anything is decided on it."
)

STRUCTURE_NAMES: Mapping[str, str] = {
    "hip_left": "left hip bone",
    "hip_right": "right hip bone",
    "sacrum": "sacrum",
    "femur_left": "left femur",
    "femur_right": "right femur",
    "metal": "metal",
    "cup_left": "left cup",
    "cup_right": "right cup",
    "liner_left": "left liner gap",
    "liner_right": "right liner gap",
    "head_left": "left prosthetic head",
    "head_right": "right prosthetic head",
    "stem_left": "left stem",
    "stem_right": "right stem",
    "unknown": "could not be told",
}

PART_NAMES: Mapping[str, str] = {
    "cup": "planned cup",
    "augment": "augment",
    "augment_part": "augment, as printed",
    "hip_native": "hip bone as it was or should be",
    "hip_host": "host bone left",
}

STATUS_WORDS: Mapping[Status, str] = {
    Status.OK: "ok",
    Status.WARN: "check",
    Status.NOT_MEASURABLE: "not measurable",
    Status.FAILED: "failed",
}

FRAME_NAMES: Mapping[str, str] = {
    "app": "anterior pelvic plane",
    "functional": "functional supine",
    "table": "scanner table",
    "lps": "scanner (LPS)",
    "none": "–",
}

GLOSSARY: Mapping[str, str] = {
    "Left and right": (
        "Always the patient's. In pictures seen from the front the patient's left is on the viewer's right."
    ),
    "Anterior pelvic plane (APP)": (
        "The plane through both anterior superior iliac spines and the midpoint of the pubic tubercles. Superior, "
        "posterior and lateral follow it, so that the way the patient lies does not change the numbers."
    ),
    "Functional supine": "The same left axis, but the vertical of the scanner table: the pelvis as it lies.",
    "Inter-teardrop line": (
        "The line through the inferior points of both teardrops in the coronal plane of the frame."
    ),
    "Rotation centre height": (
        "Distance of the rotation centre above the inter-teardrop line, from the teardrop of its own side."
    ),
    "Rotation centre horizontal position": (
        "Distance of the rotation centre from the perpendicular to the inter-teardrop line through the teardrop "
        "of its own side."
    ),
    "Migration": "Rotation centre today minus the native one: + is superior, lateral, posterior.",
    "Radiographic inclination and anteversion": (
        "Cup angles after Murray (1993): inclination in the coronal plane against the vertical, anteversion out "
        "of the coronal plane."
    ),
    "Coverage": (
        "Share of the cup's porous hemisphere with host bone, augment or nothing behind it within the given distance."
    ),
    "± (uncertainty)": "Half-width of the interval, or radius of the sphere, that holds the truth in 90 % of cases.",
    "could not be told": (
        "Beside metal the scan cannot show whether there is bone: counted neither as bone nor as lost."
    ),
    "check": "There is a value, but something makes it doubtful; the reason stands beside it.",
    "not measurable": "No number is given because none would be true; the reason stands beside it.",
}


def structure_name(name: str) -> str:
    """Return the readable name of a structure or planned part."""
    return STRUCTURE_NAMES.get(name) or PART_NAMES.get(name) or name.replace("_", " ")


def metric_name(metric: str) -> str:
    """Return the readable name of a metric."""
    return metric.replace("_", " ")


ESTIMATE_NAMES = {
    "own_head": "own femoral head",
    "own_lunate": "own lunate surface",
    "mirror": "mirror of the other side",
    "shape_model": "shape model",
    "constellation": "all landmarks together",
    "proportions": "pelvic proportions",
    "regression": "regression (check only)",
}


def estimate_name(estimate: Estimate) -> str:
    """Return the readable name of one of several methods for the same point."""
    return ESTIMATE_NAMES.get(estimate.name, estimate.name.replace("_", " "))


def landmark_description(name: str) -> str:
    """Return what a landmark is, with its side."""
    stem, _, suffix = name.rpartition("_")
    side = {"L": "left ", "R": "right "}.get(suffix)
    if side and stem in LANDMARK_DESCRIPTIONS:
        return side + LANDMARK_DESCRIPTIONS[stem]
    return LANDMARK_DESCRIPTIONS.get(name, name)


def number(value: float, unit: str) -> str:
    """Return a number with the digits that its unit deserves: one decimal for mm, degrees and ml."""
    return f"{value:.0f}" if unit == "1" and float(value).is_integer() else f"{value:.1f}"


def unit_word(unit: str) -> str:
    """Return the unit as printed after a number."""
    return {"deg": "°", "1": ""}.get(unit, unit)


def value_text(measurement: Measurement | None) -> str:
    """Return ``14.2 ± 0.8 mm``, or why there is no number."""
    if measurement is None:
        return "not measured"
    if measurement.value is None:
        return f"{STATUS_WORDS[measurement.status]}: {measurement.reason}"
    unit = unit_word(measurement.unit)
    space = "" if unit in ("°", "") else " "
    spread = "" if measurement.uncertainty is None else f" ± {number(measurement.uncertainty, 'mm')}"
    return f"{number(measurement.value, measurement.unit)}{spread}{space}{unit}"


def has_value(measurement: Measurement | None) -> TypeGuard[Measurement]:
    """Tell whether there is a number to show."""
    return measurement is not None and measurement.value is not None


def short_text(measurement: Measurement | None) -> str:
    """Return the value, or only that there is none: the reason stands elsewhere."""
    if measurement is None or measurement.value is not None:
        return value_text(measurement)
    return STATUS_WORDS[measurement.status]


def vector_text(values: Iterable[float], decimals: int, between: str = ", ") -> str:
    """Return numbers with the same decimals each."""
    return between.join(f"{float(x):.{decimals}f}" for x in values)


def position_text(landmark: Landmark) -> str:
    """Return a landmark's LPS position in mm, or an empty text without one."""
    return "" if not landmark.status.has_value else vector_text(landmark.point, 1)
