"""Is a mesh the closed, oriented surface of bodies: edges, fans, shells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster

DEGENERATE_AREA_MM2 = 1e-9
"""A smaller triangle has no area and no normal, mm2."""

_SHELLS_PLACED = 50
"""More inverted shells than this are not placed one by one."""


@dataclass(frozen=True, eq=False)
class Topology:
    """Where the mesh is not what it should be: indices of vertices or faces, by kind of fault.

    Attributes
    ----------
    open_vertices : ndarray
        Ends of edges with one face.
    crowded_vertices : ndarray
        Ends of edges with more than two faces, and vertices where separate fans meet.
    turned_vertices : ndarray
        Ends of edges whose two faces run along them in the same direction.
    degenerate_faces : ndarray
    duplicate_faces, doubled_faces : ndarray
        Faces with the three vertices of another: turned as it is, or back to back with it.
    shell_of_face : ndarray (M,)
    shell_volume_ml : ndarray
        Signed: negative when the shell faces inward.
    """

    open_vertices: IntArray
    crowded_vertices: IntArray
    turned_vertices: IntArray
    degenerate_faces: IntArray
    duplicate_faces: IntArray
    doubled_faces: IntArray
    shell_of_face: IntArray
    shell_volume_ml: FloatArray

    @property
    def is_solid(self) -> bool:
        """True when the mesh bounds a volume."""
        return not (len(self.open_vertices) or len(self.crowded_vertices) or len(self.turned_vertices))


def welded(mesh: Mesh) -> Mesh:
    """Return the mesh as a printer reads it from STL: single precision about its middle, equal vertices joined."""
    middle = 0.5 * (mesh.vertices_lps_mm.min(axis=0) + mesh.vertices_lps_mm.max(axis=0))
    single = (mesh.vertices_lps_mm - middle).astype(np.float32) + np.float32(0.0)
    rows = np.ascontiguousarray(single).view(np.dtype((np.void, 12))).ravel()
    _, first, index = np.unique(rows, return_index=True, return_inverse=True)
    return Mesh(single[first].astype(np.float64) + middle, index[mesh.faces])


def inspect_topology(mesh: Mesh) -> Topology:
    """Inspect a welded mesh."""
    faces, edges = mesh.faces, _Edges.of(mesh.faces)
    forward = np.add.reduceat(edges.forward, edges.start, dtype=np.int64) if len(faces) else edges.uses
    crowded = np.union1d(_ends(faces, edges, edges.uses > 2), _split_fans(faces, edges))
    shell = _shells(faces, len(mesh.vertices_lps_mm))
    return Topology(
        _ends(faces, edges, edges.uses == 1),
        crowded,
        _ends(faces, edges, (edges.uses == 2) & (forward != 1)),
        np.flatnonzero(mesh.face_normals()[1] < DEGENERATE_AREA_MM2),
        *_repeated(faces),
        shell,
        mesh.signed_volumes_mm3(shell) / 1000.0,
    )


@dataclass(frozen=True, eq=False)
class _Edges:
    """The sides of all faces, sorted by the edge that they lie on; side n of face f, from corner n on, is 3 f + n.

    Attributes
    ----------
    side : ndarray (3 M,)
    forward : ndarray (3 M,) of bool
        Whether the side runs from the lower to the higher vertex, in the order of ``side``.
    start, uses : ndarray (E,)
        Where each edge's sides begin, and how many it has.
    """

    side: IntArray
    forward: BoolArray
    start: IntArray
    uses: IntArray

    @classmethod
    def of(cls, faces: IntArray) -> _Edges:
        """Sort the sides of faces (M, 3)."""
        begin, end = (faces[:, turn].ravel().astype(np.int32) for turn in ([0, 1, 2], [1, 2, 0]))
        key = np.minimum(begin, end).astype(np.int64)
        key *= int(faces.max(initial=0)) + 1
        key += np.maximum(begin, end)
        side = np.argsort(key, kind="stable")
        key = key[side]
        start = np.flatnonzero(np.r_[len(key) > 0, key[1:] != key[:-1]])
        return cls(side, (begin < end)[side], start, np.diff(start, append=len(key)))


def inverted_outer_shells(mesh: Mesh, topology: Topology) -> IntArray:
    """Return the shells that face inward without lying inside another shell: turned bodies, not cavities."""
    inverted = np.flatnonzero(topology.shell_volume_ml < 0)
    outside = [shell for shell in inverted[:_SHELLS_PLACED] if not _lies_inside_others(mesh, topology, int(shell))]
    return np.array(outside, dtype=np.int64)


def _lies_inside_others(mesh: Mesh, topology: Topology, shell: int) -> bool:
    mine: BoolArray = topology.shell_of_face == shell
    if mine.all():
        return False
    others = RayCaster(Mesh(mesh.vertices_lps_mm, mesh.faces[~mine]))
    corner = mesh.vertices_lps_mm[mesh.faces[mine][0, 0]]
    skew = np.array([[0.36, 0.48, 0.8]])
    crossings = others.crossings(corner[None], skew, reach_mm=1e4)[0]
    return len(crossings) % 2 == 1


def _ends(faces: IntArray, edges: _Edges, chosen: BoolArray) -> IntArray:
    """Return the vertices at the ends of the chosen edges."""
    side = edges.side[edges.start[chosen]]
    return np.unique(faces.ravel()[np.concatenate([side, _next_corner(side)])])


def _next_corner(corner: IntArray) -> IntArray:
    """Return the corners that follow in their faces."""
    return np.asarray(corner + np.where(corner % 3 == 2, -2, 1))


def _repeated(faces: IntArray) -> tuple[IntArray, IntArray]:
    """Return the faces whose three vertices occurred before, turned as the first one and turned otherwise."""
    low, high = faces.min(axis=1), faces.max(axis=1)
    between = faces.sum(axis=1) - low - high
    order = np.lexsort((between, high, low))
    same = (low[order[1:]] == low[order[:-1]]) & (high[order[1:]] == high[order[:-1]])
    again = np.flatnonzero(same & (between[order[1:]] == between[order[:-1]])) + 1
    if not len(again):
        return again, again
    # The first of each group: the last place before that is not itself a repeat.
    is_first = np.ones(len(order), dtype=bool)
    is_first[again] = False
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))[again]
    alike = _turn(faces[order[again]]) == _turn(faces[order[first]])
    return np.sort(order[again[alike]]), np.sort(order[again[~alike]])


def _turn(faces: IntArray) -> BoolArray:
    """Tell which faces name their vertices in an even permutation of ascending order."""
    a, b, c = faces.T
    return np.asarray((a < b).astype(int) + (b < c) + (c < a) == 2)


def _shells(faces: IntArray, vertex_count: int) -> IntArray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = (faces[:, pair].ravel().astype(np.int32) for pair in ([0, 1], [1, 2]))
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(vertex_count, vertex_count))
    label = connected_components(links, directed=False)[1][faces[:, 0]]
    return np.asarray(np.unique(label, return_inverse=True)[1], dtype=np.int64)


def _split_fans(faces: IntArray, edges: _Edges) -> IntArray:
    """Return the vertices whose faces form more than one fan (checked over edges with two faces)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Corners are nodes; two faces at an edge join their corners at its either end.
    vertex = faces.ravel()
    two = edges.start[edges.uses == 2]
    one, other = edges.side[two], edges.side[two + 1]
    same = vertex[one] == vertex[other]
    rows = np.concatenate([one, _next_corner(one)], dtype=np.int32, casting="same_kind")
    turned = _next_corner(other)
    columns = np.concatenate(
        [np.where(same, other, turned), np.where(same, turned, other)], dtype=np.int32, casting="same_kind"
    )
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(vertex), len(vertex)))
    count, fan = connected_components(links, directed=False)
    fan_vertex = np.empty(count, dtype=np.int64)
    fan_vertex[fan] = vertex
    fans_here = np.bincount(fan_vertex, minlength=int(vertex.max()) + 1)
    # A border vertex of an open mesh has a broken fan; it is reported as open, not here.
    border = edges.side[np.repeat(edges.uses != 2, edges.uses)]
    border_vertices = vertex[np.concatenate([border, _next_corner(border)])]
    return np.setdiff1d(np.flatnonzero(fans_here > 1), border_vertices)
