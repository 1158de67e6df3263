"""How a check says what it found."""

from __future__ import annotations

from coxa.anatomy import Status
from coxa.labels import Finding
from coxa.segmentation.checks.limits import Limits

Place = tuple[float, float, float]


def compared(
    check: str,
    value: float,
    limits: Limits,
    reason: str,
    *,
    unit: str = "1",
    place_lps_mm: Place | None = None,
    reach_mm: float | None = None,
) -> Finding:
    """Return the finding of a figure compared with its limits; reason, place and reach only where it disagrees."""
    status = limits.status_of(value)
    if status is Status.OK:
        return Finding(check, status, value, limits.low, limits.high, unit)
    told = reason if place_lps_mm is None else f"{reason}, about {place_text(place_lps_mm)}"
    return Finding(check, status, value, limits.low, limits.high, unit, told, place_lps_mm, reach_mm)


def not_applicable(check: str, reason: str) -> Finding:
    """Return the finding of a check that does not apply."""
    return Finding(check, Status.NOT_MEASURABLE, reason=reason)


def place_text(place_lps_mm: Place) -> str:
    """Return a place as ``(x, y, z) mm LPS``, whole millimetres."""
    x, y, z = (round(value) + 0 for value in place_lps_mm)
    return f"({x}, {y}, {z}) mm LPS"
