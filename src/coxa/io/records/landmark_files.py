"""Landmarks that a person placed or moved: 3D Slicer's markups files (``.mrk.json``) in, LPS mm out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coxa.anatomy import PROJECTED_TEARDROPS, SIDES, landmark_name
from coxa.errors import InputRefusedError, SchemaError
from coxa.geometry.arrays import FloatArray
from coxa.io.json_files import read_json

LPS_FROM_FILE: Mapping[str, FloatArray] = {"LPS": np.ones(3), "RAS": np.array([-1.0, -1.0, 1.0])}
"""Signs that take a file's coordinates to LPS."""
COORDINATE_CODES = {0: "RAS", 1: "LPS", "0": "RAS", "1": "LPS"}
"""Older versions of 3D Slicer write a number."""
PROJECTED = tuple(landmark_name(stem, side) for stem in PROJECTED_TEARDROPS.values() for side in SIDES)
"""Coxa's own files hold these too; they are drawn from the bone, nobody places them."""
UNDEFINED = ("undefined", "missing", "preview")
"""Position states of points that nobody placed."""


def read_landmarks(path: Path, known_names: Sequence[str]) -> dict[str, FloatArray]:
    """Return the points of a markups file by contract name, LPS mm.

    Parameters
    ----------
    path : Path
        The ``landmarks.mrk.json`` that Coxa wrote, moved in 3D Slicer; any subset of its points.
    known_names : sequence of str
        Names that are accepted.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    SchemaError
        When it is not a markups file, or does not say its coordinate system and positions.
    InputRefusedError
        When a name is unknown or given twice, or the unit is not the millimetre.
    """
    markups = _markups(path)
    places: dict[str, FloatArray] = {}
    for markup in markups:
        to_lps = _lps_from(markup, path)
        points = markup.get("controlPoints", [])
        if not isinstance(points, list) or not all(isinstance(point, Mapping) for point in points):
            raise SchemaError(f"'{path.name}' has control points that are none: save it again in 3D Slicer")
        for point in points:
            if point.get("positionStatus") in UNDEFINED:
                continue
            name = str(point.get("label", "")).strip()
            if name in PROJECTED:
                continue
            if name in places:
                raise InputRefusedError(f"'{path.name}' holds {name} twice: delete one of the points")
            places[name] = to_lps * _position(point, name, path)
    unknown = sorted(set(places) - set(known_names))
    if unknown:
        raise InputRefusedError(
            f"'{path.name}' holds points of unknown names: {', '.join(unknown)}; rename or delete them. "
            f"Known are {', '.join(known_names)}"
        )
    if not places:
        raise InputRefusedError(f"'{path.name}' holds no placed points: place at least one landmark")
    return places


def _markups(path: Path) -> list[Mapping[str, Any]]:
    content = read_json(path, "give a .mrk.json of 3D Slicer")
    markups = content.get("markups") if isinstance(content, Mapping) else None
    if not isinstance(markups, list) or not all(isinstance(markup, Mapping) for markup in markups):
        raise SchemaError(f"'{path.name}' has no list of markups: give a .mrk.json of 3D Slicer")
    return markups


def _lps_from(markup: Mapping[str, Any], path: Path) -> FloatArray:
    """Return the signs (3,) that take the file's coordinates to LPS."""
    system = markup.get("coordinateSystem")
    name = COORDINATE_CODES.get(system, system) if isinstance(system, int | str) else None
    if name not in LPS_FROM_FILE:
        raise SchemaError(f"'{path.name}' gives no coordinate system (LPS or RAS): save it again in 3D Slicer")
    unit = markup.get("coordinateUnits", "mm")
    if unit != "mm" and unit != ["mm", "UCUM", "millimeter"]:
        raise InputRefusedError(f"'{path.name}' is in '{unit}': coordinates in mm are needed")
    return LPS_FROM_FILE[str(name)]


def _position(point: Mapping[str, Any], name: str, path: Path) -> FloatArray:
    try:
        place = np.array(point["position"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        place = np.empty(0)
    if place.shape != (3,) or not np.isfinite(place).all():
        raise SchemaError(f"'{path.name}': point '{name}' has no position of three numbers: save it again in 3D Slicer")
    return place
