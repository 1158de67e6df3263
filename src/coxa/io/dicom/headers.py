"""One image of a DICOM file as a frozen header: technical facts only, no identity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from coxa.io.dicom.bounded import read_header_elements, require_modest_inflation
from coxa.io.dicom.find import Source
from coxa.io.dicom.values import DicomValues, floats, listed, number, plain

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.1"
LEGACY_CONVERTED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.2"
CT_CLASSES = (CT_IMAGE, ENHANCED_CT_IMAGE, LEGACY_CONVERTED_CT_IMAGE)
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
    *("PerFrameFunctionalGroupsSequence", "ModalityLUTSequence", "BitsStored", "HighBit"),
    *("PatientID", "PatientName", "PatientBirthDate"),
]


@dataclass(frozen=True)
class ImageHeader:
    """One CT image: a file, or a frame of a multi-frame file.

    ``spacing_mm`` is (along i, along j); ``orientation`` the unit vectors of i and j; ``position_lps_mm`` the centre
    of the first pixel. ``None`` where the file does not say. ``technical`` are pairs of name and text. ``frames``
    is the number of frames whose places the file does not give (1 for a single image). ``lookup_table``: the values
    go through a Modality LUT. ``person`` tells patients apart within this process only: salted hashes of identifier,
    name and birth date, 0 where one is blank. ``unreadable`` names the attributes whose values cannot be read.
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
    bits_stored: int
    photometric: str
    lookup_table: bool
    frames: int
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
    person: tuple[int, int, int]
    unreadable: tuple[str, ...]

    def fact(self, name: str) -> str:
        """Return a technical fact, such as ``kernel``; empty when unknown."""
        return dict(self.technical).get(name, "")


def read_headers(source: Source) -> list[ImageHeader]:
    """Read the header of a DICOM file: one entry an image; none when it holds no image.

    Raises
    ------
    ValueError, OSError, KeyError, AttributeError, TypeError, EOFError and the other :data:`coxa.io.dicom.values.DAMAGE`
        When the file is damaged; the caller counts it.
    """
    from pydicom.config import disable_value_validation

    with disable_value_validation(), source.open() as file:
        require_modest_inflation(file)
        dataset = read_header_elements(file, _TAGS)
        if "Rows" not in dataset or "Columns" not in dataset or "SOPClassUID" not in dataset:
            stored_as = dataset.get("SOPClassUID") or getattr(dataset.file_meta, "MediaStorageSOPClassUID", "")
            if str(stored_as) in CT_CLASSES:
                raise ValueError("a CT image without rows and columns: the file ends early")
            return []
        header = _header(dataset, source)
        return list(_frames(dataset, header)) if "PerFrameFunctionalGroupsSequence" in dataset else [header]


def _header(dataset: Dataset, source: Source) -> ImageHeader:
    values = DicomValues(dataset)
    spacing = values.floats("PixelSpacing", 2)
    position = values.floats("ImagePositionPatient", 3)
    bits = values.integer("BitsAllocated", 16)
    header = ImageHeader(
        source=source,
        frame=0,
        sop_class=str(dataset.SOPClassUID),
        study_uid=values.text("StudyInstanceUID"),
        series_uid=values.text("SeriesInstanceUID"),
        frame_of_reference_uid=values.text("FrameOfReferenceUID"),
        modality=plain(values.get("Modality")),
        image_type=tuple(plain(word).upper() for word in listed(values.get("ImageType"))),
        series_number=values.integer("SeriesNumber"),
        acquisition=values.integer("AcquisitionNumber"),
        size=(int(dataset.Columns), int(dataset.Rows)),
        samples=values.integer("SamplesPerPixel", 1),
        bits=bits,
        bits_stored=values.integer("BitsStored", bits),
        photometric=plain(values.get("PhotometricInterpretation")),
        lookup_table=bool(values.get("ModalityLUTSequence")),
        frames=max(1, values.integer("NumberOfFrames", 1)),
        spacing_mm=(spacing[1], spacing[0]) if spacing else None,
        orientation=values.floats("ImageOrientationPatient", 6),
        position_lps_mm=(position[0], position[1], position[2]) if position else None,
        slope=values.number("RescaleSlope"),
        intercept=values.number("RescaleIntercept"),
        rescale_type=plain(values.get("RescaleType")).upper(),
        padding=_padding(values, bits, values.integer("PixelRepresentation")),
        transfer_syntax=_transfer_syntax(dataset),
        lossy=plain(values.get("LossyImageCompression")) == "01",
        person=_person(values),
        technical=tuple((n, text) for n, keyword in _TECHNICAL.items() if (text := plain(values.get(keyword)))),
        unreadable=(),
    )
    return replace(header, unreadable=tuple(values.unreadable))


