"""Scans of many patients found in one tree."""

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from coxa.errors import InputRefusedError, UnreadableInputError
from coxa.io.find_scans import find_scans
from tests.io.body import write_body


def dicom(path, study):
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = study
    dataset.save_as(path, enforce_file_format=True)


def names(scans):
    return [sorted(p.name for p in scan.paths) for scan in scans]


def test_studies_are_told_apart_however_they_lie(tmp_path):
    dicom(tmp_path / "dump" / "1", "1.2.3")
    dicom(tmp_path / "dump" / "2", "1.2.4")
    dicom(tmp_path / "more" / "deep" / "3", "1.2.3")
    assert names(find_scans(tmp_path)) == [["1", "3"], ["2"]]


def test_image_files_and_zips_are_a_scan_each_and_labels_none(tmp_path):
    for name in ("a.nii.gz", "b.nrrd", "c.zip", "labels.nii.gz", "segmentation.seg.nrrd", "notes.txt", "truth.json"):
        (tmp_path / name).write_bytes(b"x")
    assert names(find_scans(tmp_path)) == [["a.nii.gz"], ["b.nrrd"], ["c.zip"]]


def test_a_damaged_slice_goes_with_the_study_of_its_folder(tmp_path):
    dicom(tmp_path / "a" / "1.dcm", "1.2.3")
    (tmp_path / "a" / "2.dcm").write_bytes(b"broken")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "3.dcm").write_bytes(b"broken")
    assert sorted(names(find_scans(tmp_path))) == [["1.dcm", "2.dcm"], ["3.dcm"]]


def test_outputs_below_the_root_are_left_out(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"x")
    (tmp_path / "out" / "cases").mkdir(parents=True)
    (tmp_path / "out" / "cases" / "b.nii").write_bytes(b"x")
    assert names(find_scans(tmp_path, leave_out=(tmp_path / "out",))) == [["a.nii"]]


def test_a_list_names_scans_and_pseudonyms(tmp_path):
    (tmp_path / "list.csv").write_text("\ufeffscan,study_id\nx/a.nii,p1\n/abs/b,p2\n", encoding="utf-8")
    first, second = find_scans(tmp_path / "list.csv", id_column="study_id")
    assert (first.paths[0], first.chosen_id) == (tmp_path / "x" / "a.nii", "p1")
    assert (str(second.paths[0]), second.chosen_id) == ("/abs/b", "p2")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("path\na\n", None, "no column 'scan'"),
        ("scan\na\n", "id", "no column 'id'"),
        ("scan\n", None, "no rows"),
        ("scan,id\na,1\n,2\n", None, "row 3"),
        ("scan,id\na,1\nb,1\n", "id", "row 3 .* the same id"),
        ("scan\na\na\n", None, "row 3 .* the same scan"),
    ],
)
def test_a_wrong_list_is_refused_by_row(tmp_path, text, column, message):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputRefusedError, match=message):
        find_scans(tmp_path / "list.csv", id_column=column)


def test_nothing_to_find_is_said(tmp_path):
    with pytest.raises(InputRefusedError, match="no scan there"):
        find_scans(tmp_path)
    with pytest.raises(UnreadableInputError, match="nothing at the path"):
        find_scans(tmp_path / "absent")
    with pytest.raises(InputRefusedError, match="--id-column"):
        find_scans(tmp_path, id_column="x")


@pytest.mark.parametrize("content", [b"scan\n\xff\xfe\n", b'scan\n"' + b"x" * 200_000 + b"\n"])
def test_a_list_that_is_no_table_is_refused(tmp_path, content):
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(InputRefusedError, match="no CSV"):
        find_scans(tmp_path / "list.csv")


def test_a_damaged_file_beside_a_study_is_of_that_study(tmp_path):
    paths = write_body(tmp_path / "a")
    damaged = tmp_path / "a" / "damaged.dcm"
    damaged.write_bytes(paths[0].read_bytes()[:160] + b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff" * 3000)
    (found,) = find_scans(tmp_path)
    assert damaged in found.paths
    assert len(found.paths) == 22
