"""3MF, the printer's format with a unit (ISO/IEC 25422), through the standard's own library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coxa.errors import UnreadableInputError, UsageError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh

NAMESPACE = "urn:coxa:part:1"
"""Names Coxa's own metadata, as the standard asks."""

INSTALL = "this platform has no ready build of lib3mf; choose --format stl, or install one: pip install lib3mf"

_MATERIAL_RGBA = (170, 175, 180, 255)
"""Colour in which a part is shown: the grey of titanium, opaque."""
_MM_PER_UNIT = (0.001, 1.0, 10.0, 25.4, 304.8, 1000.0)
"""Micrometre, millimetre, centimetre, inch, foot, metre: the standard's units in the library's order."""


def write_3mf(path: Path, name: str, mesh: Mesh, material: str, notes: Mapping[str, str]) -> None:
    """Write one part: unit millimetre, coordinates as they are (LPS), material and notes.

    Parameters
    ----------
    path : Path
    name : str
        Of the object.
    mesh : Mesh
    material : str
    notes : Mapping[str, str]
        Metadata under Coxa's namespace.

    Raises
    ------
    UsageError
        When the library is not there.
    """
    library, wrapper = _library()
    model = wrapper.CreateModel()
    model.SetUnit(library.ModelUnit.MilliMeter)
    group = model.GetMetaDataGroup()
    group.AddMetaData("", "Title", name, "xs:string", True)
    group.AddMetaData("", "Application", notes.get("Software", "coxa"), "xs:string", True)
    for key, text in notes.items():
        group.AddMetaData(NAMESPACE, key, text, "xs:string", True)
    materials = model.AddBaseMaterialGroup()
    chosen = materials.AddMaterial(material, wrapper.RGBAToColor(*_MATERIAL_RGBA))
    body = model.AddMeshObject()
    body.SetName(name)
    vertices, faces = mesh.vertices_lps_mm.astype("<f4"), mesh.faces.astype("<u4")
    body.SetGeometry(
        (library.Position * len(vertices)).from_buffer_copy(vertices.tobytes()),
        (library.Triangle * len(faces)).from_buffer_copy(faces.tobytes()),
    )
    body.SetObjectLevelProperty(materials.GetUniqueResourceID(), chosen)
    model.AddBuildItem(body, wrapper.GetIdentityTransform())
    model.QueryWriter("3mf").WriteToFile(str(path))


def read_3mf(path: Path) -> tuple[FloatArray, IntArray]:
    """Return vertices in mm (N, 3) and faces (M, 3) of all build items of a 3MF file, where the file places them.

    Raises
    ------
    UnreadableInputError
        When it is not a 3MF file.
    UsageError
        When the library is not there.
    """
    library, wrapper = _library()
    model = wrapper.CreateModel()
    try:
        model.QueryReader("3mf").ReadFromFile(str(path))
        scale = _MM_PER_UNIT[int(model.GetUnit())]
        parts = [_placed(library, item) for item in _each(model.GetBuildItems())]
    except library.ELib3MFException as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read as 3MF: it is damaged") from error
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in parts])
    if not parts:
        return np.empty((0, 3)), np.empty((0, 3), dtype=np.int64)
    faces = [faces + start for (_, faces), start in zip(parts, starts[:-1], strict=True)]
    return scale * np.concatenate([vertices for vertices, _ in parts]), np.concatenate(faces)


def _placed(library: Any, item: Any) -> tuple[FloatArray, IntArray]:
    body = item.GetObjectResource()
    if not body.IsMeshObject():
        return np.empty((0, 3)), np.empty((0, 3), dtype=np.int64)
    points, triangles = body.GetVertices(), body.GetTriangleIndices()
    vertices = np.frombuffer((library.Position * len(points))(*points), dtype="<f4").reshape(-1, 3)
    faces = np.frombuffer((library.Triangle * len(triangles))(*triangles), dtype="<u4").reshape(-1, 3)
    # Rows of the 4 x 3 transform: images of x, y, z, then the translation.
    rows = np.array([list(row) for row in item.GetObjectTransform().Fields])
    return vertices.astype(np.float64) @ rows[:3] + rows[3], faces.astype(np.int64)


def _each(iterator: Any) -> list[Any]:
    found = []
    while iterator.MoveNext():
        found.append(iterator.GetCurrent())
    return found


def _library() -> tuple[Any, Any]:
    try:
        import lib3mf
        from lib3mf import Lib3MF
    except (ImportError, OSError) as error:
        raise UsageError(INSTALL) from error
    return Lib3MF, lib3mf.get_wrapper()
