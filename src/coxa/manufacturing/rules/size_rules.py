"""Rules of the whole mesh: unit, build chamber, number of triangles."""

from __future__ import annotations

import numpy as np

from coxa.geometry.mesh import Mesh
from coxa.manufacturing.rules.certificate import Rule, Verdict
from coxa.manufacturing.rules.process import Process
from coxa.manufacturing.rules.rule_words import placed_rule, verdict

METRES_BELOW_MM, SMALL_BELOW_MM, LARGE_ABOVE_MM = 2.0, 15.0, 1000.0
"""Largest side of an implant part: less than 2 reads as metres, less than 15 is worth a look, more than 1000 as
micrometres [E]."""


def size_rules(mesh: Mesh, limits: Process) -> list[Rule]:
    """Return ``units``, ``build_envelope`` and ``triangles``."""
    low, high = mesh.vertices_lps_mm.min(axis=0), mesh.vertices_lps_mm.max(axis=0)
    sides, middle = high - low, 0.5 * (low + high)
    envelope = np.array(limits.build_envelope_mm)
    fits = bool((np.sort(sides) <= np.sort(envelope)).all())
    box, room = (" x ".join(f"{side:.1f}" for side in edges) for edges in (sides, envelope))
    too_large = "" if fits else "larger than the build chamber, its middle"
    return [
        _units(float(sides.max()), middle),
        placed_rule("build_envelope", box, room, "mm", verdict(fits), too_large, middle if too_large else np.empty(0)),
        _triangles(mesh, limits, middle),
    ]


def _units(largest: float, middle: np.ndarray) -> Rule:
    limit = f"{METRES_BELOW_MM:g} to {LARGE_ABOVE_MM:g}"
    if METRES_BELOW_MM <= largest <= LARGE_ABOVE_MM and largest >= SMALL_BELOW_MM:
        return placed_rule("units", largest, limit, "mm", Verdict.PASS, f"{largest:.0f} mm wide")
    if largest < METRES_BELOW_MM:
        judged, guess = Verdict.FAIL, "metres"
    elif largest > LARGE_ABOVE_MM:
        judged, guess = Verdict.FAIL, "micrometres, or a GLB in millimetres"
    else:
        judged, guess = Verdict.WARN, "centimetres or inches"
    width = f"{largest:,.0f}" if largest >= LARGE_ABOVE_MM else f"{largest:.4g}"
    words = (
        f"{width} mm wide as read: was it written in {guess}? GLB is taken in metres as its standard says, 3MF in its "
        "own unit, all else in millimetres; its middle"
    )
    return placed_rule("units", largest, limit, "mm", judged, words, middle)


def _triangles(mesh: Mesh, limits: Process, middle: np.ndarray) -> Rule:
    count = len(mesh.faces)
    if count <= limits.triangles_advised:
        return placed_rule("triangles", float(count), float(limits.triangles_max), "1", Verdict.PASS)
    judged = Verdict.FAIL if count > limits.triangles_max else Verdict.WARN
    side = float(np.sqrt(4.0 / np.sqrt(3.0) * mesh.face_normals()[1].mean()))
    words = f"triangles of {side:.3f} mm: simplify the mesh to 0.02 mm, which no printer resolves; the part's middle"
    return placed_rule("triangles", float(count), float(limits.triangles_max), "1", judged, words, middle)
