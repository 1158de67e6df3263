"""Settings of the cup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from coxa.planning.settings.catalogue import CupCatalogue, packaged_catalogue
from coxa.planning.settings.declare import DeclaredValue, Group, declaration, number, point_lps_mm


@dataclass(frozen=True)
class CupSettings(Group):
    """Where the cup should be, which cups there are, and what is set by hand."""

    words: ClassVar[str] = "Target of the cup, the sizes to choose from, and what is set by hand."

    target_inclination_deg: float = number(
        40.0, 0.0, 90.0, unit="°",
        meaning="Radiographic inclination (Murray) aimed at, in the functional supine frame.",
        source="[E] the middle of 40 ± 10.",
    )  # fmt: skip
    target_anteversion_deg: float = number(
        15.0, -45.0, 60.0, unit="°",
        meaning="Radiographic anteversion (Murray) aimed at, in the functional supine frame.",
        source="[E] the middle of 15 ± 10.",
    )  # fmt: skip
    cup_catalogue: CupCatalogue = field(
        default_factory=packaged_catalogue,
        metadata=declaration(
            DeclaredValue(
                kind=CupCatalogue,
                words="a JSON file, beside the settings file or by its whole path",
                optional=True,
                meaning="The cups to choose from; auto: 44 to 80 mm by 2, with a shell of 4 mm.",
                source="[E] common range of revision cups.",
            )
        ),
    )
    cup_over_head_mm: float = number(
        6.0, 0.0, 20.0, unit="mm",
        meaning="Cup outer diameter less native head diameter: cartilage on both sides and reaming.",
        source="[E] about 3 mm of cartilage and reamed bone on each side.",
    )  # fmt: skip
    cup_downsize_mm: float = number(
        4.0, 0.0, 20.0, unit="mm",
        meaning="The cup may be this much smaller than the native head suggests.",
        source="[E] two catalogue sizes.",
    )  # fmt: skip
    cup_upsize_mm: float = number(
        8.0, 0.0, 20.0, unit="mm",
        meaning="The cup may be this much larger than the native head suggests.",
        source="[E] four catalogue sizes: revision cups are larger than primary ones.",
    )  # fmt: skip
    cup_column_mm: float = number(
        2.0, 0.0, 10.0, unit="mm",
        meaning="Least bone in front of the cup and behind it, of the acetabulum's outer antero-posterior diameter.",
        source="[E] a thinner column may fracture; 0 allows reaming through it.",
    )  # fmt: skip
    cup_search_mm: float = number(
        8.0, 0.0, 20.0, unit="mm",
        meaning="The cup's centre is searched within this distance of the target.",
        source="[E] more than 15 mm above the native centre loosens more often [E].",
    )  # fmt: skip
    press_fit_mm: float = number(
        1.0, 0.0, 4.0, unit="mm",
        meaning="The cup is this much larger than what is reamed for it.",
        source="[Materials 2020] 1 to 3 mm of under-reaming; 0 is a line-to-line fit.",
    )  # fmt: skip
    cup_diameter_mm: float | None = number(
        None, 30.0, 100.0, unit="mm",
        meaning="Outer diameter of the cup, set by hand; else the search sizes it.",
        source="[E] beyond the catalogue on both sides, for custom cups.",
    )  # fmt: skip
    cup_centre_lps_mm: tuple[float, float, float] | None = point_lps_mm(
        5000.0,
        meaning="Centre of the cup in LPS mm, set by hand; else searched about the target rotation centre.",
        source="[E] scanner coordinates stay within 5 m; the search also refuses a centre far from the bone.",
    )  # fmt: skip
    inclination_deg: float | None = number(
        None, 0.0, 90.0, unit="°",
        meaning="Radiographic inclination of the cup, set by hand; else searched.",
        source="[E] 0 opens straight down, 90 straight outward.",
    )  # fmt: skip
    anteversion_deg: float | None = number(
        None, -45.0, 60.0, unit="°",
        meaning="Radiographic anteversion of the cup, set by hand; else searched.",
        source="[E] negative is retroversion.",
    )  # fmt: skip
