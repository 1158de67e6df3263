"""Every statistic against an example that somebody else published."""

from dataclasses import replace

import pytest
from scipy.stats import nct, ttest_ind_from_stats

from coxa.cohort.adjusted import adjusted_difference
from coxa.cohort.agreement import agreement, icc_2_1, icc_3_1, limits_of_agreement, mean_squares
from coxa.cohort.between import MANN_WHITNEY, STUDENT, WELCH, compare_groups
from coxa.cohort.describe import normality
from coxa.cohort.effect_size import hedges_g, noncentrality
from coxa.cohort.multiple_testing import with_holm
from coxa.cohort.power import power_between, power_within
from coxa.cohort.proportions import CHI_SQUARED, FISHER, compare_proportions
from coxa.cohort.schema import Outcome
from coxa.cohort.within import PAIRED, WILCOXON, compare_visits
from tests.cohort import published as data

OUTCOME = Outcome("x", "x", "", after="x")


def by_name(comparison):
    return {test.name: test for test in (comparison.primary, *comparison.others)}


def test_two_groups_of_student_1908():
    found = by_name(compare_groups(OUTCOME, ("1", "2"), data.SLEEP_1, data.SLEEP_2))
    assert found[WELCH].statistic == pytest.approx(-1.8608, abs=5e-5)
    assert found[WELCH].df == pytest.approx(17.776, abs=5e-4)
    assert found[WELCH].p == pytest.approx(0.07939, abs=5e-6)
    assert found[STUDENT].p == pytest.approx(0.07919, abs=5e-6)


