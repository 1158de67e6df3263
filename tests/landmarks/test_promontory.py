"""A sacrum that took the fifth lumbar vertebra along gives no promontory."""

import numpy as np
import pytest

from coxa.anatomy import Landmark, Status
from coxa.landmarks import find_landmarks
from coxa.landmarks.pelvic_marks import plausible_promontory
from coxa.surface import extract_surfaces


def _marks(promontory_lps_mm):
    def mark(name, place):
        return Landmark(name, np.array(place, dtype=float), 1.0, Status.OK, "test")

    return {
        "HRC_NATIVE_L": mark("HRC_NATIVE_L", (86, 0, 0)),
        "HRC_NATIVE_R": mark("HRC_NATIVE_R", (-86, 0, 0)),
        "SP": mark("SP", promontory_lps_mm),
    }


def test_the_phantoms_promontory_is_found(native_phantom):
    mark = find_landmarks(extract_surfaces(native_phantom.segmentation), native_phantom.volume.grid).points["SP"]
    truth = native_phantom.truth["landmarks_lps_mm"]["sacral_promontory"]
    assert np.linalg.norm(mark.point - truth) < 5.0


@pytest.mark.parametrize("place", [(0, 5, 95), (-8, 27, 72), (3, -8, 107)])
def test_a_promontory_where_adults_have_it_stays(place):
    assert plausible_promontory(_marks(place)).status is Status.OK


@pytest.mark.parametrize("place", [(0, 30, 115), (4, 0, 125)])
def test_a_point_on_the_fifth_lumbar_vertebra_is_refused(place):
    mark = plausible_promontory(_marks(place))
    assert mark.status is Status.NOT_MEASURABLE
    assert "lumbar" in mark.reason
