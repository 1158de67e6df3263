"""Metal artefacts: dark between dense parts, nothing without them."""

import numpy as np

from coxa.phantom.streaks import metal_streaks


def two_rods():
    metal = np.zeros((3, 90, 120), dtype=np.float32)
    metal[:, 40:50, 25:35] = 2.0
    metal[:, 40:50, 85:95] = 2.0
    return metal


def test_band_between_two_rods_is_darker_than_beside_it():
    streaks = metal_streaks(two_rods(), 5, (1.8, 1.8), seed=0)(5, 8)
    between, beside = streaks[:, 42:48, 45:75].mean(), streaks[:, 15:30, 45:75].mean()
    assert between < -30 and between < beside - 30


def test_slices_without_metal_stay_clean():
    model = metal_streaks(two_rods(), 5, (1.8, 1.8), seed=0)
    assert not model(0, 5).any() and not model(8, 12).any()
    assert model(4, 6)[1].any()


def test_coarse_streaks_fill_fine_slices():
    fine = metal_streaks(np.repeat(np.repeat(two_rods(), 2, 1), 2, 2), 0, (0.9, 0.9), seed=0)
    assert fine.step == 2
    assert fine(0, 1).shape == (1, 180, 240)


def test_noise_follows_the_seed():
    runs = [metal_streaks(two_rods(), 0, (1.8, 1.8), seed=s).values for s in (1, 1, 2)]
    assert np.array_equal(runs[0], runs[1]) and not np.array_equal(runs[0], runs[2])
