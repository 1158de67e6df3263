"""The computed radiograph with what a surgeon draws on a pelvic film: ``drr.png``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from coxa.anatomy import SIDES
from coxa.case import MeasuredCase
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.radiograph import Radiograph, project, view_around
from coxa.report.drawing.canvas import Canvas, RgbArray, encoded, stacked, text_width
from coxa.report.drawing.palette import CENTRE_NATIVE, CENTRE_NOW, LINE
from coxa.report.pictures.radiograph_drawing import RadiographDrawing, radiograph_frame
from coxa.report.pictures.radiograph_image import pelvis_points
from coxa.structure_colours import Colour
from coxa.volume import Volume

WIDTH_PX = 1400
"""Of the picture."""
MM_PER_PX = 0.8
"""Of the computed radiograph."""
PAPER: Colour = (16, 18, 22)
"""Background."""
QUIET: Colour = (160, 168, 180)
"""Small print."""
TEXT_PX = 21.0
"""Height of the text."""
SEEN_MM = 5.0
"""Water-equivalent path of the densest hundredth of a row under which the row shows nothing."""
MARGIN_MM = 25.0
"""About what is seen of the pelvis, mm."""
THIGH_MM = 55.0
"""How far below the pelvis the film reaches: the lesser trochanters are on it, as far as the scan shows them [E]."""
NOTICE = "Research tool, not a medical device: check every line against the scan."


def write_drr_picture(path: str | Path, volume: Volume, segmentation: Segmentation, case: MeasuredCase) -> None:
    """Write ``drr.png``: the radiograph of the scan in the anterior pelvic plane, measured as on a film.

    Parameters
    ----------
    path : path
        The PNG to write.
    volume : Volume
    segmentation : Segmentation
        On the volume's grid: says where the pelvis is.
    case : MeasuredCase
        Any landmark may be missing; what needs it is then left out and said.
    """
    Path(path).write_bytes(encoded(drr_picture(volume, segmentation, case), "png"))


def drr_picture(volume: Volume, segmentation: Segmentation, case: MeasuredCase) -> RgbArray:
    """Return the drawn radiograph with its legend [row, column, 3]."""
    drawing = drawn_radiograph(ap_radiograph(volume, segmentation, case), case, WIDTH_PX)
    radiograph_image = drawing.canvas.finish()
    return stacked([[radiograph_image], [_legend(case, radiograph_image.shape[1])]], 0, PAPER)


def ap_radiograph(volume: Volume, segmentation: Segmentation, case: MeasuredCase) -> Radiograph:
    """Return the parallel radiograph of pelvis and upper thighs, no larger than what was scanned."""
    frame = radiograph_frame(case.landmarks, volume)
    seen = frame.inverse().points(pelvis_points(segmentation))
    low, high = seen.min(0) - MARGIN_MM, seen.max(0) + MARGIN_MM
    low[2] -= THIGH_MM
    scan_low, scan_high = _scanned_box(volume.grid, frame)
    corners = frame.points(np.clip([low, high], scan_low, scan_high))
    return _without_empty_rows(project(volume, view_around(corners, frame, margin_mm=0.0, mm_per_px=MM_PER_PX)))


def drawn_radiograph(radiograph: Radiograph, case: MeasuredCase, width_px: int) -> RadiographDrawing:
    """Draw inter-teardrop line, perpendiculars, heads, height and horizontal of both sides on a radiograph."""
    drawing = RadiographDrawing(radiograph, width_px, TEXT_PX)
    axes = drawing.draw_teardrop_line(case.landmarks)
    for side in SIDES:
        drawing.draw_head(case.landmarks, side)
        drawing.ring_projected_teardrop(case.landmarks, side)
        if axes is not None:
            drawing.draw_height_and_horizontal(case, side, axes, Frame.APP)
    drawing.mark_centres(case.landmarks)
    return drawing


def _without_empty_rows(radiograph: Radiograph) -> Radiograph:
    """Cut off what lies above and below the scan: its slices are oblique to the frame."""
    view = radiograph.view
    seen = np.flatnonzero(np.percentile(radiograph.water_mm, 99.0, axis=1) > SEEN_MM)
    if not len(seen):
        return radiograph
    first, last = int(seen[0]), int(seen[-1])
    upward_mm = (0.5 * (view.rows - 1) - 0.5 * (first + last)) * view.mm_per_px
    centre = view.centre_frame_mm + np.array([0.0, 0.0, upward_mm])
    shorter = replace(view, centre_frame_mm=centre, rows=last - first + 1)
    return Radiograph(radiograph.water_mm[first : last + 1], shorter)


def _scanned_box(grid: Grid, lps_from_frame: RigidTransform) -> tuple[FloatArray, FloatArray]:
    ends = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(grid.size) - 1)
    corners = lps_from_frame.inverse().points(grid.points_from_indices(ends))
    return corners.min(0), corners.max(0)


def _legend(case: MeasuredCase, width: int) -> RgbArray:
    canvas = Canvas.blank(width, 64, PAPER)
    x = 12.0
    entries = (
        ("inter-teardrop line and its perpendiculars; ring: apex of the U on this projection", LINE),
        ("rotation centre today, head", CENTRE_NOW),
        ("native rotation centre", CENTRE_NATIVE),
    )
    for word, colour in entries:
        canvas.rectangle(x, 12, x + 18, 24, colour)
        canvas.text((x + 24, 18), word, 14, anchor="lm", halo=0)
        x += 24 + text_width(word, 14) + 20
    missing = [n for n in ("TD_R", "TD_L", "HRC_R", "HRC_L") if not case.landmarks.points[n].status.has_value]
    if missing:
        canvas.text((x, 18), f"not found: {', '.join(missing)}", 14, CENTRE_NOW, "lm", halo=0)
    axes = "anterior pelvic plane" if case.landmarks.lps_from_app is not None else "scanner axes"
    canvas.text((12, 46), f"AP radiograph computed from the CT · {axes} · parallel rays, true size", 14, QUIET, "lm", 0)
    canvas.text((width - 12, 46), NOTICE, 14, QUIET, "rm", halo=0)
    return canvas.finish()
