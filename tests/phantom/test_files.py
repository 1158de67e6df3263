"""What ``write_phantom`` leaves on disk reads back as the same scan."""

import json
from dataclasses import replace

import numpy as np
import pytest

from coxa.io import load_scan
from coxa.io.images.image_files import read_image
from coxa.io.phantom_files import write_phantom
from coxa.phantom import SCENARIOS, Scanner, default_grid, oblique_grid, simulate

ONE_HIP = Scanner(spacing_mm=(3.0, 3.0, 3.0), field_lps_mm=((30.0, 140.0), (0.0, 120.0), (-130.0, -20.0)))


@pytest.fixture(scope="module")
def oblique_scan():
    parameters = replace(SCENARIOS["native"], scanner=ONE_HIP)
    return simulate(parameters, oblique_grid(default_grid(parameters), (8.0, 5.0, -10.0)))


@pytest.mark.parametrize("scan_format", ["dicom", "dicom-compressed", "nifti"])
def test_round_trip_in_a_folder_with_an_awkward_name(tmp_path, oblique_scan, scan_format):
    folder = tmp_path / "a 髋 b"
    write_phantom(folder, oblique_scan, scan_format)
    read = load_scan(folder / ("ct.nii.gz" if scan_format == "nifti" else "dicom")).volume
    assert read.grid.matches(oblique_scan.volume.grid)
    assert np.array_equal(read.hu, oblique_scan.volume.hu)
    labels, grid = read_image(folder / "labels.nii.gz")
    assert grid.matches(oblique_scan.volume.grid)
    assert np.array_equal(labels, oblique_scan.segmentation.labels)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth == json.loads(json.dumps(oblique_scan.truth))


def test_the_same_scan_gives_the_same_dicom_bytes(tmp_path, oblique_scan):
    for name in ("one", "two"):
        write_phantom(tmp_path / name, oblique_scan, "dicom")
    first, second = (sorted((tmp_path / name / "dicom").iterdir()) for name in ("one", "two"))
    assert len(first) == oblique_scan.volume.grid.size[2]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_nothing_is_left_when_writing_fails(tmp_path, oblique_scan, monkeypatch):
    def broken(*_args, **_settings):
        raise OSError("disk full")

    monkeypatch.setattr("coxa.io.phantom_files.write_ct_dicom", broken)
    with pytest.raises(OSError, match="disk full"):
        write_phantom(tmp_path / "out", oblique_scan, "dicom")
    assert list(tmp_path.iterdir()) == []
