"""``coxa export`` and ``coxa check`` as a shell sees them, on a made plan."""

import hashlib
import html
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import trimesh

from coxa.geometry import Mesh
from coxa.io.meshes.mesh_files import read_mesh, write_stl
from coxa.io.records.plan_files import read_plan, write_plan
from coxa.manufacturing import check_mesh
from coxa.manufacturing.rules.process import load_process
from coxa.planning.outdated import made_for_sha256
from tests.export.made_plan import write_plan_folder, write_source


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    loaded = write_source(root / "dicom")
    return write_plan_folder(root / "plan", loaded), root / "dicom", loaded


def spoiled(plan, folder, mesh):
    """A copy of the plan whose part is another mesh."""
    shutil.copytree(plan, folder)
    digest = write_stl(folder / "meshes" / "augment_part.stl", mesh)
    content = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    next(p for p in content["parts"] if p["name"] == "augment_part")["sha256"] = digest
    (folder / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def two_bodies():
    bodies = [trimesh.creation.icosphere(3, radius=9.0).apply_translation([x, 0.0, 0.0]) for x in (0.0, 30.0)]
    body = trimesh.util.concatenate(bodies)
    return Mesh(body.vertices, body.faces)


@pytest.mark.parametrize("kind", ["stl", "3mf"])
def test_parts_with_sidecar_certificate_and_page(coxa, made, tmp_path, kind):
    done = coxa("export", made[0], "-o", tmp_path / "部件", "--format", kind)
    assert done.exit_code == 0, done.output
    names = {p.name for p in (tmp_path / "部件").iterdir()}
    assert names == {f"augment_part.{kind}", "augment_part.json", "print_certificate.json", "print_certificate.html"}
    certificate = json.loads((tmp_path / "部件" / "print_certificate.json").read_text(encoding="utf-8"))["parts"][
        "augment_part"
    ]
    assert certificate["printable"] and not certificate["forced"]
    sidecar = json.loads((tmp_path / "部件" / "augment_part.json").read_text(encoding="utf-8"))
    assert sidecar["simplified"]["max_mm"] <= 0.02
    meant = read_mesh(made[0] / "meshes" / "augment_part.stl")
    assert sidecar["round_trip"]["triangles"] < len(meant.faces)
    assert read_mesh(tmp_path / "部件" / f"augment_part.{kind}").volume_ml == pytest.approx(meant.volume_ml, rel=2e-3)


def test_a_part_that_fails_is_refused_and_nothing_is_written(coxa, made, tmp_path):
    plan = spoiled(made[0], tmp_path / "plan", two_bodies())
    done = coxa("export", plan, "-o", tmp_path / "parts")
    assert done.exit_code == 3
    assert "bodies 2" in done.stderr and "--force" in done.stderr
    assert not (tmp_path / "parts").exists()


def test_force_writes_it_and_every_file_says_so(coxa, made, tmp_path):
    plan = spoiled(made[0], tmp_path / "plan", two_bodies())
    done = coxa("export", plan, "-o", tmp_path / "parts", "--force")
    assert done.exit_code == 1
    assert b"PRINT CHECK FAILED" in (tmp_path / "parts" / "augment_part.stl").read_bytes()[:80]
    assert "failed" in json.loads((tmp_path / "parts" / "augment_part.json").read_text(encoding="utf-8"))["print_check"]
    assert json.loads((tmp_path / "parts" / "print_certificate.json").read_text(encoding="utf-8"))["parts"][
        "augment_part"
    ]["forced"]
    assert "on demand" in (tmp_path / "parts" / "print_certificate.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["slicer", "dicom"])
def test_a_part_that_fails_leaves_the_plan_in_no_other_format_either(coxa, made, tmp_path, kind, monkeypatch):
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: made[2])
    plan = spoiled(made[0], tmp_path / "plan", two_bodies())
    done = coxa("export", plan, "-o", tmp_path / "out", "--format", kind, "--scan", made[1])
    assert done.exit_code == 3 and "bodies 2" in done.stderr
    assert not (tmp_path / "out").exists()
    forced = coxa("export", plan, "-o", tmp_path / "out", "--format", kind, "--scan", made[1], "--force")
    assert forced.exit_code == 1
    part = json.loads((tmp_path / "out" / "print_certificate.json").read_text(encoding="utf-8"))["parts"][
        "augment_part"
    ]
    assert part["forced"] and not part["printable"]
    assert part["sha256"] == hashlib.sha256((plan / "meshes" / "augment_part.stl").read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["stl", "slicer", "dicom"])
def test_an_augment_that_no_longer_fits_its_plan_is_exported_in_no_format(coxa, made, tmp_path, kind, monkeypatch):
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: made[2])
    shutil.copytree(made[0], tmp_path / "plan")
    saved = read_plan(made[0])
    fresh = replace(saved.augment, made_for_sha256=made_for_sha256(saved.cup, saved.screws))
    write_plan(tmp_path / "plan" / "plan.json", replace(saved, augment=fresh))
    command = ("export", tmp_path / "plan", "--format", kind, "--scan", made[1])
    assert coxa(*command, "-o", tmp_path / "fresh").exit_code == 0
    moved = replace(saved.cup, centre_lps_mm=saved.cup.centre_lps_mm + np.array([0.0, 0.0, 5.0]))
    write_plan(tmp_path / "plan" / "plan.json", replace(saved, augment=fresh, cup=moved))
    for force in ((), ("--force",)):
        done = coxa(*command, "-o", tmp_path / "out", *force)
        assert done.exit_code == 3 and "outdated" in done.stderr and "plan again" in done.stderr
        assert not (tmp_path / "out").exists()


