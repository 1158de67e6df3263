"""What lies beside, before and behind a series: other files, other series, other programs' ways of storing it."""

import shutil

import numpy as np
import pydicom
import pytest
from pydicom.pixels import get_decoder
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from coxa.errors import DecoderError, InputRefusedError, NotCTError, UnreadableInputError
from coxa.geometry.grid import Grid
from coxa.io import inspect_scan, load_scan
from coxa.io.dicom.write import write_ct_dicom
from coxa.volume import Volume
from tests.io.body import AXIAL, assert_anatomy, body, edit, edit_all, write_body


def test_a_foreign_image_without_position_is_passed_over_and_said(tmp_path):
    paths = write_body(tmp_path)
    shutil.copy(paths[3], tmp_path / "other.dcm")
    edit_all([tmp_path / "other.dcm"], ImagePositionPatient=None)
    scan = load_scan(tmp_path)
    assert np.array_equal(scan.volume.hu, body().hu)
    assert any("1 image(s) of the series used were passed over: without position" in w for w in scan.warnings)


@pytest.mark.parametrize("kind", ["wrong VR", "deflated", "nested", "cut off"])
def test_a_damaged_file_among_good_slices_is_passed_over_and_said(tmp_path, kind):
    paths = write_body(tmp_path)
    content = paths[3].read_bytes()
    at = content.index(b"\x28\x00\x10\x00US")
    deflated = pydicom.dcmread(paths[3])
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    deflated.save_as(tmp_path / "damaged.dcm")
    deflated_content = (tmp_path / "damaged.dcm").read_bytes()
    damaged = {
        "wrong VR": content[: at + 4] + b"QQ" + content[at + 6 :],
        "deflated": deflated_content[:500] + bytes(range(200)) + deflated_content[700:],
        "nested": content[:at] + b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff" * 3000 + content[at:],
        "cut off": content[:300],
    }[kind]
    (tmp_path / "damaged.dcm").write_bytes(damaged)
    try:
        scan = load_scan(tmp_path)
    except InputRefusedError as error:  # what can still be read of it is no slice of this series
        assert "disagree" in str(error)
        return
    assert np.array_equal(scan.volume.hu, body().hu)
    assert any("passed over" in warning or "repeat" in warning for warning in scan.warnings)


@pytest.mark.parametrize("image_type", [["DERIVED", "SECONDARY", "MPR"], ["DERIVED", "SECONDARY", "AXIAL"]])
def test_a_reformat_is_taken_with_a_warning_when_there_is_no_other(tmp_path, image_type):
    edit_all(write_body(tmp_path), ImageType=image_type)
    scan = load_scan(tmp_path)
    assert_anatomy(scan.volume)
    assert any("there is no other: prefer the original axial series" in warning for warning in scan.warnings)


def test_the_original_is_preferred_to_a_thinner_reformat(tmp_path):
    write_body(tmp_path / "ct", AXIAL, "ct")
    thin = Grid((60, 44, 41), (6.0, 6.0, 1.5), AXIAL.origin_lps_mm, np.eye(3))
    edit_all(write_body(tmp_path / "mpr", thin, "mpr"), ImageType=["DERIVED", "SECONDARY", "MPR"])
    scan = load_scan(tmp_path)
    assert scan.volume.grid.matches(AXIAL, 1e-6)
    assert not any("reformat" in warning for warning in scan.warnings)


def test_a_reformat_with_a_gap_is_refused(tmp_path):
    paths = write_body(tmp_path)
    edit_all(paths, ImageType=["DERIVED", "SECONDARY", "MPR"])
    paths[9].unlink()
    with pytest.raises(NotCTError, match="reformat"):
        load_scan(tmp_path)


def test_a_volume_in_two_series_is_joined_and_said(tmp_path):
    for n, path in enumerate(write_body(tmp_path)):
        edit_all([path], SeriesInstanceUID="1.2.3" if n < 11 else "1.2.4", SeriesNumber=1 if n < 11 else 2)
    scan = load_scan(tmp_path)
    assert np.array_equal(scan.volume.hu, body().hu)
    assert any("series 1, 2 continue each other" in warning for warning in scan.warnings)
    half = load_scan(tmp_path, series="1")
    assert half.volume.grid.size[2] == 11
    assert any("series 2 shows 30 mm of the same body" in warning for warning in half.warnings)


