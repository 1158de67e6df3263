"""The alternatives to the cup as the terminal shows them."""

import numpy as np
from rich.console import Console

from coxa.cli.cup_summary import cup_options_table
from coxa.planning.cup.choice import CupChoice, CupMetrics, CupOption
from coxa.planning.cup.values import PlannedCup

CUP = PlannedCup(57.0, np.zeros(3), np.array([0.0, 0.0, -1.0]), 40.0, 15.0, "functional")


def figures(wall_mm: float | None, worst: str) -> CupMetrics:
    return CupMetrics(1.0, -2.0, 2.0, 3.0, 0.614, 0.7, 0.8, wall_mm, 0.0, 0.0, 4.2, {"centre": 1.0}, worst)


def test_every_cup_fits_a_narrow_terminal_with_its_figures() -> None:
    options = (
        CupOption("proposal", CUP, figures(2.34, "host_coverage")),
        CupOption("host bone first", CUP, figures(None, "none")),
    )
    table = cup_options_table(CupChoice(options, 56.0, "right native head", None, 40.0, 15.0, "shelf"))
    console = Console(width=80)
    with console.capture() as screen:
        console.print(table)
    proposal, other = (line for line in screen.get().splitlines() if "57 mm" in line)
    assert all(text in proposal for text in ("proposal", "3.0 mm", "61 %", "2.3 mm", "host coverage"))
    assert "host bone first" in other and other.count("none") == 2
