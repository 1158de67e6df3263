"""Settings of the bone loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from coxa.planning.settings.declare import Group, number


@dataclass(frozen=True)
class DefectSettings(Group):
    """Within what distance, how finely and from what thickness on bone loss is counted."""

    words: ClassVar[str] = "What counts as bone loss."

    defect_radius_mm: float = number(
        60.0, 20.0, 120.0, unit="mm",
        meaning="Loss is counted within this distance of the line from the native to today's rotation centre.",
        source="[E] 20 is inside any acetabulum; 120 reaches the iliac crest.",
    )  # fmt: skip
    defect_spacing_mm: float = number(
        1.2, 0.3, 3.0, unit="mm",
        meaning="Spacing of the grid on which loss is counted.",
        source="[E] from finer than any scan to the thickness of a cortex.",
    )  # fmt: skip
    defect_noise_mm: float = number(
        1.5, 0.0, 5.0, unit="mm",
        meaning="Loss thinner than twice this is the natural difference of the two sides, not a defect.",
        source="[E] healthy hemipelves differ by -2.3 to 2.9 mm; beyond 5 a lost medial wall would be missed.",
    )  # fmt: skip
