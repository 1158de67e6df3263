"""What the surgeon must know about the chosen cup beside its figures."""

from __future__ import annotations

from coxa.planning.cup.choice import CupChoice
from coxa.planning.settings.cup_settings import CupSettings

OFF_TARGET_MM = 3.0
"""A cup farther than this from the target is pointed out [E]."""

THIN_WALL_MM = 1.0
"""A medial wall thinner than this is pointed out [E]."""

OPEN_WALL = 0.25
"""More of the medial wall not there than this share is pointed out [E]."""

STABLE_HOST_COVERAGE = 0.5
"""Host coverage under which a press-fit cup is traditionally not held to be stable [Lakstein 2009]."""

THROUGH_MM = 0.5
"""A cup that stands farther than this through the inner table is pointed out [E]."""


def cup_warnings(choice: CupChoice, settings: CupSettings) -> list[str]:
    """Return one sentence for each figure of the proposed cup that is not as it should be."""
    cup, figures = choice.proposal.cup, choice.proposal.figures
    sizes = settings.cup_catalogue.diameters_mm
    found = []
    if cup.outer_diameter_mm not in sizes:
        nearest = settings.cup_catalogue.nearest(cup.outer_diameter_mm).outer_diameter_mm
        found.append(f"a cup of {cup.outer_diameter_mm:g} mm is not in the catalogue: the nearest has {nearest:g} mm")
    elif cup.outer_diameter_mm in (sizes[0], sizes[-1]):
        found.append("the cup is at the end of the catalogue: check its size")
    if "native head" not in choice.wanted_from:
        found.append(f"no native head to size the cup by: its size starts from {choice.wanted_from}")
    if figures.centre_distance_mm > OFF_TARGET_MM:
        found.append(
            f"the cup's centre lies {figures.centre_distance_mm:.1f} mm from the target: "
            f"{_toward('lateral', 'medial', figures.centre_lateral_mm)}, "
            f"{_toward('posterior', 'anterior', figures.centre_posterior_mm)}, "
            f"{_toward('superior', 'inferior', figures.centre_superior_mm)}"
        )
    if figures.host_fraction_1mm < STABLE_HOST_COVERAGE:
        found.append(
            f"host bone covers {100 * figures.host_fraction_1mm:.0f} % of the cup within 1 mm; a press-fit cup needs "
            f"about {100 * STABLE_HOST_COVERAGE:.0f} %"
        )
    reach_mm, most = max(choice.host_by_distance, default=(0.0, 1.0))
    if most < STABLE_HOST_COVERAGE:
        found.append(
            f"no place within {reach_mm:g} mm of the target gives a cup of {cup.outer_diameter_mm:g} mm more than "
            f"{100 * most:.0f} % host bone: press fit alone cannot hold it; consider augment, screws or a cage"
        )
    if figures.protrusion_mm is not None and figures.protrusion_mm > THROUGH_MM:
        found.append(f"the cup stands {figures.protrusion_mm:.1f} mm through the inner table of the pelvis")
    if figures.medial_wall_mm is None:
        found.append("there is no medial wall behind the cup")
    else:
        if figures.medial_wall_mm < THIN_WALL_MM:
            found.append(f"the medial wall behind the cup is {figures.medial_wall_mm:.1f} mm thin")
        if figures.medial_wall_open_fraction > OPEN_WALL:
            found.append(
                f"{100 * figures.medial_wall_open_fraction:.0f} % of the medial wall behind the cup is lost or hidden "
                "by metal"
            )
    if choice.pelvis_ap_mm is not None and cup.outer_diameter_mm > choice.pelvis_ap_mm - 2.0 * settings.cup_column_mm:
        found.append(
            f"a cup of {cup.outer_diameter_mm:g} mm leaves less than {settings.cup_column_mm:g} mm of each column: the "
            f"acetabulum is {choice.pelvis_ap_mm:.0f} mm from front to back"
        )
    return found


def _toward(positive: str, negative: str, value_mm: float) -> str:
    return f"{abs(value_mm):.1f} mm {positive if value_mm >= 0 else negative}"
