"""Every check of the loader, in a case in which it fires."""

import re
import zipfile

import numpy as np
import pydicom
import pytest

from coxa.errors import (
    InputRefusedError,
    IrregularSlicesError,
    NoPelvisError,
    NotCTError,
    UnreadableInputError,
    UsageError,
)
from coxa.geometry.grid import Grid
from coxa.io import inspect_scan, load_scan
from coxa.io.dicom.write import write_ct_dicom
from coxa.io.images.image_files import write_volume
from coxa.volume import Volume
from tests.io.body import AXIAL, assert_anatomy, body, edit, edit_all, write_body


@pytest.mark.parametrize("lost", [1, 10, 19])
def test_a_missing_slice_is_refused_with_its_place(tmp_path, lost):
    write_body(tmp_path)[lost].unlink()
    below = 1000.0 + 3.0 * (lost - 1)
    with pytest.raises(IrregularSlicesError, match=f"6.0 mm between {below:.1f} and {below + 6:.1f} mm") as error:
        load_scan(tmp_path)
    assert "--allow-gaps" in str(error.value)
    assert inspect_scan(tmp_path).grid is None


def test_a_hole_of_5_mm_in_a_series_of_3_mm(tmp_path):
    _widen_step(write_body(tmp_path), after=10, extra_mm=2.0)
    with pytest.raises(IrregularSlicesError, match=r"5.0 mm between 1030.0 and 1035.0 mm"):
        load_scan(tmp_path)
    scan = load_scan(tmp_path, allow_gaps=True)
    assert any("5.0 mm between 1030.0 and 1035.0" in warning for warning in scan.warnings)
    assert scan.volume.grid.spacing_mm[2] == 3.0
    left = scan.volume.hu[:, 22, 48].astype(float)  # left bone: 640 at z = 1000, then 6 a slice
    assert left[:11] == pytest.approx(640 + 6 * np.arange(11))
    # The slice at z = 1033 lies 3/5 of the way from (1030: 700) to (1035: 706).
    assert left[11] == pytest.approx(703.6, abs=0.5)


def test_a_missing_slice_is_interpolated_when_asked(tmp_path):
    write_body(tmp_path)[10].unlink()
    scan = load_scan(tmp_path, allow_gaps=True)
    assert scan.volume.grid.matches(AXIAL)
    assert np.abs(scan.volume.hu.astype(int) - body().hu).max() <= 1  # bone rises linearly


def test_a_small_irregularity_is_a_refusal_too(tmp_path):
    _widen_step(write_body(tmp_path), after=10, extra_mm=0.5)
    with pytest.raises(IrregularSlicesError, match=r"3.5 mm between"):
        load_scan(tmp_path)


def test_a_gap_too_wide_is_never_filled(tmp_path):
    for path in write_body(tmp_path)[7:14]:
        path.unlink()
    with pytest.raises(IrregularSlicesError, match="too wide to interpolate"):
        load_scan(tmp_path, allow_gaps=True)


def test_a_missing_slice_in_very_thin_slices(tmp_path):
    grid = Grid((60, 44, 81), (6.0, 6.0, 0.2), [-177.0, -120.0, 1000.0], np.eye(3))
    write_body(tmp_path, grid)[40].unlink()
    with pytest.raises(IrregularSlicesError, match=r"0.4 mm between"):
        load_scan(tmp_path)


def test_two_slices_at_one_place_that_disagree(tmp_path):
    path = write_body(tmp_path)[5]
    dataset = pydicom.dcmread(path)
    pixels = bytearray(dataset.PixelData)
    pixels[4000] ^= 1
    dataset.PixelData = bytes(pixels)
    dataset.save_as(tmp_path / "other.dcm")
    with pytest.raises(IrregularSlicesError, match=r"two slices at 1015.0 mm .* disagree"):
        load_scan(tmp_path)


