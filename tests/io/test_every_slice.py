"""What is asked of every slice of a stack: rescaling, patient, place, padding."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from coxa.errors import InputRefusedError, IrregularSlicesError, NotCTError
from coxa.io import inspect_scan, load_scan
from tests.io.body import AXIAL, body, edit, edit_all, write_body


@pytest.mark.parametrize("values", [{"RescaleIntercept": None}, {"RescaleSlope": None}, {"RescaleType": None}])
def test_rescaling_that_some_slices_lack(tmp_path, values):
    paths = write_body(tmp_path)
    edit_all(paths, RescaleType="HU")
    edit_all(paths[8:12], **values)
    if "RescaleType" in values:  # then two stacks, each with gaps, and neither is taken for the whole
        with pytest.raises(InputRefusedError):
            load_scan(tmp_path)
        return
    with pytest.raises(NotCTError, match="4 of 21 images are without the rescaling"):
        load_scan(tmp_path)
    assert inspect_scan(tmp_path).grid is None


@pytest.mark.parametrize(
    "values",
    [{"RescaleIntercept": 1024}, {"RescaleIntercept": -1524}, {"RescaleIntercept": -2048}, {"RescaleSlope": 4}],
)
def test_a_rescaling_by_which_slices_do_not_continue_their_neighbours(tmp_path, values):
    edit_all(write_body(tmp_path)[8:12], **values)
    with pytest.raises(IrregularSlicesError, match=r"4 slice\(s\), the first at z = 1024.0 mm, declare a rescaling"):
        load_scan(tmp_path)


def test_a_lookup_table_is_no_rescaling(tmp_path):
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType, table.LUTData = [2, 0, 16], "HU", b"\0\0\1\0"
    for path in write_body(tmp_path)[:1]:
        edit(path, lambda d: setattr(d, "ModalityLUTSequence", Sequence([table])))
    with pytest.raises(NotCTError, match="1 of 21 images are with a lookup table"):
        load_scan(tmp_path)


@pytest.mark.parametrize("series_uid", ["1.2.3", ""])
@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"PatientID": "Q1"}, "different patients"),
        ({"PatientName": "Roe^Jane"}, "different patients"),
        ({"PatientBirthDate": "19500101"}, "different patients"),
        ({"StudyInstanceUID": "1.2.99"}, "different studies"),
        ({"FrameOfReferenceUID": "1.2.98"}, "different frames of reference"),
    ],
)
def test_two_scans_in_one_stack(tmp_path, values, what, series_uid):
    paths = write_body(tmp_path)
    edit_all(paths, SeriesInstanceUID=series_uid, PatientID="P1", PatientName="Doe^John", PatientBirthDate="19400101")
    load_scan(tmp_path)  # as one patient's it comes in
    edit_all(paths[10:], **values)
    with pytest.raises(NotCTError, match=f"a mixture of {what}") as error:
        load_scan(tmp_path)
    assert not any(word in str(error.value) for word in ("P1", "Q1", "Doe", "Roe", "1940", "1950"))
    assert inspect_scan(tmp_path).chosen is None


def test_a_name_written_in_another_way_is_the_same_patient(tmp_path):
    paths = write_body(tmp_path)
    edit_all(paths, PatientName="Doe^John^^")
    edit_all(paths[5:], PatientName="DOE^JOHN")
    edit_all(paths[7:], PatientName="")
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


def test_positions_rounded_either_way_in_the_plane(tmp_path):
    """A real series: two slices 0.1 mm to one side, two to the other, the rest between; the first is an odd one."""
    for n, path in enumerate(write_body(tmp_path)):
        offset = {0: -0.1, 1: -0.1, 5: 0.1, 6: 0.1}.get(n, 0.0)
        edit(path, lambda d, x=offset: d.ImagePositionPatient.__setitem__(0, -177.0 + x))
    scan = load_scan(tmp_path)
    assert scan.volume.grid.matches(AXIAL)  # at the median, not at the first slice
    assert np.array_equal(scan.volume.hu, body().hu)


def test_a_slice_aside_by_less_than_half_a_pixel_is_shifted_and_said(tmp_path):
    edit(write_body(tmp_path)[12], lambda d: d.ImagePositionPatient.__setitem__(0, -174.6))  # 2.4 mm of 6 mm pixels
    scan = load_scan(tmp_path)
    assert any("1 slice(s) lie up to 2.40 mm aside" in warning for warning in scan.warnings)
    assert scan.volume.grid.matches(AXIAL)
    # Each pixel takes what lies 2.4 mm to its right in its own slice: 0.6 of itself, 0.4 of the pixel before.
    own = body().hu[12].astype(float)
    expected = 0.6 * own[:, 1:] + 0.4 * own[:, :-1]
    assert np.abs(scan.volume.hu[12, :, 1:] - expected).max() <= 0.51
    assert np.array_equal(np.delete(scan.volume.hu, 12, 0), np.delete(body().hu, 12, 0))


def test_positions_rounded_along_the_normal_are_said(tmp_path):
    for n, path in enumerate(write_body(tmp_path)):
        edit(path, lambda d, n=n: d.ImagePositionPatient.__setitem__(2, 1000.0 + 3 * n + (0.17 if n % 2 else -0.17)))
    scan = load_scan(tmp_path)
    assert any("0.17 mm from their places" in warning for warning in scan.warnings)
    assert scan.volume.grid.spacing_mm[2] == pytest.approx(3.0, abs=0.02)


def test_rounded_orientation_and_spacing_are_their_median_and_said(tmp_path):
    paths = write_body(tmp_path)
    edit_all(paths[:3], ImageOrientationPatient=[0.999, 0.0015, 0, 0, 1, 0], PixelSpacing=["6.0008", "6.0008"])
    scan = load_scan(tmp_path)
    assert scan.volume.grid.matches(AXIAL)
    assert any("orientations differ by up to 0.0015" in warning for warning in scan.warnings)
    assert any("pixel spacings differ by up to 0.0008 mm" in warning for warning in scan.warnings)


@pytest.mark.parametrize(
    ("representation", "vr", "declared", "stored"),
    [(1, "SS", -2000, -2000), (1, "US", 63536, -2000), (0, "US", 63536, 63536), (0, "SS", -2000, 63536)],
)
def test_padding_is_air_however_its_tag_is_written(tmp_path, representation, vr, declared, stored):
    for path in write_body(tmp_path):
        _pad(path, representation, stored)
        edit(path, lambda d: d.add_new("PixelPaddingValue", vr, declared))
    scan = load_scan(tmp_path)
    assert (scan.volume.hu[:, :3] == -1024).all()
    assert np.array_equal(scan.volume.hu[:, 3:], body().hu[:, 3:])
    assert not any("padding" in warning for warning in scan.warnings)


def test_a_range_of_padding_values(tmp_path):
    for path in write_body(tmp_path):
        _pad(path, 0, 63500)
        edit(path, lambda d: (d.add_new("PixelPaddingValue", "US", 63400), d.add_new(0x00280121, "US", 63600)))
    assert (load_scan(tmp_path).volume.hu[:, :3] == -1024).all()


def test_padding_with_a_value_of_metal_is_air_at_the_border_and_metal_inside(tmp_path):
    for path in write_body(tmp_path):
        _pad(path, 1, 3071, inside=True)
        edit(path, lambda d: d.add_new("PixelPaddingValue", "SS", 3071))
    hu = load_scan(tmp_path).volume.hu
    assert (hu[:, :3] == -1024).all()
    assert (hu[:, 20:22, 28:30] == 3071).all()


def test_metal_that_overflowed_is_said(tmp_path):
    for path in write_body(tmp_path):

        def change(d):
            pixels = np.frombuffer(d.PixelData, "<i2").reshape(d.Rows, d.Columns).copy()
            pixels[20:22, 28:30] = -30000
            d.PixelData = pixels.tobytes()

        edit(path, change)
    assert any("84 voxels lie far below air" in warning for warning in load_scan(tmp_path).warnings)


def _pad(path, representation, stored, inside=False):
    """Store the first three rows as padding; unsigned storage has an intercept of -1024."""

    def change(d):
        shift = 0 if representation else 1024
        pixels = np.frombuffer(d.PixelData, "<i2").reshape(d.Rows, d.Columns).astype(int) + shift
        pixels[:3] = stored
        if inside:
            pixels[20:22, 28:30] = stored
        d.PixelRepresentation, d.RescaleIntercept = representation, -shift
        d.PixelData = (pixels % 65536).astype("<u2").tobytes()

    edit(path, change)
