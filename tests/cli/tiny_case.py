"""A measured case of four voxels."""

import numpy as np

from coxa.anatomy import PAIRED_LANDMARKS, SIDES, SINGLE_LANDMARKS, Landmark, Status, landmark_name
from coxa.case import HipFindings, Landmarks, MeasuredCase, Measurement
from coxa.geometry import Grid

GRID = Grid((4, 3, 2), (1.0, 1.0, 2.0), [0.0, 0.0, 0.0], np.eye(3))
SHA256 = "ab" * 32


def height(side, value=None):
    status = Status.NOT_MEASURABLE if value is None else Status.OK
    reason = "teardrop cut off" if value is None else None
    return Measurement(side, "rotation_centre_height", value, "mm", "app", "", status, None, "", reason)


def horizontal(side):
    return Measurement(side, "rotation_centre_horizontal", 32.0, "mm", "app", "", Status.OK, 1.0, "")


def case_with(*measurements):
    names = [landmark_name(stem, side) for stem in PAIRED_LANDMARKS for side in SIDES] + list(SINGLE_LANDMARKS)
    landmarks = Landmarks(
        points={name: Landmark.missing(name, "a scan of four voxels") for name in names},
        lps_from_app=None,
        app_status=Status.NOT_MEASURABLE,
        app_reason="a scan of four voxels",
        hips={side: HipFindings(False, None, None) for side in SIDES},
    )
    return MeasuredCase("case-abababab", SHA256, GRID, ("thick slices",), landmarks, measurements)
