from collections import Counter

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.anatomy import Side, Status
from coxa.measure import measure
from tests.measure.made_landmarks import hip_with_cup, made_landmarks

PER_SIDE_AND_FRAME = (
    "rotation_centre_height",
    "rotation_centre_horizontal",
    "rotation_centre_height_inter_ischial",
    "rotation_centre_horizontal_kohler",
    "rotation_centre_midline_distance",
    "native_rotation_centre_height",
    "native_rotation_centre_horizontal",
    *(
        f"cup_{what}_{how}"
        for what in ("inclination", "anteversion")
        for how in ("radiographic", "anatomical", "operative")
    ),
)
PER_SIDE = ("head_diameter", "implant_present", "cup_outer_diameter", "femoral_offset")
MIGRATION = ("migration_superior", "migration_lateral", "migration_posterior")
SINGLE = (
    "leg_length_difference",
    "leg_length_difference_uncorrected",
    "inter_teardrop_distance",
    "pelvic_tilt",
    "pelvic_obliquity",
    "pelvic_rotation",
)


def rows(landmarks, surfaces=None):
    return {(m.side, m.metric, m.frame): m for m in measure(landmarks, surfaces or {})}


def tilted(axis: str, degrees: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    pose[:3, 3] = [12.0, -250.0, 600.0]
    return pose


@pytest.mark.parametrize("without", [(), ("HRC_L",), ("TD_R", "LT_L"), ("ASIS_L",)])
def test_every_metric_appears_once_a_side_and_frame_found_or_not(without):
    table = measure(made_landmarks(without=without), {})
    count = Counter((m.side, m.metric, m.frame) for m in table)
    assert set(count.values()) == {1}
    expected = {(s, m, f) for s in ("left", "right") for m in PER_SIDE_AND_FRAME for f in ("app", "functional")}
    expected |= {(s, m, "none") for s in ("left", "right") for m in PER_SIDE}
    expected |= {(s, m, "app") for s in ("left", "right") for m in MIGRATION}
    assert expected <= set(count)
    assert set(SINGLE) <= {m.metric for m in table if m.side == "none"}
    assert all((m.value is None) == (not m.status.has_value) for m in table)
    assert all(m.reason for m in table if m.value is None)


@pytest.mark.parametrize("side", ["left", "right"])
def test_height_and_horizontal_of_the_made_pelvis(side):
    table = rows(made_landmarks())
    assert table[side, "rotation_centre_height", "app"].value == pytest.approx(14.0)
    assert table[side, "rotation_centre_horizontal", "app"].value == pytest.approx(32.0)
    assert table[side, "rotation_centre_height_inter_ischial", "app"].value == pytest.approx(68.0)
    assert table[side, "rotation_centre_midline_distance", "app"].value == pytest.approx(87.0)
    assert table["none", "inter_teardrop_distance", "app"].value == pytest.approx(110.0)


@pytest.mark.parametrize(("side", "other", "name"), [("left", "right", "HRC_L"), ("right", "left", "HRC_R")])
def test_a_centre_ten_millimetres_too_high_gives_plus_ten_on_its_own_side_only(side, other, name):
    table = rows(made_landmarks(moves={name: (0.0, 0.0, 10.0)}))
    assert table[side, "rotation_centre_height", "app"].value == pytest.approx(24.0)
    assert table[other, "rotation_centre_height", "app"].value == pytest.approx(14.0)
    assert table[side, "native_rotation_centre_height", "app"].value == pytest.approx(14.0)


@pytest.mark.parametrize("side", ["left", "right"])
def test_migration_is_lateral_positive_on_both_sides(side):
    name = f"HRC_{side[0].upper()}"
    bare = made_landmarks(moves={name: (5.0, -3.0, 12.0)})
    hips = {Side(side): hip_with_cup(bare, Side(side), 40.0, 15.0)}
    table = rows(made_landmarks(moves={name: (5.0, -3.0, 12.0)}, hips=hips))
    assert table[side, "migration_superior", "app"].value == pytest.approx(12.0)
    assert table[side, "migration_lateral", "app"].value == pytest.approx(5.0)
    assert table[side, "migration_posterior", "app"].value == pytest.approx(-3.0)
    other = Side(side).opposite
    assert table[other, "migration_superior", "app"].status is Status.NOT_MEASURABLE


@pytest.mark.parametrize("side", ["left", "right"])
def test_cup_angles_under_all_definitions(side):
    bare = made_landmarks(tilted("x", 8.0))
    table = rows(made_landmarks(tilted("x", 8.0), hips={Side(side): hip_with_cup(bare, Side(side), 40.0, 15.0)}))
    expected = {"radiographic": (40.0, 15.0), "anatomical": (42.3, 22.6), "operative": (38.4, 19.3)}
    for definition, (inclination, anteversion) in expected.items():
        assert table[side, f"cup_inclination_{definition}", "app"].value == pytest.approx(inclination, abs=0.06)
        assert table[side, f"cup_anteversion_{definition}", "app"].value == pytest.approx(anteversion, abs=0.06)
    assert table[side, "implant_present", "none"].value == 1.0
    assert table[side, "head_diameter", "none"].value == 28.0
    assert table[side, "cup_outer_diameter", "none"].value == 54.0


def test_posterior_tilt_is_positive_and_adds_to_functional_operative_anteversion():
    # A turn of -10 degrees about +x carries the superior axis backward: (0, sin 10, cos 10).
    pose = tilted("x", -10.0)
    assert (pose[:3, :3] @ [0.0, 0.0, 1.0])[1] > 0
    bare = made_landmarks(pose)
    table = rows(made_landmarks(pose, hips={Side.LEFT: hip_with_cup(bare, Side.LEFT, 40.0, 15.0)}))
    assert table["none", "pelvic_tilt", "table"].value == pytest.approx(10.0)
    assert table["left", "cup_anteversion_radiographic", "functional"].value == pytest.approx(22.5, abs=0.06)
    assert table["left", "cup_inclination_operative", "functional"].value == pytest.approx(38.4, abs=0.06)
    # 10 mm in front of the teardrop would move 1.7 mm; here 2 mm behind it: +cos and +sin parts.
    height = 14.0 * np.cos(np.radians(10.0)) - 2.0 * np.sin(np.radians(10.0))
    assert table["left", "rotation_centre_height", "functional"].value == pytest.approx(height)
    assert table["left", "rotation_centre_height", "app"].value == pytest.approx(14.0)


def test_obliquity_is_positive_with_the_left_side_higher_and_rotation_with_the_left_side_back():
    assert (tilted("y", -6.0)[:3, :3] @ [1.0, 0, 0])[2] > 0
    assert rows(made_landmarks(tilted("y", -6.0)))["none", "pelvic_obliquity", "table"].value == pytest.approx(6.0)
    assert (tilted("z", 9.0)[:3, :3] @ [1.0, 0, 0])[1] > 0
    assert rows(made_landmarks(tilted("z", 9.0)))["none", "pelvic_rotation", "table"].value == pytest.approx(9.0)


def test_app_values_do_not_change_with_the_patients_pose():
    here, there = rows(made_landmarks()), rows(made_landmarks(tilted("xyz"[0], 15.0) @ tilted("y", -12.0)))
    for key, row in here.items():
        if key[2] in ("app", "none") and row.value is not None:
            assert there[key].value == pytest.approx(row.value, abs=1e-6), key


def test_a_missing_teardrop_takes_both_heights_but_not_the_midline_distance():
    table = rows(made_landmarks(without=("TD_R",)))
    for side in ("left", "right"):
        row = table[side, "rotation_centre_height", "app"]
        assert row.status is Status.NOT_MEASURABLE
        assert "TD_R: out of view" in row.reason
        assert table[side, "rotation_centre_midline_distance", "app"].status is Status.OK


def test_doubt_travels_to_what_rests_on_it():
    table = rows(made_landmarks(unreliable=("TD_L",)))
    row = table["left", "rotation_centre_height", "app"]
    assert row.status is Status.WARN
    assert "TD_L: near metal" in row.reason
    sure = rows(made_landmarks())["left", "rotation_centre_height", "app"]
    assert row.uncertainty > sure.uncertainty
    assert table["left", "rotation_centre_midline_distance", "app"].status is Status.OK
