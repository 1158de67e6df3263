"""DICOM objects: independent validator, independent readers, no identity, bit-equal models."""

import shutil
import subprocess

import numpy as np
import pytest

from coxa.errors import InputRefusedError, UnreadableInputError
from coxa.export.codes import own_code, structure_code
from coxa.export.dicom.reread import reread_dicom_segmentation
from coxa.export.dicom.segmentation import write_dicom_segmentation
from coxa.export.dicom.source import source_images
from coxa.export.dicom.stl import read_dicom_stl
from coxa.export.folder import write_dicom
from coxa.io.images.image_files import write_array
from coxa.io.scan import Scan
from coxa.labels import Segmentation
from tests.export.made_plan import SECRETS
from tests.report.made_case import CENTRES, case, scan

pydicom = pytest.importorskip("pydicom")
VALIDATOR = shutil.which("dciodvfy")
NAMES = ("segmentation", "measurements", "augment_part", "cup", "hip_left")


@pytest.fixture(scope="module")
def exported(tmp_path_factory, source, saved):
    folder = tmp_path_factory.mktemp("dicom")
    write_dicom(folder, saved, source[0], source[1], keep_identity=False)
    return folder


def test_the_files(exported):
    assert {p.stem for p in exported.iterdir()} == set(NAMES)


