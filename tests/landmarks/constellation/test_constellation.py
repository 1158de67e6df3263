"""The constellation of adult pelves: what it says of a point, wherever the pelvis lies and however large it is."""

import numpy as np
import pytest

from coxa.errors import FitError
from coxa.landmarks.constellation.agreement import MISFIT, agreeing_points
from coxa.landmarks.constellation.model import adult_constellation, fit_constellation

NOISE_MM = 1.5
MODEL = adult_constellation()


def turn(angle_deg: float) -> np.ndarray:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return about_x @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def a_pelvis(scale=1.0, angle_deg=0.0, shift=(0.0, 0.0, 0.0), seed=None):
    """The mean pelvis, or one drawn from the model, moved."""
    places = MODEL.mean_mm
    if seed is not None:
        draw = np.random.default_rng(seed).multivariate_normal(np.zeros(places.size), MODEL.covariance_mm2)
        places = places + draw.reshape(-1, 3)
    places = scale * places @ turn(angle_deg).T + np.array(shift)
    return dict(zip(MODEL.names, places, strict=True))


def noise_of(points):
    return dict.fromkeys(points, NOISE_MM)


def test_the_mean_pelvis_is_symmetric_and_has_the_size_of_an_adult():
    by_name = dict(zip(MODEL.names, MODEL.mean_mm, strict=True))
    for stem in ("ASIS", "AIIS", "PSIS", "PT", "IS", "IT", "HRC"):
        np.testing.assert_allclose(by_name[f"{stem}_L"] * [-1, 1, 1], by_name[f"{stem}_R"], atol=0.01)
        assert by_name[f"{stem}_L"][0] > 0  # patient left is +x
    apart = np.linalg.norm(by_name["HRC_L"] - by_name["HRC_R"])
    assert 160 < apart < 190  # 173 +- 10 mm on CT pairs


def test_a_missing_point_is_expected_where_it_is_on_a_turned_and_smaller_pelvis():
    whole = a_pelvis(0.9, 25.0, (40.0, -200.0, -610.0))
    others = {name: place for name, place in whole.items() if name != "PT_L"}
    expected = fit_constellation(MODEL, others, noise_of(others)).expected("PT_L", NOISE_MM)
    # 0.9 is two standard deviations from the usual size, which draws the answer a little toward it.
    assert np.linalg.norm(expected.position_lps_mm - whole["PT_L"]) < 1.0


def test_left_out_equals_a_fit_without_the_point():
    points = a_pelvis(1.05, 10.0, seed=3)
    inside = fit_constellation(MODEL, points, noise_of(points)).left_out("IS_R")
    others = {name: place for name, place in points.items() if name != "IS_R"}
    outside = fit_constellation(MODEL, others, noise_of(others)).expected("IS_R", NOISE_MM, points["IS_R"])
    assert inside.distance_squared == pytest.approx(outside.distance_squared, rel=0.05)
    np.testing.assert_allclose(inside.position_lps_mm, outside.position_lps_mm, atol=0.3)


def test_distances_of_drawn_pelves_are_those_of_a_normal_scatter():
    found = []
    for seed in range(40):
        points = a_pelvis(seed=seed)
        noise = np.random.default_rng([seed, 7]).normal(0, NOISE_MM, (len(points), 3))
        noisy = {name: place + noise[n] for n, (name, place) in enumerate(points.items())}
        fitted = fit_constellation(MODEL, noisy, noise_of(noisy))
        found += [fitted.left_out(name).distance_squared for name in noisy]
    assert np.mean(found) == pytest.approx(3.0, rel=0.15)  # chi squared of three degrees of freedom


@pytest.mark.parametrize("name", ["PT_L", "ASIS_R", "IS_L", "AIIS_R", "PSIS_L"])
def test_one_point_on_another_prominence_is_found_out_and_no_other(name):
    points = a_pelvis(1.0, -15.0, seed=11)
    points[name] = points[name] + np.array([0.0, 18.0, 18.0])
    agreement = agreeing_points(MODEL, points, noise_of(points))
    assert agreement.misfits == (name,)
    assert agreement.expected[name].distance_squared > MISFIT


def test_two_wrong_points_of_one_side_are_found_out():
    points = a_pelvis(seed=5)
    wrong = {"PT_L": points["PT_L"] + [10.0, 45.0, 15.0], "PSY": points["PSY"] + [0.0, 30.0, 20.0]}
    agreement = agreeing_points(MODEL, points | wrong, noise_of(points))
    assert set(agreement.misfits) == set(wrong)
    away = np.linalg.norm(agreement.expected["PT_L"].position_lps_mm - points["PT_L"])
    assert away < 12.0


def test_a_trusted_point_is_never_left_out():
    points = a_pelvis(seed=5)
    points["PT_L"] = points["PT_L"] + [10.0, 45.0, 15.0]
    assert "PT_L" not in agreeing_points(MODEL, points, noise_of(points), trusted=("PT_L",)).misfits


def test_rough_points_widen_and_exact_ones_do_not():
    points = a_pelvis()
    noise = np.random.default_rng(2).normal(0, 6.0, (len(points), 3))
    rough = {name: place + noise[n] for n, (name, place) in enumerate(points.items())}
    assert agreeing_points(MODEL, points, noise_of(points)).widening == 1.0
    assert agreeing_points(MODEL, rough, noise_of(rough)).widening > 1.2


def test_too_few_points_are_not_compared():
    few = dict(list(a_pelvis().items())[:4])
    with pytest.raises(FitError, match="too few"):
        fit_constellation(MODEL, few, noise_of(few))
    assert agreeing_points(MODEL, few, noise_of(few)).fitted is None