def test_who_checks_the_exported_file_finds_what_its_certificate_says(coxa, made, tmp_path):
    assert coxa("export", made[0], "-o", tmp_path / "parts").exit_code == 0
    told = json.loads((tmp_path / "parts" / "print_certificate.json").read_text(encoding="utf-8"))["parts"]
    again = check_mesh(read_mesh(tmp_path / "parts" / "augment_part.stl"), "lpbf").document()
    assert told["augment_part"]["rules"] == json.loads(json.dumps(again["rules"]))


@pytest.mark.parametrize("bone", ["solid", "hollow"])
def test_the_bone_as_a_model(coxa, made, tmp_path, bone):
    done = coxa("export", made[0], "-o", tmp_path / "parts", "--bone", bone, "--bone-wall", "4")
    assert done.exit_code == 0, done.output
    model = read_mesh(tmp_path / "parts" / "hip_left_model.stl")
    whole_ml = read_mesh(made[0] / "meshes" / "hip_left.stl").volume_ml
    # The hip is a ball: hollow, it lacks one whose radius is 4 mm less, and two drilled holes of 4.4 mm.
    radius_mm = (3000.0 * whole_ml / (4.0 * np.pi)) ** (1 / 3)
    hollow_ml = 0.004 / 3.0 * np.pi * (radius_mm - 4.0) ** 3 + 2.0 * 0.004 * np.pi * (0.5 * 1.25 * 3.5) ** 2
    assert model.volume_ml == pytest.approx(whole_ml - (hollow_ml if bone == "hollow" else 0.0), abs=0.2)
    rules = json.loads((tmp_path / "parts" / "print_certificate.json").read_text(encoding="utf-8"))["parts"][
        "hip_left_model"
    ]["rules"]
    holes = next(rule for rule in rules if rule["name"] == "escape_holes")
    assert (holes["value"], holes["verdict"]) == ((None, "info") if bone == "solid" else (2.0, "pass"))