def test_confidence_interval_of_welch_is_that_of_r():
    found = compare_groups(OUTCOME, ("1", "2"), data.SLEEP_1, data.SLEEP_2).difference
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_pairs_of_student_1908():
    found = compare_visits(OUTCOME, None, data.SLEEP_2, data.SLEEP_1)
    paired = by_name(found)[PAIRED]
    assert (paired.statistic, paired.df) == pytest.approx((-4.0621, 9), abs=5e-5)
    assert paired.p == pytest.approx(0.002833, abs=5e-7)
    assert (found.difference.low, found.difference.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_mann_whitney_of_hollander_and_wolfe():
    found = by_name(compare_groups(OUTCOME, ("t", "e"), data.PERMEABILITY_TERM, data.PERMEABILITY_EARLY))
    assert found[MANN_WHITNEY].statistic == 35
    assert found[MANN_WHITNEY].p == pytest.approx(2 * 0.1272, abs=1e-4)


def test_wilcoxon_of_hollander_and_wolfe():
    found = by_name(compare_visits(OUTCOME, None, data.DEPRESSION_BEFORE, data.DEPRESSION_AFTER))
    assert found[WILCOXON].p == pytest.approx(2 * 0.01953, abs=1e-5)


def test_fisher_on_the_lady_tasting_tea():
    """Agresti (1990), p. 61; R's documentation of ``fisher.test``."""
    found = compare_proportions(OUTCOME, ("milk", "tea"), data.np.array([1, 1, 1, 0.0]), data.np.array([1, 0, 0, 0.0]))
    assert found.primary.name == FISHER
    assert found.primary.p == pytest.approx(0.4857, abs=5e-5)
    assert found.effect.interval.estimate == pytest.approx(6.408309, abs=2e-5)


def test_chi_squared_where_expected_counts_are_large():
    """Agresti (2002), aspirin and myocardial infarction: 189 of 11034 against 104 of 11037, X² = 25.01."""
    yes_no = [data.np.r_[data.np.ones(yes), data.np.zeros(n - yes)] for yes, n in ((189, 11034), (104, 11037))]
    found = compare_proportions(OUTCOME, ("placebo", "aspirin"), *yes_no)
    assert found.primary.symbol == "χ²"
    assert found.primary.statistic == pytest.approx(25.01, abs=0.005)
    assert found.difference.estimate == pytest.approx(0.0077, abs=5e-5)


def test_a_declared_test_of_shares_is_taken_whatever_the_counts():
    few, many = (data.np.r_[data.np.ones(yes), data.np.zeros(19 - yes)] for yes in (7, 13))
    for name, test, p in (("fisher", FISHER, 0.1031), ("chi_squared", CHI_SQUARED, 0.0513)):
        found = compare_proportions(replace(OUTCOME, kind="binary", test_between=name), ("3D", "control"), few, many)
        assert (found.primary.name, found.chosen) == (test, "declared in the schema")
        assert found.primary.p == pytest.approx(p, abs=5e-5)


def test_changes_equal_but_for_the_last_bit_are_ties():
    """0.1 + 0.2 is not 0.3 to the last bit: without rounding the ranks of equal changes are those of its noise."""
    before = data.np.array([0.2, 5.2, 1.1, 7.7, 2.3, 6.4, 3.3, 9.1])
    same = compare_visits(OUTCOME, "a", before, before + 0.1)
    assert by_name(same)[PAIRED].reason == "every patient changed by the same amount"
    steps = data.np.array([0.1, 0.1, 0.1, 0.2, -0.1, 0.3, 0.2, 0.4])
    noisy = compare_visits(OUTCOME, "a", before, before + steps)
    clean = compare_visits(OUTCOME, "a", 0 * before, data.np.round(10 * steps))
    assert (noisy.others[0].statistic, noisy.others[0].p) == (clean.others[0].statistic, clean.others[0].p)


def test_analysis_of_covariance_of_snedecor_and_cochran():
    args = ("x", data.LEPROSY_BEFORE, data.LEPROSY_AFTER, data.LEPROSY_DRUG)
    a, d = (adjusted_difference(*args, (drug, "F")) for drug in "AD")
    assert a.difference.estimate == pytest.approx(-3.446138280, abs=5e-9)
    assert d.difference.estimate == pytest.approx(-3.337166948, abs=5e-9)
    assert (a.test.p, d.test.p) == pytest.approx((0.0793, 0.0835), abs=5e-5)
    assert a.slope == pytest.approx(0.987183811, abs=5e-9)
    assert a.parallel.p == pytest.approx(0.5606, abs=5e-5)


def test_shapiro_wilk_on_its_own_example():
    assert normality("weights", data.WEIGHTS).statistic == pytest.approx(0.79, abs=0.005)


@pytest.mark.parametrize(
    ("first", "second", "g"),
    [
        ((155, 55, 47), (156, 75, 64), -0.3552),
        ((31, 27, 7), (32, 29, 4), -0.3479),
        ((75, 64, 17), (71, 119, 29), -2.3176),
    ],
)
def test_hedges_g_of_normand_1999(first, second, g):
    """Length of stay; g as metafor's documentation of ``escalc`` prints it."""
    t = ttest_ind_from_stats(*(x for n, *rest in (first, second) for x in (*rest, n))).statistic
    assert hedges_g(t, first[0], second[0]).interval.estimate == pytest.approx(g, abs=5e-5)


@pytest.mark.parametrize(("t", "df"), [(2.6, 18), (-4.06, 9), (0.0, 18), (-25.0, 18), (12.0, 3)])
def test_noncentrality_inverts_the_distribution(t, df):
    for probability in (0.025, 0.975):
        assert nct.cdf(t, df, noncentrality(t, df, probability)) == pytest.approx(probability, abs=1e-4)


@pytest.mark.parametrize(("d", "n"), [(0.2, 394), (0.5, 64), (0.8, 26)])
def test_patients_a_group_of_cohen_1992(d, n):
    """Cohen (1992), Psychol Bull 112:155, Table 2 has 393, 64, 26 by approximation; exact is 393.4."""
    assert power_between(1.0, 10, 10, relevant=d).n_for_relevant == n


def test_patients_of_a_paired_design():
    """G*Power 3.1 manual: d_z = 0.5, two-sided .05, power .80: 34 pairs."""
    assert power_within(1.0, 10, relevant=0.5).n_for_relevant == 34


def test_power_of_two_groups_of_two_is_computed():
    """With 2 degrees of freedom t must pass 4.303; no solver may give up on that."""
    found = power_between(1.0, 2, 2)
    assert 4 < found.detectable < 8
    assert power_between(1.0, 2, 2, relevant=found.detectable).power_for_relevant == pytest.approx(0.8, abs=1e-6)


def test_icc_of_shrout_and_fleiss():
    squares = mean_squares(data.JUDGES)
    assert (squares.targets, squares.raters, squares.error) == pytest.approx((11.24, 32.49, 1.02), abs=0.005)
    agreed, consistent = icc_2_1(squares), icc_3_1(squares)
    assert (agreed.estimate, consistent.estimate) == pytest.approx((0.29, 0.71), abs=0.005)
    # limits as R's psych::ICC prints them for these data
    assert (agreed.low, agreed.high) == pytest.approx((0.019, 0.76), abs=0.005)
    assert (consistent.low, consistent.high) == pytest.approx((0.34, 0.95), abs=0.005)


def test_mean_squares_are_those_of_the_general_linear_model():
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    rows = [(y, t, r) for t, ratings in enumerate(data.JUDGES) for r, y in enumerate(ratings)]
    table = anova_lm(ols("y ~ C(t) + C(r)", pd.DataFrame(rows, columns=["y", "t", "r"])).fit())
    found = mean_squares(data.JUDGES)
    assert (found.targets, found.raters, found.error) == pytest.approx(tuple(table["mean_sq"]), rel=1e-9)


def test_peak_flow_of_bland_and_altman_1986():
    found = agreement(data.WRIGHT_1, data.MINI_1)
    assert (found.bias.estimate, found.sd) == pytest.approx((-2.1, 38.8), abs=0.05)
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=0.1)
    # The paper rounds 1.96 to 2: -79.7 and 75.5.
    assert found.bias.estimate - 2 * found.sd == pytest.approx(-79.7, abs=0.1)
    assert (found.lower_limit.estimate, found.upper_limit.estimate) == pytest.approx((-78.1, 73.9), abs=0.05)


