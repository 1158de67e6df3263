"""The colours of the structures, the same in pictures, in Slicer and in DICOM."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.anatomy import UNKNOWN

Colour = tuple[int, int, int]

STRUCTURE_COLOURS: Mapping[str, Colour] = {
    "hip_left": (255, 176, 0),
    "hip_right": (79, 195, 247),
    "sacrum": (123, 216, 143),
    "femur_left": (254, 97, 0),
    "femur_right": (120, 140, 255),
    "metal": (255, 95, 162),
}
"""Contours on grey CT: warm hues on the patient's left, cool ones on the right (told apart by colour-blind readers)."""

METAL_PART_COLOURS: Mapping[str, Colour] = {
    "cup": (236, 72, 236),
    "liner": (150, 158, 170),
    "head": (70, 255, 140),
    "stem": (178, 132, 255),
    "screw": (190, 255, 60),
    "plate": (255, 170, 200),
    "nail": (255, 120, 60),
}
"""Contours of the metal's parts, by the first word of their name; the same on both sides."""
UNKNOWN_HATCH: Colour = (255, 246, 120)
"""Hatched: bone or not, the scan cannot tell."""


def structure_colour(name: str) -> Colour:
    """Return the RGB of a structure, 0 to 255; grey when it has none of its own."""
    if name == UNKNOWN:
        return UNKNOWN_HATCH
    return STRUCTURE_COLOURS.get(name) or METAL_PART_COLOURS.get(name.split("_")[0], (153, 153, 153))
