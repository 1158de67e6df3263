"""Large meshes worked on in pieces."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import IntArray
from coxa.geometry.mesh import Mesh


def compact_patches(mesh: Mesh, most_faces: int) -> list[IntArray]:
    """Return the faces of a mesh in patches of no more than ``most_faces``, halved across their longest side."""
    places = mesh.vertices_lps_mm.astype(np.float32)[mesh.faces[:, 0]]
    waiting, patches = [np.arange(len(mesh.faces))], []
    while waiting:
        faces = waiting.pop()
        if len(faces) <= most_faces:
            patches.append(faces)
            continue
        here = places[faces]
        across = here[:, np.argmax(np.ptp(here, axis=0))]
        order = np.argpartition(across, len(faces) // 2)
        waiting += [faces[order[len(faces) // 2 :]], faces[order[: len(faces) // 2]]]
    return patches


def patch_of(mesh: Mesh, faces: IntArray) -> Mesh:
    """Return some faces of a mesh, with the vertices they use."""
    used, corners = np.unique(mesh.faces[faces], return_inverse=True)
    return Mesh(mesh.vertices_lps_mm[used], corners.reshape(-1, 3))
