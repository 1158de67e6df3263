"""Pictures of the plan by section of the report: defect, cup, augment, screws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.report.drawing.palette import BONE, GHOST, part_colour
from coxa.report.drawing.raycast import Body, Scene
from coxa.report.drawing.views import View, camera
from coxa.report.pictures.figures import SOLID_ASPECT, SOLID_PX, Figure, figure

if TYPE_CHECKING:
    from coxa.planning.plan import Plan

CLOSE_UP_MM = 75.0
"""Bone this near to the planned centre fills the pictures into the socket."""
PART_FACES_MAX = 2_000_000
"""A part with more faces is shown by its outer shape: rendering it would take longer than planning."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture: its section of the report, scene, view and the points that fill it."""

    section: str
    title: str
    caption: str
    scene: str
    view: View
    filled_by: FloatArray


def reconstruction_figures(parts: Mapping[str, Mesh], plan: Plan, printed: Mesh | None) -> dict[str, list[Figure]]:
    """Return the pictures of the plan by section of the report; those of the whole under ``construct``.

    Parameters
    ----------
    parts : Mapping[str, Mesh]
        ``hip_host`` and what there is of ``hip_native``, ``cup``, ``augment``, ``screw...``; LPS mm.
    plan : Plan
    printed : Mesh or None
        The augment with its porous layer.
    """
    if "hip_host" not in parts:
        return {}
    if printed is not None and len(printed.faces) > PART_FACES_MAX:
        printed = None
    bodies = _scenes(parts, printed)
    built: dict[str, Scene] = {}
    frame = RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    figures: dict[str, list[Figure]] = {}
    for shot in _shots(parts, plan, printed):
        if shot.scene not in built:
            built[shot.scene] = Scene(bodies[shot.scene])
        eye = camera(shot.view, plan.side, frame, shot.filled_by, SOLID_ASPECT)
        alt = f"{plan.side} hip, {shot.title.lower()}. {shot.caption}"
        pixels = built[shot.scene].render(eye, SOLID_PX)
        figures.setdefault(shot.section, []).append(figure(pixels, shot.title, shot.caption, alt))
    return figures


def _scenes(parts: Mapping[str, Mesh], printed: Mesh | None) -> dict[str, list[Body]]:
    host = Body(parts["hip_host"], BONE)
    metal = {name: Body(mesh, part_colour(name)) for name, mesh in parts.items() if not name.startswith("hip")}
    cup = [body for name, body in metal.items() if name == "cup"]
    scenes = {
        "bone": [host],
        "cup": [host, *cup],
        "all": [host, *metal.values()],
        "transparent": [Body(host.mesh, BONE, 0.5), *metal.values()],
    }
    if "hip_native" in parts:
        scenes["native"] = [host, Body(parts["hip_native"], GHOST, 0.55)]
    part = printed if printed is not None else parts.get("augment")
    if part is not None:
        scenes["augment"] = [Body(part, part_colour("augment"))]
    return scenes


def _shots(parts: Mapping[str, Mesh], plan: Plan, printed: Mesh | None) -> list[Shot]:
    bone = parts["hip_host"].vertices_lps_mm
    near = bone[np.linalg.norm(bone - plan.cup.centre_lps_mm, axis=1) < CLOSE_UP_MM]
    near = near if len(near) else bone
    what = "Cup, augment and screws" if "augment" in parts else "Cup and screws; no augment is planned"
    shots = [
        Shot("defect", "Host bone", "Implant and femur are not shown.", "bone", View.ACETABULAR, near),
        Shot("cup", "Planned cup", "Bone visible inside the cup is removed by reaming.", "cup", View.ACETABULAR, near),
        Shot("construct", "View into the acetabulum", f"{what}.", "all", View.ACETABULAR, near),
        Shot("construct", "Lateral view", f"{what}.", "all", View.LATERAL, bone),
        Shot("construct", "Anterior view", f"{what}.", "all", View.ANTERIOR, bone),
        Shot("screws", "Posterior view", "Screw paths; bone transparent.", "transparent", View.POSTERIOR, bone),
        Shot("screws", "Medial view", "A screw visible here penetrates the inner cortex.", "all", View.MEDIAL, bone),
        Shot("screws", "Medial view", "Screw tips; bone transparent.", "transparent", View.MEDIAL, bone),
    ]
    if "hip_native" in parts:
        caption = "Ivory: host bone. Blue-green, transparent: bone that is lost."
        native = parts["hip_native"].vertices_lps_mm
        shots.append(Shot("defect", "Reconstructed native bone", caption, "native", View.ACETABULAR, native))
    part = printed if printed is not None else parts.get("augment")
    if part is not None:
        shown, points = (
            "Manufactured part with porous layer." if part is printed else "Outer shape.",
            part.vertices_lps_mm,
        )
        shots.append(Shot("augment", "Augment, cup side", shown, "augment", View.ACETABULAR, points))
        shots.append(Shot("augment", "Augment, bone side", shown, "augment", View.BEHIND_SOCKET, points))
    return shots
