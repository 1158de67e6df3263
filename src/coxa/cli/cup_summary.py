"""The proposed cup and its alternatives as a person reads them in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coxa.cli.plain_table import plain_table

if TYPE_CHECKING:
    from rich.table import Table

    from coxa.planning.cup_choice import CupChoice


def cup_options_table(choice: CupChoice) -> Table:
    """Return one row a cup: where it lies off the target, what it stands on, what it costs most."""
    from coxa.report.cup_options import OPTION_HEADINGS, option_cells

    table = plain_table(*(heading.lower() for heading in OPTION_HEADINGS))
    for option in choice.options:
        table.add_row(*option_cells(option))
    return table
