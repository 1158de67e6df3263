"""A saved plan evaluated again, and two plans beside each other."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from coxa.anatomy import Side, Status
from coxa.case import Measurement
from coxa.cli.app import app
from coxa.errors import InputRefusedError
from coxa.io.meshes.mesh_files import write_stl
from coxa.io.records.plan_files import read_plan, read_plan_meshes, write_plan
from coxa.planning import Plan, PlannedReconstruction, PlanSettings, propose_plan
from coxa.planning.compare_plans import FigureRow, compare_plans
from coxa.planning.evaluate import evaluate_plan
from coxa.planning.outdated import OUTDATED, PASSING, is_outdated
from coxa.planning.plan import PartFile
from tests.planning.block_hip import HipCase

SETTINGS = PlanSettings.of(work_spacing_mm=0.8, part_pitch_mm=0.4, defect_spacing_mm=1.5)


@pytest.fixture(scope="module")
def proposed(left_case: HipCase) -> PlannedReconstruction:
    hip = left_case
    return propose_plan(hip.case, hip.volume, hip.segmentation, hip.surfaces, hip.side, SETTINGS)


@pytest.fixture(scope="module")
def folder(proposed: PlannedReconstruction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("plan")
    meshes = dict(proposed.meshes) | {"hip_left": proposed.meshes["hip_host"]}  # a plan's folder names bones by side
    names = ("hip_left", "hip_native", "augment", "cup")
    parts = tuple(PartFile(n, f"{n}.stl", write_stl(root / f"{n}.stl", meshes[n]), None) for n in names)
    write_plan(root / "plan.json", replace(proposed.plan, parts=parts))
    return root


def again(folder: Path, **changes: object) -> tuple[Plan, Plan]:
    saved = replace(read_plan(folder), **changes)  # type: ignore[arg-type]
    return saved, evaluate_plan(saved, read_plan_meshes(folder, saved))


def by_name(rows: tuple[FigureRow, ...]) -> dict[str, FigureRow]:
    return {row.name: row for row in rows}


def test_saved_plan_gives_the_same_figures(folder: Path, proposed: PlannedReconstruction) -> None:
    saved, evaluated = again(folder)
    rows = compare_plans(saved, evaluated)
    assert [row.name for row in rows if not row.is_same] == []
    assert {"medial wall", "host bone removed", "host bone within 1 mm", "augment", "screws, length in bone"} <= set(
        by_name(rows)
    )
    assert evaluated.coverage_map is not None and proposed.plan.coverage_map is not None
    assert evaluated.coverage_map.support(1.0) == proposed.plan.coverage_map.support(1.0)
    assert evaluated.cup_choice is not None and evaluated.cup_choice.alternatives
    assert evaluated.cup_choice.proposal.figures.costs == pytest.approx(
        proposed.plan.cup_choice.proposal.figures.costs, abs=1e-3
    )


def test_cup_moved_by_hand_gets_the_figures_of_its_new_place(folder: Path) -> None:
    cup = read_plan(folder).cup
    lifted = replace(cup, centre_lps_mm=cup.centre_lps_mm + np.array([0.0, 0.0, 6.0]))
    saved, evaluated = again(folder, cup=lifted)
    rows = by_name(compare_plans(saved, evaluated))
    assert not rows["host bone within 1 mm"].is_same
    assert rows["host bone removed"].difference is not None and rows["host bone removed"].difference > 1.0
    assert evaluated.cup_choice is not None
    assert evaluated.cup_choice.proposal.figures.centre_superior_mm == pytest.approx(
        read_plan(folder).cup_choice.proposal.figures.centre_superior_mm + 6.0, abs=1e-6
    )


def test_shorter_screw_has_less_bone(folder: Path) -> None:
    screw = read_plan(folder).screws[0]
    _, evaluated = again(folder, screws=(replace(screw, length_mm=screw.length_mm - 8.0),))
    # Its tip lies in bone, so 8 mm less of it are 8 mm less in bone.
    assert evaluated.screws[0].bone_length_mm == pytest.approx(screw.bone_length_mm - 8.0, abs=0.1)


def test_a_longer_screw_stands_out_and_one_brought_near_another_loses_its_clearance(folder: Path) -> None:
    first, second = read_plan(folder).screws[:2]
    assert first.exit_beyond_tip_mm is not None and first.exit_beyond_tip_mm > 0
    long = replace(first, length_mm=first.length_mm + first.exit_beyond_tip_mm + 6.0)
    beside = replace(
        second, entry_lps_mm=first.entry_lps_mm + np.array([0.0, 0.0, 7.0]), direction_lps=first.direction_lps
    )
    _, evaluated = again(folder, screws=(long, beside))
    assert evaluated.screws[0].exit_beyond_tip_mm == pytest.approx(-6.0, abs=0.1)
    # The axis protrudes by 6 mm; the low side of the tip's edge, on an oblique surface, by more.
    assert 6.0 - 0.1 <= evaluated.screws[0].protrusion_mm <= 6.0 + 2.0 * first.diameter_mm
    assert "protrudes" in evaluated.screws[0].note
    apart = 7.0 * np.linalg.norm(np.cross(first.direction_lps, [0.0, 0.0, 1.0])) - first.diameter_mm
    assert evaluated.screws[0].clearance_mm == pytest.approx(apart, abs=0.01)


def test_what_the_scan_said_of_a_screw_holds_only_where_it_was(folder: Path) -> None:
    kept, moved = read_plan(folder).screws[:2]
    turned = moved.direction_lps + 0.2 * np.cross(moved.direction_lps, [1.0, 0.0, 0.0])
    _, evaluated = again(folder, screws=(kept, replace(moved, direction_lps=turned / np.linalg.norm(turned))))
    assert evaluated.screws[0].mean_hu == kept.mean_hu and evaluated.screws[0].quadrant == kept.quadrant
    assert evaluated.screws[1].mean_hu is None and evaluated.screws[1].quadrant == "unknown"


def test_with_the_cup_changed_no_motion_and_no_quadrant_is_left_over(folder: Path) -> None:
    cup = read_plan(folder).cup
    lifted = replace(cup, centre_lps_mm=cup.centre_lps_mm + np.array([0.0, 0.0, 6.0]))
    saved, evaluated = again(folder, cup=lifted)
    assert any(row.value is not None for row in saved.motion)
    assert all(row.value is None and "changed by hand" in (row.reason or "") for row in evaluated.motion)
    assert {screw.quadrant for screw in evaluated.screws} == {"unknown"}


def test_an_augment_made_for_another_cup_supports_nothing(folder: Path) -> None:
    saved = read_plan(folder)
    assert saved.augment.needed and not is_outdated(saved)
    lateral = replace(saved.cup, centre_lps_mm=saved.cup.centre_lps_mm + np.array([5.0, 0.0, 0.0]))
    _, evaluated = again(folder, cup=lateral)
    assert any(shares.augment_fraction > 0 for shares in saved.coverage)
    assert all(shares.augment_fraction == 0 for shares in evaluated.coverage)
    assert [warning for warning in evaluated.warnings if "outdated" in warning] == [OUTDATED]
    assert evaluated.augment.volume_ml == pytest.approx(saved.augment.volume_ml, rel=1e-3)
    twice = evaluate_plan(evaluated, read_plan_meshes(folder, saved))
    assert twice.warnings == evaluated.warnings


def test_what_an_augment_is_made_for_is_the_cup_and_the_screws_through_it(folder: Path) -> None:
    saved = read_plan(folder)
    through = next(n for n, screw in enumerate(saved.screws) if screw.through in PASSING)
    screw, *_ = saved.screws[through:]

    def with_screw(**changes: object) -> Plan:
        changed = replace(screw, **changes)  # type: ignore[arg-type]
        return replace(saved, screws=(*saved.screws[:through], changed, *saved.screws[through + 1 :]))

    assert is_outdated(with_screw(entry_lps_mm=screw.entry_lps_mm + np.array([0.0, 0.0, 1.0])))
    assert is_outdated(with_screw(diameter_mm=5.5))
    assert is_outdated(replace(saved, screws=saved.screws[:through] + saved.screws[through + 1 :]))
    assert not is_outdated(with_screw(length_mm=screw.length_mm + 5.0))  # the same hole
    assert not is_outdated(with_screw(entry_lps_mm=screw.entry_lps_mm + 1e-5))
    older = replace(saved, augment=replace(saved.augment, made_for_sha256=None))
    assert not is_outdated(older)
    assert is_outdated(replace(older, cup=replace(saved.cup, outer_diameter_mm=saved.cup.outer_diameter_mm + 2.0)))
    assert not is_outdated(replace(older, augment=replace(older.augment, needed=False)))


def test_angles_that_are_not_the_axiss_are_refused(folder: Path) -> None:
    cup = read_plan(folder).cup
    with pytest.raises(InputRefusedError, match="° apart"):
        again(folder, cup=replace(cup, inclination_radiographic_deg=cup.inclination_radiographic_deg + 30.0))


def test_evaluation_needs_both_bones_and_says_so(folder: Path) -> None:
    saved = read_plan(folder)
    meshes = read_plan_meshes(folder, saved)
    with pytest.raises(InputRefusedError, match="hip_native"):
        evaluate_plan(saved, {name: mesh for name, mesh in meshes.items() if name != "hip_native"})


def test_terminal_says_whether_anything_changed(folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["changed"] == []
    shutil.copytree(folder, tmp_path / "plan")
    content = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    content["cup"]["outer_diameter_mm"] += 4.0
    (tmp_path / "plan" / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    changed = CliRunner().invoke(app, ["evaluate", str(tmp_path / "plan")])
    assert changed.exit_code == 1 and "not as saved: " in changed.stdout and "host bone removed" in changed.stdout


def test_terminal_compares_two_plans(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    content["cup"]["outer_diameter_mm"] += 4.0
    (tmp_path / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    done = CliRunner().invoke(app, ["compare-plans", str(folder), str(tmp_path / "plan.json"), "--json"])
    assert done.exit_code == 0, done.output
    row = next(r for r in json.loads(done.stdout)["figures"] if r["name"] == "cup outer diameter")
    assert row["difference"] == 4.0 and row["unit"] == "mm"
    (tmp_path / "plan.json").write_text(json.dumps(content | {"input_sha256": "f" * 64}), encoding="utf-8")
    refused = CliRunner().invoke(app, ["compare-plans", str(folder), str(tmp_path / "plan.json")])
    assert refused.exit_code == 3 and "two different scans" in refused.stderr


def test_what_if_states_signed_differences(proposed: PlannedReconstruction) -> None:
    first = proposed.plan
    moved = first.cup.centre_lps_mm + np.array([2.0, -3.0, 0.5])
    second = replace(
        first,
        cup=replace(first.cup, outer_diameter_mm=first.cup.outer_diameter_mm + 4.0, centre_lps_mm=moved),
        screws=(),
    )
    rows = by_name(compare_plans(first, second))
    assert rows["cup outer diameter"].difference == pytest.approx(4.0)
    assert rows["cup centre, lateral"].difference == pytest.approx(2.0, abs=0.3)
    assert rows["cup centre, posterior"].difference == pytest.approx(-3.0, abs=0.3)
    assert rows["target centre, lateral"].is_same
    assert rows["screws"].second == 0.0 and rows["screws, length in bone"].difference < 0


def test_missing_figures_are_none_not_zero(proposed: PlannedReconstruction) -> None:
    row = by_name(compare_plans(proposed.plan, replace(proposed.plan, defect=None)))["bone lost"]
    assert row.first is not None and row.second is None and row.difference is None and not row.is_same


def test_range_of_motion_stands_beside_the_rest(proposed: PlannedReconstruction) -> None:
    def flexion(value: float | None, reason: str | None = None) -> Measurement:
        status = Status.OK if value is not None else Status.NOT_MEASURABLE
        return Measurement(
            "left", "range_flexion_bony", value, "deg", "functional", "to contact", status, None, "made", reason
        )

    first, second = (replace(proposed.plan, motion=(m,)) for m in (flexion(110.0), flexion(124.0)))
    assert by_name(compare_plans(first, second))["range flexion bony"].difference == pytest.approx(14.0)
    lost = replace(proposed.plan, motion=(flexion(None, "no femur in view"),))
    assert by_name(compare_plans(first, lost))["range flexion bony"].difference is None


def test_plans_of_two_scans_or_two_sides_are_refused(proposed: PlannedReconstruction) -> None:
    with pytest.raises(InputRefusedError, match="two different scans"):
        compare_plans(proposed.plan, replace(proposed.plan, input_sha256="1" * 64))
    with pytest.raises(InputRefusedError, match=r"left.*right"):
        compare_plans(proposed.plan, replace(proposed.plan, side=Side.RIGHT))
