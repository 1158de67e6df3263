"""A picture to draw on: lines, dots and text at sub-pixel positions, smoothed by drawing at twice the size."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from coxa.structure_colours import Colour

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

RgbArray = npt.NDArray[np.uint8]
"""Array [row, column, 3] of uint8."""

SCALE = 2
"""Drawing happens on a picture this many times larger, then it is averaged down."""

INK: Colour = (245, 246, 248)
"""Text and lines on dark pictures."""
HALO: Colour = (0, 0, 0)
"""About text and dots, so that they stand out on bone."""
Anchor = Literal["la", "ma", "ra", "lm", "mm", "rm", "ls", "ms", "rs", "ld", "md", "rd"]


class Canvas:
    """An RGB picture under construction. Positions are (x, y) in pixels, x to the right, y down.

    The centre of pixel (row 0, column 0) is (0.0, 0.0), as in the arrays that are drawn over.

    Parameters
    ----------
    pixels : ndarray [row, column, 3] of uint8
        What to draw on.
    """

    def __init__(self, pixels: RgbArray) -> None:
        from PIL import Image, ImageDraw

        self.height, self.width = pixels.shape[:2]
        large = (self.width * SCALE, self.height * SCALE)
        self._image = Image.fromarray(np.ascontiguousarray(pixels)).resize(large, Image.Resampling.BICUBIC)
        self._draw = ImageDraw.Draw(self._image)

    @classmethod
    def blank(cls, width: int, height: int, colour: Colour) -> Canvas:
        """Return a canvas of one colour."""
        return cls(np.full((height, width, 3), colour, dtype=np.uint8))

    def line(self, points_xy: npt.ArrayLike, colour: Colour, width: float = 1.0) -> None:
        """Draw an open polyline through points (N, 2)."""
        xy = self._large(points_xy)
        if len(xy) > 1:
            self._draw.line([tuple(p) for p in xy], fill=colour, width=max(1, round(width * SCALE)), joint="curve")

    def segments(self, segments_xy: npt.ArrayLike, colour: Colour, width: float = 1.0) -> None:
        """Draw separate segments (N, 2, 2)."""
        for a, b in np.asarray(segments_xy, dtype=np.float64).reshape(-1, 2, 2):
            self.line([a, b], colour, width)

    def dot(self, centre_xy: npt.ArrayLike, colour: Colour, radius: float = 3.0) -> None:
        """Draw a filled dot with a dark rim."""
        (x, y), r = self._large(centre_xy)[0], radius * SCALE
        self._draw.ellipse([x - r - 2, y - r - 2, x + r + 2, y + r + 2], fill=HALO)
        self._draw.ellipse([x - r, y - r, x + r, y + r], fill=colour)

    def cross(self, centre_xy: npt.ArrayLike, colour: Colour, radius: float = 7.0, width: float = 1.5) -> None:
        """Draw an upright cross."""
        x, y = np.asarray(centre_xy, dtype=np.float64)
        self.line([(x - radius, y), (x + radius, y)], colour, width)
        self.line([(x, y - radius), (x, y + radius)], colour, width)

    def circle(self, centre_xy: npt.ArrayLike, radius: float, colour: Colour, width: float = 1.5) -> None:
        """Draw a circle's outline."""
        (x, y), r = self._large(centre_xy)[0], radius * SCALE
        self._draw.ellipse([x - r, y - r, x + r, y + r], outline=colour, width=max(1, round(width * SCALE)))

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self._draw.rectangle([left * SCALE, top * SCALE, right * SCALE, bottom * SCALE], fill=colour)

    def text(
        self,
        xy: tuple[float, float],
        text: str,
        size: float = 12.0,
        colour: Colour = INK,
        anchor: Anchor = "la",
        halo: float = 1.5,
        weight: Literal["regular", "bold"] = "regular",
    ) -> None:
        """Write one line; ``anchor`` as in Pillow (first letter horizontal, second vertical), ``halo`` in pixels."""
        x, y = self._large([xy])[0]
        self._draw.text(
            (x, y),
            text,
            font=font(size * SCALE, weight),
            fill=colour,
            anchor=anchor,
            stroke_width=round(halo * SCALE),
            stroke_fill=HALO,
        )

    def paste(self, pixels: RgbArray, left: int, top: int) -> None:
        """Put another picture in, its upper left corner at (left, top)."""
        other = Canvas(pixels)
        self._image.paste(other._image, (left * SCALE, top * SCALE))

    def finish(self) -> RgbArray:
        """Return the picture [row, column, 3]."""
        return np.asarray(self._image.reduce(SCALE))

    def _large(self, points_xy: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return (np.asarray(points_xy, dtype=np.float64).reshape(-1, 2) + 0.5) * SCALE


def text_width(text: str, size: float, weight: Literal["regular", "bold"] = "regular") -> float:
    """Return the width of one line in pixels."""
    return font(size * SCALE, weight).getlength(text) / SCALE


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Break a text at spaces so that every line fits ``width`` pixels."""
    lines: list[str] = []
    for word in text.split():
        candidate = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(candidate, size) <= width:
            lines[-1] = candidate
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=64)
def font(size: float, weight: str = "regular") -> FreeTypeFont:
    """Return DejaVu Sans (it comes with matplotlib), so that pictures look the same on every machine."""
    from pathlib import Path

    import matplotlib
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if weight == "bold" else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)), round(size))


def stacked(rows: Sequence[Sequence[RgbArray]], gap: int, colour: Colour) -> RgbArray:
    """Lay pictures out in rows, left to right and top to bottom, with ``gap`` pixels between."""
    heights = [max(p.shape[0] for p in row) for row in rows]
    width = max(sum(p.shape[1] for p in row) + gap * (len(row) - 1) for row in rows)
    sheet = np.full((sum(heights) + gap * (len(rows) - 1), width, 3), colour, dtype=np.uint8)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for picture in row:
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
            left += picture.shape[1] + gap
        top += height + gap
    return sheet


def encoded(pixels: RgbArray, kind: Literal["png", "jpeg"]) -> bytes:
    """Return the picture as a PNG or JPEG file's bytes."""
    image = _image(pixels)
    stream = io.BytesIO()
    if kind == "png":
        image.save(stream, "PNG", optimize=False)
    else:
        image.save(stream, "JPEG", quality=88, subsampling=0)
    return stream.getvalue()


def _image(pixels: RgbArray) -> Image:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels))
