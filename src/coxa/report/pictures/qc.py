"""The quality picture: is the segmentation right, at a glance, before any number is believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from coxa.anatomy import BONES, METAL, PROJECTED_TEARDROPS, UNKNOWN, Landmark, Side, Status, landmark_name
from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray
from coxa.labels import Segmentation
from coxa.report.drawing.canvas import Canvas, RgbArray, encoded, stacked, text_width
from coxa.report.drawing.palette import CENTRE_NATIVE, CENTRE_NOW, LANDMARK, LINE
from coxa.report.drawing.slices import Cut, cut_plane, draw_cut, draw_labels, hatch_label
from coxa.report.pictures.qc_table import PAPER, QUIET, STATUS_COLOURS, TEXT, quality_table
from coxa.report.pictures.radiograph_drawing import RadiographDrawing, pelvic_radiograph
from coxa.report.wording import structure_name
from coxa.structure_colours import METAL_PART_COLOURS, STRUCTURE_COLOURS, UNKNOWN_HATCH, Colour
from coxa.volume import Volume

WIDTH = 1640
"""Of the whole picture, pixels."""
GAP = 8
"""Between its parts, pixels."""
CUT_SIZE = ((WIDTH - 2 * GAP) // 3, 420)
"""Width and height of a slice, pixels."""
CUT_WIDTH_MM = 190.0
"""What a slice shows across, mm."""
RADIOGRAPH_WIDTH = 800
"""Of the radiograph, pixels."""
PROJECTED = tuple(landmark_name(stem, side) for stem in PROJECTED_TEARDROPS.values() for side in Side)
"""Not on cuts: they belong to a projection, and lie beside the teardrops in space."""
NEAR_PLANE_MM = 4.0
"""Landmarks this near to a cut are marked on it."""


def write_qc_picture(path: str | Path, volume: Volume, segmentation: Segmentation, landmarks: Landmarks) -> None:
    """Write ``qc.png``: three cuts through each hip, a computed radiograph, the structures and what to doubt.

    Parameters
    ----------
    path : path
        The PNG to write.
    volume : Volume
    segmentation : Segmentation
        On the volume's grid.
    landmarks : Landmarks
        Any of them may be missing.
    """
    Path(path).write_bytes(encoded(qc_picture(volume, segmentation, landmarks), "png"))


def qc_picture(volume: Volume, segmentation: Segmentation, landmarks: Landmarks) -> RgbArray:
    """Return the quality picture [row, column, 3]."""
    radiograph_image = _radiograph(volume, segmentation, landmarks)
    table = quality_table(segmentation, landmarks, WIDTH - GAP - radiograph_image.shape[1], radiograph_image.shape[0])
    rows = [[_header(segmentation)], [radiograph_image, table]]
    for side in (Side.RIGHT, Side.LEFT):
        rows.append(_hip_row(volume, segmentation, landmarks, side))
    return stacked(rows, GAP, PAPER)


def _header(segmentation: Segmentation) -> RgbArray:
    canvas = Canvas.blank(WIDTH, 104, PAPER)
    canvas.text((12, 10), "Segmentation and landmarks", 22, TEXT, halo=0, weight="bold")
    note = (
        f"back-end {segmentation.backend} · patient's left on the viewer's right · research tool, not a medical device"
    )
    canvas.text((WIDTH - 12, 16), note, 13, QUIET, "ra", halo=0)
    bones = [(structure_name(n), c) for n, c in STRUCTURE_COLOURS.items() if n in BONES]
    marks = [
        ("rotation centre today", CENTRE_NOW),
        ("native rotation centre", CENTRE_NATIVE),
        ("landmark", LANDMARK),
        ("inter-teardrop line", LINE),
    ]
    _legend(canvas, 56, [*bones, *marks])
    metal = _metal_legend(segmentation)
    _legend(canvas, 84, metal or [("no metal in the scan", PAPER)])
    return canvas.finish()


def _metal_legend(segmentation: Segmentation) -> list[tuple[str, Colour]]:
    """Return the colours of the metal, its parts and the unknown, as far as the scan has them."""
    present = {name for name in segmentation.names.values() if segmentation.has(name)}
    entries = []
    for stem, colour in METAL_PART_COLOURS.items():
        if any(name.split("_")[0] == stem for name in present):
            entries.append(({"liner": "liner gap", "head": "prosthetic head"}.get(stem, stem), colour))
    unnamed = [value for value, name in segmentation.names.items() if name == METAL]
    if np.isin(unnamed, segmentation.labels).any():
        entries.append(("other metal" if entries else "metal", STRUCTURE_COLOURS[METAL]))
    if UNKNOWN in present:
        entries.append(("hatched: beside metal, bone or not could not be told", UNKNOWN_HATCH))
    return entries


def _legend(canvas: Canvas, y: float, entries: list[tuple[str, Colour]]) -> None:
    x = 12.0
    for word, colour in entries:
        canvas.rectangle(x, y - 6, x + 18, y + 6, colour)
        canvas.text((x + 24, y), word, 14, TEXT, "lm", halo=0)
        x += 24 + text_width(word, 14) + 20


def _cut_colours(segmentation: Segmentation) -> dict[str, Colour]:
    parts = {name: METAL_PART_COLOURS.get(name.split("_")[0]) for name in segmentation.names.values()}
    return {**STRUCTURE_COLOURS, **{name: colour for name, colour in parts.items() if colour is not None}}


def _radiograph(volume: Volume, segmentation: Segmentation, landmarks: Landmarks) -> RgbArray:
    drawing = RadiographDrawing(pelvic_radiograph(volume, segmentation, landmarks), RADIOGRAPH_WIDTH)
    drawing.outline_structures(segmentation, _cut_colours(segmentation))
    drawing.draw_teardrop_line(landmarks)
    drawing.mark_landmarks(landmarks)
    axes = "anterior pelvic plane" if landmarks.lps_from_app is not None else "scanner axes"
    drawing.canvas.text((8, 6), f"coronal projection, {axes}", 14)
    return drawing.canvas.finish()


def _hip_row(volume: Volume, segmentation: Segmentation, landmarks: Landmarks, side: Side) -> list[RgbArray]:
    found = hip_middle(segmentation, landmarks, side)
    if found is None:
        canvas = Canvas.blank(WIDTH, 60, (30, 20, 22))
        text = f"{side} hip: no bone and no rotation centre of this side in the scan"
        canvas.text((12, 30), text, 16, STATUS_COLOURS[Status.NOT_MEASURABLE], "lm", halo=0)
        return [canvas.finish()]
    centre, what = found
    row = []
    colours = _cut_colours(segmentation)
    for cut in Cut:
        plane = cut_plane(cut, centre, CUT_WIDTH_MM, CUT_SIZE)
        canvas = draw_cut(volume, plane, f"{side} hip · {cut}")
        canvas.text((8, 30), f"through {what}", 12, QUIET)
        hatch_label(canvas, segmentation, plane, UNKNOWN, UNKNOWN_HATCH)
        draw_labels(canvas, segmentation, plane, colours, 1.6)
        # Today's centre is drawn last, so that it stays visible where it is the native one too.
        for name, mark in sorted(_points_in_space(landmarks).items(), reverse=True):
            if abs(plane.distances_mm(mark.point)) <= NEAR_PLANE_MM:
                _mark(canvas, name, plane.pixels_from_points(mark.point)[0])
        row.append(canvas.finish())
    return row


def _points_in_space(landmarks: Landmarks) -> dict[str, Landmark]:
    """Return what was found, less what belongs to a projection, and less a socket's centre under a head's."""
    found = {name: mark for name, mark in landmarks.points.items() if mark.status.has_value and name not in PROJECTED}
    return {
        n: mark for n, mark in found.items() if not (n.startswith("SOCKET") and n.replace("SOCKET", "HRC") in found)
    }


def _mark(canvas: Canvas, name: str, xy: FloatArray) -> None:
    if not (0 <= xy[0] < canvas.width and 0 <= xy[1] < canvas.height):
        return
    if name.startswith("HRC"):
        canvas.cross(xy, CENTRE_NATIVE if "NATIVE" in name else CENTRE_NOW, 8.0, 1.6)
        return
    canvas.dot(xy, LANDMARK, 3.0)
    canvas.text((xy[0] + 7, xy[1]), name, 12, LANDMARK, "lm")


def hip_middle(segmentation: Segmentation, landmarks: Landmarks, side: Side) -> tuple[FloatArray, str] | None:
    """Return where to cut through a hip and what that point is; None when nothing of the side is in view."""
    for stem, what in (("HRC", "the rotation centre"), ("HRC_NATIVE", "the native rotation centre")):
        mark = landmarks.points.get(landmark_name(stem, side))
        if mark is not None and mark.status.has_value:
            return mark.point, what
    step = 4
    for bone in (f"femur_{side}", f"hip_{side}"):
        values = [value for value, name in segmentation.names.items() if name == bone]
        kji = np.argwhere(np.isin(segmentation.labels[::step, ::step, ::step], values)) * step
        if len(kji):
            points = segmentation.grid.points_from_indices(kji[:, ::-1])
            if bone.startswith("femur"):
                points = points[points[:, 2] > points[:, 2].max() - 40.0]
            return points.mean(0), f"the {structure_name(bone)} (no rotation centre found)"
    return None
