"""3MF objects of components at their places, and mesh files that no part is like."""

import json
import zipfile

import numpy as np
import pytest

from coxa.errors import InputRefusedError, UnreadableInputError
from coxa.io.meshes.mesh_files import read_mesh

CORNERS = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 5]], dtype=float)
OUTWARD = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
"""A tetrahedron of 5 mm3 whose triangles look outwards."""
IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


def three_mf(path, build):
    """Write a 3MF in which ``build(model, body, components)`` puts things together from one tetrahedron."""
    lib3mf = pytest.importorskip("lib3mf", reason="no ready build of lib3mf here")
    from lib3mf import Lib3MF

    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    body = model.AddMeshObject()
    body.SetGeometry(
        [Lib3MF.Position((Lib3MF.ctypes.c_float * 3)(*corner)) for corner in CORNERS],
        [Lib3MF.Triangle((Lib3MF.ctypes.c_uint32 * 3)(*face)) for face in OUTWARD],
    )

    def placed(rows):
        return Lib3MF.Transform(tuple((Lib3MF.ctypes.c_float * 3)(*row) for row in rows))

    build(model, body, placed)
    model.QueryWriter("3mf").WriteToFile(str(path))


def test_an_object_of_components_is_its_meshes_where_they_are_placed(tmp_path):
    def build(model, body, placed):
        inner = model.AddComponentsObject()
        inner.AddComponent(body, placed([[1, 0, 0], [0, 1, 0], [0, 0, 1], [100, 0, 0]]))
        inner.AddComponent(body, placed([[0, 1, 0], [-1, 0, 0], [0, 0, 1], [0, 0, 0]]))  # x becomes y
        outer = model.AddComponentsObject()
        outer.AddComponent(inner, placed([[2, 0, 0], [0, 2, 0], [0, 0, 2], [0, 0, 7]]))
        model.AddBuildItem(outer, placed([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 50, 0]]))

    three_mf(tmp_path / "a.3mf", build)
    mesh = read_mesh(tmp_path / "a.3mf")
    first = CORNERS + np.array([100, 0, 0])
    second = CORNERS @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    expected = 2 * np.concatenate([first, second]) + [0, 50, 7]
    assert mesh.vertices_lps_mm == pytest.approx(expected)
    assert mesh.volume_ml == pytest.approx(2 * 8 * 5e-3)


@pytest.mark.parametrize("by", ["component", "item"])
def test_a_mirrored_component_still_looks_outwards(tmp_path, by):
    mirror = [[-1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]

    def build(model, body, placed):
        group = model.AddComponentsObject()
        group.AddComponent(body, placed(mirror if by == "component" else IDENTITY))
        model.AddBuildItem(group, placed(mirror if by == "item" else IDENTITY))

    three_mf(tmp_path / "a.3mf", build)
    mesh = read_mesh(tmp_path / "a.3mf")
    assert mesh.volume_ml == pytest.approx(5e-3)  # not minus that
    assert mesh.vertices_lps_mm[:, 0].min() == pytest.approx(-2)


def test_components_that_multiply_without_end_are_refused(tmp_path):
    sound, endless = tmp_path / "sound.3mf", tmp_path / "endless.3mf"
    write_nested(sound, 2)
    assert len(read_mesh(sound).faces) == 100 * len(OUTWARD)
    write_nested(endless, 10)
    with pytest.raises(UnreadableInputError, match="more than any part"):
        read_mesh(endless)


def write_nested(path, levels: int) -> None:
    """Write ten components of ten components ... of one tetrahedron, by hand."""
    corners = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in CORNERS)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in OUTWARD)
    objects = f'<object id="1" type="model"><mesh><vertices>{corners}</vertices><triangles>{faces}</triangles></mesh>'
    for level in range(levels):
        inner = f'<component objectid="{level + 1}"/>' * 10
        objects += f'</object><object id="{level + 2}" type="model"><components>{inner}</components>'
    model = (
        '<model unit="millimeter" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'{objects}</object></resources><build><item objectid="{levels + 1}"/></build></model>'
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        'Target="/3D/3dmodel.model" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>'
        "</Relationships>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", types), ("_rels/.rels", relations), ("3D/3dmodel.model", model)):
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)


def test_a_3mf_that_unpacks_without_end(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "a.3mf", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("3D/m.model", "w") as m,
    ):
        for _ in range(700):
            m.write(bytes(1_000_000))
    with pytest.raises(UnreadableInputError, match="600 MB unpacked"):
        read_mesh(tmp_path / "a.3mf")


@pytest.mark.parametrize("index", [4, -1, 2**31 - 1])
def test_a_ply_whose_triangles_name_corners_that_are_not_there(tmp_path, index):
    text = (
        "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 4\nproperty list uchar int vertex_indices\nend_header\n"
    )
    text += "".join(f"{x} {y} {z}\n" for x, y, z in CORNERS)
    faces = OUTWARD.tolist()
    (tmp_path / "sound.ply").write_text(text + "".join(f"3 {a} {b} {c}\n" for a, b, c in faces), encoding="ascii")
    assert read_mesh(tmp_path / "sound.ply").volume_ml == pytest.approx(5e-3)
    faces[2][1] = index
    (tmp_path / "a.ply").write_text(text + "".join(f"3 {a} {b} {c}\n" for a, b, c in faces), encoding="ascii")
    with pytest.raises(UnreadableInputError, match="damaged"):
        read_mesh(tmp_path / "a.ply")


def test_a_glb_with_a_buffer_that_is_not_there(tmp_path):
    content = json.dumps({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 4_000_000_000}]}).encode()
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(content)).to_bytes(4, "little")
    (tmp_path / "a.glb").write_bytes(head + len(content).to_bytes(4, "little") + b"JSON" + content)
    with pytest.raises(InputRefusedError):
        read_mesh(tmp_path / "a.glb")
