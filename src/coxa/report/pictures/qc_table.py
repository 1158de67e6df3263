"""The text of the quality-control picture: structures, metal components, rotation centres, warnings."""

from __future__ import annotations

from collections.abc import Sequence

from coxa.anatomy import METAL, SIDES, UNKNOWN, Side, Status, landmark_name
from coxa.case import Landmarks
from coxa.labels import MetalPart, Segmentation, StructureQuality
from coxa.report.drawing.canvas import Canvas, RgbArray, wrapped
from coxa.report.drawing.palette import CENTRE_NATIVE, CENTRE_NOW
from coxa.report.wording import STATUS_WORDS, landmark_description, position_text, structure_name
from coxa.structure_colours import STRUCTURE_COLOURS, UNKNOWN_HATCH, Colour

PAPER: Colour = (14, 17, 22)
"""Background."""
TEXT: Colour = (232, 236, 241)
"""Text."""
QUIET: Colour = (150, 160, 172)
"""Small print."""
STATUS_COLOURS: dict[Status, Colour] = {
    Status.OK: (80, 200, 120),
    Status.WARN: (255, 190, 60),
    Status.NOT_MEASURABLE: (255, 120, 110),
    Status.FAILED: (255, 80, 80),
}
"""Of the dots and words that show a status."""
COLUMNS: tuple[tuple[float, str], ...] = (
    (16.0, "structure"),
    (172.0, "volume"),
    (240.0, "edge of scan"),
    (336.0, "mean HU"),
    (402.0, "surface ± mm"),
    (494.0, "near metal"),
    (574.0, "not assess."),
    (662.0, "status"),
)
"""Left edge in pixels and heading of each column."""
ROW_PX, LINE_PX = 25, 19
"""Height of a row and of a line of text."""
BOTTOM_PX = 8
"""Left free under the last line, pixels."""


def quality_table(segmentation: Segmentation, landmarks: Landmarks, width: int, height: int) -> RgbArray:
    """Return the table of structures, metal parts, rotation centres and warnings as a picture [row, column, 3]."""
    canvas = Canvas.blank(width, height, (22, 27, 34))
    for x, word in COLUMNS:
        canvas.text((x, 14), word, 13, QUIET, halo=0)
    y = 38.0
    for quality in segmentation.quality:
        _structure_row(canvas, quality, y)
        y += ROW_PX
    if not segmentation.quality:
        canvas.text((16, y), "no quality figures for this segmentation", 14, QUIET, halo=0)
        y += ROW_PX
    for text in metal_texts(segmentation.metal_parts):
        for line in wrapped(text, 14, width - 60):
            canvas.text((38, y), line, 14, TEXT, halo=0)
            y += LINE_PX
    y += 12
    canvas.text((16, y), "rotation centres, LPS mm", 13, QUIET, halo=0)
    y += ROW_PX
    for side in SIDES[::-1]:
        y = _centre_row(canvas, landmarks, side, y)
    _segmentation_warnings(canvas, segmentation, landmarks, y + 12)
    return canvas.finish()


def metal_texts(parts: tuple[MetalPart, ...]) -> list[str]:
    """Return the metal components of each side, right first: ``right metal: cup 17 ml, 2 screws (31, 32 mm)``."""
    texts = []
    for side in SIDES[::-1]:
        named: dict[str, list[MetalPart]] = {}
        for part in parts:
            if part.side is side:
                named.setdefault(part.name.split("_")[0], []).append(part)
        words = [_pieces_text(name, pieces) for name, pieces in named.items()]
        if words:
            texts.append(f"{side} metal: {', '.join(words)}")
    return texts


def _pieces_text(name: str, pieces: list[MetalPart]) -> str:
    if name in ("screw", "plate", "nail"):
        lengths = ", ".join(f"{piece.length_mm:.0f}" for piece in pieces)
        return f"{len(pieces)} {name}{'s' if len(pieces) > 1 else ''} ({lengths} mm)"
    word = "other" if name == METAL else name
    return f"{word} {sum(piece.volume_ml for piece in pieces):.0f} ml"


def _structure_row(canvas: Canvas, quality: StructureQuality, y: float) -> None:
    present = quality.status is not Status.NOT_MEASURABLE
    bone = quality.name not in (METAL, UNKNOWN)
    left = COLUMNS[0][0]
    swatch = UNKNOWN_HATCH if quality.name == UNKNOWN else STRUCTURE_COLOURS.get(quality.name, QUIET)
    canvas.rectangle(left, y + 3, left + 14, y + 15, swatch)
    surface = quality.surface_uncertainty
    cells = (
        f"{quality.volume_ml:.0f} ml",
        "cut off" if quality.touches_border else "whole",
        f"{quality.mean_hu:.0f}",
        "" if surface is None else f"{surface.p50_mm:.1f}–{surface.p90_mm:.1f}",
        f"{100 * quality.metal_contamination:.0f} %" if bone else "",
        f"{quality.unknown_ml:.1f} ml" if bone else "",
    )
    canvas.text((left + 22, y), structure_name(quality.name), 15, TEXT, halo=0)
    for (x, _), cell in zip(COLUMNS[1:], cells, strict=False):
        warned = cell == "cut off" and bone and not quality.name.startswith("femur")  # every pelvic scan cuts femora
        canvas.text((x, y), cell if present else "–", 15, STATUS_COLOURS[Status.WARN] if warned else TEXT, halo=0)
    colour, x = STATUS_COLOURS[quality.status], COLUMNS[-1][0]
    canvas.dot((x + 6, y + 9), colour, 5.0)
    canvas.text((x + 18, y), STATUS_WORDS[quality.status], 15, colour, halo=0)


def _segmentation_warnings(canvas: Canvas, segmentation: Segmentation, landmarks: Landmarks, y: float) -> None:
    found = [(wrapped(text, 13, canvas.width - 60), status) for text, status in remarks(segmentation, landmarks)]
    shown = fitting([len(lines) for lines, _ in found], int((canvas.height - BOTTOM_PX - y) // LINE_PX))
    for lines, status in found[:shown]:
        canvas.dot((22, y + 8), STATUS_COLOURS[status], 5.0)
        for line in lines:
            canvas.text((38, y), line, 13, TEXT, halo=0)
            y += LINE_PX
    if shown < len(found):
        left = len(found) - shown
        canvas.text((38, y), f"and {left} more: see segmentation.json and measurements.json", 13, QUIET, halo=0)


def fitting(lines: Sequence[int], room: int) -> int:
    """Return how many remarks fit, each of so many lines, when the last line is kept to say how many more there are."""
    total = 0
    for shown, count in enumerate(lines):
        total += count
        is_last = shown == len(lines) - 1
        if total + (0 if is_last else 1) > room:
            return shown
    return len(lines)


def _centre_row(canvas: Canvas, landmarks: Landmarks, side: Side, y: float) -> float:
    hip = landmarks.hips.get(side.value)
    holds = "" if hip is None else ("implant" if hip.implant_present else "native")
    canvas.text((16, y), f"{side} {holds}", 15, TEXT, halo=0, weight="bold")
    for stem, word, colour in (("HRC", "current", CENTRE_NOW), ("HRC_NATIVE", "native", CENTRE_NATIVE)):
        mark = landmarks.points.get(landmark_name(stem, side))
        canvas.text((150, y), word, 15, colour, halo=0)
        if mark is None or not mark.status.has_value:
            reason = "not determined" if mark is None else f"{STATUS_WORDS[mark.status]}: {mark.reason}"
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
    """Return the warnings, most severe first: structures, the frame, landmarks with a reason."""
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
