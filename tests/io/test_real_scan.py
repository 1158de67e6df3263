"""A real CT: 160 slices of 3 mm, abdomen and pelvis."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from coxa.io import inspect_scan, load_scan
from coxa.io.field_of_view import look_at_slice
from coxa.io.images.image_files import write_volume

SHARED = Path(os.environ.get("COXA_SHARED", Path(__file__).parents[3] / "shared"))
ARCHIVE = SHARED / "data" / "ct" / "TCGA-09-2043.zip"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not ARCHIVE.is_file(), reason="the real CT is absent: put it at ../shared/data/ct"),
]


@pytest.fixture(scope="module")
def scan():
    return load_scan(ARCHIVE)


def test_geometry_and_values(scan):
    assert scan.volume.grid.size == (512, 512, 160)
    assert scan.volume.grid.spacing_mm == pytest.approx((1.03, 1.03, 3.0))
    assert scan.volume.grid.direction == pytest.approx(np.eye(3))
    assert scan.volume.hu.min() == -1024
    assert scan.acquisition["kernel"] == "FC13"
    assert [warning.split(":")[0] for warning in scan.warnings] == ["thick slices"]


def test_lungs_are_on_top_hips_at_the_bottom_and_the_spine_behind(scan):
    """The patient lay feet first; superior and posterior must not follow the scanner."""
    hu = scan.volume.hu
    top, bottom = (look_at_slice(plane, (1.03, 1.03)) for plane in (hu[150], hu[10]))
    assert top.lung_share > 0.3
    assert bottom.lung_share < 0.15
    assert bottom.like_pelvis
    lumbar = hu[80]
    assert np.nonzero(lumbar > 200)[0].mean() > np.nonzero((lumbar > -200) & (lumbar < 200))[0].mean() + 30


def test_nothing_of_the_identity_is_kept(scan):
    told = " ".join([*scan.warnings, *scan.acquisition.values(), scan.format, scan.sha256])
    assert "TCGA" not in told
    assert "1999" not in told


def test_the_folder_and_a_nifti_of_it_have_the_same_fingerprint(scan, tmp_path):
    with zipfile.ZipFile(ARCHIVE) as file:
        file.extractall(tmp_path / "dicom")
    assert load_scan(tmp_path / "dicom").sha256 == scan.sha256
    write_volume(tmp_path / "a.nii", scan.volume)
    assert load_scan(tmp_path / "a.nii").sha256 == scan.sha256


def test_a_slice_taken_out_is_a_refusal_with_its_place(tmp_path):
    with zipfile.ZipFile(ARCHIVE) as file:
        names = [n for n in file.namelist() if n.endswith(".dcm")]
        file.extractall(tmp_path, [n for n in names if not n.endswith("1-080.dcm")])
    inspection = inspect_scan(tmp_path)
    assert inspection.grid is None
    assert "6.0 mm between" in (inspection.series[0].problem or "")
