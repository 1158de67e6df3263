"""Suggested classes against the published table; what is missing is said."""

import pytest

from coxa.anatomy import Status
from coxa.case import Measurement
from coxa.planning.defect.classes import FOR_THE_SURGEON, SuggestedClass, suggested_classes

NORMAL = {
    "migration_superior": 1.0,
    "migration_lateral": 0.0,
    "teardrop_loss": 0.0,
    "kohler_breach": -6.0,
    "ischial_lysis": 0.0,
    "rim_loss_arc": 0.0,
    "contained_loss": 0.0,
    "pelvic_discontinuity": 0.0,
}


def suggested(**changed: float | None) -> dict[tuple[str, float | None], SuggestedClass]:
    rows = {}
    for metric, value in {**NORMAL, **changed}.items():
        status = Status.NOT_MEASURABLE if value is None else Status.OK
        reason = "nobody looked" if value is None else None
        rows[metric] = Measurement("left", metric, value, "mm", "app", "made", status, None, "made", reason)
    return {(found.scheme, found.threshold_mm): found for found in suggested_classes(rows)}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "I"),
        ({"migration_superior": 12.0, "ischial_lysis": 3.0}, "IIA"),
        ({"migration_superior": 12.0, "migration_lateral": 9.0, "ischial_lysis": 3.0}, "IIB"),
        ({"teardrop_loss": 0.5, "migration_lateral": -2.0}, "IIA"),
        ({"migration_lateral": -9.0, "teardrop_loss": 0.5}, "IIC"),
        ({"migration_lateral": -9.0, "kohler_breach": 6.0, "teardrop_loss": 0.5}, "IIC"),
        ({"migration_superior": 35.0, "migration_lateral": 9.0, "teardrop_loss": 0.5, "ischial_lysis": 10.0}, "IIIA"),
        (
            {
                "migration_superior": 35.0,
                "migration_lateral": -9.0,
                "teardrop_loss": 0.9,
                "kohler_breach": 9.0,
                "ischial_lysis": 20.0,
            },
            "IIIB",
        ),
    ],
)
def test_paprosky_follows_the_table(changed: dict[str, float], name: str) -> None:
    found = suggested(**changed)
    assert found["Paprosky", 20.0].name == name
    assert found["Paprosky", 30.0].name == name
    assert FOR_THE_SURGEON in found["Paprosky", 20.0].reason


def test_between_two_and_three_centimetres_the_sources_disagree_and_both_answers_stand() -> None:
    found = suggested(migration_superior=25.0, migration_lateral=6.0, teardrop_loss=0.4, ischial_lysis=9.0)
    assert found["Paprosky", 20.0].name == "IIIA"
    assert found["Paprosky", 30.0].name == "IIB"


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "none"),
        ({"rim_loss_arc": 60.0}, "I"),
        ({"contained_loss": 12.0}, "II"),
        ({"rim_loss_arc": 60.0, "contained_loss": 12.0}, "III"),
        ({"kohler_breach": 5.0, "contained_loss": 12.0}, "III"),
        ({"pelvic_discontinuity": 1.0}, "IV"),
    ],
)
def test_aaos_types(changed: dict[str, float], name: str) -> None:
    found = suggested(**changed)["AAOS", None]
    assert found.name == name
    assert found.status is Status.OK


def test_type_four_that_cannot_be_told_is_said() -> None:
    found = suggested(pelvic_discontinuity=None, contained_loss=12.0)["AAOS", None]
    assert (found.name, found.status) == ("II", Status.WARN)
    assert "type IV not assessable: nobody looked" in found.reason


@pytest.mark.parametrize("metric", ["migration_superior", "migration_lateral", "teardrop_loss", "ischial_lysis"])
def test_no_class_without_an_input(metric: str) -> None:
    found = suggested(**{metric: None})["Paprosky", 20.0]
    assert (found.name, found.status) == (None, Status.NOT_MEASURABLE)
    assert metric.replace("_", " ") in found.reason and "nobody looked" in found.reason


def test_no_aaos_type_without_an_input() -> None:
    found = suggested(rim_loss_arc=None)["AAOS", None]
    assert (found.name, found.status) == (None, Status.NOT_MEASURABLE)


def test_inputs_stand_in_words_with_their_numbers() -> None:
    found = suggested(teardrop_loss=0.5, kohler_breach=5.0, ischial_lysis=9.0)["Paprosky", 20.0].inputs
    assert found["teardrop_loss"] == "moderate, 50 % lost"
    assert found["kohler_breach"] == "medial of the line, +5.0 mm medial"
    assert found["ischial_lysis"] == "moderate, 9 mm below the obturator line"
    assert suggested(kohler_breach=0.5)["Paprosky", 20.0].inputs["kohler_breach"].startswith("at the line")
