"""A plan and a case in which every optional part is there, and the walk over all that their files hold."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from coxa.anatomy import Estimate, Landmark, Status
from coxa.case import FittedCup, HipFindings, MeasuredCase, Measurement
from coxa.geometry.fits import FittedSphere
from coxa.planning.cup.choice import CupChoice, CupMetrics, CupOption
from coxa.planning.cup.coverage_map import CoverageMap
from coxa.planning.defect.bone_stock import BoneStock
from coxa.planning.defect.classes import SuggestedClass
from coxa.planning.defect.radial_loss import RadialLoss
from coxa.planning.plan import Plan
from tests.report.made_case import case, planned

Path = tuple[str | int, ...]

SIGN = Measurement("left", "teardrop_loss", 1.0, "1", "none", "seen", Status.OK, 0.1, "made", "told")


def full_plan() -> Plan:
    plan = planned().plan
    figures = CupMetrics(1.0, 2.0, 3.0, 3.7, 0.5, 0.6, 0.7, 2.5, 0.1, 0.4, 6.5, {"centre": 0.3}, "centre")
    choice = CupChoice(
        (CupOption("proposal", plan.cup, figures),), 56.0, "native head", 58.5, 40.0, 15.0, "generic",
        host_by_distance=((0.0, 0.5), (1.0, 0.6)),
    )  # fmt: skip
    screw = replace(
        plan.screws[0], mean_hu=400.0, exit_lps_mm=np.array([1.0, 2.0, 3.0]), exit_beyond_tip_mm=2.5,
        exit_table="inner table", clearance_mm=3.5, vessel_distance_mm=7.25,
    )  # fmt: skip
    assert plan.defect is not None
    return replace(
        plan,
        defect=replace(
            plan.defect, uncertainty_ml=1.5, seen_lost_ml=16.0, new_by_sector_ml={"roof": 1.0},
            unknown_by_sector_ml={"roof": 2.0}, native_by_sector_ml={"roof": 30.0},
        ),
        augment=replace(
            plan.augment, kind="wedge", gap_ml=1.5, undercut_ml=0.5, way_out_lps=np.array([0.0, 0.0, -1.0]),
            way_out_off_cup_axis_deg=12.5, made_for_sha256="ab" * 32,
        ),
        screws=(screw,),
        settings={**plan.settings, "screw_count_max": 3},
        approval=replace(plan.approval, state="approved", by="AB", at="2026-01-01T00:00:00Z"),
        cup_choice=choice,
        coverage_map=CoverageMap((22.5, 67.5), (0.0, 180.0), ((0.0, 1.0), (2.0, None)), ((None, 0.5), (0.5, 1.0))),
        bone_stock=BoneStock(
            RadialLoss((0.0, 180.0), (10.0, 9.0), (1.0, 0.0), (0.5, 0.0)), (SIGN,),
            (SuggestedClass("Paprosky", 30.0, "IIB", Status.OK, "the surgeon decides", {"teardrop_loss": "1"}),),
            "told",
        ),
        motion=(SIGN,),
    )  # fmt: skip


def full_case() -> MeasuredCase:
    made = case()
    place = np.array([1.0, 2.0, 3.0])
    estimates = (Estimate("mirror", place, 4.0, "mirrored", "told", chosen=True), Estimate.missing("atlas", "bad fit"))
    points = {
        "ASIS_L": Landmark("ASIS_L", place, 2.5, Status.OK, "most anterior", "told"),
        "TD_R": Landmark.missing("TD_R", "destroyed"),
        "HRC_NATIVE_L": Landmark("HRC_NATIVE_L", place, 4.0, Status.WARN, "mirrored", "wide", estimates),
    }
    cup = FittedCup(place, np.array([0.6, 0.0, -0.8]), 54.0, 0.5, 1.0, 0.6, "sphere")
    hips = {
        "left": HipFindings(True, FittedSphere(place, 16.0, 0.2, 800, 91.0), cup, "told"),
        "right": HipFindings(False, None, None, "cut by the border"),
    }
    return replace(made, landmarks=replace(made.landmarks, points=points, hips=hips, app_reason="told"))


def leaves(content: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what is neither an object nor a list, with where it stands."""
    if isinstance(content, dict | list) and content:
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from leaves(value, (*path, key))
    else:
        yield path, content


def dotted(path: Path) -> str:
    """As messages name it: ``screws[0].note``."""
    words = "".join(f"[{word}]" if isinstance(word, int) else f".{word}" for word in path)
    return words.removeprefix(".")


def replaced(content: Any, path: Path, value: Any) -> Any:
    """Return a copy with another value at one place."""
    if not path:
        return value
    copy = dict(content) if isinstance(content, dict) else list(content)
    copy[path[0]] = replaced(content[path[0]], path[1:], value)
    return copy
