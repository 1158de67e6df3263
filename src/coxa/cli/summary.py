"""Results as a person reads them in a terminal; every number comes from the case, none is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coxa.anatomy import BONES, SIDES
from coxa.cli.plain_table import plain_table
from coxa.pipeline import CORE_METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from coxa.case import MeasuredCase, Measurement
    from coxa.io.inspection import Inspection, SeriesSummary
    from coxa.labels import Segmentation
    from coxa.manufacturing import Certificate
    from coxa.planning.plan import Plan
    from coxa.planning.postoperative import PostoperativeComparison

SHOWN = (
    ("rotation_centre_height", "rotation centre height"),
    ("rotation_centre_horizontal", "rotation centre horizontal"),
    ("head_diameter", "head diameter"),
    ("cup_outer_diameter", "cup outer diameter"),
    ("cup_inclination_radiographic", "cup inclination (radiographic)"),
    ("cup_anteversion_radiographic", "cup anteversion (radiographic)"),
    ("migration_superior", "superior migration"),
)
"""The main measurements; all others are in measurements.csv."""


def inspection_tables(inspection: Inspection) -> list[RenderableType]:
    """Return the list of series, then which would be used and why, its geometry, and warnings."""
    lines: list[RenderableType] = [_series_table(inspection.series, inspection.chosen)] if inspection.series else []
    lines.append(f"{inspection.format}: {inspection.reason}")
    if inspection.grid is not None:
        size, spacing = inspection.grid.size, inspection.grid.spacing_mm
        lines.append(
            f"would load {size[0]} × {size[1]} × {size[2]} voxels of "
            f"{spacing[0]:.3g} × {spacing[1]:.3g} × {spacing[2]:.3g} mm"
        )
    lines += [f"warning: {warning}" for warning in inspection.warnings]
    if inspection.skipped:
        lines.append("skipped: " + ", ".join(f"{n} × {kind}" for kind, n in inspection.skipped.items()))
    return lines


def _series_table(series: Sequence[SeriesSummary], chosen: int | None) -> Table:
    table = plain_table("", "series", "what", "slices", "pixels", "kernel", "points", "remark")
    for s in series:
        table.add_row(
            "→" if s.number == chosen else "",
            str(s.number),
            f"{s.modality} {s.orientation}",
            f"{s.slices}" if s.pitch_mm is None else f"{s.slices}, every {s.pitch_mm:g} mm",
            f"{s.size[0]} × {s.size[1]}",
            s.kernel,
            "" if s.score is None else f"{s.score:.0f}",
            s.excluded or s.problem or "",
        )
    return table


def segmentation_table(segmentation: Segmentation) -> Table:
    """Return volume, surface, metal, what is not assessable, and remarks of each structure."""
    table = plain_table("structure", "ml", "surface ± mm", "near metal", "not assessable ml", "status", "remark")
    for q in segmentation.quality:
        surface = q.surface_uncertainty
        is_bone = q.name in BONES
        table.add_row(
            _words(q.name),
            f"{q.volume_ml:.1f}",
            "" if surface is None else f"{surface.p50_mm:.1f} to {surface.p90_mm:.1f}",
            f"{100 * q.metal_contamination:.0f} %" if is_bone and q.status.has_value else "",
            f"{q.unknown_ml:.1f}" if is_bone and q.unknown_ml else "",
            _words(q.status),
            q.reason or "",
        )
    for part in segmentation.metal_parts:
        size = f"{part.side}, {part.length_mm:.0f} mm long"
        table.add_row(f"  {_words(part.name)}", f"{part.volume_ml:.1f}", "", "", "", "", size)
    return table


def measurement_table(case: MeasuredCase) -> Table:
    """Return the main figures of both hips, left beside right; values with their 90 % half-width."""
    table = plain_table(f"{case.case_id}", *SIDES)
    for metric, label in SHOWN:
        cells = [case.find(metric, side, "app") or case.find(metric, side) for side in SIDES]
        if metric in CORE_METRICS or any(m is not None and m.status.has_value for m in cells):
            table.add_row(label, *(_cell(m) for m in cells))
    return table


def plan_table(plan: Plan) -> Table:
    """Return the plan's main figures."""
    from coxa.report.pages.bone_loss import class_text

    table = plain_table(f"plan, {plan.side} hip", "draft: a surgeon decides")
    cup, host = plan.cup, plan.coverage[0] if plan.coverage else None
    table.add_row(
        "target rotation centre", f"{plan.target.source.split(':')[0]}; ± {plan.target.uncertainty_mm:.1f} mm"
    )
    table.add_row("cup", f"{cup.outer_diameter_mm:g} mm")
    angles = f"{cup.inclination_radiographic_deg:.1f}° / {cup.anteversion_radiographic_deg:.1f}°"
    table.add_row("inclination / anteversion", f"{angles} ({cup.angle_frame} frame)")
    if host is not None:
        table.add_row("host-bone contact", f"{100 * host.host_fraction:.0f} % within {host.tolerance_mm:g} mm")
    if plan.defect is not None:
        spread = "" if plan.defect.uncertainty_ml is None else f" ± {plan.defect.uncertainty_ml:.1f}"
        hidden = f" ({plan.defect.unknown_ml:.1f} ml not assessable)"
        table.add_row("bone lost", f"{plan.defect.lost_ml:.1f}{spread} ml{hidden}")
    if plan.bone_stock is not None:
        table.add_row("suggested classes", "; ".join(class_text(found) for found in plan.bone_stock.classes))
    augment = plan.augment
    kind = augment.kind or "custom"
    table.add_row("augment", f"{kind}, {augment.volume_ml:.1f} ml" if augment.needed else f"none: {augment.reason}")
    screws = (f"{s.diameter_mm:g} × {s.length_mm:.0f} mm ({s.bone_length_mm:.1f} mm in bone)" for s in plan.screws)
    table.add_row("screws", ", ".join(screws) or "none")
    flexion = {m.metric.rsplit("_", 1)[1]: m for m in plan.motion if m.metric.startswith("range_flexion_")}
    if flexion:
        angles_free = (f"{kind} {'-' if m.value is None else f'{m.value:.1f}°'}" for kind, m in flexion.items())
        table.add_row("flexion free of contact", ", ".join(angles_free))
    return table