def test_dicom_and_nnunet_ask_for_the_scan_and_refuse_another(coxa, made, tmp_path, monkeypatch):
    for kind in ("dicom", "nnunet"):
        assert coxa("export", made[0], "-o", tmp_path / kind, "--format", kind).exit_code == 2
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: made[2])
    assert coxa("export", made[0], "-o", tmp_path / "d", "--format", "dicom", "--scan", made[1]).exit_code == 0
    assert len(list((tmp_path / "d").glob("*.dcm"))) == 5
    content = json.loads((made[0] / "plan.json").read_text(encoding="utf-8")) | {"input_sha256": "cd" * 32}
    other = tmp_path / "other"
    shutil.copytree(made[0], other)
    (other / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    done = coxa("export", other, "-o", tmp_path / "e", "--format", "dicom", "--scan", made[1])
    assert done.exit_code == 3 and "not the one" in done.stderr
    assert not (tmp_path / "e").exists()


def test_slicer_scene(coxa, made, tmp_path):
    assert coxa("export", made[0], "-o", tmp_path / "s", "--format", "slicer").exit_code == 0
    assert (tmp_path / "s" / "scene.mrml").is_file()


def test_check_writes_its_page_and_takes_a_profile_of_ones_own(coxa, tmp_path):
    body = trimesh.creation.box((30.0, 30.0, 0.5))
    write_stl(tmp_path / "sheet.stl", Mesh(body.vertices, body.faces))
    (tmp_path / "ours.toml").write_text('based_on = "lpbf"\nname = "ours"\nwall_mm = 0.8\n', encoding="utf-8")
    assert load_process("lpbf").wall_mm < 0.5
    assert coxa("check", tmp_path / "sheet.stl").exit_code == 0
    done = coxa("check", tmp_path / "sheet.stl", "--process", tmp_path / "ours.toml", "-o", tmp_path / "page")
    assert done.exit_code == 1
    certificate = json.loads((tmp_path / "page" / "print_certificate.json").read_text(encoding="utf-8"))["parts"][
        "sheet"
    ]
    wall = next(rule for rule in certificate["rules"] if rule["name"] == "thinnest_wall")
    assert wall["verdict"] == "fail" and np.isclose(wall["value"], 0.5, atol=0.01)
    page = (tmp_path / "page" / "print_certificate.html").read_text(encoding="utf-8")
    assert "data:image" in page and "Thinnest wall" in page and "http" not in page.replace("http-equiv", "")
    assert coxa("check", tmp_path / "sheet.stl", "--process", "casting").exit_code == 2


@pytest.mark.parametrize("name", ["sheet <1>.stl", os.fsdecode(b"bl\xe4tt.stl")])
def test_a_certificate_says_which_file_was_checked_and_nothing_of_where_it_lies(coxa, tmp_path, name):
    (tmp_path / "Mustermann").mkdir()
    body = trimesh.creation.box((30.0, 30.0, 0.5))
    path = tmp_path / "Mustermann" / name
    digest = write_stl(path, Mesh(body.vertices, body.faces))
    assert coxa("check", path, "-o", tmp_path / "page").exit_code == 0
    text = (tmp_path / "page" / "print_certificate.json").read_text(encoding="utf-8")
    ((part, record),) = json.loads(text)["parts"].items()
    said = name if name.isascii() else "bl\N{REPLACEMENT CHARACTER}tt.stl"
    assert (f"{part}.stl", record["file"]) == (said, said)
    assert (record["sha256"], record["unit"], record["frame"]) == (digest, "mm", "lps")
    page = (tmp_path / "page" / "print_certificate.html").read_text(encoding="utf-8")
    assert digest in page and html.escape(said) in page
    assert "Mustermann" not in text + page


def flip_a_bit(path, place):
    content = bytearray(path.read_bytes())
    content[place if isinstance(place, int) else content.index(place) + len(place)] ^= 0x10
    path.write_bytes(content)


def change_a_voxel(path, place):
    """As a bit that fell over in what is packed may do unseen: ITK's reader of NRRD looks at no check sum."""
    image = sitk.ReadImage(str(path))
    image[place] = 1 - image[place]
    sitk.WriteImage(image, str(path), useCompression=True)


@pytest.mark.parametrize(
    ("kind", "name", "damage", "place"),
    [
        ("slicer", "segmentation.seg.nrrd", flip_a_bit, -400),
        ("slicer", "segmentation.seg.nrrd", flip_a_bit, b"Segment0_Name:="),
        ("slicer", "segmentation.seg.nrrd", flip_a_bit, b"Segment0_LabelValue:="),
        ("slicer", "segmentation.seg.nrrd", change_a_voxel, (0, 0, 0)),
        ("nnunet", "segmentation.nii.gz", flip_a_bit, -8),
        ("dicom", "segmentation.nii.gz", flip_a_bit, -8),
        ("nnunet", "segmentation.json", flip_a_bit, b'"lab'),
    ],
)
def test_a_plan_with_a_damaged_segmentation_is_refused(coxa, made, tmp_path, monkeypatch, kind, name, damage, place):
    shutil.copytree(made[0], tmp_path / "plan")
    damage(tmp_path / "plan" / name, place)
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: made[2])
    done = coxa("export", tmp_path / "plan", "-o", tmp_path / "out", "--format", kind, "--scan", made[1])
    assert done.exit_code == 3, done.output
    assert name in done.stderr and "damaged: plan again" in done.stderr
    assert not (tmp_path / "out").exists()
