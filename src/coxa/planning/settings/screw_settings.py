"""Settings of the screws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from coxa.planning.settings.declare import Group, choice, number, whole

SCREW_LENGTHS_MM = tuple(float(length) for length in range(15, 85, 5))
"""Catalogue of screw lengths: 15 to 80 mm in steps of 5 [E]."""

SCREW_DIAMETERS_MM = (5.0, 5.5, 6.5)
"""Catalogue of thread diameters [E]."""


@dataclass(frozen=True)
class ScrewSettings(Group):
    """How many screws, of what size, and what they keep from."""

    words: ClassVar[str] = "Screws through the cup, the augment and its flanges."

    screw_count_max: int = whole(
        3, 0, 6,
        meaning="Most screws through the cup's dome.",
        source="[E] two or three hold a cup; a dome has room for few more.",
    )  # fmt: skip
    augment_screw_count_max: int = whole(
        2, 0, 4,
        meaning="Most screws through the augment into the bone behind it.",
        source="[E] two keep an augment from turning.",
    )  # fmt: skip
    screw_diameter_mm: float = choice(
        6.5, SCREW_DIAMETERS_MM, unit="mm",
        meaning="Thread diameter of all screws.",
        source="[E] the common sizes of cancellous screws.",
    )  # fmt: skip
    screw_longest_mm: float = number(
        50.0, SCREW_LENGTHS_MM[0], SCREW_LENGTHS_MM[-1], unit="mm",
        meaning="No proposed screw reaches farther than this beyond the cup, or beyond the augment before the bone.",
        source="[E] from the shortest to the longest screw made.",
    )  # fmt: skip
    screw_channel_mm: float = number(
        0.5, 0.0, 3.0, unit="mm",
        meaning="Radial clearance of a screw's hole in the augment.",
        source="[E] lets a screw be inserted at a slight angle.",
    )  # fmt: skip
    screw_clearance_mm: float = number(
        2.0, 0.0, 20.0, unit="mm",
        meaning="Least distance between the surfaces of two screws.",
        source="[E] bone must remain between two threads.",
    )  # fmt: skip
    screw_tip_margin_mm: float = number(
        2.0, 0.0, 10.0, unit="mm",
        meaning="Host bone beyond a screw's tip.",
        source="[E] less than 0 would be a tip outside the bone; beyond 10 few screws fit.",
    )  # fmt: skip
    screw_minimum_bone_mm: float = number(
        15.0, 0.0, SCREW_LENGTHS_MM[-1], unit="mm",
        meaning="A screw with less bone along it is not proposed.",
        source="[E] the shortest screw; none has more bone along it than the longest is long.",
    )  # fmt: skip
    screw_vessel_distance_mm: float = number(
        5.0, 0.0, 30.0, unit="mm",
        meaning="Least distance between a proposed screw's surface and a vessel, when a vessel mask is given.",
        source="[E] about the accuracy of drilling by hand.",
    )  # fmt: skip