def test_two_phases_in_one_series_are_told_apart_by_acquisition(tmp_path):
    write_body(tmp_path / "1")
    late = write_ct_dicom(
        tmp_path / "2",
        Volume(np.where(body().hu == 50, np.int16(90), body().hu), AXIAL),
        series_description="late",
        seed_uid="body",
        extra={"AcquisitionNumber": "2"},
    )
    assert len(late) == 21
    inspection = inspect_scan(tmp_path)
    assert [s.slices for s in inspection.series] == [21, 21]
    assert load_scan(tmp_path, series="2").volume.hu.max() == body().hu.max()
    assert 90 in load_scan(tmp_path, series="2").volume.hu
    assert 90 not in load_scan(tmp_path, series="1").volume.hu


def test_table_steps_with_their_own_acquisition_numbers_stay_one_series(tmp_path):
    for n, path in enumerate(write_body(tmp_path)):
        edit_all([path], AcquisitionNumber=1 + n // 7)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


@pytest.mark.parametrize("tilt_deg", [-12.0, 20.0])
def test_gantry_tilt_is_corrected_and_said(tmp_path, tilt_deg):
    """Tilted slices stacked along the table: positions run along z, the normal does not."""
    c, s = np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))
    axes = np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]]).T
    for k in range(41):
        centre = np.array([0.0, 0.0, 970.0 + 3.0 * k])
        origin = centre - axes @ [177.0, 150.0, 0.0]
        one = body(Grid((60, 51, 1), (6.0, 6.0, 3.0), origin, axes))
        path = write_ct_dicom(tmp_path / str(k), one, series_description="", seed_uid=f"s{k}")[0]
        edit_all([path], SeriesInstanceUID="1.2.3", StudyInstanceUID="1.2.4", FrameOfReferenceUID="1.2.5")
    scan = load_scan(tmp_path)
    assert any(f"tilted by {abs(tilt_deg):.1f} degrees" in warning for warning in scan.warnings)
    assert scan.volume.grid.direction == pytest.approx(axes, abs=1e-6)
    assert scan.volume.grid.spacing_mm[2] == pytest.approx(3.0 * c, abs=1e-4)
    assert_anatomy(scan.volume, tolerance_hu=12.0)


def test_a_slice_displaced_in_its_plane_is_refused(tmp_path):
    path = write_body(tmp_path)[12]
    edit(path, lambda d: d.ImagePositionPatient.__setitem__(0, -172.0))
    with pytest.raises(IrregularSlicesError, match=r"1036.0 mm along the normal is displaced"):
        load_scan(tmp_path)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"Modality": "MR"}, "not CT but MR"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"ImageType": ["DERIVED", "SECONDARY", "MIP"]}, "projection.*name one of these with --series"),
        ({"ImageType": ["DERIVED", "SECONDARY", "VOLUME RENDERING"]}, "rendering"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary capture"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour"),
        ({"ImagePositionPatient": None}, "without position"),
        ({"PixelSpacing": None}, "without position"),
        ({"RescaleSlope": None}, "rescaling"),
        ({"RescaleType": "US"}, "in US, not in Hounsfield units"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "impossible orientation"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "inverted grey values"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR, not as plain grey"),
        ({"BitsStored": 8, "HighBit": 7}, "8 of 16 bits"),
        ({"RescaleSlope": 0}, "rescaling that makes no Hounsfield"),
        ({"RescaleSlope": 1e6}, "rescaling that makes no Hounsfield"),
        ({"RescaleIntercept": -1e6}, "rescaling that makes no Hounsfield"),
        ({"PixelSpacing": [1e9, 1e9]}, "impossible pixel spacing of 1e"),
        ({"PixelSpacing": [0, 0]}, "impossible orientation or pixel spacing"),
        ({"ImagePositionPatient": [1e9, 0, 0]}, "impossible position"),
        ({"NumberOfFrames": 3}, "multi-frame image without functional groups"),
    ],
)
def test_series_that_are_no_ct_volume_are_refused_with_the_reason(tmp_path, values, reason):
    edit_all(write_body(tmp_path), **values)
    with pytest.raises(NotCTError, match=reason):
        load_scan(tmp_path)
    inspection = inspect_scan(tmp_path)
    assert inspection.chosen is None
    assert re.search(reason.split(".*")[0], inspection.series[0].excluded or "")


