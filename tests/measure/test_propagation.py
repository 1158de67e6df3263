import numpy as np
import pytest

from coxa.anatomy import Landmark, Status
from coxa.measure.propagation import Quantity, derive

LENGTH = Quantity("none", "length", "mm", "none", "distance of two points")


def mark(name, place, radius):
    return Landmark(name, np.array(place, float), radius, Status.OK, "made")


def test_the_half_width_holds_nine_tenths_of_simulated_values():
    marks = {"A": mark("A", [0, 0, 0], 2.0), "B": mark("B", [100, 0, 0], 3.0)}

    def length(points):
        return float(np.linalg.norm(points["A"] - points["B"]))

    row = derive(LENGTH, marks, length)
    rng = np.random.default_rng(3)
    # A radius that holds 90 % of a 3D normal is 2.5003 sigma.
    noisy = [
        {n: m.point + rng.normal(0.0, m.uncertainty_mm / 2.5003, 3) for n, m in marks.items()} for _ in range(4000)
    ]
    held = np.mean([abs(length(points) - row.value) <= row.uncertainty for points in noisy])
    assert held == pytest.approx(0.90, abs=0.02)


def test_a_missing_input_is_named_with_its_reason():
    marks = {"A": Landmark.missing("A", "out of view"), "B": mark("B", [1, 0, 0], 1.0)}
    row = derive(LENGTH, marks, lambda points: 0.0)
    assert row.value is None
    assert row.reason == "needs A: out of view"
