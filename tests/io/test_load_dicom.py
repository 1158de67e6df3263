"""What comes out of a DICOM folder stands where the patient stood."""

import zipfile

import numpy as np
import pydicom
import pytest

from coxa.geometry.grid import Grid
from coxa.io import inspect_scan, load_scan
from tests.io.body import (
    AXIAL,
    LEFT_BONE_LPS_MM,
    LEFT_HU,
    assert_anatomy,
    body,
    edit,
    edit_all,
    hu_at,
    oblique_grid,
    write_body,
)


def test_voxels_and_grid_are_those_written(tmp_path):
    write_body(tmp_path)
    scan = load_scan(tmp_path)
    assert scan.format == "dicom"
    assert scan.volume.grid.matches(AXIAL, 1e-6)
    assert scan.volume.hu.dtype == np.int16
    assert np.array_equal(scan.volume.hu, body().hu)
    assert_anatomy(scan.volume)


def test_order_comes_from_positions_not_from_names_or_instance_numbers(tmp_path):
    paths = write_body(tmp_path / "in")
    shuffled = np.random.default_rng(1).permutation(len(paths))
    (tmp_path / "out").mkdir()
    for name, n in enumerate(shuffled):
        edit_all([paths[n]], InstanceNumber=int(shuffled[(name + 3) % len(paths)]))
        paths[n].rename(tmp_path / "out" / f"IM{name:03d}")
    assert np.array_equal(load_scan(tmp_path / "out").volume.hu, body().hu)


def test_slices_descending_in_the_files_still_ascend_along_the_normal(tmp_path):
    down = AXIAL.reoriented((0, 1, 2), (False, False, True))
    write_body(tmp_path, down)
    volume = load_scan(tmp_path).volume
    assert np.array_equal(volume.hu, body().hu)
    assert volume.grid.matches(AXIAL, 1e-6)


def test_nested_folders_with_foreign_files(tmp_path):
    paths = write_body(tmp_path / "DICOM" / "PAT1")
    deep = tmp_path / "DICOM" / "PAT1" / "SER2 卡"
    deep.mkdir()
    for path in paths[::2]:
        path.rename(deep / path.name)
    (tmp_path / "readme.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "DICOMDIR").write_bytes(paths[1].read_bytes())
    (tmp_path / ".DS_Store").write_bytes(bytes(200))
    (deep / "empty").touch()
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)
    assert inspect_scan(tmp_path).skipped == {"not DICOM": 2, "DICOMDIR": 1, "hidden": 1}


def test_zip_is_read_in_place(tmp_path):
    paths = write_body(tmp_path / "in")
    archive = tmp_path / "scan of 患者.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in paths:
            file.write(path, f"a/b/{path.name}")
        file.writestr("LICENSE", "text")
    before = sorted(tmp_path.rglob("*"))
    scan = load_scan(archive)
    assert np.array_equal(scan.volume.hu, body().hu)
    assert scan.sha256 == load_scan(tmp_path / "in").sha256
    assert sorted(tmp_path.rglob("*")) == before


def test_zip_inside_a_folder(tmp_path):
    paths = write_body(tmp_path / "in")
    (tmp_path / "study").mkdir()
    with zipfile.ZipFile(tmp_path / "study" / "export.zip", "w") as file:
        for path in paths:
            file.write(path, path.name)
    assert np.array_equal(load_scan(tmp_path / "study").volume.hu, body().hu)


def test_files_without_preamble(tmp_path):
    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        del dataset.file_meta
        dataset.preamble = None
        dataset.save_as(path, enforce_file_format=False, implicit_vr=True, little_endian=True)
        assert path.read_bytes()[128:132] != b"DICM"
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


@pytest.mark.parametrize("position", ["HFP", "FFS", "FFP", "HFDL"])
def test_the_patients_position_on_the_table_does_not_matter(tmp_path, position):
    """Orientation is given in patient axes: prone and feet-first scans only store other rows and columns."""
    axes, flips = {
        "HFP": ((0, 1, 2), (True, True, False)),
        "FFS": ((0, 1, 2), (True, False, True)),
        "FFP": ((0, 1, 2), (False, True, True)),
        "HFDL": ((1, 0, 2), (False, True, False)),
    }[position]
    write_body(tmp_path, AXIAL.reoriented(axes, flips), PatientPosition=position)
    assert_anatomy(load_scan(tmp_path).volume)


def test_oblique_slices(tmp_path):
    write_body(tmp_path, oblique_grid())
    volume = load_scan(tmp_path).volume
    assert volume.grid.matches(oblique_grid(), 1e-3)
    assert_anatomy(volume, tolerance_hu=12.0)  # the nearest voxel lies up to 4 mm higher or lower


def test_rows_and_columns_of_different_spacing(tmp_path):
    grid = Grid((60, 66, 21), (6.0, 4.0, 3.0), [-177.0, -130.0, 1000.0], np.eye(3))
    write_body(tmp_path, grid)
    volume = load_scan(tmp_path).volume
    assert volume.grid.spacing_mm == pytest.approx((6.0, 4.0, 3.0))
    assert_anatomy(volume)


def test_slope_and_intercept_of_each_slice_are_applied(tmp_path):
    for n, path in enumerate(write_body(tmp_path)):
        slope, intercept = (1.0, -1024.0 - n) if n % 2 else (0.5, -1000.0)

        def change(d, slope=slope, intercept=intercept):
            stored = np.frombuffer(d.PixelData, "<i2")
            d.RescaleSlope, d.RescaleIntercept = slope, intercept
            d.PixelData = np.rint((stored - intercept) / slope).astype("<i2").tobytes()

        edit(path, change)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


