"""The set of screws against trying every set there is."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coxa.planning.screws.best_set import best_set, segment_distances_mm


def worth_of_best(worth: np.ndarray, clear: np.ndarray, group: np.ndarray, most: tuple[int, ...]) -> float:
    """Every set, one after the other."""
    best = 0.0
    for count in range(1, sum(most) + 1):
        for chosen in combinations(range(len(worth)), count):
            fits = all(np.count_nonzero(group[list(chosen)] == g) <= n for g, n in enumerate(most))
            if fits and all(clear[a, b] for a, b in combinations(chosen, 2)):
                best = max(best, float(worth[list(chosen)].sum()))
    return best


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 11),
    share=st.floats(0.1, 0.9),
    most=st.sampled_from([(3, 2), (2, 0), (0, 2), (4, 1)]),
)
@settings(max_examples=200, deadline=None)
def test_is_as_good_as_the_best_of_all_sets(seed: int, count: int, share: float, most: tuple[int, int]) -> None:
    chance = np.random.default_rng(seed)
    worth, group = chance.uniform(1.0, 50.0, count), chance.integers(0, 2, count)
    clear = np.triu(chance.random((count, count)) < share, 1)
    clear = clear | clear.T
    chosen = best_set(worth, clear, group, most)
    assert worth[list(chosen)].sum() == pytest.approx(worth_of_best(worth, clear, group, most))
    assert all(clear[a, b] for a, b in combinations(chosen, 2))
    assert all(np.count_nonzero(group[list(chosen)] == g) <= n for g, n in enumerate(most))


def test_taking_the_best_screw_first_would_be_worse() -> None:
    # The best (10) is in the way of the two others (9 each), which do not disturb each other.
    clear = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]], dtype=bool)
    assert sorted(best_set(np.array([10.0, 9.0, 9.0]), clear, np.zeros(3, dtype=int), (3,))) == [1, 2]


def test_one_good_screw_may_be_worth_more_than_two_poor_ones() -> None:
    clear = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]], dtype=bool)
    assert best_set(np.array([44.0, 22.0, 21.0]), clear, np.zeros(3, dtype=int), (2,)) == (0,)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_segment_distance_against_dense_points(seed: int) -> None:
    ends = np.random.default_rng(seed).uniform(-30.0, 30.0, (2, 2, 3))
    share = np.linspace(0.0, 1.0, 401)[:, None]
    one, other = (a + share * (b - a) for a, b in ends)
    dense = np.sqrt(((one[:, None] - other[None]) ** 2).sum(-1)).min()
    exact = segment_distances_mm(ends[:, 0], ends[:, 1])
    assert exact[0, 1] == pytest.approx(exact[1, 0])
    assert exact[0, 1] <= dense + 1e-9
    assert exact[0, 1] == pytest.approx(dense, abs=0.15)
    assert exact[0, 0] == 0.0


def test_parallel_and_crossing_segments() -> None:
    starts = np.array([[0.0, 0.0, 0.0], [0.0, 7.0, 5.0], [5.0, -5.0, 2.0]])
    ends = np.array([[10.0, 0.0, 0.0], [0.0, 7.0, 9.0], [5.0, 5.0, 2.0]])
    apart = segment_distances_mm(starts, ends)
    assert apart[0, 1] == pytest.approx(np.hypot(7.0, 5.0))
    assert apart[0, 2] == pytest.approx(2.0)
    assert segment_distances_mm(starts[[0, 0]] + [[0, 0, 0], [2, 3, 0]], ends[[0, 0]] + [[0, 0, 0], [2, 3, 0]])[
        0, 1
    ] == pytest.approx(3.0)
