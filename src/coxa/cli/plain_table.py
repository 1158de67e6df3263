"""The one look of tables in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coxa.cli.printable import printable

if TYPE_CHECKING:
    from rich.table import Table


def plain_table(*columns: str) -> Table:
    """Return an empty table with a line under its head and no other rules."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    class PlainTable(Table):
        """Cells may come from files: what a terminal would obey is shown, not sent."""

        def add_row(self, *cells: Any, **options: Any) -> None:
            super().add_row(*(printable(cell) if isinstance(cell, str) else cell for cell in cells), **options)

    return PlainTable(*columns, box=SIMPLE_HEAD, pad_edge=False)
