"""Meshes as PLY, OBJ, glTF and ASCII text, read and written by trimesh; frame and unit said in the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from coxa.errors import UnreadableInputError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh

GLTF_FROM_LPS_MM = np.array(
    [[1e-3, 0.0, 0.0, 0.0], [0.0, 0.0, 1e-3, 0.0], [0.0, -1e-3, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)
"""glTF is in metres with y up and the front towards +z: superior becomes y, anterior z, left stays x."""

OBJ_DIGITS = 6
"""Decimals of a coordinate in mm in an OBJ file."""


def write_with_trimesh(path: Path, mesh: Mesh, notes: Mapping[str, str]) -> None:
    """Write ``.ply`` (binary), ``.obj`` or ``.glb`` by the path's suffix; the notes stand in comments or extras.

    PLY and OBJ are in LPS mm. A GLB follows its standard (metres, y up): its node carries the transform, so that
    every viewer shows it upright and in its true size; the vertices themselves are LPS mm.
    """
    import trimesh
    from trimesh.exchange.obj import export_obj
    from trimesh.exchange.ply import export_ply

    body = trimesh.Trimesh(mesh.vertices_lps_mm, mesh.faces, process=False, validate=False)
    said = [f"{key}={value}" for key, value in notes.items()]
    if path.suffix == ".ply":
        content = export_ply(body, encoding="binary", vertex_normal=False, include_attributes=False)
        start = b"format binary_little_endian 1.0\n"
        comments = "".join(f"comment {line}\n" for line in said).encode("ascii")
        path.write_bytes(content.replace(start, start + comments, 1))
    elif path.suffix == ".obj":
        text = export_obj(body, include_normals=False, include_color=False, include_texture=False, digits=OBJ_DIGITS)
        path.write_text("".join(f"# {line}\n" for line in said) + text, encoding="ascii")
    else:
        scene = trimesh.Scene(metadata=dict(notes))
        scene.add_geometry(body, node_name=path.stem, geom_name=path.stem, transform=GLTF_FROM_LPS_MM)
        path.write_bytes(scene.export(file_type="glb"))


def read_with_trimesh(path: Path) -> tuple[FloatArray, IntArray]:
    """Return vertices in mm (N, 3), equal ones merged, and faces (M, 3) of a PLY, OBJ or GLB file.

    Raises
    ------
    UnreadableInputError
        When trimesh cannot read it.
    """
    import trimesh

    try:
        loaded = trimesh.load(path, process=False, force="mesh")
        vertices = np.asarray(loaded.vertices, dtype=np.float64)
        faces = np.asarray(loaded.faces, dtype=np.int64).reshape(-1, 3)
    except Exception as error:  # trimesh's readers raise whatever their parsing meets
        raise UnreadableInputError(f"'{path.name}' cannot be read as a mesh: it is damaged") from error
    if path.suffix.lower() == ".glb":
        back = np.linalg.inv(GLTF_FROM_LPS_MM)
        # Single precision is lost again where metres became millimetres: a hundredth of a micrometre is kept.
        vertices = np.round(vertices @ back[:3, :3].T + back[:3, 3], 5)
    _, first, index = np.unique(vertices, axis=0, return_index=True, return_inverse=True)
    return vertices[first], index.reshape(-1)[faces]
