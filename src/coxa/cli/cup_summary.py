"""The proposed cup and its alternatives as a person reads them in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coxa.cli.plain_table import plain_table

if TYPE_CHECKING:
    from rich.table import Table

    from coxa.planning.cup.choice import CupChoice


def cup_options_table(choice: CupChoice) -> Table:
    """Return one row a cup: how far off the target, on how much host bone, and the wish that costs most."""
    table = plain_table("cup", "size", "off target", "host bone", "medial wall", "costs most")
    for option in choice.options:
        figures = option.figures
        table.add_row(
            option.name,
            f"{option.cup.outer_diameter_mm:g} mm",
            f"{figures.centre_distance_mm:.1f} mm",
            f"{100 * figures.host_fraction_1mm:.0f} %",
            figures.medial_wall_words,
            figures.worst_term.replace("_", " "),
        )
    return table
