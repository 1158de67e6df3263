"""Where the checks of the segmentation found something: a slice through each place, with a ring around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Status
from coxa.labels import Finding, Segmentation
from coxa.report.drawing.canvas import RgbArray, wrapped
from coxa.report.drawing.slices import Cut, cut_plane, draw_cut, draw_labels
from coxa.report.pictures.qc_table import STATUS_COLOURS, TEXT
from coxa.report.wording import structure_name
from coxa.structure_colours import Colour
from coxa.volume import Volume

CUT_WIDTH_MM = 190.0
"""Width of the slice shown, as of the slices through the hips."""
LEAST_RING_MM = 8.0
"""Radius of the ring around a place whose reach is small or not known."""
LINES = 3
"""Lines of the reason under a slice."""


@dataclass(frozen=True)
class NamedPlace:
    """A finding with a place, and the structure that it is of."""

    structure: str
    finding: Finding


def places_to_show(segmentation: Segmentation, most: int) -> list[NamedPlace]:
    """Return the places that the checks name, failed structures first, one a structure before a second one."""
    ranked = []
    for quality in segmentation.quality:
        against = [f for f in quality.findings if f.place_lps_mm is not None and f.status is not Status.OK]
        against.sort(key=lambda f: f.status is not Status.FAILED)
        for rank, finding in enumerate(against):
            key = (rank, quality.status is not Status.FAILED, finding.status is not Status.FAILED)
            ranked.append((key, NamedPlace(quality.name, finding)))
    ranked.sort(key=lambda item: item[0])
    return [place for _, place in ranked[:most]]


def places_row(
    volume: Volume, segmentation: Segmentation, colours: Mapping[str, Colour], size: tuple[int, int], most: int
) -> list[RgbArray]:
    """Return a slice through each place that a check names; none when no check does.

    Parameters
    ----------
    volume : Volume
    segmentation : Segmentation
    colours : mapping of structure name to colour
    size : (int, int)
        Of one picture, pixels.
    most : int
        So many pictures fit beside each other.
    """
    return [_picture(volume, segmentation, colours, size, place) for place in places_to_show(segmentation, most)]


def _picture(
    volume: Volume, segmentation: Segmentation, colours: Mapping[str, Colour], size: tuple[int, int], place: NamedPlace
) -> RgbArray:
    finding = place.finding
    middle = np.array(finding.place_lps_mm, dtype=np.float64)
    plane = cut_plane(Cut.AXIAL, middle, CUT_WIDTH_MM, size)
    word = "failed" if finding.status is Status.FAILED else "check"
    canvas = draw_cut(volume, plane, f"{structure_name(place.structure)} · {word}: {finding.check}")
    draw_labels(canvas, segmentation, plane, dict(colours), 1.6)
    radius = max(LEAST_RING_MM, finding.reach_mm or 0.0) * size[0] / CUT_WIDTH_MM
    colour = STATUS_COLOURS[finding.status]
    canvas.circle(plane.pixels_from_points(middle)[0], radius, colour, 2.5)
    for n, line in enumerate(wrapped(finding.reason or "", 13, size[0] - 20)[:LINES]):
        canvas.text((8, size[1] - 40 - 18 * LINES + 18 * n), line, 13, TEXT)
    return canvas.finish()
