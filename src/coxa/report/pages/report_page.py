"""``report.html``: one page without outside resources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coxa import __version__
from coxa.anatomy import SIDES, Side
from coxa.case import MeasuredCase, Measurement
from coxa.geometry.mesh import Mesh
from coxa.labels import Segmentation
from coxa.report import wording
from coxa.report.drawing.palette import BONE_CONTOUR, CENTRE_NATIVE, CENTRE_NOW, GHOST, PLANNED, PLANNED_CONTOURS, css
from coxa.report.drawing.solids import PICTURE_FACES, lighter_all, screw_bodies
from coxa.report.pages.bone_loss import VOLUME_HEADINGS, bone_loss_page
from coxa.report.pages.cup_options import OPTION_HEADINGS, TERM_HEADINGS, option_cells, term_rows, trade_off_text
from coxa.report.pages.key_findings import coverage_text, insertion_text, key_findings
from coxa.report.pages.motion_rows import by_motion, motion_text, motion_warnings
from coxa.report.pages.page import page_template
from coxa.report.pictures.coverage_picture import coverage_figure
from coxa.report.pictures.figures import (
    Figure,
    hip_cuts,
    hip_figures,
    pelvis_figures,
    planned_cuts,
    radiograph_figure,
)
from coxa.report.pictures.plan_figures import reconstruction_figures
from coxa.report.pictures.viewer_scene import is_part, viewer_scene
from coxa.structure_colours import STRUCTURE_COLOURS
from coxa.volume import Volume

if TYPE_CHECKING:
    from coxa.manufacturing import Certificate
    from coxa.planning import PlannedReconstruction
    from coxa.planning.plan import Approval, Plan

SHA_SHOWN = 12
"""Digits of the input's hash that are shown."""

PLANNED_LEGEND = {
    "bone of the scan": BONE_CONTOUR,
    "metal of the scan": STRUCTURE_COLOURS["metal"],
    "reconstructed native hip bone": GHOST,
    "planned cup and its centre": PLANNED,
    "augment": PLANNED_CONTOURS["augment"],
    "screw": PLANNED_CONTOURS["screw"],
    "current rotation centre": CENTRE_NOW,
    "native centre": CENTRE_NATIVE,
}


def write_report(
    path: str | Path,
    volume: Volume,
    segmentation: Segmentation,
    case: MeasuredCase,
    planned: PlannedReconstruction | None = None,
    certificates: Mapping[str, Certificate] | None = None,
    *,
    surfaces: Mapping[str, Mesh] | None = None,
) -> None:
    """Write the case, and the plan when there is one, as a single HTML file without outside resources.

    Parameters
    ----------
    path : path
        The HTML file to write.
    volume : Volume
    segmentation : Segmentation
        On the volume's grid.
    case : MeasuredCase
    planned : PlannedReconstruction, optional
    certificates : Mapping[str, Certificate], optional
        Print checks by part name.
    surfaces : Mapping[str, Mesh], optional
        Surfaces of the segmentation; extracted from it if not given.
    """
    text = report_html(volume, segmentation, case, planned, certificates, surfaces=surfaces)
    Path(path).write_text(text, encoding="utf-8")


def report_html(
    volume: Volume,
    segmentation: Segmentation,
    case: MeasuredCase,
    planned: PlannedReconstruction | None = None,
    certificates: Mapping[str, Certificate] | None = None,
    *,
    surfaces: Mapping[str, Mesh] | None = None,
) -> str:
    """Return the page that :func:`write_report` writes."""
    bones = _bones(segmentation, surfaces)
    plan = None if planned is None else planned.plan
    parts = {} if planned is None else _parts(planned)
    page = page_template(
        "report.html.j2",
        value_text=wording.value_text,
        metric_name=wording.metric_name,
        structure_name=wording.structure_name,
        estimate_name=wording.estimate_name,
        landmark_description=wording.landmark_description,
        position_text=wording.position_text,
        vector_text=wording.vector_text,
        coverage_text=coverage_text,
        insertion_text=insertion_text,
        by_motion=by_motion,
        motion_text=motion_text,
        motion_warnings=motion_warnings,
        option_cells=option_cells,
    )
    return page.render(
        case=case,
        plan=plan,
        approval="" if plan is None else approval_text(plan.approval),
        certificates=certificates or {},
        key_findings=key_findings(case, plan, certificates or {}),
        sections=_sections(volume, segmentation, case, planned, bones, parts),
        scene=viewer_scene(bones, parts, case.landmarks.lps_from_app),
        measurements=_by_side(case, plan),
        segmentation=segmentation,
        warnings=list(dict.fromkeys([*case.warnings, *(plan.warnings if plan else ())])),
        legend={name: css(colour) for name, colour in (PLANNED_LEGEND if plan else _structure_legend()).items()},
        wording=wording,
        loss=None if plan is None else bone_loss_page(plan),
        volume_headings=VOLUME_HEADINGS,
        option_headings=OPTION_HEADINGS,
        term_headings=TERM_HEADINGS,
        terms=[] if plan is None or plan.cup_choice is None else term_rows(plan.cup_choice),
        trade_off="" if plan is None or plan.cup_choice is None else trade_off_text(plan.cup_choice),
        version=__version__,
        sha=case.input_sha256[:SHA_SHOWN],
    )


