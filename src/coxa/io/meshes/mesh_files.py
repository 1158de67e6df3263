"""Meshes in files: binary STL out; STL, PLY, OBJ, GLB and 3MF in. LPS mm on our side of the door."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.errors import MeshError, UnreadableInputError
from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.io.meshes.mesh_formats import read_with_trimesh
from coxa.io.meshes.three_mf import read_3mf

STL_HEADER = b"coxa binary STL; SPACE=LPS; UNIT=mm"
"""What Slicer and people read; never begins with 'solid', which would mark an ASCII file."""
LARGEST_FILE_BYTES = 1_500_000_000
"""Of a mesh file."""
MESH_SUFFIXES = (".stl", ".ply", ".obj", ".glb", ".3mf")
LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""A mesh in RAS counts right and anterior from the other end."""

_FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
"""One facet of a binary STL file."""


def write_stl(path: Path, mesh: Mesh, remark: str = "") -> str:
    """Write a binary STL in LPS mm, without the triangles that vanish in STL's single precision.

    Parameters
    ----------
    path : Path
    mesh : Mesh
    remark : str
        Put into the header after frame and unit; short, ASCII.

    Returns
    -------
    str
        SHA-256 of the file, hexadecimal.

    Raises
    ------
    MeshError
        When the mesh has no faces.
    """
    if mesh.is_empty:
        raise MeshError(f"'{path.name}' would hold no triangle: there is nothing to write")
    rounded = in_single_precision(mesh)
    facets = np.zeros(len(rounded.faces), dtype=_FACET)
    facets["normal"] = rounded.face_normals()[0]
    facets["corners"] = rounded.vertices_lps_mm[rounded.faces]
    header = STL_HEADER + (f"; {remark}" if remark else "").encode("ascii")
    content = header[:80].ljust(80) + np.uint32(len(facets)).astype("<u4").tobytes() + facets.tobytes()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def reread_stl(path: Path, mesh: Mesh) -> Mesh:
    """Read a written STL back and compare it with what was meant.

    STL keeps single precision, 0.06 micrometre at 1 m from the origin, 0.12 at 2 m: sheets nearer than that touch.

    Returns
    -------
    Mesh
        As the receiver of the file will see it.

    Raises
    ------
    MeshError
        When triangles or the volume changed, or a closed surface no longer is.
    """
    again = read_mesh(path)
    expected = len(in_single_precision(mesh).faces)
    if len(again.faces) != expected:
        raise MeshError(f"'{path.name}' re-reads with {len(again.faces)} triangles instead of {expected}")
    if abs(again.volume_ml - mesh.volume_ml) > 1e-3 * max(abs(mesh.volume_ml), 1e-3):
        raise MeshError(f"'{path.name}' re-reads with {again.volume_ml:.4f} ml instead of {mesh.volume_ml:.4f} ml")
    opened = open_edges(again)
    if opened > 0 and open_edges(mesh) == 0:
        raise MeshError(
            f"'{path.name}' re-reads with {opened} edges that are not between exactly two triangles: parts "
            "of the mesh touch in STL's single precision; simplify the mesh"
        )
    return again


def in_single_precision(mesh: Mesh) -> Mesh:
    """Round the vertices as STL does, merge those that coincide and drop the triangles that vanish.

    A triangle with two equal corners closes like a collapsed edge; two triangles back to back cancel.
    """
    vertices, index = _equal_points(mesh.vertices_lps_mm.astype(np.float32))
    faces = index[mesh.faces]
    a, b, c = faces.T
    kept = faces[(a != b) & (b != c) & (c != a)]
    if len(kept) < len(faces):
        # Only triangles at a merged vertex can have come to lie back to back.
        near = (np.bincount(index, minlength=len(vertices)) > 1)[kept].any(1)
        pairs = np.zeros(len(kept), dtype=bool)
        pairs[near] = _back_to_back(kept[near])
        kept = kept[~pairs]
    return Mesh(vertices, kept)


def _back_to_back(faces: IntArray) -> BoolArray:
    """Tell which triangles share their corners with one of opposite turn."""
    order = np.argsort(faces, axis=1)
    even = (order == [0, 1, 2]).all(1) | (order == [1, 2, 0]).all(1) | (order == [2, 0, 1]).all(1)
    corners = np.take_along_axis(faces, order, 1)
    by_corners = np.lexsort(corners.T)
    new = np.r_[True, (np.diff(corners[by_corners], axis=0) != 0).any(1)][: len(faces)]
    group = np.empty(len(faces), dtype=np.int64)
    group[by_corners] = np.cumsum(new) - 1
    balance = np.bincount(group, weights=np.where(even, 1.0, -1.0))
    return np.asarray((balance[group] == 0) & (np.bincount(group)[group] == 2))


