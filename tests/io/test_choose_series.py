"""Which series is used, why, and how to override it."""

import json
import shutil

import numpy as np
import pytest

from coxa.errors import NotCTError, UsageError
from coxa.geometry.grid import Grid
from coxa.io import inspect_scan, inspection_to_json, load_scan
from coxa.io.dicom.choose import kernel_kind
from coxa.io.dicom.write import uid_from_seed, write_ct_dicom
from coxa.volume import Volume
from tests.io.body import AXIAL, body, edit_all, write_body

THICK = Grid((60, 44, 13), (6.0, 6.0, 5.0), [-177.0, -120.0, 1000.0], np.eye(3))


def _number(inspection, slices: int) -> int:
    return next(s.number for s in inspection.series if s.slices == slices)


def test_thin_wins_over_thick(tmp_path):
    write_body(tmp_path / "a", THICK, "thick")
    write_body(tmp_path / "b", AXIAL, "thin")
    inspection = inspect_scan(tmp_path)
    assert inspection.chosen == _number(inspection, 21)
    assert "3.00 mm apart" in inspection.reason
    assert f"next is series {_number(inspection, 13)}" in inspection.reason
    assert load_scan(tmp_path).volume.grid.matches(AXIAL, 1e-6)


def test_soft_kernel_wins_over_bone(tmp_path):
    write_body(tmp_path / "a", AXIAL, "sharp", ConvolutionKernel="BONEPLUS", SeriesNumber="1")
    write_body(tmp_path / "b", AXIAL, "soft", ConvolutionKernel="STANDARD", SeriesNumber="2")
    inspection = inspect_scan(tmp_path)
    assert inspection.chosen == 2
    assert "soft kernel" in inspection.reason


def test_pelvis_wins_over_a_thinner_head(tmp_path):
    write_body(tmp_path / "pelvis", AXIAL, "pelvis")
    grid = Grid((60, 60, 60), (4.0, 4.0, 1.0), [-118.0, -118.0, 1700.0], np.eye(3))
    write_ct_dicom(tmp_path / "head", _head(grid), series_description="", seed_uid="head")
    inspection = inspect_scan(tmp_path)
    head, pelvis = (next(s for s in inspection.series if s.slices == n) for n in (60, 21))
    assert head.pelvis_mm == 0
    assert pelvis.pelvis_mm == 60
    assert inspection.chosen == pelvis.number