def test_limits_of_blood_pressure_of_bland_and_altman_1999():
    """Observer against machine, n = 85: -54.7 and 22.1 mmHg, each ± 7.2 (the paper rounds 1.99 × 3.64 on the way)."""
    for limit, middle in zip(limits_of_agreement(-16.29, 19.61, 85), (-54.7, 22.1), strict=True):
        assert limit.estimate == pytest.approx(middle, abs=0.05)
        assert limit.high - limit.estimate == pytest.approx(7.2, abs=0.1)
        assert limit.estimate - limit.low == pytest.approx(7.2, abs=0.1)


def test_repeatability_of_bland_and_altman_1986():
    """Within-subject SD of the Wright meter 15.3 l/min (1986; website of the authors)."""
    found = agreement(data.WRIGHT_1, data.WRIGHT_2)
    assert found.within_sd == pytest.approx(15.3, abs=0.05)
    assert found.repeatability == pytest.approx(1.96 * 2**0.5 * 15.3, abs=0.15)


def test_holm_of_the_wikipedia_example():
    """P .01, .04, .03, .005 become .03, .06, .06, .02."""
    from dataclasses import replace

    from coxa.cohort.results import Test

    one = compare_groups(OUTCOME, ("1", "2"), data.SLEEP_1, data.SLEEP_2)
    given = [replace(one, outcome=f"H{i}", primary=Test("t", p)) for i, p in enumerate((0.01, 0.04, 0.03, 0.005))]
    adjusted = with_holm(given, [c.outcome for c in given])
    assert [c.holm_p for c in adjusted] == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_out_what_is_not_in_the_family():
    one = compare_groups(OUTCOME, ("1", "2"), data.SLEEP_1, data.SLEEP_2)
    assert with_holm([one], ["other"])[0].holm_p is None
