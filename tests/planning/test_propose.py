"""The whole proposal on a block hip with a lost roof, left and right, and its files."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Landmark, Side
from coxa.errors import InputRefusedError, SchemaError, UnreadableInputError
from coxa.geometry import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.io.meshes.mesh_files import write_stl
from coxa.io.records.plan_files import plan_from_json, plan_to_json, read_plan, read_plan_meshes, write_plan
from coxa.planning import PlannedReconstruction, PlanSettings, propose_plan
from coxa.planning.evaluate import evaluate_plan
from coxa.planning.plan import PartFile
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, HipCase

SETTINGS = PlanSettings.of(work_spacing_mm=0.8, part_pitch_mm=0.3, defect_spacing_mm=1.5)


def proposed(hip: HipCase, settings: PlanSettings = SETTINGS) -> PlannedReconstruction:
    return propose_plan(hip.case, hip.volume, hip.segmentation, hip.surfaces, hip.side, settings)


@pytest.fixture(scope="module")
def left(left_case: HipCase) -> PlannedReconstruction:
    return proposed(left_case)


@pytest.fixture(scope="module")
def right(right_case: HipCase) -> PlannedReconstruction:
    return proposed(right_case)


def body(mesh: Mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices_lps_mm, mesh.faces, process=False)


def test_augment_is_one_closed_body_over_the_cup(left: PlannedReconstruction) -> None:
    for name in ("augment", "augment_part"):
        part = body(left.meshes[name])
        assert part.is_watertight and part.is_winding_consistent and part.body_count == 1 and part.volume > 0
    assert left.plan.augment.needed
    middle = left.meshes["augment"].vertices_lps_mm.mean(axis=0) - LEFT_CENTRE
    assert middle[2] > 10.0, "a lost roof is filled above the centre"


def test_augment_keeps_clear_of_cup_and_bone(left: PlannedReconstruction, left_case: HipCase) -> None:
    vertices = left.meshes["augment"].vertices_lps_mm
    cup = left.plan.cup
    to_cup = np.linalg.norm(vertices - cup.centre_lps_mm, axis=1) - 0.5 * cup.outer_diameter_mm
    assert to_cup.min() == pytest.approx(SETTINGS.site.cement_gap_mm, abs=0.05)
    host = body(left_case.surfaces["hip_left"])
    inside = host.contains(vertices)
    depth = np.abs(trimesh.proximity.ProximityQuery(host).signed_distance(vertices[inside])) if inside.any() else [0.0]
    assert np.max(depth) <= 0.05


def test_augment_can_be_put_in_along_the_cup_axis(left: PlannedReconstruction, left_case: HipCase) -> None:
    vertices = left.meshes["augment"].vertices_lps_mm
    outward = np.broadcast_to(left.plan.cup.axis_lps, vertices.shape)
    distance, _ = RayCaster(left_case.surfaces["hip_left"]).first_hit(vertices + 0.1 * outward, outward)
    assert float(np.mean(distance < 18.0)) < 0.005


def test_augment_stays_behind_the_cups_mouth(left: PlannedReconstruction) -> None:
    above = (left.meshes["augment"].vertices_lps_mm - left.plan.cup.centre_lps_mm) @ left.plan.cup.axis_lps
    assert above.max() < 0.5


def test_right_plan_is_the_mirror_image(left: PlannedReconstruction, right: PlannedReconstruction) -> None:
    assert right.plan.side is Side.RIGHT
    assert np.allclose(right.plan.cup.centre_lps_mm, MIRROR * left.plan.cup.centre_lps_mm)
    assert np.allclose(right.plan.cup.axis_lps, MIRROR * left.plan.cup.axis_lps)
    assert right.plan.cup.outer_diameter_mm == left.plan.cup.outer_diameter_mm
    assert right.plan.augment.volume_ml == pytest.approx(left.plan.augment.volume_ml, rel=0.02)
    assert right.plan.defect is not None and left.plan.defect is not None
    assert right.plan.defect.lost_ml == pytest.approx(left.plan.defect.lost_ml, rel=0.02)
    for a, b in zip(right.plan.coverage, left.plan.coverage, strict=True):
        assert a.host_fraction == pytest.approx(b.host_fraction, abs=0.005)
        assert a.augment_fraction == pytest.approx(b.augment_fraction, abs=0.01)
    low, high = (left.meshes["augment"].vertices_lps_mm * MIRROR for _ in range(2))
    assert np.allclose(low.min(axis=0), right.meshes["augment"].vertices_lps_mm.min(axis=0), atol=0.8)
    assert np.allclose(high.max(axis=0), right.meshes["augment"].vertices_lps_mm.max(axis=0), atol=0.8)


def test_screws_stay_in_bone_and_apart(left: PlannedReconstruction, left_case: HipCase) -> None:
    assert left.plan.screws
    host = body(left_case.surfaces["hip_left"])
    for screw in left.plan.screws:
        assert screw.quadrant.startswith("postero")
        tip = screw.entry_lps_mm + screw.length_mm * screw.direction_lps
        assert host.contains([tip])[0]
        along = np.linspace(0.0, screw.length_mm, 2001)
        in_bone = host.contains(screw.entry_lps_mm + along[:, None] * screw.direction_lps).mean() * screw.length_mm
        assert screw.bone_length_mm == pytest.approx(in_bone, abs=0.2)
        assert screw.mean_hu == pytest.approx(250.0, abs=1e-6)


def test_intact_hip_needs_no_augment() -> None:
    plan = proposed(HipCase(Side.LEFT, None))
    assert not plan.plan.augment.needed
    assert "no augment needed" in plan.plan.augment.reason
    assert "augment_part" not in plan.meshes
    assert plan.plan.defect is not None and plan.plan.defect.lost_ml == pytest.approx(0.0, abs=0.05)
    assert plan.plan.coverage[0].host_fraction > 0.8


def test_no_screw_passes_through_an_augment_that_is_not_there(left_case: HipCase) -> None:
    # The gap holds an augment of 9 ml before the screws' channels are cut, and one of 7 ml after.
    scant = PlanSettings.of(
        work_spacing_mm=1.0, part_pitch_mm=0.4, defect_spacing_mm=1.5, augment_minimum_volume_ml=8.0
    )
    plan = proposed(left_case, scant).plan
    assert not plan.augment.needed
    assert plan.screws and all(screw.through == "cup" for screw in plan.screws)


def test_unknown_target_is_refused_with_advice(left_case: HipCase) -> None:
    from dataclasses import replace

    points = dict(left_case.case.landmarks.points) | {
        "HRC_NATIVE_L": Landmark.missing("HRC_NATIVE_L", "both hips worn")
    }
    blind = replace(left_case.case, landmarks=replace(left_case.case.landmarks, points=points))
    with pytest.raises(InputRefusedError, match=r"both hips worn.*--cup-center"):
        propose_plan(blind, left_case.volume, left_case.segmentation, left_case.surfaces, Side.LEFT, SETTINGS)


def test_no_defect_is_claimed_against_a_replaced_hip(left_case: HipCase) -> None:
    from dataclasses import replace

    landmarks = left_case.case.landmarks
    hips = dict(landmarks.hips) | {"right": replace(landmarks.hips["right"], implant_present=True)}
    both = replace(left_case.case, landmarks=replace(landmarks, hips=hips))
    surfaces = left_case.surfaces
    planned = propose_plan(both, left_case.volume, left_case.segmentation, surfaces, Side.LEFT, SETTINGS)
    assert planned.plan.defect is None
    assert any("right hip has an implant" in warning for warning in planned.plan.warnings)


def test_missing_hip_is_refused(left_case: HipCase) -> None:
    surfaces = {"hip_left": left_case.surfaces["hip_left"]}
    with pytest.raises(InputRefusedError, match="right hip bone"):
        propose_plan(left_case.case, left_case.volume, left_case.segmentation, surfaces, Side.LEFT, SETTINGS)


def saved(folder: Path, planned: PlannedReconstruction) -> None:
    from dataclasses import replace

    meshes = dict(planned.meshes) | {"hip_left": planned.meshes["hip_host"]}  # a plan's folder names bones by side
    names = ("hip_left", "hip_native", "augment", "augment_part", "cup")
    parts = tuple(PartFile(n, f"{n}.stl", write_stl(folder / f"{n}.stl", meshes[n]), None) for n in names)
    write_plan(folder / "plan.json", replace(planned.plan, parts=parts))


def test_plan_reads_back_and_evaluates_to_the_same_figures(left: PlannedReconstruction, tmp_path: Path) -> None:
    saved(tmp_path, left)
    again = read_plan(tmp_path)
    assert plan_to_json(again) == plan_to_json(read_plan(tmp_path / "plan.json"))
    assert again.screws[0].mean_hu == left.plan.screws[0].mean_hu
    assert np.array_equal(again.cup.axis_lps, left.plan.cup.axis_lps)
    meshes = read_plan_meshes(tmp_path, again)
    assert body(meshes["augment_part"]).is_watertight
    assert meshes["augment_part"].volume_ml == pytest.approx(left.meshes["augment_part"].volume_ml, rel=1e-4)
    for a, b in zip(evaluate_plan(again, meshes).coverage, left.plan.coverage, strict=True):
        assert a.host_fraction == pytest.approx(b.host_fraction, abs=5e-4)
        assert a.augment_fraction == pytest.approx(b.augment_fraction, abs=5e-4)


def test_changed_mesh_is_refused(left: PlannedReconstruction, tmp_path: Path) -> None:
    saved(tmp_path, left)
    write_stl(tmp_path / "cup.stl", left.meshes["augment"])
    with pytest.raises(UnreadableInputError, match=r"cup\.stl"):
        read_plan_meshes(tmp_path, read_plan(tmp_path))


def test_mesh_outside_the_folder_is_not_read(left: PlannedReconstruction, tmp_path: Path) -> None:
    from dataclasses import replace

    plan = replace(left.plan, parts=(PartFile("cup", "../../secret.stl", "0" * 64, None),))
    with pytest.raises(UnreadableInputError, match="outside"):
        read_plan_meshes(tmp_path, plan)


def test_foreign_json_is_refused(left: PlannedReconstruction) -> None:
    good = plan_to_json(left.plan)
    with pytest.raises(SchemaError, match=r"coxa\.plan/1"):
        plan_from_json(good | {"schema": "other"})
    with pytest.raises(SchemaError, match="cup"):
        plan_from_json({key: value for key, value in good.items() if key != "cup"})
    with pytest.raises(SchemaError, match="side"):
        plan_from_json(good | {"side": "upper side"})
