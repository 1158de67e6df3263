"""The plan in pictures: bone left, cup, augment, screws, and the augment by itself."""

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
"""A finer printed part is pictured by its outer shape: its own picture would take longer than the plan."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture to take: of which scene, from where, filled by which points."""

    title: str
    caption: str
    scene: str
    view: View
    filled_by: FloatArray


def reconstruction_figures(parts: Mapping[str, Mesh], plan: Plan, printed: Mesh | None) -> list[Figure]:
    """Return the steps of the plan as pictures.

    Parameters
    ----------
    parts : Mapping[str, Mesh]
        ``hip_host`` and what there is of ``hip_native``, ``cup``, ``augment``, ``screw...``; LPS mm.
    plan : Plan
    printed : Mesh or None
        The augment with its porous layer.
    """
    if "hip_host" not in parts:
        return []
    if printed is not None and len(printed.faces) > PART_FACES_MAX:
        printed = None
    bodies = _scenes(parts, printed)
    built: dict[str, Scene] = {}
    frame = RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    figures = []
    for shot in _shots(parts, plan, printed):
        if shot.scene not in built:
            built[shot.scene] = Scene(bodies[shot.scene])
        eye = camera(shot.view, plan.side, frame, shot.filled_by, SOLID_ASPECT)
        alt = f"{plan.side} hip, {shot.title.lower()}. {shot.caption}"
        figures.append(figure(built[shot.scene].render(eye, SOLID_PX), shot.title, shot.caption, alt))
    return figures


def _scenes(parts: Mapping[str, Mesh], printed: Mesh | None) -> dict[str, list[Body]]:
    host = Body(parts["hip_host"], BONE)
    metal = {name: Body(mesh, part_colour(name)) for name, mesh in parts.items() if not name.startswith("hip")}
    cup = [body for name, body in metal.items() if name == "cup"]
    scenes = {
        "bone": [host],
        "cup": [host, *cup],
        "all": [host, *metal.values()],
        "see-through": [Body(host.mesh, BONE, 0.5), *metal.values()],
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
        Shot("Bone left", "Implant and femur taken away.", "bone", View.ACETABULAR, near),
        Shot("With the cup", "Bone seen inside the cup is what reaming removes.", "cup", View.ACETABULAR, near),
        Shot("The whole plan", f"{what}, into the socket.", "all", View.ACETABULAR, near),
        Shot("From the side", f"{what}.", "all", View.LATERAL, bone),
        Shot("From the front", f"{what}.", "all", View.ANTERIOR, bone),
        Shot("From behind, bone see-through", "Where the screws reach.", "see-through", View.POSTERIOR, bone),
        Shot("From inside the pelvis", "No screw may be seen here: it would stand out.", "all", View.MEDIAL, bone),
        Shot("From inside, bone see-through", "Where the screws end.", "see-through", View.MEDIAL, bone),
    ]
    if "hip_native" in parts:
        caption = "Ivory: bone left. Blue-green glass: the bone that is missing."
        native = parts["hip_native"].vertices_lps_mm
        shots.append(Shot("Against the native hip bone", caption, "native", View.ACETABULAR, native))
    part = printed if printed is not None else parts.get("augment")
    if part is not None:
        look = "As printed, with its porous layer." if part is printed else "Its outer shape."
        shots.append(Shot("Augment, side of the cup", look, "augment", View.ACETABULAR, part.vertices_lps_mm))
        shots.append(Shot("Augment, side of the bone", look, "augment", View.BEHIND_SOCKET, part.vertices_lps_mm))
    return shots
