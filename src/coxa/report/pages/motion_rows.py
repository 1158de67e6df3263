"""The range of motion as rows that a surgeon reads: both kinds of contact side by side."""

from __future__ import annotations

from collections.abc import Sequence

from coxa.case import Measurement
from coxa.report.wording import value_text

UNMET = "no contact"
"""How the reason of a motion begins that nothing stops as far as was looked."""


def by_motion(motion: Sequence[Measurement]) -> list[tuple[str, Measurement | None, Measurement | None]]:
    """Return (motion in words, neck on liner, bone), in the order of the plan."""
    found: dict[str, dict[str, Measurement]] = {}
    for row in motion:
        name, kind = row.metric.removeprefix("range_").rsplit("_", 1)
        found.setdefault(name, {})[kind] = row
    return [(_words(name), rows.get("prosthetic"), rows.get("bony")) for name, rows in found.items()]


def motion_text(row: Measurement | None) -> str:
    """Return the degrees, that nothing is met as far as was looked, or why there is no number."""
    if row is None or row.value is None or not (row.reason or "").startswith(UNMET):
        return value_text(row)
    return f"nothing met up to {row.value:.0f}°"


def motion_warnings(motion: Sequence[Measurement]) -> list[str]:
    """Return what to know of the rows that have a number, each doubt once."""
    parts = [part.strip() for row in motion if row.value is not None for part in (row.reason or "").split(";")]
    return [part for part in dict.fromkeys(parts) if part and not part.startswith(UNMET)]


def _words(name: str) -> str:
    return name.replace("_", " ").replace("in 90 flexion", "in 90° of flexion")