def test_too_few_slices(tmp_path):
    for path in write_body(tmp_path)[5:]:
        path.unlink()
    with pytest.raises(NotCTError, match="only 5 images"):
        load_scan(tmp_path)


def test_values_that_are_not_hounsfield_units(tmp_path):
    volume = Volume(np.clip((body().hu + 1000) // 8, 0, 255).astype(np.int16), AXIAL)
    write_ct_dicom(tmp_path, volume, series_description="", seed_uid="a")
    with pytest.raises(NotCTError, match="not Hounsfield"):
        load_scan(tmp_path)


def test_no_bone_in_view(tmp_path):
    hu = np.where(body().hu > 60, np.int16(60), body().hu)
    hu[0, 20:23, 30:33] = 400
    write_ct_dicom(tmp_path, Volume(hu, AXIAL), series_description="", seed_uid="a")
    with pytest.raises(NoPelvisError, match="ml of bone"):
        load_scan(tmp_path)


def test_empty_folder(tmp_path):
    with pytest.raises(UnreadableInputError, match="no files at all"):
        load_scan(tmp_path)


def test_a_folder_of_other_things(tmp_path):
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UnreadableInputError, match="1 not DICOM"):
        load_scan(tmp_path)


def test_nothing_at_the_path(tmp_path):
    with pytest.raises(UnreadableInputError, match="nothing at the path"):
        load_scan(tmp_path / "absent")


def test_cut_off_pixel_data(tmp_path):
    path = write_body(tmp_path)[4]
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(UnreadableInputError, match=r"z = 1012.0 mm are damaged"):
        load_scan(tmp_path)


def test_a_file_damaged_in_its_header_leaves_a_gap_and_a_count(tmp_path):
    path = write_body(tmp_path)[4]
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(IrregularSlicesError, match=r"6.0 mm between 1009.0 and 1015.0"):
        load_scan(tmp_path)


def test_two_patients_in_one_folder(tmp_path):
    write_body(tmp_path / "a", seed="a", PatientID="P1", SeriesNumber="1")
    write_body(tmp_path / "b", seed="b", PatientID="P2", SeriesNumber="2")
    with pytest.raises(InputRefusedError, match="2 patients") as error:
        load_scan(tmp_path)
    assert "P1" not in str(error.value)
    assert inspect_scan(tmp_path).chosen is None
    assert len(inspect_scan(tmp_path).series) == 2
    assert load_scan(tmp_path, series="2").volume.grid.matches(AXIAL)


def test_two_studies_of_one_patient_are_warned_of(tmp_path):
    write_body(tmp_path / "a", seed="a")
    write_body(tmp_path / "b", seed="b")
    assert any("2 studies" in warning for warning in load_scan(tmp_path).warnings)


def test_compression_with_loss_is_warned_of(tmp_path):
    edit_all(write_body(tmp_path), LossyImageCompression="01")
    assert any("compressed with loss" in warning for warning in load_scan(tmp_path).warnings)


def test_a_series_cannot_be_named_in_a_single_file(tmp_path):
    write_volume(tmp_path / "a.nii.gz", body())
    for call in (load_scan, inspect_scan):
        with pytest.raises(UsageError, match="leave it out"):
            call(tmp_path / "a.nii.gz", series="1")


def test_encrypted_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.dcm", bytes(300))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UnreadableInputError, match="encrypted"):
        load_scan(tmp_path / "a.zip")


def test_cut_off_zip(tmp_path):
    paths = write_body(tmp_path / "in")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in paths:
            file.write(path, path.name)
    content = bytearray(archive.read_bytes())
    content[3000:3400] = bytes(400)
    archive.write_bytes(content)
    with pytest.raises(UnreadableInputError, match="damaged"):
        load_scan(archive)


def _widen_step(paths, after: int, extra_mm: float) -> None:
    for path in paths[after + 1 :]:
        edit(path, lambda d: d.ImagePositionPatient.__setitem__(2, float(d.ImagePositionPatient[2]) + extra_mm))
