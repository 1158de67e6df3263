"""The range of motion in words."""

from coxa.anatomy import Status
from coxa.case import Measurement
from coxa.report.pages.motion_rows import by_motion, motion_text, motion_warnings


def row(name: str, kind: str, value: float | None, reason: str | None) -> Measurement:
    status = Status.NOT_MEASURABLE if value is None else Status.WARN
    return Measurement("left", f"range_{name}_{kind}", value, "deg", "functional", "", status, 2.0, "", reason)


ROWS = (
    row("flexion", "prosthetic", 121.3, None),
    row("internal_rotation_in_90_flexion", "prosthetic", 38.7, None),
    row("flexion", "bony", 150.0, "no contact within the range examined, 150°; neck taken as planned"),
    row("internal_rotation_in_90_flexion", "bony", None, "femur and pelvis overlap by 4 mm already in 90° of flexion"),
)


def test_both_kinds_of_contact_stand_side_by_side() -> None:
    rows = by_motion(ROWS)
    assert [name for name, _, _ in rows] == ["flexion", "internal rotation in 90° of flexion"]
    assert rows[0][1:] == (ROWS[0], ROWS[2]) and rows[1][1:] == (ROWS[1], ROWS[3])


def test_a_limit_that_was_not_met_is_no_measured_angle() -> None:
    assert motion_text(ROWS[0]).startswith("121.3")
    assert motion_text(ROWS[2]) == "no contact up to 150.0°"
    assert "overlap by 4 mm" in motion_text(ROWS[3])
    assert motion_text(None) == "not measured"


def test_limitations_are_given_once_and_only_of_values() -> None:
    assert motion_warnings((*ROWS, ROWS[2])) == ["neck taken as planned"]
