"""Colours of everything that is drawn, in one place, so that pictures and legends cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.structure_colours import Colour

OTHER_STRUCTURE: Colour = (200, 200, 200)

BONE: Colour = (244, 232, 206)
SACRUM_BONE: Colour = (231, 219, 197)
FEMUR_BONE: Colour = (222, 213, 199)
METAL: Colour = (126, 134, 144)
CUP: Colour = (70, 130, 196)
AUGMENT: Colour = (240, 140, 32)
SCREW: Colour = (26, 150, 110)
GHOST: Colour = (58, 150, 176)

BONE_CONTOUR: Colour = (255, 236, 170)
LINE: Colour = (255, 221, 87)
LANDMARK: Colour = (88, 240, 190)
CENTRE_NOW: Colour = (255, 84, 84)
CENTRE_NATIVE: Colour = (120, 220, 255)
PLANNED: Colour = (98, 170, 255)

HOST_BEHIND: Mapping[float, Colour] = {1.0: (0, 84, 104), 2.0: (70, 150, 168), 3.0: (160, 205, 214)}
"""Host bone behind the cup on the coverage map, by the gap in mm that it lies within."""
UNSUPPORTED: Colour = (214, 218, 224)

PLANNED_CONTOURS: Mapping[str, Colour] = {"cup": PLANNED, "augment": (255, 150, 40), "screw": (40, 225, 160)}
"""Planned parts on grey CT, brighter than the bodies themselves."""

PART_COLOURS: Mapping[str, Colour] = {
    "cup": CUP,
    "augment": AUGMENT,
    "augment_part": AUGMENT,
    "hip_native": GHOST,
    "hip_host": BONE,
}


def part_colour(name: str) -> Colour:
    """Return the colour of a planned part; anything that is called a screw is a screw."""
    return SCREW if name.startswith("screw") else PART_COLOURS.get(name, OTHER_STRUCTURE)


def bone_colour(name: str) -> Colour:
    """Return the colour of a segmented structure in three-dimensional views."""
    if name.startswith("hip"):
        return BONE
    if name.startswith("femur"):
        return FEMUR_BONE
    return SACRUM_BONE if name == "sacrum" else METAL


def css(colour: Colour) -> str:
    """Return ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
