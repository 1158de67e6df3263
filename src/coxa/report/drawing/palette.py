"""Colours of everything that is drawn, in one place, so that pictures and legends cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.structure_colours import Colour

OTHER_STRUCTURE: Colour = (200, 200, 200)
"""Of a structure without a colour of its own."""

BONE: Colour = (244, 232, 206)
"""Hip bones."""
SACRUM_BONE: Colour = (231, 219, 197)
"""Sacrum."""
FEMUR_BONE: Colour = (222, 213, 199)
"""Femora."""
METAL: Colour = (126, 134, 144)
"""Implants of today."""
CUP: Colour = (70, 130, 196)
"""Planned cup."""
AUGMENT: Colour = (240, 140, 32)
"""Planned augment."""
SCREW: Colour = (26, 150, 110)
"""Planned screws."""
GHOST: Colour = (58, 150, 176)
"""Reconstructed native bone."""

BONE_CONTOUR: Colour = (255, 236, 170)
"""Outlines of bone on slices."""
LINE: Colour = (255, 221, 87)
"""Measured lines."""
LANDMARK: Colour = (88, 240, 190)
"""Landmarks."""
CENTRE_NOW: Colour = (255, 84, 84)
"""Rotation centre today."""
CENTRE_NATIVE: Colour = (120, 220, 255)
"""Native rotation centre."""
PLANNED: Colour = (98, 170, 255)
"""What is planned, on slices and radiographs."""

HOST_BEHIND: Mapping[float, Colour] = {1.0: (0, 84, 104), 2.0: (70, 150, 168), 3.0: (160, 205, 214)}
"""Host bone behind the cup on the coverage map, by the gap in mm that it lies within."""
UNSUPPORTED: Colour = (214, 218, 224)
"""Cup with nothing behind it."""

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