def _bones(segmentation: Segmentation, surfaces: Mapping[str, Mesh] | None) -> dict[str, Mesh]:
    if surfaces is None:
        from coxa.surface import extract_surfaces

        surfaces = extract_surfaces(segmentation)
    return lighter_all(surfaces, PICTURE_FACES)


def _parts(planned: PlannedReconstruction) -> dict[str, Mesh]:
    """Return the planned meshes to picture; without the manufactured part, whose lattice is not simplified."""
    kept = {name: mesh for name, mesh in planned.meshes.items() if is_part(name) and name != "augment_part"}
    if not any(name.startswith("screw") for name in kept):
        kept |= screw_bodies(planned.plan.screws)
    return lighter_all(kept, PICTURE_FACES)


def _sections(
    volume: Volume,
    segmentation: Segmentation,
    case: MeasuredCase,
    planned: PlannedReconstruction | None,
    bones: Mapping[str, Mesh],
    parts: Mapping[str, Mesh],
) -> dict[str, list[Figure]]:
    frame = case.landmarks.lps_from_app
    sections = {"radiograph": [radiograph_figure(volume, segmentation, case, planned.plan if planned else None)]}
    if planned is None:
        sections["cuts"] = hip_cuts(volume, segmentation, case)
        sections["pelvis"] = [*pelvis_figures(bones, frame, Side.LEFT), *hip_figures(bones, frame)] if bones else []
        return sections
    plan = planned.plan
    sections["cuts"] = planned_cuts(volume, segmentation, case, plan, parts)
    sections["pelvis"] = pelvis_figures(bones, frame, plan.side) if bones else []
    sections |= {name: [] for name in ("cup", "defect", "augment", "screws", "construct")}
    sections |= reconstruction_figures(parts, plan, planned.meshes.get("augment_part"))
    sections["cup"] = [*_one(coverage_figure(plan)), *sections["cup"]]
    sections["defect"] = [*_one(bone_loss_page(plan).figure), *sections["defect"]]
    return sections


def _one(found: Figure | None) -> list[Figure]:
    return [] if found is None else [found]


def approval_text(approval: Approval) -> str:
    """Return the state of a plan's approval, by whom and when."""
    if approval.state != "approved":
        return "Draft: not approved by a surgeon"
    by = f" by {approval.by}" if approval.by else ""
    return f"Approved{by}{f', {approval.at}' if approval.at else ''}"


def _by_side(case: MeasuredCase, plan: Plan | None) -> dict[str, list[Measurement]]:
    """Return the measurements under readable headings, the side that is planned first."""
    order = [str(side) for side in SIDES]
    if plan is not None and plan.side is Side.RIGHT:
        order.reverse()
    headings = {side: f"{side} hip" for side in order} | {"none": "pelvis"}
    found = {title: [m for m in case.measurements if m.side == side] for side, title in headings.items()}
    return {title: rows for title, rows in found.items() if rows}


def _structure_legend() -> dict[str, Any]:
    names = {wording.structure_name(name): colour for name, colour in STRUCTURE_COLOURS.items()}
    return names | {"current rotation centre": CENTRE_NOW, "native centre": CENTRE_NATIVE}
