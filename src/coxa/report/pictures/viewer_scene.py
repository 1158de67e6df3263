"""Meshes for the interactive view of the page: few triangles, 16-bit positions, base64."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np

from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.report.drawing.palette import bone_colour, part_colour
from coxa.report.drawing.solids import lighter
from coxa.report.wording import PART_NAMES, structure_name

VIEWER_FACES = 24_000
"""Triangles a mesh; keeps the vertices within 16-bit indices and the page within a few megabytes."""
FIRST_SHOWN = ("hip_host", "cup", "augment", "sacrum", "screw")
TRANSPARENT = ("hip_native",)

SceneRecord = dict[str, object]


def viewer_scene(
    bones: Mapping[str, Mesh], parts: Mapping[str, Mesh], lps_from_app: RigidTransform | None
) -> SceneRecord:
    """Return what ``viewer.js`` draws, as JSON values: meshes in the pelvis' frame, mm.

    Parameters
    ----------
    bones, parts : Mapping[str, Mesh]
        As segmented; as planned. LPS mm.
    lps_from_app : RigidTransform or None
        Turns the first view to the pelvis' front; None leaves the scanner's axes.
    """
    frame_from_lps = np.eye(4) if lps_from_app is None else lps_from_app.inverse().matrix
    records = []
    for name, mesh in {**bones, **parts}.items():
        light = lighter(mesh, VIEWER_FACES)
        if light.is_empty or len(light.vertices_lps_mm) > 65_535:
            continue
        shown = not parts or name.startswith(FIRST_SHOWN)
        colour = part_colour(name) if name in parts else bone_colour(name)
        records.append(
            {
                "name": structure_name(name) + (" (scan)" if parts and name in bones else ""),
                "colour": [c / 255 for c in colour],
                "opacity": 0.35 if name in TRANSPARENT else 1.0,
                "shown": shown,
                **_packed(light.transformed(frame_from_lps)),
            }
        )
    return {"meshes": records}


def is_part(name: str) -> bool:
    """Tell whether a planned mesh is pictured: known parts and screws."""
    return name in PART_NAMES or name.startswith("screw")


def _packed(mesh: Mesh) -> SceneRecord:
    low, high = mesh.vertices_lps_mm.min(0), mesh.vertices_lps_mm.max(0)
    step = np.maximum(high - low, 1e-6) / 65_535.0
    positions = np.rint((mesh.vertices_lps_mm - low) / step).astype("<u2")
    return {
        "low_mm": [round(float(x), 4) for x in low],
        "step_mm": [float(x) for x in step],
        "positions": base64.b64encode(positions.tobytes()).decode("ascii"),
        "indices": base64.b64encode(mesh.faces.astype("<u2").tobytes()).decode("ascii"),
    }
