"""What we write as DICOM is a valid CT series, and always the same bytes."""

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from coxa.io.dicom.write import uid_from_seed, write_ct_dicom
from tests.io.body import AXIAL, body, oblique_grid, write_body

REQUIRED = """
    SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID PatientName PatientID
    PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID AccessionNumber Modality
    SeriesNumber PatientPosition PositionReferenceIndicator Manufacturer InstanceNumber ImageType PixelSpacing
    ImageOrientationPatient ImagePositionPatient SliceThickness SamplesPerPixel PhotometricInterpretation Rows
    Columns BitsAllocated BitsStored HighBit PixelRepresentation RescaleIntercept RescaleSlope KVP
    AcquisitionNumber PixelData
"""


@pytest.mark.parametrize("grid", [AXIAL, oblique_grid()], ids=["axial", "oblique"])
def test_an_independent_reader_finds_every_point_in_its_voxel(tmp_path, grid):
    write_body(tmp_path, grid)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(image), body(grid).hu)
    for ijk in ([0, 0, 0], [40, 30, 12], [10, 2, 20]):
        point = grid.points_from_indices(ijk)
        assert image.TransformPhysicalPointToContinuousIndex(point.tolist()) == pytest.approx(ijk, abs=1e-3)


def test_the_attributes_that_the_ct_image_module_requires(tmp_path):
    dataset = pydicom.dcmread(write_body(tmp_path)[3])
    assert [keyword for keyword in REQUIRED.split() if keyword not in dataset] == []
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert dataset.ImagePositionPatient == [-177, -120, 1009]
    assert dataset.InstanceNumber == 4


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, again, other = (write_body(tmp_path / n, seed=s) for n, s in (("a", "x"), ("b", "x"), ("c", "y")))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    uids = {pydicom.dcmread(p).SOPInstanceUID for p in (*first, *other)}
    assert len(uids) == len(first) + len(other)


def test_uids_are_valid():
    uid = uid_from_seed("a", "series")
    assert pydicom.uid.UID(uid).is_valid
    assert uid != uid_from_seed("a", "study")
    assert uid.startswith("2.25.")


def test_further_attributes_win(tmp_path):
    paths = write_ct_dicom(
        tmp_path,
        body(),
        series_description="hips 骨盆",
        patient_id="P1",
        seed_uid="a",
        extra={"ConvolutionKernel": "B30f", "PatientPosition": "FFS"},
    )
    dataset = pydicom.dcmread(paths[0])
    assert (dataset.PatientID, dataset.SeriesDescription) == ("P1", "hips 骨盆")
    assert (dataset.ConvolutionKernel, dataset.PatientPosition) == ("B30f", "FFS")
