"""STL files inside DICOM: Encapsulated STL (modality M3D), byte for byte as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from coxa import __version__
from coxa.errors import UnreadableInputError
from coxa.export.dicom.source import SourceImages, mark_deidentified
from coxa.io.dicom.write import uid_from_seed

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SERIES_NUMBER = 903
"""Of the series that Coxa adds to the study; high, so that it follows those of the scanner."""
ENCAPSULATED_STL = "1.2.840.10008.5.1.4.1.1.104.3"

_PATIENT_STUDY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
    "AccessionNumber", "StudyID", "ReferringPhysicianName", "FrameOfReferenceUID", "PositionReferenceIndicator",
)  # fmt: skip


def write_dicom_stl(
    path: Path, stl: bytes, title: str, number: int, images: SourceImages, *, pseudonym: str | None, seed: str
) -> None:
    """Write an STL in LPS mm into a DICOM object of the source's study and frame of reference.

    Parameters
    ----------
    path : Path
    stl : bytes
        The file's content; kept as it is.
    title : str
    number : int
        Instance number within the series of models, from 1.
    images : SourceImages
    pseudonym : str or None
        As given to :func:`coxa.export.dicom.source.source_images`.
    seed : str
        The object's UIDs depend on it.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    uid = uid_from_seed(seed, "model", title)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ENCAPSULATED_STL, uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid_from_seed("coxa", "implementation")
    meta.ImplementationVersionName = "COXA"
    dataset = FileDataset(None, {}, preamble=bytes(128), file_meta=meta)
    for keyword in _PATIENT_STUDY:
        setattr(dataset, keyword, images.headers[0].get(keyword, ""))
    now = datetime.now(UTC)
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": ENCAPSULATED_STL,
        "SOPInstanceUID": uid,
        "Modality": "M3D",
        "SeriesInstanceUID": uid_from_seed(seed, "models", "series"),
        "SeriesNumber": SERIES_NUMBER,
        "SeriesDescription": "Coxa: models",
        "InstanceNumber": number,
        "Manufacturer": "Coxa",
        "ManufacturerModelName": "coxa",
        "DeviceSerialNumber": "0",
        "SoftwareVersions": __version__,
        "ContentDate": now.strftime("%Y%m%d"),
        "ContentTime": now.strftime("%H%M%S"),
        "AcquisitionDateTime": "",
        "BurnedInAnnotation": "NO",
        "RecognizableVisualFeatures": "NO",
        "DocumentTitle": title,
        "ContentDescription": title,
        "MIMETypeOfEncapsulatedDocument": "model/stl",
        "EncapsulatedDocument": stl + bytes(len(stl) % 2),
        "EncapsulatedDocumentLength": len(stl),
        "ModelModification": "YES",
        "ModelMirroring": "NO",
    }
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.ConceptNameCodeSequence = [_code("85040-4", "LN", "CT 3D CAM model")]
    dataset.MeasurementUnitsCodeSequence = [_code("mm", "UCUM", "mm")]
    dataset.ModelUsageCodeSequence = [_code("129013", "DCM", "Planning Intent")]
    dataset.SourceInstanceSequence = [_reference(header) for header in images.headers]
    dataset.ReferencedSeriesSequence = [_series(images)]
    mark_deidentified(dataset, pseudonym=pseudonym)
    dataset.save_as(path, enforce_file_format=True)


def read_dicom_stl(path: Path) -> bytes:
    """Return the STL file inside an Encapsulated STL object, bit-equal.

    Raises
    ------
    UnreadableInputError
        When it is no such object.
    """
    from pydicom import dcmread

    dataset = dcmread(path)
    if str(dataset.get("SOPClassUID", "")) != ENCAPSULATED_STL:
        raise UnreadableInputError(f"'{path.name}' is no Encapsulated STL object")
    return bytes(dataset.EncapsulatedDocument)[: int(dataset.EncapsulatedDocumentLength)]


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _series(images: SourceImages) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.SeriesInstanceUID = images.headers[0].SeriesInstanceUID
    item.ReferencedInstanceSequence = [_reference(header) for header in images.headers]
    return item


def _reference(header: Dataset) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return item
