"""3MF, the printer's format with a unit (ISO/IEC 25422), through the standard's own library."""

from __future__ import annotations

import re
import zipfile
import zlib
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

_ELEMENT = re.compile(rb"<(?:\w+:)?(object|component)\b([^>]*)>")
_IDENTITY = re.compile(rb"""\b(?:object)?id\s*=\s*["'](\w+)["']""")
MOST_UNPACKED_BYTES = 600_000_000
"""Of a 3MF archive."""
MOST_TRIANGLES = 20_000_000
"""Of all parts together."""
MOST_PARTS = 10_000
"""Meshes, as placed."""
DEEPEST_COMPONENTS = 32
"""More than any part has; without bounds ten objects of ten components each are ten thousand million triangles."""

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
    _require_modest(path)
    library, wrapper = _library()
    model = wrapper.CreateModel()
    placed = _Placed(library)
    try:
        model.QueryReader("3mf").ReadFromFile(str(path))
        scale = _MM_PER_UNIT[int(model.GetUnit())]
        for item in _each(model.GetBuildItems()):
            placed.add(item.GetObjectResource(), [_matrix(item.GetObjectTransform())])
    except (library.ELib3MFException, UnicodeError) as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read as 3MF: it is damaged") from error
    vertices, faces = placed.joined()
    return scale * vertices, faces


class _Placed:
    """Meshes at their places; an object of components is the meshes of its components."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._bodies: dict[int, tuple[FloatArray, IntArray]] = {}
        self._parts: list[tuple[FloatArray, IntArray]] = []
        self._triangles = 0

    def add(self, body: Any, matrices: list[FloatArray]) -> None:
        """Add an object; ``matrices`` (4, 3) place it, the innermost last.

        Raises
        ------
        UnreadableInputError
            When components lie in one another without end, or are more than any part has.
        """
        if len(matrices) > DEEPEST_COMPONENTS:
            raise _too_much(f"components {DEEPEST_COMPONENTS} deep")
        if body.IsMeshObject():
            vertices, faces = self._body(body)
            self._triangles += len(faces)
            if self._triangles > MOST_TRIANGLES or len(self._parts) >= MOST_PARTS:
                raise _too_much(f"{MOST_PARTS} parts or {MOST_TRIANGLES} triangles")
            for rows in reversed(matrices):
                vertices = vertices @ rows[:3] + rows[3]
            # A mirroring transform turns every triangle inside out; the standard has its order of corners reversed.
            mirrored = np.prod([np.sign(np.linalg.det(rows[:3])) for rows in matrices]) < 0
            self._parts.append((vertices, faces[:, ::-1] if mirrored else faces))
        elif body.IsComponentsObject():
            for number in range(body.GetComponentCount()):
                component = body.GetComponent(number)
                self.add(component.GetObjectResource(), [*matrices, _matrix(component.GetTransform())])

    def joined(self) -> tuple[FloatArray, IntArray]:
        """Return all vertices and faces."""
        if not self._parts:
            return np.empty((0, 3)), np.empty((0, 3), dtype=np.int64)
        starts = np.cumsum([0] + [len(vertices) for vertices, _ in self._parts])
        faces = [faces + start for (_, faces), start in zip(self._parts, starts[:-1], strict=True)]
        return np.concatenate([vertices for vertices, _ in self._parts]), np.concatenate(faces)

    def _body(self, body: Any) -> tuple[FloatArray, IntArray]:
        key = int(body.GetUniqueResourceID())
        if key not in self._bodies:
            points, triangles = body.GetVertices(), body.GetTriangleIndices()
            vertices = np.frombuffer((self._library.Position * len(points))(*points), dtype="<f4").reshape(-1, 3)
            faces = np.frombuffer((self._library.Triangle * len(triangles))(*triangles), dtype="<u4").reshape(-1, 3)
            self._bodies[key] = vertices.astype(np.float64), faces.astype(np.int64)
        return self._bodies[key]


def _matrix(transform: Any) -> FloatArray:
    """Return the 4 x 3 transform: rows are the images of x, y, z, then the translation."""
    return np.array([list(row) for row in transform.Fields], dtype=np.float64)


def _require_modest(path: Path) -> None:
    """Refuse an archive that unpacks to more than any part does, before it is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if total > MOST_UNPACKED_BYTES or len(members) > MOST_PARTS:
                raise _too_much(f"{MOST_UNPACKED_BYTES / 1e6:.0f} MB unpacked")
            models = [archive.read(member) for member in members if member.filename.lower().endswith(".model")]
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read as 3MF: it is damaged") from error
    if any(b"<!ENTITY" in model for model in models):
        raise UnreadableInputError(f"'{path.name}' defines XML entities, which no 3MF does: export it again")
    _require_few_parts(models)


def _require_few_parts(models: list[bytes]) -> None:
    """Refuse components of components that are more parts than any file has; the library would count them one by one.

    An object stands before those that refer to it, so one pass is enough.
    """
    parts: dict[bytes, int] = {}
    for model in models:
        current, of_components = b"", 0
        for found in _ELEMENT.finditer(model):
            identity = _IDENTITY.search(found[2])
            name = identity[1] if identity else b""
            if found[1] == b"object":
                current, of_components = name, 0
                parts[current] = 1
            elif found[1] == b"component":
                of_components += parts.get(name, 1)
                parts[current] = of_components
            if of_components > MOST_PARTS:
                raise _too_much(f"{MOST_PARTS} parts")


def _too_much(what: str) -> UnreadableInputError:
    return UnreadableInputError(f"the 3MF holds more than {what}, more than any part: simplify the mesh")


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
