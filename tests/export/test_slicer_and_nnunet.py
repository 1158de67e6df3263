"""The Slicer scene and the nnU-Net case, read by ITK and by Slicer's own published rules."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import SimpleITK as sitk
from jsonschema import Draft7Validator

from coxa.export.folder import write_nnunet, write_slicer
from coxa.io.images.segmentation_files import write_segmentation
from coxa.io.records.plan_files import read_plan
from coxa.io.records.saved_plan import read_saved_case
from tests.report.made_case import CENTRES, case, scan


@pytest.fixture(scope="module")
def scene(tmp_path_factory, saved):
    folder = tmp_path_factory.mktemp("slicer")
    write_slicer(folder, saved)
    return folder


def test_every_file_of_the_scene_exists_and_is_named(scene):
    root = ElementTree.parse(scene / "scene.mrml").getroot()
    ids = {node.get("id") for node in root}
    named = {node.get("fileName") for node in root if node.get("fileName")}
    assert named == {p.name for p in scene.iterdir()} - {"scene.mrml"}
    for node in root:
        for reference in (node.get("references") or "").split(";"):
            assert not reference or reference.partition(":")[2] in ids


def test_each_file_is_read_by_the_node_of_slicer_that_knows_it(scene):
    """Slicer's fiducial storage reads only .fcsv; the normal of a plane is read only by the plane's storage."""
    root = ElementTree.parse(scene / "scene.mrml").getroot()
    tags = {node.get("fileName"): node.tag for node in root if node.get("fileName")}
    assert tags["landmarks.mrk.json"] == tags["rotation_centre_height_left.mrk.json"] == "MarkupsJsonStorage"
    assert tags["planned_cup.mrk.json"] == "MarkupsPlaneJsonStorage"
    assert tags["hip_left.stl"] == "ModelStorage" and tags["segmentation.seg.nrrd"] == "SegmentationStorage"
    for node in root:
        assert not (node.get("id") or "").startswith("vtkMRML") or node.get("id").startswith(f"vtkMRML{node.tag}Node")
    colours = {
        m.get("name"): d.get("color") for d, m in zip(list(root), list(root)[1:], strict=False) if m.tag == "Model"
    }
    assert colours["hip_left"] == "1.000 0.690 0.000" and colours["cup"] == "0.925 0.282 0.925"


def test_markups_follow_slicers_published_schema(scene):
    schema = Draft7Validator(
        json.loads((Path(__file__).parent / "slicer_markups.schema.json").read_text(encoding="utf-8"))
    )
    described = schema.schema["properties"]["markups"]["items"]["properties"]
    kinds = set()
    for path in scene.glob("*.mrk.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        assert [error.message for error in schema.iter_errors(content)] == []
        for markup in content["markups"]:
            kinds.add(markup["type"])
            assert set(markup) <= set(described)  # no word that Slicer does not know
            assert all(
                set(p) <= set(described["controlPoints"]["items"]["properties"]) for p in markup["controlPoints"]
            )
    assert kinds == {"Fiducial", "Line", "Plane", "Angle"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "Point"),
        ("coordinateSystem", "lps"),
        ("coordinateUnits", "cm"),
        ("normal", [0.0, 1.0]),
        ("center", "x"),
    ],
)
def test_the_schema_refuses_what_slicer_does_not_know(scene, field, value):
    schema = Draft7Validator(
        json.loads((Path(__file__).parent / "slicer_markups.schema.json").read_text(encoding="utf-8"))
    )
    content = json.loads((scene / "planned_cup.mrk.json").read_text(encoding="utf-8"))
    content["markups"][0][field] = value
    assert not schema.is_valid(content)


def test_segments_say_in_coded_terms_what_they_are(scene):
    image = sitk.ReadImage(str(scene / "segmentation.seg.nrrd"))
    assert np.array_equal(sitk.GetArrayFromImage(image), scan()[1].labels)
    tags = {image.GetMetaData(f"Segment{n}_Name"): image.GetMetaData(f"Segment{n}_Tags") for n in range(2)}
    context, category, kind, side = tags["hip_left"].removeprefix("TerminologyEntry:").split("~")[:4]
    assert context == "Segmentation category and type - DICOM master list"
    assert (category, kind) == ("SCT^123037004^Anatomical Structure", "SCT^29836001^Hip")
    assert side == "SCT^7771000^Left"


def test_lines_are_as_long_as_what_they_show(scene):
    for metric in ("height", "horizontal"):
        for side in ("left", "right"):
            content = json.loads((scene / f"rotation_centre_{metric}_{side}.mrk.json").read_text(encoding="utf-8"))
            start, end = (np.array(p["position"]) for p in content["markups"][0]["controlPoints"])
            # Teardrop (30, 5, -40), centre (60, 10, -20) in the made case: 20 mm up, 30 mm out.
            assert np.linalg.norm(end - start) == pytest.approx({"height": 20.0, "horizontal": 30.0}[metric])


def test_the_cups_plane_and_angle(scene, plan_folder):
    cup = read_plan(plan_folder).cup
    plane = json.loads((scene / "planned_cup.mrk.json").read_text(encoding="utf-8"))["markups"][0]
    assert np.allclose(plane["center"], cup.centre_lps_mm, atol=1e-5)
    assert np.allclose(plane["normal"], cup.axis_lps, atol=1e-5)
    base = np.array(plane["baseToNode"]).reshape(4, 4)
    assert np.linalg.det(base[:3, :3]) == pytest.approx(1.0) and np.allclose(base[:3, 2], cup.axis_lps, atol=1e-5)
    angle = json.loads(next(scene.glob("planned_cup_axis*.mrk.json")).read_text(encoding="utf-8"))["markups"][0]
    first, apex, last = (np.array(p["position"]) for p in angle["controlPoints"])
    cosine = (first - apex) @ (last - apex) / 60.0**2
    assert cosine == pytest.approx(-cup.axis_lps[2], abs=1e-5)  # the made frame's axes are LPS: down is -z


def markup_of(folder, stem):
    return json.loads((folder / f"{stem}.mrk.json").read_text(encoding="utf-8"))["markups"][0]


def test_the_cup_says_which_angle_is_which(scene, plan_folder):
    """The angle in space is the anatomical inclination: cos(anatomical) = cos(inclination) cos(anteversion)."""
    cup = read_plan(plan_folder).cup
    point = markup_of(scene, "planned_cup")["controlPoints"][0]
    said = [f"{a:.1f} deg" for a in (cup.inclination_radiographic_deg, cup.anteversion_radiographic_deg)]
    assert point["label"] == f"planned cup: radiographic inclination {said[0]}, anteversion {said[1]}"
    assert cup.angle_frame in point["description"]
    angle = markup_of(scene, "planned_cup_axis_against_the_frame_s_vertical_anatomical_inclination")
    assert angle["name"].endswith("anatomical inclination")
    assert all(figure in angle["controlPoints"][1]["description"] for figure in said)
    assert "not radiographic" in angle["controlPoints"][1]["label"]


def test_screws_and_the_target_centre(scene, plan_folder):
    plan = read_plan(plan_folder)
    assert plan.screws and len(list(scene.glob("planned_screw_*.mrk.json"))) == len(plan.screws)
    for number, screw in enumerate(plan.screws, start=1):
        path = next(scene.glob(f"planned_screw_{number}_*.mrk.json"))
        line = json.loads(path.read_text(encoding="utf-8"))["markups"][0]
        head, tip = (np.array(point["position"]) for point in line["controlPoints"])
        assert line["type"] == "Line" and line["name"] == f"planned screw {number}, {screw.length_mm:g} mm"
        assert np.allclose(head, screw.entry_lps_mm, atol=1e-5)
        assert np.linalg.norm(tip - head) == pytest.approx(screw.length_mm, abs=1e-4)
        assert (tip - head) @ screw.direction_lps > 0.0
        assert [point["label"] for point in line["controlPoints"]] == [f"screw {number} head", f"screw {number} tip"]
        assert screw.note in line["controlPoints"][1]["description"]
    target = markup_of(scene, "target_rotation_centre")
    assert (target["type"], len(target["controlPoints"])) == ("Fiducial", 1)
    assert np.allclose(target["controlPoints"][0]["position"], plan.target.position_lps_mm, atol=1e-5)
    assert plan.target.source in target["controlPoints"][0]["description"]


def test_transforms_take_points_to_the_frame(scene):
    transform = sitk.ReadTransform(str(scene / "app_from_lps.tfm"))
    meant = case().landmarks.lps_from_app.inverse()
    for point in CENTRES.values():
        assert np.allclose(transform.TransformPoint(point.tolist()), meant.points(point), atol=1e-6)


def test_nnunet_case(tmp_path, source, saved):
    write_nnunet(tmp_path, saved, source[1])
    home = tmp_path / "Dataset001_Coxa"
    described = json.loads((home / "dataset.json").read_text(encoding="utf-8"))
    assert list(described["labels"].values()) == list(range(len(described["labels"])))
    name = "case-0123456789"
    image = sitk.ReadImage(str(home / "imagesTr" / f"{name}_0000.nii.gz"))
    labels = sitk.ReadImage(str(home / "labelsTr" / f"{name}.nii.gz"))
    assert image.GetOrigin() == labels.GetOrigin() and image.GetSize() == labels.GetSize()
    left = sitk.GetArrayFromImage(labels) == described["labels"]["hip_left"]
    assert left.sum() == scan()[1].mask("hip_left").sum()
    k, j, i = (int(n) for n in np.argwhere(left).mean(axis=0))
    assert np.allclose(labels.TransformIndexToPhysicalPoint((i, j, k)), CENTRES["left"], atol=3.0)


def test_nnunet_cases_share_their_labels_and_what_is_unknown_is_ignored(tmp_path, source, plan_folder):
    """nnU-Net's rules: consecutive numbers, the same in each case; 'ignore' is the highest."""
    shutil.copytree(plan_folder, tmp_path / "plan")
    segmentation = scan()[1]
    labels = segmentation.labels.copy()
    beside = np.zeros(labels.shape, dtype=bool)
    beside[2:5, 3:6, 4:7] = True
    labels[beside] = 30
    names = {1: "hip_left", 2: "hip_right", 17: "liner_left", 30: "unknown"}
    write_segmentation(tmp_path / "plan", replace(segmentation, labels=labels, names=names), source[1].sha256)
    for name, folder in (("without", plan_folder), ("with", tmp_path / "plan")):
        (tmp_path / name).mkdir()
        write_nnunet(tmp_path / name, read_saved_case(folder), source[1])
    homes = [tmp_path / name / "Dataset001_Coxa" for name in ("without", "with")]
    described, again = (json.loads((home / "dataset.json").read_text(encoding="utf-8"))["labels"] for home in homes)
    assert described == again
    assert list(described.values()) == list(range(len(described)))
    assert described["ignore"] == max(described.values()) and "unknown" not in described
    assert {"metal", "cup_right", "liner_left", "screw"} <= set(described)
    stored = sitk.GetArrayFromImage(sitk.ReadImage(str(next((homes[1] / "labelsTr").iterdir()))))
    assert np.array_equal(stored == described["ignore"], beside)
    assert np.array_equal(stored == described["hip_left"], labels == 1)
