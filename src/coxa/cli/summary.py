"""Results as a person reads them in a terminal; every number comes from the case, none is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coxa.anatomy import SIDES

if TYPE_CHECKING:
    from rich.table import Table

    from coxa.case import MeasuredCase, Measurement
    from coxa.planning.plan import Plan

SHOWN = (
    ("rotation_centre_height", "rotation centre height"),
    ("rotation_centre_horizontal", "rotation centre horizontal"),
    ("head_diameter", "head diameter"),
    ("cup_outer_diameter", "cup outer diameter"),
    ("cup_inclination_radiographic", "cup inclination (radiographic)"),
    ("cup_anteversion_radiographic", "cup anteversion (radiographic)"),
    ("migration_superior", "migration upward from native"),
)
"""The figures a surgeon asks for first; all others stand in measurements.csv."""


def measurement_table(case: MeasuredCase) -> Table:
    """Return the main figures of both hips, left beside right; values with their 90 % half-width."""
    from rich.table import Table

    table = Table(title=f"{case.case_id}: anterior pelvic plane, 90 % interval", title_justify="left")
    table.add_column("quantity")
    for side in SIDES:
        table.add_column(side, justify="right")
    for metric, label in SHOWN:
        cells = [case.find(metric, side, "app") or case.find(metric, side) for side in SIDES]
        if any(m is not None and m.status.has_value for m in cells) or not metric.startswith("cup_"):
            table.add_row(label, *(_cell(m) for m in cells))
    return table


def plan_table(plan: Plan) -> Table:
    """Return the plan's main figures."""
    from rich.table import Table

    table = Table(title=f"plan, {plan.side} hip (draft: a surgeon decides)", title_justify="left", show_header=False)
    cup, host = plan.cup, plan.coverage[0] if plan.coverage else None
    table.add_row("target rotation centre", f"{plan.target.source}, ±{plan.target.uncertainty_mm:.1f} mm")
    table.add_row("cup", f"{cup.outer_diameter_mm:.0f} mm")
    angles = f"{cup.inclination_radiographic_deg:.0f}° / {cup.anteversion_radiographic_deg:.0f}°"
    table.add_row("inclination / anteversion", f"{angles} ({cup.angle_frame} frame)")
    if host is not None:
        table.add_row("cup on host bone", f"{100 * host.host_fraction:.0f} % within {host.tolerance_mm:g} mm")
    if plan.defect is not None:
        table.add_row("bone lost", f"{plan.defect.lost_ml:.1f} ml")
    augment = plan.augment
    table.add_row("augment", f"{augment.volume_ml:.1f} ml" if augment.needed else f"none: {augment.reason}")
    table.add_row("screws", ", ".join(f"{s.diameter_mm:g} × {s.length_mm:.0f} mm" for s in plan.screws) or "none")
    return table


def _cell(measurement: Measurement | None) -> str:
    if measurement is None:
        return "-"
    if measurement.value is None:
        return str(measurement.status).replace("_", " ")
    spread = "" if measurement.uncertainty is None else f" ± {measurement.uncertainty:.1f}"
    doubt = " (!)" if measurement.status == "warn" else ""
    return f"{measurement.value:.1f}{spread} {measurement.unit}{doubt}"
