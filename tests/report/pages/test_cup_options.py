"""The cells of the table of cups."""

from dataclasses import replace

import numpy as np

from coxa.planning.cup.choice import CupChoice, CupMetrics, CupOption
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.cup_terms import CupTerms
from coxa.report.pages.cup_options import OPTION_HEADINGS, TERM_HEADINGS, option_cells, term_rows, trade_off_text

CUP = PlannedCup(57.0, np.zeros(3), np.array([0.0, 0.0, -1.0]), 41.0, 14.0, "functional")
COSTS = dict.fromkeys(
    ("centre", "angles", "host_coverage", "medial_wall", "protrusion", "size", "bone_removed"), 0.0
) | {"centre": 2.0, "size": 0.25}
FIGURES = CupMetrics(1.24, -2.0, 0.02, 3.0, 0.614, 0.7, 0.8, 2.34, 0.0, 0.0, 4.21, COSTS, "host_coverage")
OPTION = CupOption("bone sparing", CUP, FIGURES)


def test_cells_stand_under_their_headings() -> None:
    cells = dict(zip(OPTION_HEADINGS, option_cells(OPTION), strict=True))
    assert cells["Cup"] == "bone sparing" and cells["Diameter"] == "57 mm" and cells["RI / RA"] == "41.0° / 14.0°"
    assert cells["Offset from target (lat / post / sup)"] == "3.0 mm (+1.2 / -2.0 / 0.0)"
    assert cells["Host bone within 1 / 2 / 3 mm"] == "61 / 70 / 80 %"
    assert cells["Medial wall"] == "2.3 mm" and cells["Bone removed"] == "4.2 ml"
    assert cells["Dominant criterion"] == "host coverage"


def test_lost_or_hidden_wall_is_said() -> None:
    half = option_cells(replace(OPTION, figures=replace(FIGURES, medial_wall_open_fraction=0.57)))
    assert "2.3 mm, 57 % not visible" in half
    assert "none visible" in option_cells(replace(OPTION, figures=replace(FIGURES, medial_wall_mm=None)))


def test_every_term_has_a_row_and_the_sum_is_theirs() -> None:
    choice = CupChoice((OPTION,), 54.0, "left native head", 75.0, 40.0, 15.0, "shelf", CupTerms())
    rows = {row[0]: row for row in term_rows(choice)}
    assert set(rows) == {name.replace("_", " ") for name in COSTS} | {"sum"}
    assert all(len(row) == len(TERM_HEADINGS) + 1 for row in rows.values())
    assert rows["centre"][1:] == ("1", "2 mm", "2.00") and rows["sum"][-1] == "2.25"


def test_trade_off_is_a_sentence_or_nothing() -> None:
    choice = CupChoice((OPTION,), 54.0, "left native head", 75.0, 40.0, 15.0, "shelf", CupTerms())
    assert trade_off_text(choice) == ""
    assert "0 mm 39 %, 2 mm 48 %" in trade_off_text(replace(choice, host_by_distance=((0.0, 0.39), (2.0, 0.484))))
