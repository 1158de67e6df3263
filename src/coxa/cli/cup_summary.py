"""The proposed cup and its alternatives as a person reads them in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coxa.cli.plain_table import plain_table

if TYPE_CHECKING:
    from rich.table import Table

    from coxa.planning.cup.choice import CupChoice


def cup_options_table(choice: CupChoice) -> Table:
    """Return one row a cup: its offset from the target, its host-bone share and its dominant criterion."""
    table = plain_table("cup", "size", "offset", "host bone", "medial wall", "dominant criterion")
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
