"""Large meshes worked on in pieces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh


def compact_patches(mesh: Mesh, most_faces: int, faces: IntArray | None = None) -> list[IntArray]:
    """Return faces of a mesh (all by default) in patches of ``most_faces`` at most, halved where they are longest."""
    places = mesh.vertices_lps_mm.astype(np.float32)[mesh.faces[:, 0]]
    waiting, patches = [np.arange(len(mesh.faces)) if faces is None else faces], []
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
    corners = mesh.faces[faces]
    used = np.zeros(len(mesh.vertices_lps_mm), dtype=bool)
    used[corners] = True
    return Mesh(mesh.vertices_lps_mm[used], (np.cumsum(used) - 1)[corners])


class FaceCells:
    """The corners of a mesh's faces sorted into cubes, to find the faces about some places fast.

    Parameters
    ----------
    mesh : Mesh
    side_mm : float
        Of the cubes.
    """

    def __init__(self, mesh: Mesh, side_mm: float) -> None:
        vertices = mesh.vertices_lps_mm
        self._faces, self._side_mm, self._low = mesh.faces, side_mm, vertices.min(axis=0)
        self._shape = tuple(int(n) + 1 for n in (vertices.max(axis=0) - self._low) // side_mm)
        self._of_vertex = self._cells(vertices)

    def about_points(self, points_lps_mm: FloatArray) -> IntArray:
        """Return the faces with a corner in a cube that holds one of the points (N, 3), or in one beside it."""
        return self._beside(self._cells(points_lps_mm))

    def about_faces(self, faces: IntArray) -> IntArray:
        """Return the faces with a corner in a cube that holds a corner of the given ones, or in one beside it."""
        return self._beside(self._of_vertex[self._faces[faces]])

    def _beside(self, cells: npt.NDArray[np.int32]) -> IntArray:
        marked = np.zeros(self._shape, dtype=bool)
        marked.ravel()[cells] = True
        near = ndimage.binary_dilation(marked, np.ones((3, 3, 3))).ravel()[self._of_vertex]
        return np.flatnonzero(near[self._faces[:, 0]] | near[self._faces[:, 1]] | near[self._faces[:, 2]])

    def _cells(self, points_lps_mm: FloatArray) -> npt.NDArray[np.int32]:
        at = tuple(((points_lps_mm - self._low) // self._side_mm).astype(np.int32).T)
        return np.asarray(np.ravel_multi_index(at, self._shape, mode="clip"), dtype=np.int32)
