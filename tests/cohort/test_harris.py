"""The Harris hip score from its items (Harris 1969)."""

import pytest

from coxa.cohort.harris import harris_band, harris_score, motion_points, vas
from coxa.errors import InputRefusedError

BEST = {
    "pain": "none",
    "limp": "none",
    "support": "none",
    "distance": "unlimited",
    "stairs": "without railing",
    "shoes": "with ease",
    "sitting": "ordinary chair one hour",
    "transport": "able",
    "fixed_flexion_deg": "0",
    "fixed_adduction_deg": "0",
    "fixed_internal_rotation_deg": "0",
    "leg_length_discrepancy_mm": "5",
    "flexion_deg": "120",
    "abduction_deg": "45",
    "external_rotation_deg": "40",
    "adduction_deg": "30",
}
WORST = {
    "pain": "disabled",
    "limp": "unable to walk",
    "support": "unable to walk",
    "distance": "bed and chair",
    "stairs": "unable",
    "shoes": "unable",
    "sitting": "unable",
    "transport": "unable",
    "deformity": "yes",
    "range_of_motion": "0",
}


def test_the_scale_runs_from_0_to_100():
    assert harris_score(WORST).total == 0
    assert harris_score(BEST).total == 100


def test_points_may_stand_for_words():
    by_points = {
        "pain": 30,
        "limp": 8,
        "support": 7,
        "distance": 8,
        "stairs": 2,
        "shoes": 2,
        "sitting": 3,
        "transport": 1,
    }
    found = harris_score(by_points | {"deformity": "no", "range_of_motion": 4.5})
    assert found.total == 30 + 8 + 7 + 8 + 2 + 2 + 3 + 1 + 4 + 4.5
    assert found.band == "poor"


@pytest.mark.parametrize(
    ("item", "answer", "points"),
    [
        ("pain", "slight", 40),
        ("pain", "mild", 30),
        ("pain", "moderate", 20),
        ("pain", "marked", 10),
        ("limp", "slight", 8),
        ("limp", "moderate", 5),
        ("support", "one crutch", 3),
        ("support", "two canes", 2),
        ("distance", "two or three blocks", 5),
        ("distance", "indoors only", 2),
        ("stairs", "in any manner", 1),
        ("sitting", "high chair half an hour", 3),
    ],
)
def test_each_answer_has_the_points_of_the_original(item, answer, points):
    best = harris_score(BEST)
    found = harris_score(BEST | {item: answer})
    assert found.points[item] == points
    assert best.total - found.total == best.points[item] - points


@pytest.mark.parametrize(
    ("limit", "at"),
    [
        ("fixed_flexion_deg", 30),
        ("fixed_adduction_deg", 10),
        ("fixed_internal_rotation_deg", 10),
        ("leg_length_discrepancy_mm", 32),
    ],
)
def test_any_one_deformity_costs_all_four_points(limit, at):
    assert harris_score(BEST | {limit: at}).points["deformity"] == 0
    assert harris_score(BEST | {limit: at - 0.1}).points["deformity"] == 4


@pytest.mark.parametrize(
    ("arc", "degrees", "index"),
    [
        ("flexion_deg", 45, 45.0),
        ("flexion_deg", 90, 72.0),
        ("flexion_deg", 110, 78.0),
        ("flexion_deg", 130, 78.0),
        ("abduction_deg", 15, 12.0),
        ("abduction_deg", 20, 13.5),
        ("abduction_deg", 40, 13.5),
        ("external_rotation_deg", 15, 6.0),
        ("adduction_deg", 15, 3.0),
    ],
)
def test_arcs_count_by_their_index(arc, degrees, index):
    none = dict.fromkeys(("flexion_deg", "abduction_deg", "external_rotation_deg", "adduction_deg"), 0.0)
    assert motion_points(none | {arc: float(degrees)}) == pytest.approx(index * 0.05)


@pytest.mark.parametrize(("total", "band"), [(100, "excellent"), (90, "excellent"), (89.9, "good"), (80, "good")])
def test_bands(total, band):
    assert harris_band(total) == band


@pytest.mark.parametrize(("total", "band"), [(79.9, "fair"), (70, "fair"), (69.9, "poor"), (0, "poor")])
def test_lower_bands(total, band):
    assert harris_band(total) == band


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pain": ""}, "pain is missing"),
        ({"pain": "severe"}, "pain 'severe' is none of none (44), slight (40)"),
        ({"pain": 35}, "pain '35' is none of"),
        ({"flexion_deg": ""}, "flexion_deg is missing"),
        ({"flexion_deg": "200"}, "flexion_deg 200 lies outside 0 to 180"),
        ({"deformity": "maybe"}, "deformity 'maybe'"),
        ({"range_of_motion": "6"}, "range_of_motion 6 lies outside 0 to 5"),
    ],
)
def test_no_score_is_made_from_a_part_of_the_items(change, message):
    with pytest.raises(InputRefusedError) as refusal:
        harris_score(BEST | change)
    assert message in str(refusal.value)


def test_vas_runs_from_0_to_10():
    assert vas("3.5") == 3.5
    for wrong in ("11", "-1", "", "much"):
        with pytest.raises(InputRefusedError, match="vas"):
            vas(wrong)
