"""Meshes keep place, orientation and frame through their files."""

import hashlib
import struct

import numpy as np
import pytest
import trimesh

from coxa.errors import MeshError, UnreadableInputError
from coxa.geometry.mesh import Mesh
from coxa.io.meshes.mesh_files import (
    in_single_precision,
    merge_equal_points,
    open_edges,
    read_mesh,
    reread_stl,
    write_stl,
)


def _box(offset=(100.0, -20.0, 1500.0)) -> Mesh:
    box = trimesh.creation.box(extents=(10.0, 20.0, 30.0))
    return Mesh(np.asarray(box.vertices) + offset, np.asarray(box.faces))


def test_header_tells_frame_and_unit_and_nothing_else(tmp_path):
    digest = write_stl(tmp_path / "cup 杯.stl", _box())
    content = (tmp_path / "cup 杯.stl").read_bytes()
    assert len(content) == 84 + 50 * 12
    assert content[:80].rstrip() == b"coxa binary STL; SPACE=LPS; UNIT=mm"
    assert not content.startswith(b"solid")
    assert struct.unpack("<I", content[80:84]) == (12,)
    assert hashlib.sha256(content).hexdigest() == digest


def test_an_independent_reader_finds_it_in_lps_with_normals_outward(tmp_path):
    write_stl(tmp_path / "a.stl", _box())
    other = trimesh.load(tmp_path / "a.stl")
    assert other.is_watertight
    assert other.volume == pytest.approx(6000.0)
    assert other.centroid == pytest.approx([100.0, -20.0, 1500.0])
    stored = np.frombuffer(
        (tmp_path / "a.stl").read_bytes()[84:], [("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")]
    )
    outward = stored["v"].mean(1) - [100.0, -20.0, 1500.0]
    assert (np.einsum("ij,ij->i", stored["n"], outward) > 0).all()


def test_reading_back_merges_corners(tmp_path):
    write_stl(tmp_path / "a.stl", _box())
    mesh = read_mesh(tmp_path / "a.stl")
    assert len(mesh.vertices_lps_mm) == 8
    assert mesh.volume_ml == pytest.approx(6.0)
    assert open_edges(mesh) == 0


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj"])
def test_files_of_other_programs(tmp_path, suffix):
    path = tmp_path / f"术 a{suffix}"
    mesh = _box()
    options = {"file_type": "stl_ascii"} if suffix == ".stl" else {}
    trimesh.Trimesh(mesh.vertices_lps_mm, mesh.faces, process=False).export(path, **options)
    read = read_mesh(path)
    assert (len(read.vertices_lps_mm), len(read.faces)) == (8, 12)
    assert read.volume_ml == pytest.approx(6.0)
    assert read.vertices_lps_mm.mean(0) == pytest.approx([100.0, -20.0, 1500.0])


def test_a_binary_file_that_begins_with_solid_is_binary(tmp_path):
    write_stl(tmp_path / "a.stl", _box())
    content = (tmp_path / "a.stl").read_bytes()
    (tmp_path / "a.stl").write_bytes(b"solid made elsewhere".ljust(80) + content[80:])
    assert len(read_mesh(tmp_path / "a.stl").faces) == 12


def test_ras_is_obeyed(tmp_path):
    write_stl(tmp_path / "a.stl", _box())
    content = (tmp_path / "a.stl").read_bytes()
    (tmp_path / "a.stl").write_bytes(b"SPACE=RAS".ljust(80) + content[80:])
    mesh = read_mesh(tmp_path / "a.stl")
    assert mesh.vertices_lps_mm.mean(0) == pytest.approx([-100.0, 20.0, 1500.0])
    assert mesh.volume_ml == pytest.approx(6.0)


def test_damaged_files(tmp_path):
    write_stl(tmp_path / "a.stl", _box())
    content = (tmp_path / "a.stl").read_bytes()
    ascii_text = b"solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 zero\n"
    nan = content[:96] + struct.pack("<f", float("nan")) + content[100:]
    for damaged in (content[:-10], content[:40], b"", ascii_text, ascii_text[:-14], nan):
        (tmp_path / "b.stl").write_bytes(damaged)
        with pytest.raises(UnreadableInputError):
            read_mesh(tmp_path / "b.stl")
    (tmp_path / "b.ply").write_bytes(b"ply\nformat ascii 1.0\nelement vertex 3\n")
    with pytest.raises((UnreadableInputError, MeshError)):
        read_mesh(tmp_path / "b.ply")


