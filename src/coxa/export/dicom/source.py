"""The images that a plan was made on, as minimal headers for the objects that refer to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coxa.errors import InputRefusedError
from coxa.io.dicom.find import find_dicom
from coxa.io.dicom.values import DAMAGE
from coxa.io.scan import Scan

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PLACE = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality",
    "ImageType", "SeriesNumber", "InstanceNumber", "Rows", "Columns", "PixelSpacing", "ImageOrientationPatient",
    "ImagePositionPatient", "SliceThickness", "SamplesPerPixel", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "PhotometricInterpretation",
)  # fmt: skip
"""What refers to an image and says where it lies; nothing else of a header is kept."""
_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_STUDY = ("StudyDate", "StudyTime", "AccessionNumber", "StudyID", "ReferringPhysicianName")

REMOVED_BY = "Coxa: only references and geometry kept"


@dataclass(frozen=True, eq=False)
class SourceImages:
    """Headers of the source images, without pixels, in no particular order.

    Attributes
    ----------
    headers : tuple of pydicom Dataset
        De-identified, or with patient and study modules.
    """

    headers: tuple[Dataset, ...]

    @property
    def frame_of_reference_uid(self) -> str:
        """Shared by all of them."""
        return str(self.headers[0].FrameOfReferenceUID)


def source_images(path: Path, scan: Scan, *, pseudonym: str | None) -> SourceImages:
    """Return minimal headers of the images that a scan was loaded from.

    Parameters
    ----------
    path : Path
        DICOM folder or zip; the one that ``scan`` was loaded from.
    scan : Scan
    pseudonym : str or None
        Stands for the patient. None keeps patient and study modules as the images have them.

    Raises
    ------
    InputRefusedError
        When the scan does not come from DICOM images with a frame of reference, or is multi-frame.
    """
    from pydicom import dcmread

    if scan.format != "dicom":
        raise InputRefusedError(
            "DICOM objects refer to DICOM images, and this scan is a volume file: give the DICOM folder with --scan"
        )
    if "joined_series" in scan.uids:
        raise InputRefusedError(
            "the scan was joined from several DICOM series, and DICOM objects refer to one: use another format"
        )
    wanted = (*_PLACE, *(() if pseudonym else (*_PATIENT, *_STUDY)))
    headers = []
    with find_dicom(path) as found:
        for source in found.sources:
            try:
                with source.open() as file:
                    tags = ["NumberOfFrames", *wanted]
                    header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=tags)
                placed = "ImagePositionPatient" in header and "ImageOrientationPatient" in header
            except DAMAGE:  # passed over by the loader too
                continue
            if placed and str(header.get("SeriesInstanceUID", "")) == scan.uids["series"]:
                headers.append(_minimal(header, wanted, pseudonym))
    headers = _of_the_volume(headers, scan)
    if not headers:
        raise InputRefusedError("multi-frame DICOM is not referred to yet: export the series as single images")
    if not scan.uids.get("frame_of_reference"):
        raise InputRefusedError("the images state no frame of reference: DICOM objects could not be laid over them")
    return SourceImages(tuple(headers))


def _minimal(header: Dataset, wanted: tuple[str, ...], pseudonym: str | None) -> Dataset:
    from pydicom.dataset import Dataset

    kept = Dataset()
    for keyword in wanted:
        if keyword in header:
            kept[keyword] = header[keyword]
    for keyword in (*_PATIENT, *_STUDY):
        if keyword not in kept:
            setattr(kept, keyword, "")
    kept.PositionReferenceIndicator = ""  # required, may be empty, and free text in the original
    if pseudonym:
        kept.PatientName, kept.PatientID = f"{pseudonym}^", pseudonym
    return kept


def mark_deidentified(dataset: Dataset, *, pseudonym: str | None) -> None:
    """Say in an object that its identity was removed, when it was; keep no more of the header than that."""
    if pseudonym:
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = REMOVED_BY


def _of_the_volume(headers: list[Dataset], scan: Scan) -> list[Dataset]:
    """Keep the images with the volume's matrix and orientation: a series may hold others."""
    grid = scan.volume.grid
    axes = grid.direction[:, :2].T.ravel()
    return [h for h in headers if np.abs(np.array(h.ImageOrientationPatient, dtype=float) - axes).max() < 1e-3]
