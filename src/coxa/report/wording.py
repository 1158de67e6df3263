"""The terms that the report uses for structures, statuses, frames and methods."""

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
    "unknown": "not assessable",
}

PART_NAMES: Mapping[str, str] = {
    "cup": "planned cup",
    "augment": "augment",
    "augment_part": "augment, manufactured part",
    "hip_native": "reconstructed native hip bone",
    "hip_host": "host bone",
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

UNCERTAINTY = (
    "± is the uncertainty: the half-width of the interval, or for a position the radius of the sphere, that contains "
    "the true value in 90 % of cases."
)
"""Said once on each page."""

GLOSSARY: Mapping[str, str] = {
    "Left and right": (
        "Always the patient's. In pictures seen from the front the patient's left is on the viewer's right."
    ),
    "Anterior pelvic plane (APP)": (
        "The plane through both anterior superior iliac spines and the midpoint of the pubic tubercles. It defines "
        "superior, posterior and lateral, so that the patient's position in the scanner does not change the values."
    ),
    "Functional supine": (
        "The frame with the left axis of the anterior pelvic plane and the vertical of the scanner table."
    ),
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
    "Migration": "Current minus native rotation centre; positive is superior, lateral, posterior.",
    "Radiographic inclination and anteversion": (
        "Cup angles after Murray (1993): inclination in the coronal plane against the vertical, anteversion out "
        "of the coronal plane."
    ),
    "Coverage": (
        "Share of the cup's porous hemisphere that is in contact, within the given distance, with host bone or with "
        "the augment; the rest is unsupported."
    ),
    "Host bone": "The patient's bone that is present in the scan.",
    "Reconstructed native bone": (
        "The hip bone before the bone loss: from the mirrored other side or, where the hip is intact, from itself."
    ),
    "Undercut volume": (
        "The part of the gap between cup and bone that cannot be filled along the direction of insertion."
    ),
    "Not assessable": (
        "Because of metal artefact the scan does not show whether there is bone: not counted as host bone."
    ),
    "check": "There is a value, but its reliability is limited; the reason is given with it.",
    "not measurable": "No value is given because it would not be reliable; the reason is given.",
}


def structure_name(name: str) -> str:
    """Return the readable name of a structure or planned part."""
    return STRUCTURE_NAMES.get(name) or PART_NAMES.get(name) or name.replace("_", " ")


def metric_name(metric: str) -> str:
    """Return the readable name of a metric."""
    return metric.replace("_", " ")


ESTIMATE_NAMES = {
    "own_head": "femoral head of the same hip",
    "own_lunate": "lunate surface of the same hip",
    "mirror": "contralateral mirror",
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
    """Return a number with one decimal for mm, degrees and ml; a count without."""
    return f"{value:.0f}" if unit == "1" and float(value).is_integer() else f"{value:.1f}"


def unit_word(unit: str) -> str:
    """Return the unit as printed after a number."""
    return {"deg": "°", "1": ""}.get(unit, unit)


def value_text(measurement: Measurement | None) -> str:
    """Return ``14.2 ± 0.8 mm``, or why there is no value."""
    if measurement is None:
        return "not measured"
    if measurement.value is None:
        return f"{STATUS_WORDS[measurement.status]}: {measurement.reason}"
    unit = unit_word(measurement.unit)
    space = "" if unit in ("°", "") else " "
    spread = "" if measurement.uncertainty is None else f" ± {number(measurement.uncertainty, 'mm')}"
    return f"{number(measurement.value, measurement.unit)}{spread}{space}{unit}"


def has_value(measurement: Measurement | None) -> TypeGuard[Measurement]:
    """Tell whether there is a value to show."""
    return measurement is not None and measurement.value is not None


def short_text(measurement: Measurement | None) -> str:
    """Return the value, or only that there is none; the reason is given elsewhere."""
    if measurement is None or measurement.value is not None:
        return value_text(measurement)
    return STATUS_WORDS[measurement.status]


def vector_text(values: Iterable[float], decimals: int, between: str = ", ") -> str:
    """Return numbers with the same decimals each."""
    return between.join(f"{float(x):.{decimals}f}" for x in values)


def position_text(landmark: Landmark) -> str:
    """Return a landmark's LPS position in mm, or an empty text without one."""
    return "" if not landmark.status.has_value else vector_text(landmark.point, 1)
