"""Two tables that are equal, exactly or to rounding, agree: ICC 1 with its limits."""

import numpy as np
import pytest

from coxa.cohort.agreement import agreement, icc_2_1, mean_squares


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e6])
def test_equal_values_agree(seed, scale):
    values = np.round(np.random.default_rng(seed).normal(44.3, 7.1, 9), 1) * scale
    for other in (values, values * (1 + 1e-16), np.nextafter(values, np.inf)):
        found = agreement(values, other)
        for icc in (found.icc_agreement, found.icc_consistency):
            assert (icc.estimate, icc.low, icc.high) == (1.0, 1.0, 1.0)
        assert abs(found.bias.estimate) <= 1e-14 * scale * 100


def test_a_hundredth_of_a_millimetre_is_no_rounding():
    values = np.array([10.0, 20.0, 30.0, 40.0])
    found = agreement(values, values + np.array([0.01, -0.01, 0.01, 0.0]))
    assert found.icc_agreement.estimate < 1.0
    assert found.icc_agreement.low < found.icc_agreement.estimate


def test_equal_constants_have_no_icc():
    values = np.full(5, 0.1)
    assert agreement(values, values).icc_agreement is None


def test_a_constant_difference_is_perfect_consistency_and_less_agreement():
    values = np.array([10.0, 20.0, 30.0, 40.0])
    squares = mean_squares(np.column_stack([values, values + 2.0]))
    assert squares.error == 0.0
    assert icc_2_1(squares).estimate == pytest.approx(squares.targets / (squares.targets + squares.raters / 2))
