"""How rules speak: places in words, verdicts, rules that could not be checked."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.manufacturing.rules.certificate import Rule, Verdict

PLACED = 3
"""Places named per rule."""

NO_PLACES = np.empty((0, 3))
"""No places (0, 3): what a rule without a place to show hands on."""


def placed_rule(
    name: str,
    value: float | str | None,
    limit: float | str | None,
    unit: str,
    verdict: Verdict,
    what: str = "",
    places_lps_mm: FloatArray = NO_PLACES,
) -> Rule:
    """Return a rule that names its first places, in words and as numbers."""
    points = np.asarray(places_lps_mm, dtype=np.float64).reshape(-1, 3)[:PLACED]
    at = f"at {at_words(points)}" if len(points) else ""
    where = f"{what}, {at}" if what and at else what or at
    return Rule(name, value, limit, unit, verdict, where, tuple((float(x), float(y), float(z)) for x, y, z in points))


def not_checked(name: str, unit: str, why: str) -> Rule:
    """Return a rule without a figure, and why."""
    return Rule(name, None, None, unit, Verdict.NOT_CHECKED, why)


def verdict(good: bool) -> Verdict:
    """Return pass or fail."""
    return Verdict.PASS if good else Verdict.FAIL


def at_words(places_lps_mm: FloatArray) -> str:
    """Return ``(x, y, z); ...`` to a tenth; to a thousandth for a mesh that is not in millimetres."""
    tiny = bool(len(places_lps_mm)) and float(np.abs(places_lps_mm).max()) < 1.0
    digits = 3 if tiny else 1
    return "; ".join("(" + ", ".join(f"{c:.{digits}f}" for c in place) + ")" for place in places_lps_mm)


def counted(count: int, one: str, many: str) -> str:
    """Return ``1 hole`` or ``3 holes``."""
    return f"{count:,} {one if count == 1 else many}"