def test_two_halves_of_different_frames_of_reference_stay_apart(tmp_path):
    for n, path in enumerate(write_body(tmp_path)):
        part = 1 if n < 11 else 2
        edit_all([path], SeriesInstanceUID=f"1.2.{part}", SeriesNumber=part, FrameOfReferenceUID=f"1.3.{part}")
    assert load_scan(tmp_path).volume.grid.size[2] < 21


def test_the_dicomdir_itself(tmp_path):
    write_body(tmp_path / "IMAGES")
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    assert np.array_equal(load_scan(tmp_path / "DICOMDIR").volume.hu, body().hu)


def test_a_comma_for_the_decimal_point(tmp_path):
    for path in write_body(tmp_path):
        edit(path, lambda d: setattr(d, "PixelSpacing", ["6.25", "6.25"]))
        path.write_bytes(path.read_bytes().replace(b"6.25\\6.25", b"6,25\\6,25"))
    with pytest.raises(NotCTError, match=r"cannot be read in PixelSpacing \(a comma"):
        load_scan(tmp_path)


def test_ct_images_that_do_not_say_ct(tmp_path):
    edit_all(write_body(tmp_path), Modality=None)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


def test_inspect_asks_what_measure_asks(tmp_path):
    path = write_body(tmp_path)[4]
    path.write_bytes(path.read_bytes()[:-3000])
    inspection = inspect_scan(tmp_path)
    assert inspection.grid is None
    with pytest.raises(UnreadableInputError) as error:
        load_scan(tmp_path)
    assert inspection.warnings[0] == f"would be refused: {error.value}"


def test_an_offset_is_named_and_mended(tmp_path):
    shifted = Volume((body().hu + 1024).astype(np.int16), AXIAL)
    write_ct_dicom(tmp_path, shifted, series_description="", seed_uid="a")
    with pytest.raises(NotCTError, match=r"plus 1024.*--hu-offset -1024"):
        load_scan(tmp_path)
    scan = load_scan(tmp_path, hu_offset=-1024)
    assert np.array_equal(scan.volume.hu, body().hu)
    assert any("-1024 was added to every voxel" in warning for warning in scan.warnings)


def test_values_cut_off_at_a_ceiling_are_said(tmp_path):
    noisy = body().hu + np.random.default_rng(1).normal(0, 15, AXIAL.shape)
    for name, ceiling in (("cut", 600), ("whole", 3000)):
        hu = np.minimum(noisy, ceiling).astype(np.int16)
        write_ct_dicom(tmp_path / name, Volume(hu, AXIAL), series_description="", seed_uid=name)
    assert any("cut off at 600 HU" in warning for warning in load_scan(tmp_path / "cut").warnings)
    assert not any("cut off" in warning for warning in load_scan(tmp_path / "whole").warnings)


@pytest.mark.parametrize(("fault", "refusal"), [(MemoryError, MemoryError), (ImportError, DecoderError)])
def test_a_fault_of_the_decoder_is_not_the_scans(tmp_path, monkeypatch, fault, refusal):
    def broken(*_):
        raise fault("library gone")

    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.compress(RLELossless)
        dataset.save_as(path)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)
    monkeypatch.setattr(get_decoder(RLELossless), "_available", {"pydicom": broken})
    with pytest.raises(refusal, match="library gone") as error:
        load_scan(tmp_path)
    if refusal is DecoderError:
        assert "pip install" in str(error.value)


@pytest.mark.parametrize("fault", [AttributeError, OSError, ValueError])
def test_what_decoders_raise_on_damaged_data_is_the_files_damage(tmp_path, monkeypatch, fault):
    """GDCM raises an AttributeError on a cut-off frame, Pillow an OSError."""

    def choking(*_):
        raise fault("no such frame")

    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.compress(RLELossless)
        dataset.save_as(path)
    monkeypatch.setattr(get_decoder(RLELossless), "_available", {"pydicom": choking})
    with pytest.raises(UnreadableInputError):
        load_scan(tmp_path)
