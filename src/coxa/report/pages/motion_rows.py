"""The range of motion as rows of a table: prosthetic and bony contact side by side."""

from __future__ import annotations

from collections.abc import Sequence

from coxa.case import Measurement
from coxa.report.wording import value_text

UNMET = "no contact"
"""The beginning of the reason of a motion that meets no contact within the range examined."""


def by_motion(motion: Sequence[Measurement]) -> list[tuple[str, Measurement | None, Measurement | None]]:
    """Return (name of the motion, neck on liner, bone), in the order of the plan."""
    found: dict[str, dict[str, Measurement]] = {}
    for row in motion:
        name, kind = row.metric.removeprefix("range_").rsplit("_", 1)
        found.setdefault(name, {})[kind] = row
    return [(_words(name), rows.get("prosthetic"), rows.get("bony")) for name, rows in found.items()]


def motion_text(row: Measurement | None) -> str:
    """Return the angle, that there is no contact within the range examined, or why there is no value."""
    if row is None or row.value is None or not (row.reason or "").startswith(UNMET):
        return value_text(row)
    return f"no contact up to {row.value:.1f}°"


def motion_warnings(motion: Sequence[Measurement]) -> list[str]:
    """Return the limitations of the rows that have a value, each once."""
    parts = [part.strip() for row in motion if row.value is not None for part in (row.reason or "").split(";")]
    return [part for part in dict.fromkeys(parts) if part and not part.startswith(UNMET)]


def _words(name: str) -> str:
    return name.replace("_", " ").replace("in 90 flexion", "in 90° of flexion")