def test_scouts_and_reformats_are_listed_with_their_reason(tmp_path):
    write_body(tmp_path / "ct", AXIAL, "ct")
    coronal = AXIAL.reoriented((0, 2, 1), (False, True, False))
    edit_all(write_body(tmp_path / "mpr", coronal, "mpr"), ImageType=["DERIVED", "SECONDARY", "MPR"])
    scout = write_body(tmp_path / "scout", AXIAL, "scout")
    edit_all(scout, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    inspection = inspect_scan(tmp_path)
    by_slices = {(s.orientation, s.excluded) for s in inspection.series}
    assert by_slices == {
        ("axial", None),
        ("coronal", "a reformat of another series"),
        ("none", "a localizer (scout)"),
    }
    assert load_scan(tmp_path).volume.grid.matches(AXIAL, 1e-6)


def test_a_localizer_inside_the_series_does_not_spoil_it(tmp_path):
    paths = write_body(tmp_path)
    shutil.copy(paths[0], tmp_path / "scout.dcm")
    edit_all(
        [tmp_path / "scout.dcm"],
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
    )
    assert load_scan(tmp_path).volume.grid.matches(AXIAL, 1e-6)


@pytest.mark.parametrize("name", ["number", "uid", "prefix"])
def test_series_can_be_named(tmp_path, name):
    write_body(tmp_path / "a", THICK, "thick")
    write_body(tmp_path / "b", AXIAL, "thin")
    uid, other = uid_from_seed("thick", "series"), uid_from_seed("thin", "series")
    length = next(n for n in range(len(uid)) if uid[:n] != other[:n])
    wanted = {"number": str(_number(inspect_scan(tmp_path), 13)), "uid": uid, "prefix": uid[:length]}[name]
    assert load_scan(tmp_path, series=wanted).volume.grid.matches(THICK, 1e-6)
    assert "named with --series" in inspect_scan(tmp_path, series=wanted).reason


def test_a_prefix_that_fits_several_is_refused_without_the_uids(tmp_path):
    write_body(tmp_path / "a", THICK, "thick")
    write_body(tmp_path / "b", AXIAL, "thin")
    with pytest.raises(UsageError, match="numbers 1, 2") as error:
        load_scan(tmp_path, series="2.25.")
    assert "2.25" not in str(error.value)
    with pytest.raises(UsageError, match="fits none"):
        load_scan(tmp_path, series="9.9")


def test_a_reformat_can_be_forced_but_a_scout_cannot(tmp_path):
    edit_all(write_body(tmp_path / "a", AXIAL, "a"), ImageType=["DERIVED", "SECONDARY", "MPR"], SeriesNumber=1)
    edit_all(write_body(tmp_path / "b", AXIAL, "b"), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SeriesNumber=2)
    assert np.array_equal(load_scan(tmp_path, series="1").volume.hu, body().hu)
    with pytest.raises(NotCTError, match="localizer"):
        load_scan(tmp_path, series="2")


def test_numbers_do_not_depend_on_where_the_files_lie(tmp_path):
    write_body(tmp_path / "x" / "z", THICK, "thick", SeriesNumber="4")
    write_body(tmp_path / "x" / "a", AXIAL, "thin", SeriesNumber="7")
    first = [s.slices for s in inspect_scan(tmp_path / "x").series]
    (tmp_path / "x" / "z").rename(tmp_path / "x" / "0")
    assert [s.slices for s in inspect_scan(tmp_path / "x").series] == first == [13, 21]


def test_inspection_is_json_and_tells_the_grid(tmp_path):
    write_body(tmp_path)
    content = json.loads(json.dumps(inspection_to_json(inspect_scan(tmp_path)), allow_nan=False))
    assert content["chosen"] == 1
    assert content["grid"]["size"] == [60, 44, 21]
    assert content["grid"]["origin_lps_mm"] == [-177.0, -120.0, 1000.0]
    assert content["series"][0]["orientation"] == "axial"
    assert content["series"][0]["extent_mm"] == 60.0


@pytest.mark.parametrize(
    ("kernel", "maker", "kind"),
    [
        ("B30f", "SIEMENS", "soft"),
        ("Br40d", "Siemens", "soft"),
        ("B70f", "SIEMENS", "sharp"),
        ("Br64", "Siemens", "sharp"),
        ("FC13", "TOSHIBA", "soft"),
        ("FC30", "TOSHIBA", "sharp"),
        ("FC08", "TOSHIBA", "soft"),
        ("STANDARD", "GE", "soft"),
        ("BONEPLUS", "GE", "sharp"),
        ("LUNG", "GE", "sharp"),
        ("B", "Philips", "soft"),
        ("YB", "Philips", "sharp"),
        ("D", "Philips", "sharp"),
        ("", "", "unknown"),
        ("Q", "Acme", "unknown"),
    ],
)
def test_kernel_kinds(kernel, maker, kind):
    assert kernel_kind(kernel, maker) == kind


def _head(grid: Grid) -> Volume:
    k, j, i = np.indices(grid.shape)
    x, y, _ = np.moveaxis(grid.points_from_indices(np.stack([i, j, k], -1)), -1, 0)
    ring = (x / 75.0) ** 2 + (y / 95.0) ** 2
    return Volume(np.select([ring < 0.8, ring < 1.0, ring < 1.1], [40, 1000, 0], -1000).astype(np.int16), grid)
