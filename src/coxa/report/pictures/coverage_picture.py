"""The coverage map drawn as the surgeon sees into the cup: the apex in the middle, the rim outside, areas true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform
from coxa.planning.screws.paths import CUP, CUP_AND_AUGMENT
from coxa.report.drawing.canvas import Canvas, RgbArray
from coxa.report.drawing.palette import AUGMENT, HOST_BEHIND, SCREW, UNSUPPORTED
from coxa.report.pictures.figures import Figure, figure
from coxa.structure_colours import Colour

if TYPE_CHECKING:
    from coxa.planning.cup.coverage_map import CoverageMap
    from coxa.planning.plan import Plan

WIDTH_PX, HEIGHT_PX = 560, 500
"""Of the picture."""
MIDDLE_PX = (280.0, 222.0)
"""Where the pole of the cup is drawn."""
DISC_PX = 178.0
"""Radius at which the rim is drawn."""
PAPER: Colour = (247, 249, 251)
"""Background."""
WORDS: Colour = (52, 60, 70)
"""Text and rim."""
NET: Colour = (255, 255, 255)
"""Rings and the mark of the pole."""
RINGS_DEG = (30.0, 60.0)
"""Angles from the pole at which rings are drawn."""


def coverage_figure(plan: Plan) -> Figure | None:
    """Return the map of what carries the planned cup; None for a plan that has no map."""
    if plan.coverage_map is None:
        return None
    sign = anterior_sign(plan.side)
    canvas = Canvas(_disc(plan.coverage_map, sign))
    _net(canvas)
    for screw in _screw_angles(plan):
        canvas.dot(_place(screw, sign), SCREW, 6.0)
    _names(canvas, sign)
    _legend(canvas)
    caption = (
        "Seen into the cup: the apex of its dome in the middle, the rim outside, the rings 30° and 60° from the apex; "
        "areas are true to the hemisphere."
    )
    alt = f"Map of what lies behind the cup of the {plan.side} hip: host bone, augment, nothing"
    return figure(canvas.finish(), "What carries the cup", caption, alt, "png")


def anterior_sign(side: Side) -> int:
    """Return +1 where anterior is on the viewer's right, looking into the cup: on right hips."""
    return -1 if side is Side.LEFT else 1


def _disc(found: CoverageMap, sign: int) -> RgbArray:
    """Return the coloured disc on paper: Lambert's equal-area projection of the hemisphere."""
    x, y = np.meshgrid(np.arange(WIDTH_PX) - MIDDLE_PX[0], np.arange(HEIGHT_PX) - MIDDLE_PX[1])
    radius = np.hypot(x, y) / DISC_PX
    apex = np.degrees(2.0 * np.arcsin(np.clip(radius / np.sqrt(2.0), 0.0, 1.0)))
    clock = np.degrees(np.arctan2(sign * x, -y)) % 360.0
    rows, columns = len(found.from_apex_deg), len(found.clock_deg)
    row = np.clip((apex / (90.0 / rows)).astype(int), 0, rows - 1)
    column = np.round(clock / (360.0 / columns)).astype(int) % columns
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), PAPER, dtype=np.uint8)
    inside = radius <= 1.0
    picture[inside] = _cell_colours(found)[row, column][inside]
    return picture


def _cell_colours(found: CoverageMap) -> RgbArray:
    """Return the colour [row, column]: host bone by its gap, else the augment, else nothing."""
    host, augment = (
        np.array([[np.inf if gap is None else gap for gap in row] for row in rows])
        for rows in (found.host_gap_mm, found.augment_gap_mm)
    )
    tightest = min(HOST_BEHIND)
    colours = np.full((*host.shape, 3), UNSUPPORTED, dtype=np.uint8)
    for tolerance in sorted(HOST_BEHIND, reverse=True):
        colours[host <= tolerance] = HOST_BEHIND[tolerance]
    colours[(augment <= tightest) & (host > tightest)] = AUGMENT
    return colours


def _place(angles_deg: tuple[float, float], sign: int) -> tuple[float, float]:
    """Return the pixel of (from apex, clock)."""
    apex, clock = np.radians(angles_deg)
    radius = DISC_PX * np.sqrt(2.0) * np.sin(0.5 * apex)
    return float(MIDDLE_PX[0] + sign * radius * np.sin(clock)), float(MIDDLE_PX[1] - radius * np.cos(clock))


def _net(canvas: Canvas) -> None:
    for ring in RINGS_DEG:
        canvas.circle(MIDDLE_PX, DISC_PX * np.sqrt(2.0) * np.sin(np.radians(0.5 * ring)), NET, 1.0)
    canvas.circle(MIDDLE_PX, DISC_PX, WORDS, 2.0)
    canvas.cross(MIDDLE_PX, NET, 6.0, 1.0)


def _names(canvas: Canvas, sign: int) -> None:
    (x, y), away = MIDDLE_PX, DISC_PX + 8.0
    canvas.text((x, y - away), "superior", 15, WORDS, "md", 0, "bold")
    canvas.text((x, y + away), "inferior", 15, WORDS, "ma", 0, "bold")
    for word, at in (("anterior", sign), ("posterior", -sign)):
        canvas.text((x + at * away, y), word, 15, WORDS, "lm" if at > 0 else "rm", 0, "bold")


def _legend(canvas: Canvas) -> None:
    tightest, *wider = sorted(HOST_BEHIND)
    entries = [(HOST_BEHIND[tightest], f"host bone within {tightest:g} mm")]
    entries += [(HOST_BEHIND[tolerance], f"{tolerance:g} mm") for tolerance in wider]
    rows = (entries, [(AUGMENT, "augment"), (UNSUPPORTED, "nothing"), (SCREW, "screw")])
    for n, row in enumerate(rows):
        left, top = 60.0, HEIGHT_PX - 50.0 + 24.0 * n
        for colour, words in row:
            canvas.rectangle(left, top, left + 14, top + 14, colour)
            canvas.text((left + 20, top + 7), words, 13, WORDS, "lm", 0)
            left += 38.0 + 8.0 * len(words)


def _screw_angles(plan: Plan) -> list[tuple[float, float]]:
    """Return (from apex, clock) of each screw where it passes the cup's sphere, of those that pass the hemisphere."""
    from coxa.planning.cup.coverage_map import face_axes

    cup = plan.cup
    superior, anterior = face_axes(
        cup.axis_lps, plan.side, RigidTransform(np.asarray(plan.lps_from_app), Frame.LPS, Frame.APP)
    )
    found = []
    for screw in plan.screws:
        if screw.through not in (CUP, CUP_AND_AUGMENT):
            continue
        where: FloatArray = screw.entry_lps_mm - cup.centre_lps_mm
        apex = float(np.degrees(np.arccos(np.clip(-(where @ cup.axis_lps) / np.linalg.norm(where), -1.0, 1.0))))
        if apex <= 90.0:
            found.append((apex, float(np.degrees(np.arctan2(where @ anterior, where @ superior)))))
    return found
