"""What is written wrong is not handed out: for each kind of file the write is spoiled and the export refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from coxa.anatomy import Landmark, Status
from coxa.errors import MeshError, RoundTripError
from coxa.export import nnunet, part_files
from coxa.export.dicom import report as dicom_report
from coxa.export.dicom import segmentation as dicom_segmentation
from coxa.export.dicom import stl as dicom_stl
from coxa.export.folder import write_dicom, write_nnunet, write_slicer
from coxa.export.part_files import PART_FORMATS, PartLabel
from coxa.export.slicer import scene as slicer_scene
from coxa.geometry import Mesh
from tests.report.made_case import ball

pydicom = pytest.importorskip("pydicom")

LABEL = PartLabel("augment_part", "ab" * 32, "Ti-6Al-4V", "lpbf", "passed")


def spoil(monkeypatch, module, name, change):
    """Let ``module.name`` write as it does, with its arguments changed."""
    original = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args, **kwargs: original(*change(*args), **kwargs))


def one_voxel_less(path, segmentation, images):
    labels = segmentation.labels.copy()
    labels[tuple(np.argwhere(labels == 1)[0])] = 0
    return path, replace(segmentation, labels=labels), images


def one_voxel_aside(path, segmentation, images):
    return path, replace(segmentation, labels=np.roll(segmentation.labels, 1, axis=2)), images


def sides_swapped(path, segmentation, images):
    return path, replace(segmentation, names=segmentation.names | {1: "hip_right", 2: "hip_left"}), images


def a_structure_less(path, segmentation, images):
    return path, replace(segmentation, labels=np.where(segmentation.labels == 2, 0, segmentation.labels)), images


def a_point_aside(path, case, images):
    points = case.landmarks.points
    moved = Landmark("HRC_L", np.add(points["HRC_L"].point, [0.0, 0.0, 0.01]), 1.5, Status.OK, "placed")
    return path, replace(case, landmarks=replace(case.landmarks, points=points | {"HRC_L": moved})), images


def a_point_less(path, case, images):
    points = case.landmarks.points | {"HRC_L": Landmark.missing("HRC_L", "gone")}
    return path, replace(case, landmarks=replace(case.landmarks, points=points)), images


def a_value_off(path, case, images):
    first = next(m for m in case.measurements if m.value is not None)
    rows = tuple(replace(m, value=m.value + 0.001) if m is first else m for m in case.measurements)
    return path, replace(case, measurements=rows), images


def a_byte_off(path, stl, *rest):
    return path, stl[:-1] + bytes([stl[-1] ^ 1]), *rest


@pytest.mark.parametrize(
    ("module", "name", "change", "message"),
    [
        (dicom_segmentation, "write_dicom_segmentation", one_voxel_less, "voxels"),
        (dicom_segmentation, "write_dicom_segmentation", one_voxel_aside, "voxels"),
        (dicom_segmentation, "write_dicom_segmentation", sides_swapped, "voxels"),
        (dicom_segmentation, "write_dicom_segmentation", a_structure_less, "structures"),
        (dicom_report, "write_dicom_report", a_point_aside, "HRC_L 0.01 mm away"),
        (dicom_report, "write_dicom_report", a_point_less, "landmarks instead"),
        (dicom_report, "write_dicom_report", a_value_off, "measurements"),
        (dicom_stl, "write_dicom_stl", a_byte_off, "another STL"),
    ],
)
def test_dicom(monkeypatch, tmp_path, source, saved, module, name, change, message):
    spoil(monkeypatch, module, name, change)
    with pytest.raises(RoundTripError, match=message):
        write_dicom(tmp_path, saved, source[0], source[1], keep_identity=False)


@pytest.mark.parametrize("spoiled", ["imagesTr", "labelsTr"])
@pytest.mark.parametrize("how", ["voxel", "place"])
def test_nnunet(monkeypatch, tmp_path, source, saved, spoiled, how):
    def change(path, array, grid):
        if path.parent.name == spoiled and how == "voxel":
            array = array.copy()
            array[20, 20, 20] += 1
        if path.parent.name == spoiled and how == "place":
            grid = replace(grid, origin_lps_mm=np.add(grid.origin_lps_mm, [0.0, 0.5, 0.0]))
        return path, array, grid

    spoil(monkeypatch, nnunet, "write_array", change)
    with pytest.raises(RoundTripError, match=spoiled):
        write_nnunet(tmp_path, saved, source[1])


def moved_point(path, content):
    if path.name == "landmarks.mrk.json":
        content = json.loads(json.dumps(content))
        content["markups"][0]["controlPoints"][0]["position"][0] *= -1.0
    return path, content


def a_transform_aside(path, transform):
    matrix = transform.matrix.copy()
    matrix[0, 3] += 0.001 if path.name.startswith("functional") else 0.0
    return path, replace(transform, matrix=matrix)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("write_json", moved_point, "landmarks.mrk.json"),
        ("write_transform", a_transform_aside, "functional_from_lps.tfm"),
    ],
)
def test_slicer(monkeypatch, tmp_path, saved, name, change, message):
    spoil(monkeypatch, slicer_scene, name, change)
    with pytest.raises(RoundTripError, match=message):
        write_slicer(tmp_path, saved)


@pytest.mark.parametrize("change", ["voxel", "name"])
def test_slicer_segmentation(monkeypatch, tmp_path, saved, change):
    written = sitk.WriteImage

    def write(image, *args, **kwargs):
        if change == "voxel":
            image[5, 5, 5] = 1 - min(image[5, 5, 5], 1)
        else:
            image.SetMetaData("Segment0_Name", "hip_right")
        written(image, *args, **kwargs)

    monkeypatch.setattr(sitk, "WriteImage", write)
    with pytest.raises(RoundTripError, match="voxels" if change == "voxel" else "names"):
        write_slicer(tmp_path, saved)


def test_slicer_model(monkeypatch, tmp_path, saved):
    monkeypatch.setattr(slicer_scene.shutil, "copyfile", lambda _, target: target.write_bytes(b"cut"))
    with pytest.raises(RoundTripError, match="copy of the plan's model"):
        write_slicer(tmp_path, saved)


def test_a_scene_that_forgets_a_file(monkeypatch, tmp_path, saved):
    written = slicer_scene.write_mrml

    def write(folder):
        written(folder)
        scene = folder / "scene.mrml"
        scene.write_text(scene.read_text(encoding="utf-8").replace('fileName="cup.stl"', ""), encoding="utf-8")

    monkeypatch.setattr(slicer_scene, "write_mrml", write)
    with pytest.raises(RoundTripError, match=r"does not name its files: cup\.stl"):
        write_slicer(tmp_path, saved)


@pytest.mark.parametrize("kind", PART_FORMATS)
def test_parts(monkeypatch, tmp_path, kind):
    writer = {"stl": "write_stl", "3mf": "write_3mf"}.get(kind, "write_with_trimesh")
    at = 2 if kind == "3mf" else 1

    def shrunk(*args):
        mesh = args[at]
        smaller = Mesh(mesh.vertices_lps_mm * [0.999, 1.0, 1.0], mesh.faces)
        return *args[:at], smaller, *args[at + 1 :]

    spoil(monkeypatch, part_files, writer, shrunk)
    with pytest.raises(MeshError, match="re-reads with"):
        part_files.write_part(tmp_path / f"a.{kind}", ball([60.0, 10.0, -20.0]), LABEL)
