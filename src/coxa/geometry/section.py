"""Cut a triangle mesh with a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh


@dataclass(frozen=True, eq=False)
class Section:
    """Outlines where a plane cuts a mesh.

    Attributes
    ----------
    points_lps_mm : ndarray (N, 3)
        Where the plane crosses the mesh's edges, each edge once.
    pieces : ndarray (N,) of int
        Which connected outline a point belongs to.
    """

    points_lps_mm: FloatArray
    pieces: IntArray


def plane_section(mesh: Mesh, point_lps_mm: npt.ArrayLike, normal_lps: npt.ArrayLike) -> Section:
    """Return the outlines of a mesh in the plane through ``point_lps_mm`` with ``normal_lps``; empty without a cut.

    Pieces follow the triangles' own connectivity, so they do not depend on how fine the mesh is.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    normal = np.asarray(normal_lps, dtype=np.float64)
    height = mesh.vertices_lps_mm @ normal - float(np.asarray(point_lps_mm, dtype=np.float64) @ normal)
    above = height > 0.0
    first, second, third = (above[corner] for corner in mesh.faces.T)
    faces = mesh.faces[(first != second) | (second != third)]
    if not len(faces):
        return Section(np.empty((0, 3)), np.empty(0, dtype=np.int64))
    edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1), axis=-1)
    crossed = (height[edges[..., 0]] > 0.0) != (height[edges[..., 1]] > 0.0)
    # A cut triangle has exactly two crossed edges: they link two outline points.
    nodes, links = np.unique(edges[crossed], axis=0, return_inverse=True)
    links = links.reshape(-1, 2)
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(nodes), len(nodes)))
    pieces = connected_components(graph, directed=False)[1].astype(np.int64)
    before, after = height[nodes[:, 0]], height[nodes[:, 1]]
    share = (before / (before - after))[:, None]
    start, end = mesh.vertices_lps_mm[nodes[:, 0]], mesh.vertices_lps_mm[nodes[:, 1]]
    return Section(start + share * (end - start), pieces)
