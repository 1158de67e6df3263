"""Landmarks and measurements as a Comprehensive 3D SR (TID 1500)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from coxa import __version__
from coxa.anatomy import Landmark
from coxa.case import MeasuredCase, Measurement
from coxa.export.codes import PRIVATE_SCHEME, landmark_code, landmark_side, own_code, side_code, site_code, unit_code
from coxa.export.dicom.source import SourceImages, mark_deidentified
from coxa.io.dicom.write import uid_from_seed

SERIES_NUMBER = 902
"""Of the series that Coxa adds to the study; high, so that it follows those of the scanner."""

_CT_PROCEDURE = ("25045-6", "LN", "CT unspecified body region")
"""Of the context group that the template wants here (CID 100)."""


def write_dicom_report(
    path: Path, case: MeasuredCase, images: SourceImages, *, pseudonym: str | None, seed: str
) -> None:
    """Write every landmark that was found as a point, every measurement with a value, and why others have none.

    Parameters
    ----------
    path : Path
    case : MeasuredCase
    images : SourceImages
    pseudonym : str or None
        As given to :func:`coxa.export.dicom.source.source_images`.
    seed : str
        The object's UIDs depend on it.
    """
    import highdicom as hd
    from pydicom.sr.coding import Code

    found = [point for point in case.landmarks.points.values() if point.status.has_value]
    groups = [_landmark_group(point, images.frame_of_reference_uid, seed) for point in found]
    rows = sorted(case.measurements, key=lambda m: (m.side, m.frame))
    for (side, frame), measured in groupby(rows, key=lambda m: (m.side, m.frame)):
        groups.append(_measurement_group(side, frame, list(measured), images, seed))
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=uid_from_seed("coxa", "device"), name="coxa", manufacturer_name="Coxa", model_name=f"coxa {__version__}"
    )
    observer = hd.sr.ObserverContext(hd.sr.CodedConcept("121007", "DCM", "Device"), device)
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=observer),
        procedure_reported=Code(*_CT_PROCEDURE),
        imaging_measurements=groups,
        title=Code("126000", "DCM", "Imaging Measurement Report"),
    )
    object_ = hd.sr.Comprehensive3DSR(
        evidence=list(images.headers),
        content=content[0],
        series_instance_uid=uid_from_seed(seed, "report", "series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid_from_seed(seed, "report"),
        instance_number=1,
        manufacturer="Coxa",
        is_complete=True,
        series_description="Coxa: landmarks and measurements",
    )
    object_.CodingSchemeIdentificationSequence = [_own_scheme()]
    mark_deidentified(object_, pseudonym=pseudonym)
    object_.save_as(path, enforce_file_format=True)


def _own_scheme() -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodingSchemeDesignator = PRIVATE_SCHEME
    item.CodingSchemeName = "Coxa landmarks and measurements"
    item.CodingSchemeResponsibleOrganization = "Coxa"
    return item


def _landmark_group(point: Landmark, frame_of_reference_uid: str, seed: str) -> Any:
    import highdicom as hd

    region = hd.sr.ImageRegion3D(hd.sr.GraphicTypeValues3D.POINT, point.point[None], frame_of_reference_uid)
    spread = []
    if point.uncertainty_mm is not None:
        name = own_code("uncertainty", "radius that holds the truth in 90 % of cases")
        spread = [hd.sr.Measurement(name, float(point.uncertainty_mm), unit_code("mm"))]
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid_from_seed(seed, "landmark", point.name), point.name),
        referenced_region=region,
        finding_type=landmark_code(point.name),
        finding_sites=[hd.sr.FindingSite(site_code(), laterality=landmark_side(point.name))],
        measurements=spread,
    )


def _measurement_group(side: str, frame: str, rows: Sequence[Measurement], images: SourceImages, seed: str) -> Any:
    import highdicom as hd

    missing = own_code("not_measurable", "not measurable")
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid_from_seed(seed, "measurements", side, frame), f"{side} hip, frame {frame}"
        ),
        finding_type=own_code(f"frame_{frame}", f"measurements in the frame: {frame}"),
        finding_sites=[hd.sr.FindingSite(site_code(), laterality=side_code(side))],
        measurements=[
            hd.sr.Measurement(own_code(m.metric), float(m.value), unit_code(m.unit))
            for m in rows
            if m.value is not None
        ],
        qualitative_evaluations=[
            hd.sr.QualitativeEvaluation(own_code(m.metric), missing) for m in rows if m.value is None
        ],
        source_images=[hd.sr.SourceImageForMeasurementGroup.from_source_image(images.headers[0])],
    )
