"""Landmarks to measurements: every metric of the contract that exists before a plan."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.case import Landmarks, Measurement
from coxa.geometry.mesh import Mesh
from coxa.measure.cup import cup_measurements
from coxa.measure.femora import femoral_measurements
from coxa.measure.head import head_measurements
from coxa.measure.migration import migration_measurements
from coxa.measure.pelvic_pose import pelvic_measurements
from coxa.measure.rotation_centre import rotation_centre_measurements
from coxa.measure.teardrop_projection import teardrop_projection_measurements


def measure(landmarks: Landmarks, surfaces: Mapping[str, Mesh]) -> tuple[Measurement, ...]:
    """Measure everything that landmarks and surfaces allow.

    Parameters
    ----------
    landmarks : Landmarks
    surfaces : Mapping[str, Mesh]
        The bones that the landmarks were found on; LPS mm.

    Returns
    -------
    tuple of Measurement
        Every metric for each side and frame, with a value or with the reason why there is none.
    """
    return (
        *rotation_centre_measurements(landmarks, surfaces),
        *teardrop_projection_measurements(landmarks),
        *head_measurements(landmarks, surfaces),
        *cup_measurements(landmarks),
        *migration_measurements(landmarks),
        *femoral_measurements(landmarks, surfaces),
        *pelvic_measurements(landmarks),
    )
