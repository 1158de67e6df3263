"""``comparison.html``: planned and achieved cup on one page, with both cups in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from coxa import __version__
from coxa.case import FittedCup
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.planning.cup.shell import cup_mesh
from coxa.planning.plan import Plan
from coxa.planning.postoperative import PostoperativeComparison
from coxa.report import wording
from coxa.report.drawing.palette import BONE, CENTRE_NOW, PLANNED, css
from coxa.report.drawing.raycast import Body, Scene
from coxa.report.drawing.solids import PICTURE_FACES, lighter
from coxa.report.drawing.views import View, camera
from coxa.report.pages.page import page_template
from coxa.report.pictures.figures import SOLID_ASPECT, SOLID_PX, Figure, figure

NEAR_MM = 75.0
"""Bone this near to the planned centre fills the close-up."""


def write_comparison_page(
    path: Path,
    comparison: PostoperativeComparison,
    plan: Plan,
    planned_surfaces: Mapping[str, Mesh],
    achieved: FittedCup | None,
) -> None:
    """Write the page; one file without outside resources.

    Parameters
    ----------
    path : Path
    comparison : PostoperativeComparison
    plan : Plan
    planned_surfaces : Mapping[str, Mesh]
        The bones of the plan.
    achieved : FittedCup or None
        As found in the postoperative scan, in its LPS.
    """
    page = page_template("comparison.html.j2", value_text=wording.value_text, metric_name=wording.metric_name)
    text = page.render(
        comparison=comparison,
        figures=_figures(comparison, plan, planned_surfaces, achieved),
        legend={"planned cup": css(PLANNED), "cup of the postoperative scan": css(CENTRE_NOW)},
        wording=wording,
        version=__version__,
    )
    path.write_text(text, encoding="utf-8")


def _figures(
    comparison: PostoperativeComparison, plan: Plan, surfaces: Mapping[str, Mesh], achieved: FittedCup | None
) -> list[Figure]:
    bone = surfaces.get(f"hip_{plan.side}")
    if bone is None or bone.is_empty:
        return []
    bodies = [Body(lighter(bone, PICTURE_FACES), BONE, 0.5), Body(cup_mesh(plan.cup), PLANNED, 0.6)]
    if achieved is not None:
        matrix = comparison.fit.plan_from_later
        there = replace(
            plan.cup,
            outer_diameter_mm=achieved.outer_diameter_mm,
            centre_lps_mm=transform_points(matrix, achieved.centre_lps_mm),
            axis_lps=matrix[:3, :3] @ achieved.axis_lps,
        )
        bodies.append(Body(cup_mesh(there), CENTRE_NOW, 0.6))
    scene, frame = Scene(bodies), RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    near = bone.vertices_lps_mm
    near = near[np.linalg.norm(near - plan.cup.centre_lps_mm, axis=1) < NEAR_MM]
    near = near if len(near) else bone.vertices_lps_mm
    shots = (
        ("From the front", View.ANTERIOR),
        ("From the side", View.LATERAL),
        ("Into the acetabulum", View.ACETABULAR),
    )
    return [
        figure(
            scene.render(camera(view, plan.side, frame, near, SOLID_ASPECT), SOLID_PX),
            title, "Planned and achieved cup on the bone of the plan.", f"{plan.side} hip, {title.lower()}, both cups",
        )
        for title, view in shots
    ]  # fmt: skip
