"""``print_certificate.html``: the print check on one page, with a picture of each place that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coxa import __version__
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.mesh import Mesh
from coxa.report.drawing.canvas import Canvas
from coxa.report.drawing.palette import CENTRE_NOW, METAL
from coxa.report.drawing.raycast import Body, Camera, Scene
from coxa.report.drawing.solids import lighter
from coxa.report.drawing.views import framed
from coxa.report.pages.page import page_template
from coxa.report.pictures.figures import Figure, figure

if TYPE_CHECKING:
    from coxa.manufacturing import Certificate, Rule

PICTURE_PX = 360
"""Width of a picture of a part."""
CLOSE_UP_MM = 12.0
"""Width of a picture of one place; less for a part that is smaller."""
PICTURE_FACES_MAX = 1_500_000
"""A mesh of more triangles is made lighter for its picture."""
GLASS = 0.45
"""Opacity of a part whose named place lies inside."""

PICTURED = ("fail", "warn")
ALWAYS_PICTURED = ("thinnest_wall", "thinnest_strut", "smallest_pore", "largest_pore")
INSIDE = ("closed_cavities", "escape_holes")
_WORST_FIRST = {"fail": 0, "warn": 1, "pass": 2, "info": 3, "not_checked": 4}
"""Order of verdicts in the table."""
_VIEWS = (("Seen from the front", (0.35, -0.85, 0.4)), ("Seen from behind", (-0.35, 0.85, -0.4)))
"""Caption of each view, and whence it is seen (left, posterior, superior)."""


@dataclass(frozen=True, eq=False)
class CheckedPart:
    """A part with its certificate, as the page shows it."""

    mesh: Mesh
    certificate: Certificate


def write_print_page(path: Path, parts: Mapping[str, CheckedPart], note: str = "") -> None:
    """Write the page; one file without outside resources.

    Parameters
    ----------
    path : Path
    parts : Mapping[str, CheckedPart]
        By name.
    note : str
        Said at the top, such as that a failed part was written all the same.
    """
    page = page_template(
        "print_check.html.j2", words=lambda name: str(name).replace("_", " "), amount=_amount, limit=_limit
    )
    figures = {name: part_figures(part) for name, part in parts.items()}
    text = page.render(parts=parts, figures=figures, note=note, version=__version__)
    path.write_text(text, encoding="utf-8")


def part_figures(part: CheckedPart) -> list[Figure]:
    """Return the part from two sides, then each place that a rule names, the failures first."""
    mesh = part.mesh if len(part.mesh.faces) <= PICTURE_FACES_MAX else lighter(part.mesh, PICTURE_FACES_MAX)
    scene = Scene([Body(mesh, METAL)])
    figures = []
    for title, towards in _VIEWS:
        eye = framed(_axes(np.array(towards)), mesh.vertices_lps_mm, 1.0, 0.05)
        figures.append(figure(scene.render(eye, PICTURE_PX), title, "The whole part.", f"The part, {title.lower()}"))
    rules = [r for r in part.certificate.rules if r.places_lps_mm and _is_pictured(r)]
    glass = Scene([Body(mesh, METAL, GLASS)]) if any(r.name in INSIDE for r in rules) else scene
    for rule in sorted(rules, key=lambda r: _WORST_FIRST[r.verdict]):
        figures.append(_close_up(glass if rule.name in INSIDE else scene, mesh, rule))
    return figures


def _is_pictured(rule: Rule) -> bool:
    return str(rule.verdict) in PICTURED or rule.name in ALWAYS_PICTURED


def _close_up(scene: Scene, mesh: Mesh, rule: Rule) -> Figure:
    place = np.array(rule.places_lps_mm[0])
    extent = float(np.ptp(mesh.vertices_lps_mm, axis=0).max())
    width = 1.1 * extent if rule.name in INSIDE or rule.name == "build_envelope" else min(CLOSE_UP_MM, 1.1 * extent)
    eye = Camera(_axes(_outward_at(mesh, place)), place, width, width)
    canvas = Canvas(scene.render(eye, PICTURE_PX))
    middle = eye.pixels_from_points(place[None], PICTURE_PX)[0]
    canvas.circle(middle, 26.0, CENTRE_NOW, 2.5)
    canvas.dot(middle, CENTRE_NOW, 2.5)
    title = rule.name.replace("_", " ").capitalize()
    at = ", ".join(f"{c:.1f}" for c in place)
    caption = f"{_amount(rule)}, {rule.verdict}, at ({at}); the picture is {width:.3g} mm wide."
    return figure(canvas.finish(), title, caption, f"{title} at ({at}), ringed")


def _outward_at(mesh: Mesh, place: FloatArray) -> FloatArray:
    """Return the direction out of the part at the face nearest to a place."""
    nearest = int(np.argmin(np.linalg.norm(mesh.vertices_lps_mm[mesh.faces].mean(axis=1) - place, axis=1)))
    normal = mesh.face_normals()[0][nearest]
    return normal if np.linalg.norm(normal) > 0.5 else np.array([0.0, -1.0, 0.0])


def _axes(towards_viewer: FloatArray) -> FloatArray:
    """Return camera axes (rows: right, up, towards the viewer) that look at a place from that direction."""
    towards = unit(towards_viewer + np.array([0.11, 0.07, 0.13]))  # slightly askew: no wall is seen edge-on
    up = np.array([0.0, 0.0, 1.0]) if abs(towards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    right = unit(np.cross(up, towards))
    return np.array([right, np.cross(towards, right), towards])


def _amount(rule: Rule) -> str:
    """Return a rule's value with its unit, as a person reads it."""
    return "none" if rule.value is None else _with_unit(rule.value, rule.unit)


def _limit(rule: Rule) -> str:
    """Return a rule's limit with its unit; nothing when it has none."""
    return "" if rule.limit is None else _with_unit(rule.limit, rule.unit)


def _with_unit(value: float | str, unit_name: str) -> str:
    unit_word = {"1": "", "mm2": " mm²", "ml": " ml", "g": " g", "mm": " mm"}[unit_name]
    if isinstance(value, str):
        return value + unit_word
    number = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
    return number + unit_word