@pytest.mark.skipif(VALIDATOR is None, reason="dciodvfy (Debian package dicom3tools) is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_an_independent_validator_finds_no_error(exported, name):
    done = subprocess.run(
        [VALIDATOR, "-new", exported / f"{name}.dcm"], capture_output=True, text=True, encoding="utf-8"
    )
    assert [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")] == []


@pytest.mark.parametrize("name", NAMES)
def test_same_study_and_frame_of_reference_and_no_identity(exported, source, name):
    dataset = pydicom.dcmread(exported / f"{name}.dcm")
    assert dataset.StudyInstanceUID == source[1].uids["study"]
    assert dataset.SeriesInstanceUID != source[1].uids["series"]
    frames = {e.value for e in dataset.iterall() if e.keyword.endswith("FrameOfReferenceUID")}
    assert frames == {source[1].uids["frame_of_reference"]}
    referred = {e.value for e in dataset.iterall() if e.keyword == "SeriesInstanceUID"} - {dataset.SeriesInstanceUID}
    assert referred == {source[1].uids["series"]}
    assert dataset.PatientIdentityRemoved == "YES"
    assert str(dataset.PatientID) == "case-0123456789"
    content = (exported / f"{name}.dcm").read_bytes()
    assert not [secret for secret in SECRETS if secret.encode() in content]


def test_identity_is_kept_only_on_demand(tmp_path, source, saved):
    write_dicom(tmp_path, saved, source[0], source[1], keep_identity=True)
    for name in NAMES:
        dataset = pydicom.dcmread(tmp_path / f"{name}.dcm")
        assert str(dataset.PatientName) == "Mustermann^Erika" and dataset.StudyDate == "20240229"
        assert "PatientIdentityRemoved" not in dataset


def test_segmentation_read_by_highdicom_and_simpleitk(exported):
    import highdicom
    import SimpleITK as sitk

    volume, segmentation = scan()
    read = highdicom.seg.segread(exported / "segmentation.dcm")
    labels = [segment.SegmentLabel for segment in read.SegmentSequence]
    assert labels == [name for _, name in sorted(segmentation.names.items()) if segmentation.has(name)]
    for number, name in enumerate(labels, start=1):
        found = read.get_volume(segment_numbers=[number], combine_segments=True)
        k, j, i = np.nonzero(segmentation.mask(name))
        meant = volume.grid.points_from_indices(np.stack([i, j, k], axis=1))
        places = found.map_indices_to_reference(np.argwhere(found.array > 0))
        assert len(places) == len(meant)
        assert np.allclose(sorted(map(tuple, places.round(3))), sorted(map(tuple, meant.round(3))))
        laterality = read.SegmentSequence[number - 1].SegmentedPropertyTypeCodeSequence[0]
        assert laterality.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning.lower() == name.rpartition("_")[2]
    frames = sitk.GetArrayFromImage(sitk.ReadImage(str(exported / "segmentation.dcm")))
    assert int((frames > 0).sum()) == int((segmentation.labels > 0).sum())


def test_metal_told_apart_into_parts_leaves_no_empty_segment(tmp_path, source):
    import highdicom

    labels = scan()[1].labels.copy()
    labels[2:4, 2:4, 2:4] = 11
    names = {1: "hip_left", 2: "hip_right", 6: "metal", 11: "cup_left"}
    meant = Segmentation(labels, source[1].volume.grid, names)
    images = source_images(source[0], source[1], pseudonym="case-0")
    write_dicom_segmentation(tmp_path / "a.dcm", meant, images, pseudonym="case-0", seed="s")
    reread_dicom_segmentation(tmp_path / "a.dcm", meant)
    read = highdicom.seg.segread(tmp_path / "a.dcm")
    assert [s.SegmentLabel for s in read.SegmentSequence] == ["hip_left", "hip_right", "cup_left"]


def test_report_read_by_highdicom(exported):
    import highdicom

    content = highdicom.sr.srread(exported / "measurements.dcm").content
    points = {g.tracking_identifier: g.roi.value[0] for g in content.get_planar_roi_measurement_groups()}
    for side, name in (("left", "HRC_L"), ("right", "HRC_R")):
        assert np.allclose(points[name], CENTRES[side], atol=1e-3)
    measured = [m for g in content.get_image_measurement_groups() for m in g.get_measurements()]
    with_value = [m for m in case().measurements if m.value is not None]
    assert sorted(round(float(m.value), 4) for m in measured) == sorted(round(float(m.value), 4) for m in with_value)
    without = [m for m in case().measurements if m.value is None]
    told = [e for g in content.get_image_measurement_groups() for e in g.get_qualitative_evaluations()]
    assert len(told) == len(without) and all(e.value.meaning == "not measurable" for e in told)


def test_the_procedure_is_one_that_the_template_knows(exported):
    """Context group CID 100, Quantitative Diagnostic Imaging Procedures, as pydicom lists it."""
    from pydicom.sr.codedict import codes

    items = pydicom.dcmread(exported / "measurements.dcm").ContentSequence
    found = [i.ConceptCodeSequence[0] for i in items if i.ConceptNameCodeSequence[0].CodeValue == "121058"]
    assert [(code.CodeValue, code.CodingSchemeDesignator) for code in found] == [("25045-6", "LN")]
    assert codes.cid100.CTUnspecifiedBodyRegion.value == "25045-6"


@pytest.mark.parametrize("name", ["augment_part", "cup", "hip_left"])
def test_models_come_out_bit_equal(exported, plan_folder, name):
    assert read_dicom_stl(exported / f"{name}.dcm") == (plan_folder / "meshes" / f"{name}.stl").read_bytes()


def test_what_is_no_model_is_refused(exported):
    with pytest.raises(UnreadableInputError, match="no Encapsulated STL"):
        read_dicom_stl(exported / "segmentation.dcm")


def test_a_volume_file_has_nothing_to_refer_to(tmp_path, source):
    volume = source[1].volume
    write_array(tmp_path / "ct.nii.gz", volume.hu, volume.grid)
    with pytest.raises(InputRefusedError, match="DICOM folder"):
        source_images(tmp_path / "ct.nii.gz", Scan(volume, "ab" * 32, "nifti"), pseudonym="x")


@pytest.mark.parametrize(
    ("name", "category", "kind"),
    [
        ("hip_left", "Anatomical Structure", "Hip"),
        ("femur_right", "Anatomical Structure", "Femur"),
        ("metal", "Physical object", "Implant"),
        ("head_left", "Physical object", "Femoral Head Prosthesis"),
        ("screw", "Physical object", "Bone Screw"),
        ("unknown", "Tissue", "Tissue"),
    ],
)
def test_what_structures_are_called(name, category, kind):
    found = structure_code(name)
    assert (found[0].meaning, found[1].meaning) == (category, kind)


def test_own_codes_fit_and_stay_apart():
    names = {m.metric for m in case().measurements} | {f"rotation_centre_height_{n}" for n in range(50)}
    values = {own_code(name).value for name in names}
    assert len(values) == len(names) and max(map(len, values)) <= 16