def _frames(dataset: Dataset, header: ImageHeader) -> Iterator[ImageHeader]:
    """Yield the frames of an enhanced multi-frame image (PS3.3 C.7.6.16): a frame's own group wins over the shared."""
    shared = dataset.get("SharedFunctionalGroupsSequence") or [{}]
    for frame, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):

        def item(name: str, groups: Any = groups) -> Any:
            for place in (groups, shared[0]):
                sequence = place.get(name)
                if sequence:
                    return sequence[0]
            return {}

        spacing = floats(item("PixelMeasuresSequence").get("PixelSpacing"), 2)
        position = floats(item("PlanePositionSequence").get("ImagePositionPatient"), 3)
        rescale = item("PixelValueTransformationSequence")
        thickness = plain(item("PixelMeasuresSequence").get("SliceThickness"))
        kernel = plain(item("CTReconstructionSequence").get("ConvolutionKernel"))
        facts = {"slice_thickness_mm": thickness, "kernel": kernel}
        yield replace(
            header,
            frame=frame,
            frames=1,
            spacing_mm=(spacing[1], spacing[0]) if spacing else None,
            orientation=floats(item("PlaneOrientationSequence").get("ImageOrientationPatient"), 6),
            position_lps_mm=(position[0], position[1], position[2]) if position else None,
            slope=number(rescale.get("RescaleSlope")),
            intercept=number(rescale.get("RescaleIntercept")),
            rescale_type=plain(rescale.get("RescaleType")).upper(),
            technical=(*header.technical, *((n, text) for n, text in facts.items() if text)),
        )


def _transfer_syntax(dataset: Dataset) -> str:
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    declared = getattr(dataset.file_meta, "TransferSyntaxUID", None)
    if declared:
        return str(declared)
    implicit = dataset.original_encoding[0]
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian)


def _padding(values: DicomValues, bits: int, signed: int) -> tuple[int, int] | None:
    """Return the lowest and highest padding value as the pixels store it.

    Writers give the tag as US in signed series (63536 is meant as -2000) and as SS in unsigned ones: what counts is
    the bit pattern.
    """
    found = [values.get(keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    stored = [_as_stored(value, bits, signed) for value in found if isinstance(value, int)]
    if not isinstance(found[0], int) or not stored:
        return None
    return min(stored), max(stored)


def _as_stored(value: int, bits: int, signed: int) -> int:
    pattern = value % (1 << bits)
    return pattern - (1 << bits) if signed and pattern >= 1 << (bits - 1) else pattern


def _person(values: DicomValues) -> tuple[int, int, int]:
    """Return salted hashes of identifier, name and birth date; how a name is spaced or cased does not matter."""
    identifier, birth = values.text("PatientID"), values.text("PatientBirthDate")
    name = re.sub(r"[\s^]+", " ", values.text("PatientName")).strip().casefold()
    return hash(identifier) if identifier else 0, hash(name) if name else 0, hash(birth) if birth else 0


def different_people(persons: Iterable[tuple[int, int, int]]) -> int:
    """Count the patients among the images; a blank value contradicts nothing."""
    kept: list[tuple[int, int, int]] = []
    for person in dict.fromkeys(persons):
        if all(any(a and b and a != b for a, b in zip(person, other, strict=True)) for other in kept):
            kept.append(person)
    return len(kept)
