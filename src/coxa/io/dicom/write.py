"""Writing CT slices as DICOM: what the phantom and exports hand to other programs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coxa.geometry.grid import Grid
from coxa.volume import Volume

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset


def uid_from_seed(seed: str, *parts: str) -> str:
    """Return a UID under 2.25 (ISO/IEC 9834-8) that depends on the words only, not on time or machine."""
    digest = hashlib.sha256("\0".join((seed, *parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def write_ct_dicom(
    folder: Path,
    volume: Volume,
    *,
    series_description: str,
    patient_id: str = "PHANTOM",
    seed_uid: str,
    extra: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write a volume as CT Image Storage, one uncompressed file a slice along k.

    Parameters
    ----------
    folder : Path
        Created when absent.
    volume : Volume
        Any grid, oblique and left-handed ones too: every slice carries its own position and orientation.
    series_description, patient_id : str
    seed_uid : str
        All UIDs derive from it: the same seed and volume give the same bytes.
    extra : Mapping[str, str], optional
        Further attributes by DICOM keyword, such as ``{"ConvolutionKernel": "B30f"}``; they win over the defaults.

    Returns
    -------
    list of Path
        In the order of k.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dataset = _series_dataset(volume.grid, series_description, patient_id, seed_uid)
    for keyword, value in (extra or {}).items():
        setattr(dataset, keyword, value)
    normal = np.cross(volume.grid.direction[:, 0], volume.grid.direction[:, 1])
    paths = []
    for k, plane in enumerate(volume.hu):
        position = volume.grid.points_from_indices([0, 0, k])
        uid = uid_from_seed(seed_uid, "slice", str(k))
        dataset.file_meta.MediaStorageSOPInstanceUID = uid
        dataset.SOPInstanceUID = uid
        dataset.InstanceNumber = k + 1
        dataset.ImagePositionPatient = [_decimal(x) for x in position]
        dataset.SliceLocation = _decimal(float(position @ normal))
        dataset.PixelData = np.ascontiguousarray(plane, dtype="<i2").tobytes()
        path = folder / f"slice_{k + 1:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _series_dataset(grid: Grid, series_description: str, patient_id: str, seed_uid: str) -> FileDataset:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid_from_seed("coxa", "implementation")
    meta.ImplementationVersionName = "COXA"
    dataset = FileDataset(None, {}, preamble=bytes(128), file_meta=meta)
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": CTImageStorage,
        "StudyInstanceUID": uid_from_seed(seed_uid, "study"),
        "SeriesInstanceUID": uid_from_seed(seed_uid, "series"),
        "FrameOfReferenceUID": uid_from_seed(seed_uid, "frame"),
        "PatientName": patient_id,
        "PatientID": patient_id,
        "SeriesDescription": series_description,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "Modality": "CT",
        "Manufacturer": "coxa",
        "PatientPosition": "HFS",
        "SeriesNumber": 1,
        "AcquisitionNumber": 1,
        "KVP": "120",
        "SliceThickness": _decimal(grid.spacing_mm[2]),
        "RescaleType": "HU",
        **_plane_values(grid),
    }
    empty = ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber")
    for keyword in (*empty, "ReferringPhysicianName", "PositionReferenceIndicator"):
        setattr(dataset, keyword, "")
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def _plane_values(grid: Grid) -> dict[str, object]:
    columns, rows, _ = grid.size
    return {
        # DICOM gives the distance between rows (along j) first.
        "PixelSpacing": [_decimal(grid.spacing_mm[1]), _decimal(grid.spacing_mm[0])],
        "ImageOrientationPatient": [_decimal(x) for x in (*grid.direction[:, 0], *grid.direction[:, 1])],
        "Rows": rows,
        "Columns": columns,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "RescaleIntercept": "0",
        "RescaleSlope": "1",
    }


def _decimal(number: float) -> str:
    """Return a DICOM decimal string (at most 16 characters)."""
    from pydicom.valuerep import format_number_as_ds

    return str(format_number_as_ds(float(round(number, 9)) + 0.0))
