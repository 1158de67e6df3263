"""Which label file belongs to which scan."""

import pytest

from coxa.errors import InputRefusedError
from coxa.io.find_labels import find_labels
from coxa.io.find_scans import FoundScan


def scan(*paths):
    return FoundScan(tuple(paths), paths[0].name)


@pytest.mark.parametrize(
    ("scan_name", "label_name"),
    [
        ("a_0000.nii.gz", "a.nii.gz"),
        ("a.nrrd", "a.seg.nrrd"),
        ("a.zip", "a/segmentation.nii.gz"),
        ("a.b.mha", "a.b/hip_left.nii.gz"),
        ("series 7", "series 7.nii"),
    ],
)
def test_labels_are_named_as_their_scan(tmp_path, scan_name, label_name):
    label = tmp_path / "labels" / label_name
    label.parent.mkdir(parents=True)
    label.touch()
    masks = label.name.startswith("hip_left")
    found = find_labels([scan(tmp_path / scan_name), scan(tmp_path / "other.nii")], tmp_path / "labels")
    assert found == (label.parent if masks else label, None)


def test_a_dicom_study_is_named_after_its_folder(tmp_path):
    (tmp_path / "patient.nii.gz").touch()
    study = scan(tmp_path / "patient" / "1.dcm", tmp_path / "patient" / "2.dcm")
    assert find_labels([study], tmp_path) == (tmp_path / "patient.nii.gz",)


def test_two_scans_never_share_labels(tmp_path):
    (tmp_path / "a.nii").touch()
    with pytest.raises(InputRefusedError, match="the same name"):
        find_labels([scan(tmp_path / "x" / "a.nii"), scan(tmp_path / "y" / "a.nii")], tmp_path)


def test_a_file_is_no_folder_of_labels(tmp_path):
    (tmp_path / "labels.nii").touch()
    with pytest.raises(InputRefusedError, match="folder"):
        find_labels([], tmp_path / "labels.nii")
