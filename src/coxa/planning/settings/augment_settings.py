"""Settings of the augment's body, its porous layer and its lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from coxa.planning.settings.declare import Group, choice, number

LATTICES = ("gyroid", "diamond", "primitive")
"""Surfaces that the porous layer can be made of."""

LATTICE_STYLES = ("network", "sheet")
"""Struts, or walls."""

CELL_SIZE_MM = {"network": 1.45, "sheet": 3.8}
"""Cell by style of lattice at which struts, or walls, are as thick as laser powder beds need."""


@dataclass(frozen=True)
class AugmentSettings(Group):
    """When an augment is worth making, and its porous side."""

    words: ClassVar[str] = "The augment's body, porous layer and lattice."

    augment_minimum_width_mm: float = number(
        18.0, 0.0, 40.0, unit="mm",
        meaning="The augment's contact area on the cup is nowhere narrower: no arms.",
        source="[E] arms carry little and break; 0 allows any width.",
    )  # fmt: skip
    augment_minimum_volume_ml: float = number(
        2.0, 0.0, 50.0, unit="ml",
        meaning="A smaller gap needs no augment.",
        source="[E] 37 ml is the mean defect in revisions [Meynen 2021], so 50 would leave most without an augment.",
    )  # fmt: skip
    porous_layer_mm: float = number(
        2.0, 0.0, 10.0, unit="mm",
        meaning="Thickness of the porous layer on the bone side.",
        source="[Dall'Ava 2020] commercial cups have about 1.3 mm.",
    )  # fmt: skip
    porosity: float = number(
        0.65, 0.4, 0.9,
        meaning="Share of void in the porous layer.",
        source="[E] 0.60 to 0.80; commercial cups 0.63 to 0.76 [Dall'Ava 2019].",
    )  # fmt: skip
    cell_size_mm: float | None = number(
        None, 0.8, 5.0, unit="mm",
        meaning="Unit cell of the lattice; auto: 1.45 mm for a network, 3.8 mm for a sheet, so that it can be printed.",
        source="[E] pores of 0.3 to 0.8 mm.",
    )  # fmt: skip
    lattice: str = choice(
        "gyroid", LATTICES,
        meaning="Lattice of the augment's porous side.",
        source="[E] the surface most used in porous implants.",
    )  # fmt: skip
    lattice_style: str = choice(
        "network", LATTICE_STYLES,
        meaning="Struts (network), or walls in larger cells (sheet).",
        source="[E] a network has open pores in the smallest cell that can be printed.",
    )  # fmt: skip
    part_pitch_mm: float = number(
        0.2, 0.08, 0.5, unit="mm",
        meaning="Spacing of the grid on which the printable part is drawn.",
        source="[E] struts are 0.25 mm or thicker; below 0.08 a part exceeds the memory of a laptop.",
    )  # fmt: skip
