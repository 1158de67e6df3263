"""Every part format, read again by readers of other people."""

import json
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
import trimesh

from coxa.errors import MeshError, UnreadableInputError, UsageError
from coxa.export.part_files import PART_FORMATS, PartLabel, reread, write_part, write_sidecar
from coxa.geometry import Mesh
from coxa.io.meshes.mesh_files import read_mesh, write_stl
from coxa.io.meshes.mesh_formats import GLTF_FROM_LPS_MM

PLACE = np.array([-88.5, 12.25, -640.0])
LABEL = PartLabel("augment_part", "ab" * 32, "Ti-6Al-4V", "lpbf", "passed")


def block() -> Mesh:
    """30 x 20 x 10 mm, one corner cut off, so that no mirror image of it fits."""
    body = trimesh.creation.box((30.0, 20.0, 10.0)).subdivide()
    corner = trimesh.creation.box((8.0, 8.0, 8.0)).apply_translation([15.0, 10.0, 5.0])
    cut = trimesh.boolean.difference([body, corner], engine="manifold")
    return Mesh(cut.vertices + PLACE, cut.faces)


def seen_by_trimesh(path) -> trimesh.Trimesh:
    body = trimesh.load(path, force="mesh")
    return body.apply_transform(np.linalg.inv(GLTF_FROM_LPS_MM)) if path.suffix == ".glb" else body


@pytest.mark.parametrize("kind", PART_FORMATS)
def test_another_reader_finds_it_at_its_place_and_the_right_way_out(tmp_path, kind):
    mesh, path = block(), tmp_path / f"部件 a.{kind}"
    round_trip = write_part(path, mesh, LABEL)
    assert round_trip.triangles == len(mesh.faces) and round_trip.open_edges == 0
    assert round_trip.max_distance_mm < 1e-3 and abs(round_trip.volume_change) < 1e-5
    other = seen_by_trimesh(path)
    other.merge_vertices()
    assert other.is_watertight
    assert other.volume / 1000.0 == pytest.approx(mesh.volume_ml, rel=1e-4)  # positive: not inside out
    assert np.allclose(other.bounds, [mesh.vertices_lps_mm.min(0), mesh.vertices_lps_mm.max(0)], atol=1e-3)
    corner = np.linalg.norm(mesh.vertices_lps_mm - mesh.vertices_lps_mm.max(0), axis=1).min()
    seen_corner = np.linalg.norm(other.vertices - other.vertices.max(0), axis=1).min()
    assert corner > 3.0 and seen_corner == pytest.approx(corner, abs=1e-3)  # the cut corner is where it was


def test_3mf_says_unit_material_and_where_it_comes_from(tmp_path):
    write_part(tmp_path / "a.3mf", block(), LABEL)
    with zipfile.ZipFile(tmp_path / "a.3mf") as package:
        model = ElementTree.fromstring(package.read("3D/3dmodel.model"))
    core = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"
    assert model.get("unit") == "millimeter"
    assert [base.get("name") for base in model.iter(f"{core}base")] == ["Ti-6Al-4V"]
    said = {entry.get("name").rpartition(":")[2]: entry.text for entry in model.iter(f"{core}metadata")}
    assert said["SPACE"] == "LPS" and said["PlanSha256"] == "ab" * 32 and said["PrintCheck"] == "passed"
    assert said["Application"].startswith("coxa ")


def test_3mf_of_another_unit_and_place_is_read_in_millimetres(tmp_path):
    write_part(tmp_path / "a.3mf", block(), LABEL)
    with zipfile.ZipFile(tmp_path / "a.3mf") as package:
        files = {name: package.read(name) for name in package.namelist()}
    model = files["3D/3dmodel.model"].replace(b'unit="millimeter"', b'unit="inch"')
    item = b"<item objectid="
    files["3D/3dmodel.model"] = model.replace(item, b'<item transform="1 0 0 0 1 0 0 0 1 10 0 0" objectid=', 1)
    with zipfile.ZipFile(tmp_path / "b.3mf", "w") as package:
        for name, content in files.items():
            package.writestr(name, content)
    read, meant = read_mesh(tmp_path / "b.3mf"), block()
    assert np.allclose(read.vertices_lps_mm.min(0), 25.4 * np.add(meant.vertices_lps_mm.min(0), [10, 0, 0]), atol=1e-2)


@pytest.mark.parametrize("kind", ["ply", "obj"])
def test_text_headers_say_frame_and_unit(tmp_path, kind):
    write_part(tmp_path / f"a.{kind}", block(), LABEL)
    head = (tmp_path / f"a.{kind}").read_bytes()[:400]
    assert b"SPACE=LPS" in head and b"UNIT=mm" in head


def test_glb_stands_upright_in_metres(tmp_path):
    write_part(tmp_path / "a.glb", block(), LABEL)
    body = trimesh.load(tmp_path / "a.glb", force="mesh")
    # Superior is up (y), anterior is towards the viewer (z), left stays x.
    assert np.allclose(body.bounds.mean(0), np.array([PLACE[0], PLACE[2], -PLACE[1]]) / 1000.0, atol=1e-3)


@pytest.mark.parametrize("kind", ["stl", "3mf", "ply", "obj"])
def test_a_part_written_on_demand_says_so_in_the_file(tmp_path, kind):
    forced = PartLabel("a", "ab" * 32, "Ti-6Al-4V", "lpbf", "failed, written on demand")
    write_part(tmp_path / f"a.{kind}", block(), forced)
    content = (tmp_path / f"a.{kind}").read_bytes()
    if kind == "3mf":
        content = zipfile.ZipFile(tmp_path / "a.3mf").read("3D/3dmodel.model")
    assert b"failed" in content.lower()
    assert not content.startswith(b"solid")


def test_reread_notices_a_file_that_is_not_the_mesh(tmp_path):
    mesh = block()
    spoiled = {
        "away from": Mesh(np.add(mesh.vertices_lps_mm, [0.0, 0.01, 0.0]), mesh.faces),
        " ml instead": Mesh(mesh.vertices_lps_mm, mesh.faces[:, ::-1]),
        "away": Mesh(mesh.vertices_lps_mm * [-1, -1, 1], mesh.faces),
    }
    for n, (message, other) in enumerate(spoiled.items()):
        write_stl(tmp_path / f"{n}.stl", other)
        with pytest.raises(MeshError, match=message):
            reread(tmp_path / f"{n}.stl", mesh)


def test_sidecar(tmp_path):
    round_trip = write_part(tmp_path / "a.stl", block(), LABEL)
    write_sidecar(tmp_path / "a.json", tmp_path / "a.stl", LABEL, round_trip, {"simplified": None})
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (content["frame"], content["unit"], content["plan_sha256"]) == ("lps", "mm", "ab" * 32)
    assert content["round_trip"]["max_distance_mm"] < 1e-3


def test_unknown_format_and_damaged_3mf(tmp_path):
    with pytest.raises(UsageError, match="stl, 3mf"):
        write_part(tmp_path / "a.step", block(), LABEL)
    (tmp_path / "a.3mf").write_bytes(b"PK\x03\x04 not a package")
    with pytest.raises(UnreadableInputError, match="3MF"):
        read_mesh(tmp_path / "a.3mf")
