"""Landmarks with a person's corrections: found once without them, and again with them in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.landmarks.centres.shape_model import HipAtlas
from coxa.landmarks.find import find_landmarks
from coxa.landmarks.placed import moved_landmarks


def find_corrected_landmarks(
    surfaces: Mapping[str, Mesh], grid: Grid | None, atlas: HipAtlas | None, given: Mapping[str, FloatArray]
) -> Landmarks:
    """Find every landmark; those that a person gave elsewhere stand where the person put them.

    Parameters
    ----------
    surfaces, grid, atlas
        As of :func:`coxa.landmarks.find_landmarks`.
    given : Mapping[str, ndarray (3,)]
        Points of a corrected file, LPS mm. Those left where Coxa finds them stay automatic.
    """
    automatic = find_landmarks(surfaces, grid, atlas)
    moved = moved_landmarks(given, automatic.points)
    if not moved:
        return automatic
    corrected = find_landmarks(surfaces, grid, atlas, moved)
    points = {
        name: replace(mark, automatic_lps_mm=automatic.points[name].position_lps_mm) if name in moved else mark
        for name, mark in corrected.points.items()
    }
    return replace(corrected, points=points)