def open_edges(mesh: Mesh) -> int:
    """Count the edges that are not shared by exactly two oppositely directed sides."""
    sides = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    base = len(mesh.vertices_lps_mm) + 1
    there, back = np.sort(sides[:, 0] * base + sides[:, 1]), np.sort(sides[:, 1] * base + sides[:, 0])
    if np.array_equal(there, back) and (np.diff(there) > 0).all():  # every side once in each direction
        return 0
    ids = sides.min(1) * base + sides.max(1)
    order = np.argsort(ids, kind="stable")
    _, starts, counts = np.unique(ids[order], return_index=True, return_counts=True)
    balance = np.add.reduceat(np.where(sides[order, 0] < sides[order, 1], 1, -1), starts) if len(ids) else np.empty(0)
    return int(((counts != 2) | (balance != 0)).sum())


def read_mesh(path: Path) -> Mesh:
    """Read STL (binary or ASCII), PLY, OBJ, GLB or 3MF; equal vertices are merged.

    STL, PLY and OBJ hold no unit: millimetres are taken; GLB is in metres, and 3MF says. A header or comment with
    ``SPACE=RAS`` is obeyed, otherwise the coordinates are taken as LPS.

    Raises
    ------
    UnreadableInputError
        Absent, damaged or of another kind.
    MeshError
        Without triangles.
    """
    suffix = path.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        raise UnreadableInputError(
            f"'{path.name}' is not a mesh that Coxa reads; use one of {', '.join(MESH_SUFFIXES)}"
        )
    if not path.is_file():
        raise UnreadableInputError(f"there is no file '{path.name}' at that place")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise UnreadableInputError(
            f"'{path.name}' is larger than {LARGEST_FILE_BYTES / 1e6:.0f} MB: simplify the mesh (0.02 mm is enough)"
        )
    content = path.read_bytes()
    if suffix == ".stl":
        vertices, faces = _read_stl(path, content)
    elif suffix == ".3mf":
        vertices, faces = read_3mf(path)
    else:
        vertices, faces = read_with_trimesh(path)
    if not len(faces):
        raise MeshError(f"'{path.name}' holds no triangle")
    if not np.isfinite(vertices).all():
        raise UnreadableInputError(f"'{path.name}' holds coordinates that are not numbers: it is damaged")
    mesh = Mesh(vertices, faces)
    return mesh.transformed(LPS_FROM_RAS) if b"SPACE=RAS" in content[:1024] else mesh


def _read_stl(path: Path, content: bytes) -> tuple[FloatArray, IntArray]:
    count = int.from_bytes(content[80:84], "little") if len(content) >= 84 else 0
    if len(content) >= 84 and len(content) == 84 + count * _FACET.itemsize:
        corners = np.frombuffer(content, dtype=_FACET, offset=84)["corners"].reshape(-1, 3)
        return merge_equal_points(corners)
    if not content.lstrip()[:5].lower() == b"solid":
        raise UnreadableInputError(f"'{path.name}' is damaged: it is not as long as its {count} triangles need")
    words = [line.split() for line in content.splitlines()]
    try:
        rows = [[float(x) for x in w[1:4]] for w in words if w and w[0].lower() == b"vertex"]
        corners = np.array(rows, dtype=np.float32).reshape(-1, 3)
    except ValueError as error:
        raise UnreadableInputError(f"'{path.name}' is damaged: a vertex line does not hold three numbers") from error
    if len(corners) % 3:
        raise UnreadableInputError(f"'{path.name}' is damaged: it ends within a triangle")
    return merge_equal_points(corners)


def merge_equal_points(corners: npt.NDArray[np.float32]) -> tuple[FloatArray, IntArray]:
    """Return vertices (N, 3) and faces (M, 3) of triangle corners (3 M, 3), bit-equal corners merged."""
    vertices, index = _equal_points(corners)
    return vertices, index.reshape(-1, 3)


def _equal_points(points: npt.NDArray[np.float32]) -> tuple[FloatArray, IntArray]:
    """Return the different points (N, 3) and the index of each given one (M,)."""
    points = np.ascontiguousarray(points) + np.float32(0.0)  # -0.0 becomes 0.0
    bits = points.view(np.uint32).astype(np.uint64)
    # One 64-bit key a point sorts ten times faster than rows; a (never seen) collision falls back to rows.
    key = (bits * np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)).sum(1)
    order = np.argsort(key)
    new = np.r_[True, np.diff(key[order]) != 0][: len(key)]
    index = np.empty(len(key), dtype=np.int64)
    index[order] = np.cumsum(new) - 1
    different = points[order[new]]
    if not np.array_equal(different[index], points):
        different, index = np.unique(points, axis=0, return_inverse=True)
    return different.astype(np.float64), index.reshape(-1).astype(np.int64)
