"""The straight line: which stages run, in which order, and what counts as completely measured."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import Side, Status
from coxa.case import HipFindings, Measurement
from coxa.errors import InputRefusedError
from coxa.io.scan import Scan
from coxa.labels import Segmentation, StructureQuality
from coxa.pipeline import (
    MEASURE_STAGES,
    MeasuredScan,
    failed_structures,
    measure_scan,
    missing_results,
    plan_scan,
    pseudonym,
)
from coxa.volume import Volume
from tests.cli.tiny_case import GRID, SHA256, case_with, height, horizontal

SCAN = Scan(Volume(np.zeros(GRID.shape, dtype=np.int16), GRID), SHA256, "nifti", ("thick slices",))
DOUBT = StructureQuality("sacrum", 0.0, True, 0.0, 0.0, Status.WARN, "cut off at the top")
SEGMENTATION = Segmentation(np.zeros(GRID.shape, dtype=np.uint8), GRID, quality=(DOUBT,))
COMPLETE = tuple(m for side in ("left", "right") for m in (height(side, 13.0), horizontal(side)))


@pytest.fixture
def stages(monkeypatch):
    """Fake the stages; each hands on a word that names it, and the calls are noted."""
    calls = []

    def fake(name, answer):
        def stage(*arguments, **_):
            calls.append((name, arguments[0]))
            return answer

        return stage

    monkeypatch.setattr("coxa.segmentation.segment", fake("segment", SEGMENTATION))
    monkeypatch.setattr("coxa.surface.extract_surfaces", fake("surfaces", {"hip_left": "mesh"}))
    monkeypatch.setattr("coxa.landmarks.find_corrected_landmarks", fake("landmarks", "landmarks"))
    monkeypatch.setattr("coxa.measure.measure", fake("measure", COMPLETE))
    return calls


def test_each_stage_gets_what_the_one_before_made(stages):
    heard = []
    measured = measure_scan(SCAN, progress=heard.append)
    assert stages == [
        ("segment", SCAN.volume),
        ("surfaces", SEGMENTATION),
        ("landmarks", {"hip_left": "mesh"}),
        ("measure", "landmarks"),
    ]
    assert tuple(heard) == MEASURE_STAGES
    assert measured.case.measurements == COMPLETE


def test_warnings_of_scan_and_segmentation_reach_the_case(stages):
    assert measure_scan(SCAN).case.warnings == ("thick slices", "sacrum: cut off at the top")


HOLLOW = StructureQuality(
    "hip_left", 160.0, False, 300.0, 0.0, Status.FAILED, "hollow: 39 % of its interior is missing"
)


def test_the_surface_of_a_failed_bone_reaches_no_stage_and_the_reason_is_told(stages, monkeypatch):
    heard = []
    monkeypatch.setattr("coxa.landmarks.bone_warnings.with_bone_warnings", lambda marks, q: heard.append(q) or marks)
    measured = measure_scan(SCAN, segmentation=replace(SEGMENTATION, quality=(HOLLOW,)))
    assert ("landmarks", {}) in stages
    assert measured.surfaces == {}
    assert heard == [(HOLLOW,)]
    assert failed_structures(measured.segmentation) == (
        "the left hip bone's segmentation failed: hollow: 39 % of its interior is missing; "
        "correct it and pass it with --labels",
    )


@pytest.mark.parametrize("side", Side)
def test_no_plan_is_made_on_a_failed_hip_bone(side):
    measured = MeasuredScan(replace(SEGMENTATION, quality=(HOLLOW,)), {}, case_with(*COMPLETE))
    with pytest.raises(InputRefusedError, match="the left hip bone's segmentation failed: hollow: 39 %"):
        plan_scan(SCAN, measured, side, settings=None)


def test_a_given_segmentation_takes_the_place_of_the_stage(stages):
    given = replace(SEGMENTATION, backend="by hand")
    assert measure_scan(SCAN, segmentation=given).segmentation is given
    assert "segment" not in [name for name, _ in stages]


def test_a_segmentation_of_another_grid_is_refused(stages):
    moved = replace(SEGMENTATION, grid=replace(GRID, origin_lps_mm=np.array([0.0, 0.0, 2.0])))
    with pytest.raises(InputRefusedError, match="another voxel grid"):
        measure_scan(SCAN, segmentation=moved)


def test_the_case_name_comes_from_the_voxels_unless_given(stages):
    assert measure_scan(SCAN).case.case_id == pseudonym(SHA256) == "case-ababababab"
    assert measure_scan(SCAN, case_id="A17").case.case_id == "A17"


def cup(side, value):
    status, reason = (Status.OK, None) if value is not None else (Status.NOT_MEASURABLE, "rim hidden")
    names = ("cup_inclination_radiographic", "cup_anteversion_radiographic")
    return tuple(Measurement(side, name, value, "deg", "app", "", status, None, "", reason) for name in names)


IMPLANT_RIGHT = Measurement("right", "implant_present", 1.0, "1", "none", "", Status.OK, None, "")


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (COMPLETE, []),
        ((*COMPLETE, *cup("left", None)), []),  # no implant on the left: no cup is expected
        ((*COMPLETE, IMPLANT_RIGHT, *cup("right", 40.0)), []),
        (
            (*COMPLETE, IMPLANT_RIGHT, *cup("right", None)),
            [f"cup_{what}_radiographic right: rim hidden" for what in ("inclination", "anteversion")],
        ),
        ((height("left"), *COMPLETE[1:]), ["rotation_centre_height left: teardrop cut off"]),
        (COMPLETE[:-1], ["rotation_centre_horizontal right: not reported"]),
    ],
)
def test_what_counts_as_completely_measured(rows, missing):
    assert list(missing_results(case_with(*rows))) == missing


def test_the_planner_hears_that_the_implant_is_on_the_other_side(monkeypatch):
    case = case_with(*COMPLETE)
    hips = {"left": HipFindings(False, None, None), "right": HipFindings(True, None, None)}
    measured = MeasuredScan(SEGMENTATION, {}, replace(case, landmarks=replace(case.landmarks, hips=hips)))
    heard = []

    def propose_plan(case, *_):
        heard.extend(case.warnings)
        raise InputRefusedError("far enough")

    monkeypatch.setattr("coxa.planning.propose_plan", propose_plan)
    for side in Side:
        with pytest.raises(InputRefusedError, match="far enough"):
            plan_scan(SCAN, measured, side, settings=None)
    assert sum("check the side given" in warning for warning in heard) == 1
