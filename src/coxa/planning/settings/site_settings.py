"""Settings of the gap that the augment may fill, of its seat on the bone, and of its flanges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from coxa.planning.settings.declare import Group, choice, number, whole

AUGMENT_TYPES = ("auto", "none", "wedge", "buttress", "footing", "column", "custom")
"""What augment may be asked for."""

AUGMENT_FLANGES = ("none", "iliac", "ischial", "both")
"""What flanges may be asked for."""


@dataclass(frozen=True)
class SiteSettings(Group):
    """What of the gap between cup and host bone may be filled, and the flanges beyond it."""

    words: ClassVar[str] = "The gap between cup and host bone, the seat on the bone, and the flanges."

    cement_gap_mm: float = number(
        1.5, 0.0, 5.0, unit="mm",
        meaning="Uniform gap between augment and cup.",
        source="[E] 1 to 2 mm of cement; 0 is metal on metal.",
    )  # fmt: skip
    seat_offset_mm: float = number(
        0.3, 0.0, 3.0, unit="mm",
        meaning="Gap left between augment and host bone.",
        source="[E] about the error of a bone surface from CT.",
    )  # fmt: skip
    seat_roughness_mm: float = number(
        8.0, 0.0, 10.0, unit="mm",
        meaning="Pits and tunnels of the host bone narrower than twice this are bridged and left for bone graft.",
        source="[E] metal fits into a wider pit; beyond 10 whole defects would be bridged.",
    )  # fmt: skip
    augment_type: str = choice(
        "auto", AUGMENT_TYPES,
        meaning="auto and custom fill the whole gap; wedge (shim) only what lies above the cup, footing medial of it, "
        "column in front of and behind it; buttress: a wedge with a flange onto the ilium; none: no augment.",
        source="[E] by the anatomy of the gap.",
    )  # fmt: skip
    augment_reach_mm: float = number(
        20.0, 1.0, 60.0, unit="mm",
        meaning="The augment ends this far from the cup's sphere.",
        source="[E] 60 reaches the iliac wing.",
    )  # fmt: skip
    augment_envelope_mm: float = number(
        0.0, 0.0, 10.0, unit="mm",
        meaning="The augment may protrude this far beyond the native bone's surface.",
        source="[E] beyond 10 mm muscles and tendons have no room.",
    )  # fmt: skip
    dome_support_mm: float = number(
        3.0, 0.0, 10.0, unit="mm",
        meaning="Behind the cup's dome a sheet of the minimum thickness may protrude this far beyond the native bone, "
        "so that a lost medial wall is spanned.",
        source="[E] 0 spans nothing; beyond 10 mm it would lie deep in the pelvis.",
    )  # fmt: skip
    augment_minimum_thickness_mm: float = number(
        5.0, 1.0, 20.0, unit="mm",
        meaning="No part of the augment is thinner, and its free edges are rounded by half of it.",
        source="[E] solid load-bearing walls need 1.0 mm or more.",
    )  # fmt: skip
    augment_flange: str = choice(
        "none", AUGMENT_FLANGES,
        meaning="Plates from the augment onto the bone's outer face, with screw holes.",
        source="[E] none unless asked for: a flange needs more exposure.",
    )  # fmt: skip
    flange_thickness_mm: float = number(
        4.0, 2.0, 10.0, unit="mm",
        meaning="Thickness of a flange.",
        source="[E] thinner plates bend, thicker ones lift the muscles.",
    )  # fmt: skip
    flange_width_mm: float = number(
        20.0, 12.0, 40.0, unit="mm",
        meaning="Width of a flange.",
        source="[E] 12 mm leaves a wall on both sides of a 6.5 mm screw's hole.",
    )  # fmt: skip
    flange_length_mm: float = number(
        32.0, 20.0, 60.0, unit="mm",
        meaning="Length of a flange beyond the gap.",
        source="[E] room for its screws.",
    )  # fmt: skip
    flange_screw_count: int = whole(
        2, 0, 4,
        meaning="Screws through each flange, as far as there is room for their holes.",
        source="[E] two keep a flange from turning.",
    )  # fmt: skip
    work_spacing_mm: float = number(
        0.6, 0.2, 2.0, unit="mm",
        meaning="Spacing of the grid on which gap and augment are computed.",
        source="[E] about a CT voxel; beyond 2 the minimum thickness is not resolved.",
    )  # fmt: skip
