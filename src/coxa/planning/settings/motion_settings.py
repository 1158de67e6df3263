"""Settings of the planned prosthesis, for the range of motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from coxa.planning.settings.declare import Group, number


@dataclass(frozen=True)
class MotionSettings(Group):
    """Head, neck, stem and liner as parametric solids, and where the femur is cut."""

    words: ClassVar[str] = "The planned prosthesis, for the range of motion."

    head_diameter_mm: float = number(
        32.0, 22.0, 60.0, unit="mm",
        meaning="Diameter of the planned head.",
        source="[E] 22 is the smallest made; 60 a resurfacing or dual-mobility head.",
    )  # fmt: skip
    neck_diameter_mm: float = number(
        12.5, 8.0, 20.0, unit="mm",
        meaning="Diameter of the neck with its taper and sleeve.",
        source="[E] a 12/14 taper.",
    )  # fmt: skip
    neck_length_mm: float = number(
        40.0, 20.0, 70.0, unit="mm",
        meaning="From the head's centre to the end of the free neck.",
        source="[E] the range of stems and heads made.",
    )  # fmt: skip
    ccd_deg: float = number(
        135.0, 115.0, 150.0, unit="°",
        meaning="Angle between neck and shaft.",
        source="[E] the range of stems made, with some margin.",
    )  # fmt: skip
    stem_anteversion_deg: float = number(
        15.0, -20.0, 50.0, unit="°",
        meaning="Rotation of the neck out of the coronal plane, forward.",
        source="[E] 10 to 20 is usual; the range includes retroverted and modular stems.",
    )  # fmt: skip
    shaft_valgus_deg: float = number(
        6.0, 0.0, 12.0, unit="°",
        meaning="In neutral the femoral shaft leans inward toward the knee by this much against the vertical.",
        source="[E] 5 to 7.",
    )  # fmt: skip
    liner_face_mm: float = number(
        0.0, -8.0, 8.0, unit="mm",
        meaning="Height of the liner's edge over the head's centre: 0 is a hemisphere, more covers more of the head.",
        source="[E] from recessed to elevated liners.",
    )  # fmt: skip
    neck_resection_mm: float = number(
        25.0, 10.0, 50.0, unit="mm",
        meaning="The femur's neck is cut this far from the head's centre, across the planned neck.",
        source="[E] between the head and the lesser trochanter.",
    )  # fmt: skip