def comparison_table(comparison: PostoperativeComparison) -> Table:
    """Return achieved minus planned, axis by axis."""
    table = plain_table(f"{comparison.case_id}, {comparison.side} hip", "achieved minus planned", "frame", "remark")
    for m in comparison.differences:
        value = _words(m.status) if m.value is None else f"{m.value:+.1f} ± {m.uncertainty or 0.0:.1f} {m.unit}"
        table.add_row(_words(m.metric), value, "" if m.frame == "none" else m.frame, m.reason or "")
    fit = comparison.fit
    table.add_row("pelvic registration", f"{100 * fit.same_fraction:.0f} % coincides", "", f"{fit.rms_mm:.2f} mm RMS")
    return table


def certificate_table(certificate: Certificate) -> Table:
    """Return the print check rule by rule."""
    verdict = "printable" if certificate.printable else "not printable"
    table = plain_table(f"{certificate.process}: {verdict}", "value", "limit", "verdict", "where")
    for rule in certificate.rules:
        unit = "" if rule.unit == "1" else f" {rule.unit}"
        value, limit = ("" if x is None else _figure(x) + unit for x in (rule.value, rule.limit))
        table.add_row(_words(rule.name), value, limit, _words(rule.verdict), rule.where)
    return table


def _figure(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(measurement: Measurement | None) -> str:
    if measurement is None:
        return "-"
    if measurement.value is None:
        return _words(measurement.status) if measurement.metric in CORE_METRICS else "-"
    spread = "" if measurement.uncertainty is None else f" ± {measurement.uncertainty:.1f}"
    warning = " (!)" if measurement.status == "warn" else ""
    return f"{measurement.value:.1f}{spread} {measurement.unit}{warning}"
