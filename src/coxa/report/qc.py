"""The quality picture: is the segmentation right, at a glance, before any number is believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from coxa.anatomy import SIDES, Side, Status, landmark_name
from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray
from coxa.labels import Segmentation, StructureQuality
from coxa.report.canvas import Canvas, RgbArray, encoded, stacked, text_width, wrapped
from coxa.report.palette import CENTRE_NATIVE, CENTRE_NOW, LANDMARK, LINE, STRUCTURE_COLOURS, Colour
from coxa.report.radiograph import pelvis_points, project_coronal
from coxa.report.radiograph_drawing import FilmDrawing, film_frame
from coxa.report.slices import Cut, cut_plane, draw_cut, draw_labels
from coxa.report.wording import STATUS_WORDS, landmark_description, position_text, structure_name
from coxa.volume import Volume

PAPER: Colour = (14, 17, 22)
TEXT: Colour = (232, 236, 241)
QUIET: Colour = (150, 160, 172)
STATUS_COLOURS: dict[Status, Colour] = {
    Status.OK: (80, 200, 120),
    Status.WARN: (255, 190, 60),
    Status.NOT_MEASURABLE: (255, 120, 110),
    Status.FAILED: (255, 80, 80),
}
WIDTH = 1640
GAP = 8
CUT_SIZE = ((WIDTH - 2 * GAP) // 3, 420)
CUT_WIDTH_MM = 190.0
FILM_WIDTH = 800
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
    film = _film(volume, segmentation, landmarks)
    table = _table(segmentation, landmarks, WIDTH - GAP - film.shape[1], film.shape[0])
    rows = [[_header(segmentation)], [film, table]]
    for side in (Side.RIGHT, Side.LEFT):
        rows.append(_hip_row(volume, segmentation, landmarks, side))
    return stacked(rows, GAP, PAPER)


def _header(segmentation: Segmentation) -> RgbArray:
    canvas = Canvas.blank(WIDTH, 78, PAPER)
    canvas.text((12, 10), "Segmentation and landmarks", 22, TEXT, halo=0, weight="bold")
    note = (
        f"back-end {segmentation.backend} · patient's left on the viewer's right · research tool, not a medical device"
    )
    canvas.text((WIDTH - 12, 16), note, 13, QUIET, "ra", halo=0)
    x = 12.0
    entries: list[tuple[str, Colour]] = [(structure_name(n), c) for n, c in STRUCTURE_COLOURS.items()]
    entries += [
        ("rotation centre today", CENTRE_NOW),
        ("native rotation centre", CENTRE_NATIVE),
        ("landmark", LANDMARK),
    ]
    for word, colour in [*entries, ("inter-teardrop line", LINE)]:
        canvas.rectangle(x, 50, x + 18, 62, colour)
        canvas.text((x + 24, 56), word, 14, TEXT, "lm", halo=0)
        x += 24 + text_width(word, 14) + 22
    return canvas.finish()


def _film(volume: Volume, segmentation: Segmentation, landmarks: Landmarks) -> RgbArray:
    frame = film_frame(landmarks, volume)
    drawing = FilmDrawing(project_coronal(volume, frame, pelvis_points(segmentation)), FILM_WIDTH)
    drawing.outline_structures(segmentation, STRUCTURE_COLOURS)
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
    for cut in Cut:
        plane = cut_plane(cut, centre, CUT_WIDTH_MM, CUT_SIZE)
        canvas = draw_cut(volume, plane, f"{side} hip · {cut}")
        canvas.text((8, 30), f"through {what}", 12, QUIET)
        draw_labels(canvas, segmentation, plane, STRUCTURE_COLOURS, 1.6)
        # Today's centre is drawn last, so that it stays visible where it is the native one too.
        for name, mark in sorted(landmarks.points.items(), reverse=True):
            if mark.status.has_value and abs(plane.distances_mm(mark.point)) <= NEAR_PLANE_MM:
                _mark(canvas, name, plane.pixels_from_points(mark.point)[0])
        row.append(canvas.finish())
    return row


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


def _table(segmentation: Segmentation, landmarks: Landmarks, width: int, height: int) -> RgbArray:
    canvas = Canvas.blank(width, height, (22, 27, 34))
    columns = (16.0, 230.0, 345.0, 500.0, 590.0, 680.0)
    heads = ("structure", "volume", "edge of scan", "mean HU", "metal", "status")
    for x, word in zip(columns, heads, strict=True):
        canvas.text((x, 14), word, 13, QUIET, halo=0)
    y = 38.0
    for quality in segmentation.quality:
        _structure_row(canvas, quality, columns, y)
        y += 25
    if not segmentation.quality:
        canvas.text((16, y), "the segmentation came without quality figures", 14, QUIET, halo=0)
        y += 25
    y += 12
    canvas.text((16, y), "rotation centres, LPS mm", 13, QUIET, halo=0)
    y += 24
    for side in SIDES[::-1]:
        y = _centre_row(canvas, landmarks, side, y)
    y += 12
    for text, status in remarks(segmentation, landmarks):
        for n, line in enumerate(wrapped(text, 13, width - 60)):
            if y > height - 26:
                canvas.text((16, height - 14), "… more in the report", 13, QUIET, "lm", halo=0)
                return canvas.finish()
            if n == 0:
                canvas.dot((22, y + 8), STATUS_COLOURS[status], 5.0)
            canvas.text((38, y), line, 13, TEXT, halo=0)
            y += 19
    return canvas.finish()


def _structure_row(canvas: Canvas, quality: StructureQuality, columns: tuple[float, ...], y: float) -> None:
    present = quality.status.has_value
    canvas.rectangle(columns[0], y + 3, columns[0] + 14, y + 15, STRUCTURE_COLOURS.get(quality.name, QUIET))
    edge = "cut off" if quality.touches_border else "whole"
    cells = (
        f"{quality.volume_ml:.0f} ml",
        edge,
        f"{quality.mean_hu:.0f}",
        f"{100 * quality.metal_contamination:.0f} %",
    )
    canvas.text((columns[0] + 22, y), structure_name(quality.name), 15, TEXT, halo=0)
    for x, cell in zip(columns[1:5], cells, strict=True):
        warned = cell == "cut off"
        canvas.text((x, y), cell if present else "–", 15, STATUS_COLOURS[Status.WARN] if warned else TEXT, halo=0)
    colour = STATUS_COLOURS[quality.status]
    canvas.dot((columns[5] + 6, y + 9), colour, 5.0)
    canvas.text((columns[5] + 18, y), STATUS_WORDS[quality.status], 15, colour, halo=0)


def _centre_row(canvas: Canvas, landmarks: Landmarks, side: Side, y: float) -> float:
    hip = landmarks.hips.get(side.value)
    holds = "" if hip is None else ("implant" if hip.implant_present else "native")
    canvas.text((16, y), f"{side} {holds}", 15, TEXT, halo=0, weight="bold")
    for stem, word, colour in (("HRC", "today", CENTRE_NOW), ("HRC_NATIVE", "native", CENTRE_NATIVE)):
        mark = landmarks.points.get(landmark_name(stem, side))
        canvas.text((150, y), word, 15, colour, halo=0)
        if mark is None or not mark.status.has_value:
            reason = "not asked for" if mark is None else f"{STATUS_WORDS[mark.status]}: {mark.reason}"
            for n, line in enumerate(wrapped(reason, 14, canvas.width - 240)[:3]):
                y += 19 if n else 0
                canvas.text((225, y), line, 14, STATUS_COLOURS[Status.NOT_MEASURABLE], halo=0)
        else:
            spread = "" if mark.uncertainty_mm is None else f"  ± {mark.uncertainty_mm:.1f} mm"
            canvas.text((225, y), position_text(mark) + spread, 15, TEXT, halo=0)
            canvas.dot((canvas.width - 20, y + 9), STATUS_COLOURS[mark.status], 5.0)
        y += 24
    return y


def remarks(segmentation: Segmentation, landmarks: Landmarks) -> list[tuple[str, Status]]:
    """Return what to doubt, worst first: structures, the frame, landmarks with a reason."""
    found = [(f"{structure_name(q.name)}: {q.reason}", q.status) for q in segmentation.quality if q.reason is not None]
    if landmarks.app_reason is not None:
        found.append((f"anterior pelvic plane: {landmarks.app_reason}", landmarks.app_status))
    for side in SIDES:
        hip = landmarks.hips.get(side.value)
        if hip is not None and hip.reason is not None:
            found.append((f"{side} hip: {hip.reason}", Status.WARN))
    by_reason: dict[tuple[str, Status], list[str]] = {}
    for name, mark in landmarks.points.items():
        if mark.reason is not None and not name.startswith("HRC"):
            by_reason.setdefault((mark.reason, mark.status), []).append(name)
    for (reason, status), names in by_reason.items():
        what = landmark_description(names[0]) if len(names) == 1 else ", ".join(names)
        found.append((f"{what}: {reason}", status))
    worst_first = {Status.FAILED: 0, Status.NOT_MEASURABLE: 1, Status.WARN: 2, Status.OK: 3}
    return sorted(found, key=lambda item: worst_first[item[1]])
