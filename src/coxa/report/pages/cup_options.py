"""The proposed cup and its alternatives as cells of a table."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coxa.planning.cup.choice import CupChoice, CupOption

OPTION_HEADINGS = (
    "Cup", "Diameter", "RI / RA", "Offset from target (lat / post / sup)", "Host bone within 1 / 2 / 3 mm",
    "Medial wall", "Beyond inner table", "Bone removed", "Dominant criterion",
)  # fmt: skip

TERM_HEADINGS = ("Contribution of each criterion", "Weight", "Limit")

_UNITS = {
    "centre": "mm", "angles": "°", "host_coverage": "below 70 %", "medial_wall": "mm below 2 mm",
    "protrusion": "mm", "size": "mm", "bone_removed": "ml",
}  # fmt: skip


def option_cells(option: CupOption) -> tuple[str, ...]:
    """Return one row under `OPTION_HEADINGS`."""
    cup, f = option.cup, option.figures
    axes = " / ".join(_signed(v) for v in (f.centre_lateral_mm, f.centre_posterior_mm, f.centre_superior_mm))
    return (
        option.name,
        f"{cup.outer_diameter_mm:g} mm",
        f"{cup.inclination_radiographic_deg:.1f}° / {cup.anteversion_radiographic_deg:.1f}°",
        f"{f.centre_distance_mm:.1f} mm ({axes})",
        f"{100 * f.host_fraction_1mm:.0f} / {100 * f.host_fraction_2mm:.0f} / {100 * f.host_fraction_3mm:.0f} %",
        f.medial_wall_words,
        "not assessable" if f.protrusion_mm is None else f"{f.protrusion_mm:.1f} mm",
        f"{f.bone_removed_ml:.1f} ml",
        f.worst_term.replace("_", " "),
    )


def trade_off_text(choice: CupChoice) -> str:
    """Return the host-bone share that is reached at each offset from the target; empty for a centre set by hand."""
    if not choice.host_by_distance:
        return ""
    shares = ", ".join(f"{mm:g} mm {100 * share:.0f} %" for mm, share in choice.host_by_distance)
    size = choice.proposal.cup.outer_diameter_mm
    return f"Greatest host-bone share of a cup of {size:g} mm, by offset from the target of at most: {shares}."


def _signed(value_mm: float) -> str:
    """Return a value to 0.1 mm with its sign; without a sign for zero."""
    tenths = round(value_mm, 1)
    return f"{tenths:+.1f}" if tenths else "0.0"


def term_rows(choice: CupChoice) -> list[tuple[str, ...]]:
    """Return, per criterion and for their sum, the name, weight, limit and its contribution in each option."""
    rows = []
    for name in (field.name for field in fields(choice.terms)):
        term = getattr(choice.terms, name)
        limit = f"{100 * term.limit:g} %" if name == "host_coverage" else f"{term.limit:g}"
        costs = (f"{option.figures.costs[name]:.2f}" for option in choice.options)
        rows.append((name.replace("_", " "), f"{term.weight:g}", f"{limit} {_UNITS[name]}", *costs))
    rows.append(("sum", "", "", *(f"{option.figures.cost:.2f}" for option in choice.options)))
    return rows