def test_unsigned_storage(tmp_path):
    for path in write_body(tmp_path):

        def change(d):
            d.PixelData = (np.frombuffer(d.PixelData, "<i2").astype(int) + 1024).astype("<u2").tobytes()
            d.PixelRepresentation, d.RescaleIntercept, d.BitsStored, d.HighBit = 0, "-1024", 12, 11

        edit(path, change)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


@pytest.mark.parametrize("declared", [True, False])
def test_padding_becomes_air(tmp_path, declared):
    for path in write_body(tmp_path):

        def change(d):
            stored = np.frombuffer(d.PixelData, "<i2").reshape(d.Rows, d.Columns).copy()
            stored[:3] = -2000 if declared else -2048
            d.PixelData = stored.tobytes()
            if declared:
                d.add_new("PixelPaddingValue", "SS", -2000)

        edit(path, change)
    hu = load_scan(tmp_path).volume.hu
    assert (hu[:, :3] == -1024).all()
    assert np.array_equal(hu[:, 3:], body().hu[:, 3:])


def test_a_padding_value_of_water_is_not_obeyed(tmp_path):
    paths = write_body(tmp_path)
    for path in paths:
        edit(path, lambda d: d.add_new("PixelPaddingValue", "SS", 50))
    scan = load_scan(tmp_path)
    assert np.array_equal(scan.volume.hu, body().hu)
    assert any("padding" in warning for warning in scan.warnings)


def test_images_that_repeat_a_slice_are_dropped_with_a_warning(tmp_path):
    paths = write_body(tmp_path / "a")
    (tmp_path / "copy").mkdir()
    for path in paths[3:5]:
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    scan = load_scan(tmp_path)
    assert np.array_equal(scan.volume.hu, body().hu)
    assert any(warning.startswith("2 image(s) that repeat") for warning in scan.warnings)


def test_positions_rounded_to_a_tenth_are_regular(tmp_path):
    grid = Grid((60, 44, 41), (6.0, 6.0, 0.625), [-177.0, -120.0, 1018.0], np.eye(3))
    for path in write_body(tmp_path, grid):
        edit(path, lambda d: setattr(d, "ImagePositionPatient", [round(float(v), 1) for v in d.ImagePositionPatient]))
    assert load_scan(tmp_path).volume.grid.spacing_mm[2] == pytest.approx(0.625, abs=0.003)


def test_technical_facts_are_kept(tmp_path):
    write_body(tmp_path, ConvolutionKernel="B30f", ManufacturerModelName="Model 5")
    facts = load_scan(tmp_path).acquisition
    assert facts["kernel"] == "B30f"
    assert facts["model"] == "Model 5"
    assert facts["slice_thickness_mm"] == "3.0"


@pytest.mark.parametrize(
    ("pitch_mm", "start"), [(1.5, None), (2.0, "thick slices: 2.00"), (3.0, "thick slices: 3.00"), (4.0, "very thick")]
)
def test_thick_slices_are_warned_of(tmp_path, pitch_mm, start):
    grid = Grid((240, 176, 21), (1.5, 1.5, pitch_mm), [-177.0, -120.0, 1030.0 - 10 * pitch_mm], np.eye(3))
    write_body(tmp_path, grid)
    warnings = load_scan(tmp_path).warnings
    assert [w.startswith(start) for w in warnings] == [True] if start else warnings == ()


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"])
def test_enhanced_and_legacy_converted_multiframe(tmp_path, sop_class):
    paths = write_body(tmp_path / "single")
    slices = [pydicom.dcmread(path) for path in paths]
    enhanced = slices[0]
    enhanced.SOPClassUID = enhanced.file_meta.MediaStorageSOPClassUID = sop_class
    order = np.random.default_rng(2).permutation(len(slices))
    enhanced.PerFrameFunctionalGroupsSequence = pydicom.Sequence(_frame(slices[n]) for n in order)
    shared = pydicom.Dataset()
    shared.PixelMeasuresSequence = pydicom.Sequence([_with(enhanced, "PixelSpacing", "SliceThickness")])
    shared.PlaneOrientationSequence = pydicom.Sequence([_with(enhanced, "ImageOrientationPatient")])
    shared.PixelValueTransformationSequence = pydicom.Sequence(
        [_with(enhanced, "RescaleSlope", "RescaleIntercept", "RescaleType")]
    )
    enhanced.SharedFunctionalGroupsSequence = pydicom.Sequence([shared])
    enhanced.NumberOfFrames = len(slices)
    enhanced.PixelData = b"".join(slices[n].PixelData for n in order)
    for keyword in ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "RescaleSlope"):
        delattr(enhanced, keyword)
    (tmp_path / "multi").mkdir()
    enhanced.save_as(tmp_path / "multi" / "all.dcm")
    scan = load_scan(tmp_path / "multi")
    assert scan.volume.grid.matches(AXIAL, 1e-6)
    assert np.array_equal(scan.volume.hu, body().hu)


def test_left_is_where_the_orientation_says_left_is(tmp_path):
    """Mirroring the orientation alone must move the left bone to the other side: no guess from the picture."""
    paths = write_body(tmp_path)
    edit_all(paths, ImageOrientationPatient=[-1, 0, 0, 0, 1, 0])
    for path in paths:
        edit(path, lambda d: d.ImagePositionPatient.__setitem__(0, 177.0))
    volume = load_scan(tmp_path).volume
    assert hu_at(volume, LEFT_BONE_LPS_MM) == LEFT_HU - 300


def _frame(dataset):
    group = pydicom.Dataset()
    group.PlanePositionSequence = pydicom.Sequence([_with(dataset, "ImagePositionPatient")])
    return group


def _with(dataset, *keywords):
    part = pydicom.Dataset()
    for keyword in keywords:
        setattr(part, keyword, getattr(dataset, keyword))
    return part
