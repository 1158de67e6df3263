"""A segmentation as a DICOM Segmentation object that refers to its CT series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coxa import __version__
from coxa.export.codes import side_code, structure_code
from coxa.export.dicom.source import SourceImages, mark_deidentified
from coxa.io.dicom.write import uid_from_seed
from coxa.labels import Segmentation
from coxa.structure_colours import structure_colour

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription

SERIES_NUMBER = 901
"""Of the series that Coxa adds to the study; high, so that it follows those of the scanner."""


def write_dicom_segmentation(
    path: Path,
    segmentation: Segmentation,
    images: SourceImages,
    *,
    pseudonym: str | None,
    seed: str,
) -> None:
    """Write all structures that have voxels, one segment each, on the segmentation's grid.

    Parameters
    ----------
    path : Path
    segmentation : Segmentation
    images : SourceImages
    pseudonym : str or None
        As given to :func:`coxa.export.dicom.source.source_images`.
    seed : str
        The object's UIDs depend on it.
    """
    import highdicom as hd

    # By value, not by has(): metal that is told apart into parts leaves no voxel labelled plainly metal.
    stored = set(np.unique(segmentation.labels).tolist())
    present = [(value, name) for value, name in sorted(segmentation.names.items()) if value in stored]
    labels = np.zeros(segmentation.labels.shape, dtype=np.uint8)
    for number, (value, _) in enumerate(present, start=1):
        labels[segmentation.labels == value] = number
    object_ = hd.seg.Segmentation(
        source_images=list(images.headers),
        pixel_array=_volume(labels, segmentation, images.frame_of_reference_uid),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(n, name) for n, (_, name) in enumerate(present, start=1)],
        series_instance_uid=uid_from_seed(seed, "segmentation", "series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid_from_seed(seed, "segmentation"),
        instance_number=1,
        manufacturer="Coxa",
        manufacturer_model_name="coxa",
        software_versions=__version__,
        device_serial_number="0",
        content_label="BONES",
        content_description="Bones and metal of the hip",
        series_description="Coxa: segmentation",
    )
    mark_deidentified(object_, pseudonym=pseudonym)
    object_.save_as(path, enforce_file_format=True)


def _volume(labels: np.ndarray, segmentation: Segmentation, frame_of_reference_uid: str) -> Any:
    import highdicom as hd

    grid = segmentation.grid
    affine = grid.lps_from_ijk[:, [2, 1, 0, 3]]  # the array's axes are k, j, i
    return hd.Volume(labels, affine, coordinate_system="PATIENT", frame_of_reference_uid=frame_of_reference_uid)


def _described(number: int, name: str) -> SegmentDescription:
    import highdicom as hd
    from pydicom.sequence import Sequence

    category, kind = structure_code(name)
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=category,
        segmented_property_type=kind,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name="coxa", version=__version__, family=hd.sr.CodedConcept("123104", "DCM", "Morphological Operations")
        ),
        display_color=hd.color.CIELabColor.from_rgb(*structure_colour(name)),
    )
    side = side_code(name)
    if side is not None:
        modifier = hd.sr.CodedConcept(side.value, side.scheme_designator, side.meaning)
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = Sequence(
            [modifier]
        )
    return description
