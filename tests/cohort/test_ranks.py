"""Rank tests against R 4.2.2 (wilcox.test) and its package coin 1.4-2 (exact with ties), and what follows from them."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import rankdata

import tests.cohort.published as data
from coxa.cohort.adjusted import adjusted_difference
from coxa.cohort.between import compare_groups
from coxa.cohort.ranks import APPROXIMATE, EXACT, EXACT_WITH_TIES, rank_sum, signed_rank
from coxa.cohort.schema import Outcome
from coxa.cohort.within import compare_visits

DRUG_A, DRUG_F = data.LEPROSY_AFTER[:10], data.LEPROSY_AFTER[20:]
RANKED = Outcome("pain", "Pain", "", before="b", after="a", test_within="wilcoxon", test_between="mann_whitney")


def test_untied_values_are_those_of_r() -> None:
    found = rank_sum(data.PERMEABILITY_TERM, data.PERMEABILITY_EARLY)
    assert (found.shift.estimate, found.shift.low, found.shift.high) == pytest.approx((0.305, -0.15, 0.76))
    pairs = signed_rank(data.DEPRESSION_AFTER - data.DEPRESSION_BEFORE)
    assert (pairs.shift.estimate, pairs.shift.low, pairs.shift.high) == pytest.approx((-0.46, -0.786, -0.010))
    assert found.method == pairs.method == EXACT


def test_tied_values_are_those_of_coin() -> None:
    between = rank_sum(DRUG_A, DRUG_F)
    assert (between.p, between.method) == (pytest.approx(0.02709519583, abs=1e-10), EXACT_WITH_TIES)
    within = signed_rank(data.LEPROSY_AFTER - data.LEPROSY_BEFORE)
    assert (within.p, within.method) == (pytest.approx(0.001449838281, abs=1e-11), EXACT_WITH_TIES)
    assert signed_rank(np.round(data.SLEEP_1 - data.SLEEP_2, 9)).p == pytest.approx(0.00390625)


def test_every_permutation_is_counted() -> None:
    """Small tied samples of unequal size: all ways to choose the ranks, and all signs, one by one."""
    first, second = np.array([1.0, 2.0, 2.0]), np.array([2.0, 3.0, 4.0, 4.0, 5.0])
    ranks = rankdata(np.concatenate([first, second]))
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(8), 3)])
    far = np.abs(sums - sums.mean()) >= abs(ranks[:3].sum() - sums.mean()) - 1e-9
    assert rank_sum(first, second).p == pytest.approx(far.mean())
    changes = np.array([-1.0, 2.0, 2.0, 3.0, -3.0, 4.0])
    weights = rankdata(np.abs(changes))
    tops = np.array([weights[np.array(signs)].sum() for signs in product([True, False], repeat=6)])
    far = np.abs(tops - tops.mean()) >= abs(weights[changes > 0].sum() - tops.mean()) - 1e-9
    assert signed_rank(changes).p == pytest.approx(far.mean())


def test_large_samples_are_approximated_and_say_so() -> None:
    values = np.random.default_rng(0).normal(size=200)
    found = rank_sum(values[:100], values[100:] + 0.3)
    assert found.method == APPROXIMATE and 0.0 < found.p < 1.0
    small = rank_sum(values[:60], values[100:160] + 0.3)
    near = rank_sum(values[:61], values[100:160] + 0.3)
    assert (small.method, near.method) == (EXACT, APPROXIMATE)
    assert near.shift.estimate == pytest.approx(small.shift.estimate, abs=0.1)
    assert near.shift.high - near.shift.low == pytest.approx(small.shift.high - small.shift.low, rel=0.1)


def test_rank_biserial_is_the_difference_of_shares() -> None:
    first, second = np.array([3.0, 5.0, 6.0]), np.array([1.0, 4.0, 6.0])
    more = np.sign(np.subtract.outer(first, second)).mean()
    assert rank_sum(first, second).rank_biserial == pytest.approx(more)
    # Kerby (2014): ranks 1 to 4 and 6 for, 5 against: (16 - 5) / 21.
    assert signed_rank(np.array([1.0, 2, 3, 4, -5, 6])).rank_biserial == pytest.approx((16 - 5) / 21)
    assert signed_rank(np.array([1.0, 2, 3])).rank_biserial_interval is None


def test_one_extreme_value_does_not_turn_the_change_of_most() -> None:
    """Eleven of twelve fall; the mean rises by one outlier."""
    before = np.full(12, 50.0) + np.arange(12)
    after = before - np.arange(1.0, 13.0)
    after[11] = before[11] + 120.0
    found = compare_visits(RANKED, "all", before, after)
    assert found.difference is not None and found.difference.estimate > 0
    assert found.ranks is not None and found.ranks.shift.estimate < 0 and found.ranks.rank_biserial < 0
    assert found.effect.interval is not None and found.effect.interval.estimate == found.ranks.rank_biserial
    assert any("extreme values" in remark for remark in found.remarks)
    plain = compare_visits(RANKED, "all", before, before - np.arange(1.0, 13.0))
    assert not any("extreme values" in remark for remark in plain.remarks)


def test_each_rank_test_says_how_its_p_was_found() -> None:
    between = compare_groups(RANKED, ("a", "f"), DRUG_A, DRUG_F)
    assert between.primary.method == EXACT_WITH_TIES
    within = compare_visits(RANKED, None, data.LEPROSY_BEFORE, data.LEPROSY_AFTER)
    unchanged = int((data.LEPROSY_BEFORE == data.LEPROSY_AFTER).sum())
    assert unchanged > 0 and within.primary.method == f"{EXACT_WITH_TIES}; {unchanged} without change left out"


def test_a_constant_baseline_in_one_group_has_no_slope_to_compare() -> None:
    before = np.array([5.0, 5, 5, 5, 1, 2, 3, 4])
    after = np.array([6.0, 7, 5, 8, 2, 2, 4, 4])
    found = adjusted_difference("x", before, after, ["a"] * 4 + ["b"] * 4, ("a", "b"))
    assert found.test.p is not None and np.isfinite(found.test.p)
    assert found.parallel.p is None and found.parallel.reason == "all patients of a began with the same value"
