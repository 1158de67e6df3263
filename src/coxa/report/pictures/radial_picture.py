"""The radial loss graph: how much of the acetabulum's bone is missing, direction by direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coxa.anatomy import Side
from coxa.report.drawing.canvas import Canvas, RgbArray
from coxa.report.drawing.palette import BONE, GHOST
from coxa.report.pictures.coverage_picture import anterior_sign
from coxa.report.pictures.figures import Figure, figure
from coxa.structure_colours import UNKNOWN_HATCH, Colour

if TYPE_CHECKING:
    from coxa.planning.defect.radial_loss import RadialLoss

WIDTH_PX, HEIGHT_PX = 560, 500
"""Of the picture."""
MIDDLE_PX = (280.0, 222.0)
"""Where the native centre is drawn."""
INNER_PX, OUTER_PX = 55.0, 178.0
"""No bone missing reaches to the inner circle, all of it to the outer one."""
PAPER: Colour = (247, 249, 251)
"""Background."""
WORDS: Colour = (52, 60, 70)
"""Text."""
NET: Colour = (120, 128, 136)
"""Rings."""
LEAST_NATIVE_MM = 1.0
"""A direction with less native bone shows nothing, mm."""


def radial_figure(found: RadialLoss, side: Side) -> Figure:
    """Return the graph, seen into the acetabulum: superior up, anterior where the surgeon sees it."""
    sign = anterior_sign(side)
    canvas = Canvas(_wheel(found, sign))
    for share in (0.0, 0.5, 1.0):
        canvas.circle(MIDDLE_PX, INNER_PX + share * (OUTER_PX - INNER_PX), NET, 1.0)
        at = (MIDDLE_PX[0] + 4.0, MIDDLE_PX[1] + INNER_PX + share * (OUTER_PX - INNER_PX) - 2.0)
        canvas.text(at, f"{100 * share:.0f} %", 10.0, WORDS, "ls", 0.0)
    _names(canvas, sign)
    _legend(canvas)
    caption = (
        "Seen into the acetabulum. From the inner circle outward: the share of the native bone along each direction "
        "that is missing, out to the outer circle for all of it."
    )
    alt = f"Radial graph of the bone lost around the {side} acetabulum, missing over native length per direction"
    return figure(canvas.finish(), "Radial bone loss", caption, alt, "png")


def _wheel(found: RadialLoss, sign: int) -> RgbArray:
    """Return the coloured ring on paper, one wedge a direction: lost, then hidden, then left."""
    x, y = np.meshgrid(np.arange(WIDTH_PX) - MIDDLE_PX[0], np.arange(HEIGHT_PX) - MIDDLE_PX[1])
    share = (np.hypot(x, y) - INNER_PX) / (OUTER_PX - INNER_PX)
    count = len(found.angles_deg)
    wedge = np.round(np.degrees(np.arctan2(sign * x, -y)) % 360.0 / (360.0 / count)).astype(int) % count
    native = np.asarray(found.native_mm)
    lost, hidden = (np.asarray(lengths) / np.maximum(native, 1e-9) for lengths in (found.missing_mm, found.hidden_mm))
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), PAPER, dtype=np.uint8)
    in_ring = (share >= 0.0) & (share <= 1.0) & (native >= LEAST_NATIVE_MM)[wedge]
    picture[in_ring] = BONE
    picture[in_ring & (share <= (lost + hidden)[wedge])] = UNKNOWN_HATCH
    picture[in_ring & (share <= lost[wedge])] = GHOST
    return picture


def _names(canvas: Canvas, sign: int) -> None:
    x, y = MIDDLE_PX
    edge = OUTER_PX + 8.0
    canvas.text((x, y - edge), "superior", 13.0, WORDS, "ms", 0.0)
    canvas.text((x, y + edge), "inferior", 13.0, WORDS, "ma", 0.0)
    for name, side in (("anterior", sign), ("posterior", -sign)):
        canvas.text((x + side * edge, y), name, 13.0, WORDS, "lm" if side > 0 else "rm", 0.0)


def _legend(canvas: Canvas) -> None:
    left, top = 40.0, HEIGHT_PX - 38.0
    for colour, text in ((GHOST, "seen to be lost"), (UNKNOWN_HATCH, "hidden by metal"), (BONE, "left")):
        canvas.rectangle(left, top, left + 16.0, top + 16.0, colour)
        canvas.text((left + 23.0, top + 8.0), text, 12.0, WORDS, "lm", 0.0)
        left += 170.0
