"""The proposed cup and its alternatives as cells of a table, for the page and for the terminal."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coxa.planning.cup.choice import CupChoice, CupOption

OPTION_HEADINGS = (
    "Cup", "Diameter", "RI / RA", "Off target (lat / post / sup)", "Host bone 1 / 2 / 3 mm", "Medial wall",
    "Through table", "Removed", "Costs most",
)  # fmt: skip

TERM_HEADINGS = ("Cost of each wish", "weight", "reached at")

_UNITS = {
    "centre": "mm", "angles": "°", "host_coverage": "short of 70 %", "medial_wall": "mm under 2 mm",
    "protrusion": "mm", "size": "mm", "bone_removed": "ml",
}  # fmt: skip


def option_cells(option: CupOption) -> tuple[str, ...]:
    """Return one row under `OPTION_HEADINGS`."""
    cup, f = option.cup, option.figures
    axes = " / ".join(_signed(v) for v in (f.centre_lateral_mm, f.centre_posterior_mm, f.centre_superior_mm))
    return (
        option.name,
        f"{cup.outer_diameter_mm:g} mm",
        f"{cup.inclination_radiographic_deg:.0f}° / {cup.anteversion_radiographic_deg:.0f}°",
        f"{f.centre_distance_mm:.1f} mm ({axes})",
        f"{100 * f.host_fraction_1mm:.0f} / {100 * f.host_fraction_2mm:.0f} / {100 * f.host_fraction_3mm:.0f} %",
        f.medial_wall_words,
        "no table" if f.protrusion_mm is None else f"{f.protrusion_mm:.1f} mm",
        f"{f.bone_removed_ml:.1f} ml",
        f.worst_term.replace("_", " "),
    )


def trade_off_text(choice: CupChoice) -> str:
    """Say what moving the cup off the target buys; nothing when its centre is set by hand."""
    if not choice.host_by_distance:
        return ""
    bought = ", ".join(f"{mm:g} mm {100 * share:.0f} %" for mm, share in choice.host_by_distance)
    size = choice.proposal.cup.outer_diameter_mm
    return f"The most host bone that a cup of {size:g} mm finds within so far of the target: {bought}."


def _signed(value_mm: float) -> str:
    """Return a tenth of a millimetre with its sign; none for zero."""
    tenths = round(value_mm, 1)
    return f"{tenths:+.1f}" if tenths else "0.0"


def term_rows(choice: CupChoice) -> list[tuple[str, ...]]:
    """Return, per term and for their sum, the name, weight, limit and the cost in each option."""
    rows = []
    for name in (field.name for field in fields(choice.terms)):
        term = getattr(choice.terms, name)
        limit = f"{100 * term.limit:g} %" if name == "host_coverage" else f"{term.limit:g}"
        costs = (f"{option.figures.costs[name]:.2f}" for option in choice.options)
        rows.append((name.replace("_", " "), f"{term.weight:g}", f"{limit} {_UNITS[name]}", *costs))
    rows.append(("sum", "", "", *(f"{option.figures.cost:.2f}" for option in choice.options)))
    return rows
