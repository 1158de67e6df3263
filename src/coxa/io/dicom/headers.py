"""One image of a DICOM file as a frozen header: technical facts only, no identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from coxa.io.dicom.find import Source

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.1"
_TECHNICAL = {
    "kernel": "ConvolutionKernel",
    "slice_thickness_mm": "SliceThickness",
    "kvp": "KVP",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "patient_position": "PatientPosition",
    "gantry_tilt_deg": "GantryDetectorTilt",
}
"""What is kept of the acquisition; free text, dates and numbers of devices are never read."""
_TAGS = [
    *_TECHNICAL.values(),
    *("SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality", "ImageType"),
    *("SeriesNumber", "AcquisitionNumber", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated"),
    *("PhotometricInterpretation", "PixelRepresentation", "PixelSpacing", "ImageOrientationPatient"),
    *("ImagePositionPatient", "RescaleSlope", "RescaleIntercept", "RescaleType", "PixelPaddingValue"),
    *("PixelPaddingRangeLimit", "LossyImageCompression", "SharedFunctionalGroupsSequence"),
    *("PerFrameFunctionalGroupsSequence", "PatientID", "PatientName"),
]


@dataclass(frozen=True)
class ImageHeader:
    """One CT image: a file, or a frame of a multi-frame file.

    ``spacing_mm`` is (along i, along j); ``orientation`` the unit vectors of i and j; ``position_lps_mm`` the centre
    of the first pixel. ``None`` where the file does not say. ``technical`` are pairs of name and text. ``patient``
    tells patients apart within this process only: a salted hash.
    """

    source: Source
    frame: int
    sop_class: str
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    modality: str
    image_type: tuple[str, ...]
    series_number: int
    acquisition: int
    size: tuple[int, int]
    samples: int
    bits: int
    photometric: str
    spacing_mm: tuple[float, float] | None
    orientation: tuple[float, ...] | None
    position_lps_mm: tuple[float, float, float] | None
    slope: float | None
    intercept: float | None
    rescale_type: str
    padding: tuple[int, int] | None
    transfer_syntax: str
    lossy: bool
    technical: tuple[tuple[str, str], ...]
    patient: int

    def fact(self, name: str) -> str:
        """Return a technical fact, such as ``kernel``; empty when unknown."""
        return dict(self.technical).get(name, "")


def read_headers(source: Source) -> list[ImageHeader]:
    """Read the header of a DICOM file: one entry an image; none when it holds no image.

    Raises
    ------
    ValueError, OSError, KeyError, AttributeError, TypeError, EOFError
        When the file is damaged; the caller counts it.
    """
    from pydicom import dcmread
    from pydicom.config import disable_value_validation

    with disable_value_validation(), source.open() as file:
        dataset = dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(_TAGS))
        if "Rows" not in dataset or "Columns" not in dataset or "SOPClassUID" not in dataset:
            return []
        header = _header(dataset, source)
        return list(_frames(dataset, header)) if "PerFrameFunctionalGroupsSequence" in dataset else [header]


def _header(dataset: Dataset, source: Source) -> ImageHeader:
    spacing = _floats(dataset.get("PixelSpacing"), 2)
    orientation = _floats(dataset.get("ImageOrientationPatient"), 6)
    position = _floats(dataset.get("ImagePositionPatient"), 3)
    return ImageHeader(
        source=source,
        frame=0,
        sop_class=str(dataset.SOPClassUID),
        study_uid=str(dataset.get("StudyInstanceUID", "")),
        series_uid=str(dataset.get("SeriesInstanceUID", "")),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID", "")),
        modality=_plain(dataset.get("Modality")),
        image_type=tuple(_plain(word).upper() for word in _listed(dataset.get("ImageType"))),
        series_number=_integer(dataset.get("SeriesNumber")),
        acquisition=_integer(dataset.get("AcquisitionNumber")),
        size=(int(dataset.Columns), int(dataset.Rows)),
        samples=_integer(dataset.get("SamplesPerPixel"), 1),
        bits=_integer(dataset.get("BitsAllocated"), 16),
        photometric=_plain(dataset.get("PhotometricInterpretation")),
        spacing_mm=(spacing[1], spacing[0]) if spacing else None,
        orientation=orientation,
        position_lps_mm=(position[0], position[1], position[2]) if position else None,
        slope=_number(dataset.get("RescaleSlope")),
        intercept=_number(dataset.get("RescaleIntercept")),
        rescale_type=_plain(dataset.get("RescaleType")).upper(),
        padding=_padding(dataset),
        transfer_syntax=_transfer_syntax(dataset),
        lossy=_plain(dataset.get("LossyImageCompression")) == "01",
        patient=hash((str(dataset.get("PatientID", "")), str(dataset.get("PatientName", "")))),
        technical=tuple((n, text) for n, keyword in _TECHNICAL.items() if (text := _plain(dataset.get(keyword)))),
    )


def _frames(dataset: Dataset, header: ImageHeader) -> Iterator[ImageHeader]:
    """Yield the frames of an enhanced multi-frame image (PS3.3 C.7.6.16): a frame's own group wins over the shared."""
    shared = dataset.get("SharedFunctionalGroupsSequence") or [{}]
    for number, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):

        def item(name: str, groups: Any = groups) -> Any:
            for place in (groups, shared[0]):
                sequence = place.get(name)
                if sequence:
                    return sequence[0]
            return {}

        spacing = _floats(item("PixelMeasuresSequence").get("PixelSpacing"), 2)
        position = _floats(item("PlanePositionSequence").get("ImagePositionPatient"), 3)
        rescale = item("PixelValueTransformationSequence")
        thickness = _plain(item("PixelMeasuresSequence").get("SliceThickness"))
        kernel = _plain(item("CTReconstructionSequence").get("ConvolutionKernel"))
        facts = {"slice_thickness_mm": thickness, "kernel": kernel}
        yield replace(
            header,
            frame=number,
            spacing_mm=(spacing[1], spacing[0]) if spacing else None,
            orientation=_floats(item("PlaneOrientationSequence").get("ImageOrientationPatient"), 6),
            position_lps_mm=(position[0], position[1], position[2]) if position else None,
            slope=_number(rescale.get("RescaleSlope")),
            intercept=_number(rescale.get("RescaleIntercept")),
            rescale_type=_plain(rescale.get("RescaleType")).upper(),
            technical=(*header.technical, *((n, text) for n, text in facts.items() if text)),
        )


def _transfer_syntax(dataset: Dataset) -> str:
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    declared = getattr(dataset.file_meta, "TransferSyntaxUID", None)
    if declared:
        return str(declared)
    implicit = dataset.original_encoding[0]
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian)


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    value, limit = dataset.get("PixelPaddingValue"), dataset.get("PixelPaddingRangeLimit")
    if not isinstance(value, int):
        return None
    limit = limit if isinstance(limit, int) else value
    return min(value, limit), max(value, limit)


def _plain(value: Any) -> str:
    """Return a short technical word: letters that could carry free text are dropped."""
    words = "\\".join(str(v) for v in _listed(value))
    return re.sub(r"[^A-Za-z0-9 ._+/\\-]", "", words).strip()[:32]


def _listed(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if not isinstance(value, str) and hasattr(value, "__iter__") else [value]


def _floats(value: Any, count: int) -> tuple[float, ...] | None:
    numbers = tuple(float(v) for v in _listed(value))
    return numbers if len(numbers) == count and bool(np.isfinite(numbers).all()) else None


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _integer(value: Any, default: int = 0) -> int:
    return default if value is None or value == "" else int(value)
