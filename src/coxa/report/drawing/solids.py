"""Meshes made light enough to picture, and simple bodies for what has no mesh of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from coxa.geometry.arrays import unit
from coxa.geometry.mesh import Mesh

if TYPE_CHECKING:
    from coxa.planning.screws.values import Screw

PICTURE_FACES = 40_000
"""Enough triangles of a bone for a still picture 600 pixels wide."""


def lighter(mesh: Mesh, faces: int) -> Mesh:
    """Return the mesh with at most about ``faces`` triangles; for pictures, never for measuring."""
    if len(mesh.faces) <= faces:
        return mesh
    import fast_simplification

    middle = mesh.vertices_lps_mm.mean(0)
    points, triangles = fast_simplification.simplify(
        (mesh.vertices_lps_mm - middle).astype(np.float32), mesh.faces.astype(np.int32), target_count=faces
    )
    return Mesh(points + middle, triangles)


def lighter_all(meshes: Mapping[str, Mesh], faces: int) -> dict[str, Mesh]:
    """Return every mesh that is not empty, made lighter."""
    return {name: lighter(mesh, faces) for name, mesh in meshes.items() if not mesh.is_empty}


def screw_bodies(screws: Sequence[Screw]) -> dict[str, Mesh]:
    """Return each screw as a plain rod, by ``screw_1``, ``screw_2`` ..."""
    return {f"screw_{n}": rod(screw) for n, screw in enumerate(screws, start=1)}


def rod(screw: Screw, sides: int = 24) -> Mesh:
    """Return a closed cylinder of the screw's diameter and length, from its entry along its direction."""
    along = unit(screw.direction_lps)
    first = unit(np.cross(along, np.eye(3)[int(np.abs(along).argmin())]))
    second = np.cross(along, first)
    angle = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)[:, None]
    ring = 0.5 * screw.diameter_mm * (np.cos(angle) * first + np.sin(angle) * second)
    start, end = np.asarray(screw.entry_lps_mm), screw.entry_lps_mm + screw.length_mm * along
    vertices = np.concatenate([ring + start, ring + end, [start, end]])
    n = np.arange(sides)
    following = (n + 1) % sides
    wall = [np.stack([n, following, n + sides], 1), np.stack([following, following + sides, n + sides], 1)]
    caps = [
        np.stack([following, n, np.full(sides, 2 * sides)], 1),
        np.stack([n + sides, following + sides, np.full(sides, 2 * sides + 1)], 1),
    ]
    return Mesh(vertices, np.concatenate(wall + caps))
