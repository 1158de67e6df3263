"""Which of several answers becomes the landmark, and what is said of the others."""

import numpy as np
import pytest

from coxa.anatomy import Estimate, Side, Status
from coxa.landmarks.centres.estimates import landmark_from_estimates
from coxa.landmarks.centres.mirror import MirrorMap, estimate_from_mirror
from coxa.landmarks.centres.pelvic_ratios import estimate_from_regression


def estimate(name, x, radius, reason=None):
    return Estimate(name, np.array([x, 0.0, 0.0]), radius, f"by {name}", reason)


def test_the_smallest_stated_uncertainty_is_chosen_and_marked():
    mark = landmark_from_estimates("HRC_NATIVE_L", [estimate("mirror", 0.0, 7.0), estimate("shape_model", 3.0, 6.0)])
    assert mark.method == "by shape_model"
    assert mark.point[0] == 3.0
    assert mark.uncertainty_mm == 6.0
    assert [r.chosen for r in mark.estimates] == [False, True]
    assert mark.status is Status.OK


def test_the_better_method_wins_a_tie():
    mark = landmark_from_estimates("HRC_NATIVE_L", [estimate("mirror", 0.0, 5.0), estimate("shape_model", 3.0, 5.0)])
    assert mark.method == "by mirror"


def test_a_check_is_never_chosen_and_contradicts_nobody():
    mark = landmark_from_estimates("HRC_NATIVE_L", [estimate("mirror", 0.0, 4.0), estimate("regression", 90.0, 1.0)])
    assert mark.method == "by mirror"
    assert mark.status is Status.OK
    alone = landmark_from_estimates(
        "HRC_NATIVE_L", [Estimate.missing("mirror", "no healthy side"), estimate("regression", 1.0, 1.0)]
    )
    assert alone.status is Status.NOT_MEASURABLE
    assert "no healthy side" in alone.reason
    assert len(alone.estimates) == 2


def test_disagreement_beyond_both_uncertainties_is_a_doubt_but_not_on_an_intact_head():
    far = estimate("proportions", 14.0, 9.0)
    warned = landmark_from_estimates("HRC_NATIVE_L", [estimate("mirror", 0.0, 4.0), far])
    assert warned.status is Status.WARN
    assert "14 mm" in warned.reason
    within = landmark_from_estimates("HRC_NATIVE_L", [estimate("mirror", 1.5, 4.0), far])
    assert within.status is Status.OK
    assert landmark_from_estimates("HRC_NATIVE_L", [estimate("own_head", 0.0, 0.4), far]).status is Status.OK
    beside_metal = landmark_from_estimates("HRC_NATIVE_L", [estimate("own_head", 0.0, 0.8, "metal in it"), far])
    assert "14 mm" in beside_metal.reason


def test_a_doubt_of_the_chosen_rung_is_the_landmarks():
    mark = landmark_from_estimates("HRC_NATIVE_L", [estimate("own_head", 0.0, 2.5, "worn head")])
    assert mark.status is Status.WARN
    assert mark.reason == "worn head"


def test_a_rung_without_an_answer_says_why():
    with pytest.raises(ValueError, match="reason"):
        Estimate("mirror", None, None, "")


def test_the_mirror_carries_uncertainty_and_doubt_across():
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    fit = MirrorMap(flip, flip, 1.0)
    sure, unsure = (
        estimate_from_mirror(fit, estimate("own_head", 80.0, radius, why))
        for radius, why in ((0.0, None), (3.0, "worn"))
    )
    assert sure.position_lps_mm == pytest.approx([-80.0, 0.0, 0.0])
    assert unsure.uncertainty_mm == pytest.approx(np.hypot(sure.uncertainty_mm, 3.0))
    assert unsure.reason == "worn"
    assert (
        estimate_from_mirror(MirrorMap(flip, flip, 2.5), estimate("own_head", 80.0, 0.0)).uncertainty_mm
        > sure.uncertainty_mm
    )
    with pytest.raises(ValueError, match="replaced"):
        estimate_from_mirror(fit, Estimate.missing("own_head", "replaced by a prosthesis"))


def test_regression_by_hand():
    # Width 240, depth 150: forward -45.9 (so posterior in LPS), up -82.9, sideways 86.5.
    points = {
        "ASIS_L": np.array([120.0, 0.0, 0.0]),
        "ASIS_R": np.array([-120.0, 0.0, 0.0]),
        "PSIS_L": np.array([40.0, 150.0, 0.0]),
        "PSIS_R": np.array([-40.0, 150.0, 0.0]),
    }
    assert estimate_from_regression(points, Side.LEFT).position_lps_mm == pytest.approx([86.5, 45.9, -82.9])
    assert estimate_from_regression(points, Side.RIGHT).position_lps_mm == pytest.approx([-86.5, 45.9, -82.9])
    del points["PSIS_R"]
    assert "PSIS_R" in estimate_from_regression(points, Side.LEFT).reason
