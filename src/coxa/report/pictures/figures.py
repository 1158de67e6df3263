"""The pictures of a report, each with its caption and a text for those who cannot see it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from coxa.anatomy import BONES, METAL, SIDES, Side
from coxa.case import MeasuredCase
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.labels import Segmentation
from coxa.report.drawing.canvas import RgbArray, encoded
from coxa.report.drawing.palette import (
    BONE,
    BONE_CONTOUR,
    CENTRE_NATIVE,
    CENTRE_NOW,
    GHOST,
    PLANNED,
    PLANNED_CONTOURS,
    bone_colour,
)
from coxa.report.drawing.raycast import Body, Scene
from coxa.report.drawing.slices import Cut, Plane, cut_plane, draw_cut, draw_labels, draw_mesh
from coxa.report.drawing.views import View, camera
from coxa.report.pictures.drr import ap_radiograph, drawn_radiograph
from coxa.report.pictures.qc import hip_middle
from coxa.structure_colours import STRUCTURE_COLOURS, Colour
from coxa.volume import Volume

if TYPE_CHECKING:
    from coxa.planning.plan import Plan

CUT_PX = 640
"""Side of the picture of a slice."""
CUT_WIDTH_MM = 150.0
"""What a slice shows across, mm."""
RADIOGRAPH_PX = 1100
"""Width of the picture of a radiograph."""
SOLID_PX = 500
"""Width of a rendered view."""
SOLID_ASPECT = 1.12
"""Shape of a rendered view."""


@dataclass(frozen=True)
class Figure:
    """A picture as it stands in the page: a data URI with title, caption and alternative text."""

    title: str
    caption: str
    alt: str
    uri: str
    width: int
    height: int


def figure(pixels: RgbArray, title: str, caption: str, alt: str, kind: Literal["png", "jpeg"] = "jpeg") -> Figure:
    """Encode a picture."""
    data = base64.b64encode(encoded(pixels, kind)).decode("ascii")
    return Figure(title, caption, alt, f"data:image/{kind};base64,{data}", pixels.shape[1], pixels.shape[0])


def planned_cuts(
    volume: Volume, segmentation: Segmentation, case: MeasuredCase, plan: Plan, parts: Mapping[str, Mesh]
) -> list[Figure]:
    """Return the three cuts through the planned rotation centre with bone, cup, augment and screws outlined."""
    bones = dict.fromkeys(BONES, BONE_CONTOUR) | {METAL: STRUCTURE_COLOURS[METAL]}
    figures = []
    for cut in Cut:
        plane = cut_plane(cut, plan.cup.centre_lps_mm, CUT_WIDTH_MM, (CUT_PX, CUT_PX))
        canvas = draw_cut(volume, plane, str(cut))
        draw_labels(canvas, segmentation, plane, bones, 1.3)
        if "hip_native" in parts:
            draw_mesh(canvas, parts["hip_native"], plane, GHOST, 1.0)
        for name, mesh in parts.items():
            colour = PLANNED_CONTOURS.get(name.partition("_")[0])
            if colour is not None:
                draw_mesh(canvas, mesh, plane, colour, 3.0)
        for mark, colour in _centres(case, plan.side, plane):
            canvas.cross(mark, colour, 9.0, 2.0)
        canvas.cross(plane.pixels_from_points(plan.cup.centre_lps_mm)[0], PLANNED, 12.0, 2.0)
        alt = f"{cut} CT cut through the planned rotation centre of the {plan.side} hip with outlines of bone and parts"
        figures.append(figure(canvas.finish(), str(cut).capitalize(), _where(cut, plan.cup.centre_lps_mm), alt))
    return figures


def hip_cuts(volume: Volume, segmentation: Segmentation, case: MeasuredCase) -> list[Figure]:
    """Return the three cuts through each hip as it is today."""
    figures = []
    for side in (Side.RIGHT, Side.LEFT):
        found = hip_middle(segmentation, case.landmarks, side)
        if found is None:
            continue
        centre, what = found
        for cut in Cut:
            plane = cut_plane(cut, centre, CUT_WIDTH_MM, (CUT_PX, CUT_PX))
            canvas = draw_cut(volume, plane, f"{side} hip · {cut}")
            draw_labels(canvas, segmentation, plane, STRUCTURE_COLOURS, 1.5)
            for mark, colour in _centres(case, side, plane):
                canvas.cross(mark, colour, 9.0, 2.0)
            alt = f"{cut} CT cut of the {side} hip through {what} with outlines of the segmented structures"
            figures.append(figure(canvas.finish(), f"{side} hip, {cut}".capitalize(), _where(cut, centre), alt))
    return figures


def radiograph_figure(volume: Volume, segmentation: Segmentation, case: MeasuredCase, plan: Plan | None) -> Figure:
    """Return the computed radiograph with the lines that a surgeon draws."""
    drawing = drawn_radiograph(ap_radiograph(volume, segmentation, case), case, RADIOGRAPH_PX)
    if plan is not None:
        drawing.mark_planned_centre(plan.cup.centre_lps_mm, 0.5 * plan.cup.outer_diameter_mm)
    known = case.landmarks.lps_from_app is not None
    drawing.canvas.text((10, 8), f"true size · {'anterior pelvic plane' if known else 'scanner axes'}", 15)
    both = all(case.landmarks.points[name].status.has_value for name in ("TD_L", "TD_R"))
    lines = "with the inter-teardrop line" if both else "no inter-teardrop line: a teardrop is missing"
    caption = (
        "Computed from the CT with parallel rays, so nothing is magnified. Yellow: inter-teardrop line and its "
        "perpendiculars; red: rotation centre today; light blue: native centre"
        + ("; blue: planned centre and cup." if plan is not None else ".")
    )
    alt = f"Anteroposterior radiograph of the pelvis computed from the CT, {lines}"
    return figure(drawing.canvas.finish(), "Radiograph", caption, alt)


def pelvis_figures(bones: Mapping[str, Mesh], lps_from_app: RigidTransform | None, side: Side) -> list[Figure]:
    """Return the bones and the metal as they are today, from the front and from behind."""
    shown = [name for name in bones if not name.startswith("femur")] or list(bones)
    scene = Scene([Body(mesh, bone_colour(name)) for name, mesh in bones.items()])
    points = np.concatenate([bones[name].vertices_lps_mm for name in shown])
    figures = []
    for view, words in (
        (View.ANTERIOR, "from the front"),
        (View.POSTERIOR, "from behind"),
        (View.INLET, "into the inlet"),
    ):
        pixels = scene.render(camera(view, side, lps_from_app, points, SOLID_ASPECT), SOLID_PX)
        left = "left" if view is View.POSTERIOR else "right"
        caption = f"As scanned. The patient's left is on the viewer's {left}."
        figures.append(figure(pixels, f"Pelvis today, {words}", caption, f"Bones and metal as scanned, {words}"))
    return figures


def hip_figures(bones: Mapping[str, Mesh], lps_from_app: RigidTransform | None) -> list[Figure]:
    """Return each hip bone with the metal, looked at into the socket."""
    figures = []
    for side in SIDES:
        hip = bones.get(f"hip_{side}")
        if hip is not None:
            bodies = [Body(hip, BONE)] + [Body(bones[n], bone_colour(n), 0.55) for n in ("metal",) if n in bones]
            pixels = _seen(bodies, View.ACETABULAR, side, lps_from_app, hip.vertices_lps_mm)
            text = f"{side} hip bone, into the socket"
            figures.append(figure(pixels, text.capitalize(), "Femur taken away; metal see-through.", text))
    return figures


def _seen(
    bodies: Sequence[Body], view: View, side: Side, lps_from_frame: RigidTransform | None, framed_by: FloatArray
) -> RgbArray:
    eye = camera(view, side, lps_from_frame, framed_by, SOLID_ASPECT)
    return Scene(bodies).render(eye, SOLID_PX)


def _centres(case: MeasuredCase, side: Side, plane: Plane) -> list[tuple[FloatArray, Colour]]:
    found = []
    for stem, colour in (("HRC_NATIVE", CENTRE_NATIVE), ("HRC", CENTRE_NOW)):
        mark = case.landmarks.points.get(f"{stem}_{side.suffix}")
        if mark is not None and mark.status.has_value:
            found.append((plane.pixels_from_points(mark.point)[0], colour))
    return found


def _where(cut: Cut, centre_lps_mm: FloatArray) -> str:
    axis = {Cut.AXIAL: 2, Cut.CORONAL: 1, Cut.SAGITTAL: 0}[cut]
    return f"at {'LPS'[axis]} = {centre_lps_mm[axis]:.1f} mm"
