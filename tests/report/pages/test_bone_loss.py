"""What the page says of the bone defect: every figure in its place, and what is not assessable."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import Side, Status
from coxa.case import Measurement
from coxa.planning.defect.bone_stock import BoneStock
from coxa.planning.defect.classes import SuggestedClass
from coxa.planning.defect.radial_loss import DIRECTIONS, RadialLoss
from coxa.planning.defect.values import Defect
from coxa.planning.plan import Plan
from coxa.report.drawing.palette import BONE, GHOST
from coxa.report.pages.bone_loss import bone_loss_page, class_text
from coxa.report.pictures.radial_picture import INNER_PX, MIDDLE_PX, OUTER_PX, UNKNOWN_HATCH, _wheel
from tests.report.made_case import planned

DEFECT = Defect(
    30.0, 2.0, 8.0, 120.0, {"roof": 24.0, "medial": 6.0}, "mirror", 5.5, 22.0,
    {"roof": 1.5, "medial": 0.5}, {"roof": 7.0, "medial": 1.0}, {"roof": 80.0, "medial": 40.0}, 1.0,
)  # fmt: skip


def row(metric: str, value: float | None, unit: str, reason: str | None = None) -> Measurement:
    status = Status.OK if value is not None else Status.NOT_MEASURABLE
    return Measurement("left", metric, value, unit, "none", "what it is; how far it goes", status, None, "made", reason)


def wheel(lost: float, hidden: float, lost_at: range) -> RadialLoss:
    """Ten mm of bone everywhere; lost and hidden only in some directions."""
    angles = tuple(n * 360.0 / DIRECTIONS for n in range(DIRECTIONS))
    missing = tuple(10.0 * lost if n in lost_at else 0.0 for n in range(DIRECTIONS))
    unknown = tuple(10.0 * hidden if n in lost_at else 0.0 for n in range(DIRECTIONS))
    return RadialLoss(angles, (10.0,) * DIRECTIONS, missing, unknown)


def page_of(stock: BoneStock | None, defect: Defect | None = DEFECT):
    plan: Plan = replace(planned().plan, defect=defect, bone_stock=stock)
    return bone_loss_page(plan)


def test_volumes_stand_by_sector_with_share_and_hidden_apart() -> None:
    page = page_of(BoneStock(None, (), ()))
    assert page.volumes[0] == ("roof", "80.0 ml", "24.0 ml", "30 %", "7.0 ml", "1.5 ml")
    assert page.volumes[-1] == ("all", "120.0 ml", "30.0 ml", "25 %", "8.0 ml", "2.0 ml")
    for words in (
        "30.0 ± 5.5 ml of native bone lost",
        "22.0 ml seen",
        "8.0 ml not assessable because of metal artefact, all of it counted as lost",
    ):
        assert words in page.summary


def test_plan_of_an_older_version_shows_what_it_has() -> None:
    page = page_of(None, Defect(17.3, 1.2, 4.5, 65.4, {"roof": 17.3}, "mirror"))
    assert page.volumes[0] == ("roof", "–", "17.3 ml", "–", "–", "–")
    assert page.summary == "17.3 ml of native bone lost"
    assert page.figure is None and not page.signs and not page.classes


def test_reason_stands_where_there_is_no_native_bone() -> None:
    page = page_of(BoneStock(None, (), (), "the right hip has an implant too"), None)
    assert page.reason == "the right hip has an implant too"
    assert not page.volumes


def test_signs_read_in_their_own_words() -> None:
    signs = (
        row("teardrop_loss", 0.62, "1"),
        row("pelvic_discontinuity", 0.0, "1"),
        row("kohler_breach", None, "mm", "no Köhler line"),
        row("ischial_lysis", 12.0, "mm"),
    )
    shown = {name: (value, warning) for name, value, warning in page_of(BoneStock(None, signs, ())).signs}
    assert shown["Teardrop, lost share of its bone"][0] == "62 %"
    assert shown["Pelvic discontinuity"] == ("not seen", "how far it goes")
    assert shown["Medial of the Köhler line"] == ("not measurable", "no Köhler line")
    assert shown["Ischial lysis below the superior obturator line"][0] == "12.0 mm"


def test_classes_name_their_threshold_and_who_decides() -> None:
    found = SuggestedClass(
        "Paprosky", 20.0, "IIIA", Status.OK, "suggested; for the surgeon to decide", {"ischial_lysis": "mild, 3 mm"}
    )
    assert class_text(found) == "Paprosky (type III from 2 cm): IIIA"
    missing = replace(found, name=None, status=Status.NOT_MEASURABLE, reason="not known: migration", threshold_mm=30.0)
    assert class_text(missing) == "Paprosky (type III from 3 cm): not measurable"
    scheme, name, reason, inputs = page_of(BoneStock(None, (), (found,))).classes[0]
    assert (scheme, name) == ("Paprosky (type III from 2 cm)", "IIIA")
    assert "surgeon to decide" in reason and inputs == ("ischial lysis: mild, 3 mm",)


@pytest.mark.parametrize(("side", "toward"), [(Side.LEFT, -1), (Side.RIGHT, 1)])
def test_graph_puts_anterior_loss_where_the_surgeon_sees_it(side: Side, toward: int) -> None:
    quarter = DIRECTIONS // 4
    found = wheel(0.5, 0.25, range(quarter - 3, quarter + 4))
    picture = _wheel(found, toward)

    def colour(direction: int, share: float) -> tuple[int, ...]:
        reach = INNER_PX + share * (OUTER_PX - INNER_PX)
        return tuple(int(c) for c in picture[int(MIDDLE_PX[1]), int(MIDDLE_PX[0] + direction * reach)])

    assert colour(toward, 0.3) == GHOST
    assert colour(toward, 0.6) == UNKNOWN_HATCH
    assert colour(toward, 0.9) == BONE
    assert colour(-toward, 0.3) == BONE
    figure = page_of(BoneStock(found, (), ())).figure
    assert figure is not None and figure.width > 300 and np.isfinite(figure.height)