def test_absent_and_foreign_files(tmp_path):
    with pytest.raises(UnreadableInputError, match="there is no file"):
        read_mesh(tmp_path / "a.stl")
    (tmp_path / "a.txt").touch()
    with pytest.raises(UnreadableInputError, match="not a mesh"):
        read_mesh(tmp_path / "a.txt")
    (tmp_path / "empty.stl").write_bytes(bytes(84))
    with pytest.raises(MeshError, match="no triangle"):
        read_mesh(tmp_path / "empty.stl")
    with pytest.raises(MeshError, match="nothing to write"):
        write_stl(tmp_path / "b.stl", Mesh(np.empty((0, 3)), np.empty((0, 3), dtype=int)))


def test_triangles_that_vanish_in_single_precision_are_not_written(tmp_path):
    """A sliver a tenth of a nanometre wide: two triangles go, the box stays closed."""
    box = _box()
    a, b, c = box.faces[0]
    twin = np.flatnonzero((np.isin(box.faces, [a, b]).sum(1) == 2) & (np.arange(12) != 0))[0]
    d = (set(box.faces[twin]) - {a, b}).pop()
    near_a = box.vertices_lps_mm[a] + 1e-7 * (box.vertices_lps_mm[b] - box.vertices_lps_mm[a]) / 30.0
    e = len(box.vertices_lps_mm)
    faces = np.r_[np.delete(box.faces, [0, twin], 0), [[a, e, c], [e, b, c], [e, a, d], [b, e, d]]]
    split = Mesh(np.r_[box.vertices_lps_mm, [near_a]], faces)
    assert open_edges(split) == 0
    write_stl(tmp_path / "a.stl", split)
    assert trimesh.load(tmp_path / "a.stl").is_watertight
    assert len(reread_stl(tmp_path / "a.stl", split).faces) == 12


def test_reread_notices_what_single_precision_spoils(tmp_path):
    whole = _box()
    write_stl(tmp_path / "a.stl", whole)
    assert len(reread_stl(tmp_path / "a.stl", whole).faces) == 12
    # A second box whose edge lies a tenth of a nanometre from the first one's.
    second = np.add(whole.vertices_lps_mm, [10.0 + 1e-7, 20.0 + 1e-7, 0.0])
    both = Mesh(np.r_[whole.vertices_lps_mm, second], np.r_[whole.faces, whole.faces + len(second)])
    assert open_edges(both) == 0
    write_stl(tmp_path / "b.stl", both)
    with pytest.raises(MeshError, match="touch in STL's single precision"):
        reread_stl(tmp_path / "b.stl", both)
    with pytest.raises(MeshError, match="triangles instead of"):
        reread_stl(tmp_path / "a.stl", both)


def test_triangles_back_to_back_cancel():
    # The third triangle vanishes, which is what brings two others back to back.
    points = np.r_[np.eye(3), [[1.0, 1e-9, 0.0]]] + 100.0
    twins = Mesh(points, np.array([[0, 1, 2], [2, 1, 3], [0, 3, 1]]))
    assert in_single_precision(twins).is_empty
    same = Mesh(points, np.array([[0, 1, 2], [1, 2, 3], [0, 3, 1]]))
    assert len(in_single_precision(same).faces) == 2


def test_open_edges_are_counted():
    box = _box()
    assert open_edges(box) == 0
    assert open_edges(Mesh(box.vertices_lps_mm, box.faces[1:])) == 3
    turned = box.faces.copy()
    turned[0] = turned[0, ::-1]
    assert open_edges(Mesh(box.vertices_lps_mm, turned)) == 3


def test_merging_takes_minus_zero_for_zero_and_keeps_near_points_apart():
    corners = np.array([[0.0, 1, 2], [-0.0, 1, 2], [0.0, 1, np.nextafter(np.float32(2), np.float32(3))]], np.float32)
    vertices, faces = merge_equal_points(corners)
    assert len(vertices) == 2
    assert faces[0, 0] == faces[0, 1] != faces[0, 2]
