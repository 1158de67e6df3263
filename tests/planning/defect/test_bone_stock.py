"""The native hemipelvis and what is measured against it, on block pelves; each refusal and its reason."""

import json
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from coxa.anatomy import SIDES, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings, Landmarks, MeasuredCase, Measurement
from coxa.errors import InputRefusedError
from coxa.geometry import Mesh
from coxa.io.records.structure import StrictConverter
from coxa.labels import Segmentation, StructureQuality, SurfaceUncertainty
from coxa.landmarks.centres.shape_model import HipAtlas, HipShapeModel
from coxa.planning.defect.bone_stock import BoneStock, assess_defect, defect_measurements
from coxa.planning.defect.native_hemipelvis import native_hemipelvis
from coxa.planning.defect.values import Defect
from coxa.planning.settings.defect_settings import DefectSettings
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, HipCase, as_mesh, hip_block, mirrored

SETTINGS = DefectSettings(defect_radius_mm=56.0, defect_spacing_mm=2.0)
STEMS = ("ASIS", "PT", "HRC_NATIVE")


def with_implant(landmarks: Landmarks, side: Side) -> Landmarks:
    hip = replace(landmarks.hips[side], implant_present=True)
    return replace(landmarks, hips={**landmarks.hips, str(side): hip})


def without(landmarks: Landmarks, stem: str, reason: str) -> Landmarks:
    """Return landmarks that lack one of the right side."""
    name = landmark_name(stem, Side.RIGHT)
    return replace(landmarks, points={**landmarks.points, name: Landmark.missing(name, reason)})


def atlas_of_blocks(landmarks: Landmarks) -> HipAtlas:
    """A shape model that knows one block and no modes worth mentioning."""
    models = {}
    for side in SIDES:
        block = as_mesh(hip_block()) if side is Side.LEFT else mirrored(as_mesh(hip_block()))
        vertices = block.vertices_lps_mm
        marks = {stem: landmarks.points[landmark_name(stem, side)].point for stem in STEMS}
        centre = marks["HRC_NATIVE"]
        modes, centre_modes = 1e-6 * np.ones((1, len(vertices), 3)), np.zeros((1, 3))
        models[side] = HipShapeModel(vertices, block.faces, modes, centre, centre_modes, marks)
    return HipAtlas(models, 1, 3.0)


def far_from(mesh: Mesh, other: Mesh) -> float:
    """Return how far the corresponding vertices of two copies of the block lie apart at most, mm."""
    return float(np.linalg.norm(mesh.vertices_lps_mm - other.vertices_lps_mm, axis=1).max())


def assessed(
    hip: HipCase, landmarks: Landmarks | None = None, segmentation: Segmentation | None = None
) -> tuple[Defect | None, BoneStock]:
    marks = landmarks or hip.case.landmarks
    case: MeasuredCase = replace(hip.case, landmarks=marks)
    centre = LEFT_CENTRE if hip.side is Side.LEFT else MIRROR * LEFT_CENTRE
    native = native_hemipelvis(hip.surfaces, marks, hip.side)
    return assess_defect(case, hip.surfaces, segmentation or hip.segmentation, native, centre, hip.side, SETTINGS)


@pytest.fixture(scope="module")
def left_loss(left_case: HipCase) -> tuple[Defect | None, BoneStock]:
    return assessed(left_case)


def test_native_bone_is_the_mirrored_healthy_side(left_case: HipCase, right_case: HipCase) -> None:
    for hip in (left_case, right_case):
        native = native_hemipelvis(hip.surfaces, hip.case.landmarks, hip.side)
        whole = as_mesh(hip_block()) if hip.side is Side.LEFT else mirrored(as_mesh(hip_block()))
        assert far_from(native.mesh, whole) < 0.3
        assert native.warning is None and "mirror" in native.method


def test_mirror_of_an_operated_side_stands_in_but_is_no_native_bone(left_case: HipCase) -> None:
    landmarks = with_implant(left_case.case.landmarks, Side.RIGHT)
    native = native_hemipelvis(left_case.surfaces, landmarks, Side.LEFT)
    assert native.warning is not None and "right hip has an implant" in native.warning
    headless = replace(landmarks, hips={**landmarks.hips, "right": HipFindings(False, None, None, "gone")})
    destroyed = native_hemipelvis(left_case.surfaces, without(headless, "HRC", "no head"), Side.LEFT)
    assert destroyed.warning is not None and "no head of its own" in destroyed.warning
    out_of_view = native_hemipelvis(left_case.surfaces, headless, Side.LEFT)
    assert out_of_view.warning is None, "a socket that gave the centre because the femur is not in view is native"


def test_shape_model_takes_the_place_of_an_operated_side(left_case: HipCase) -> None:
    landmarks = with_implant(left_case.case.landmarks, Side.RIGHT)
    atlas = atlas_of_blocks(landmarks)
    native = native_hemipelvis(left_case.surfaces, landmarks, Side.LEFT, atlas)
    assert native.warning is None and "shape model" in native.method
    assert far_from(native.mesh, as_mesh(hip_block())) < 1.0
    mirror = native_hemipelvis(left_case.surfaces, left_case.case.landmarks, Side.LEFT, atlas)
    assert "mirror" in mirror.method, "a native other side comes first"


def test_bones_that_do_not_match_are_refused(left_case: HipCase) -> None:
    ball = as_mesh(trimesh.creation.icosphere(4, radius=60.0).apply_translation(MIRROR * LEFT_CENTRE))
    with pytest.raises(InputRefusedError, match=r"native left hip bone cannot be rebuilt.*--atlas"):
        native_hemipelvis({**left_case.surfaces, "hip_right": ball}, left_case.case.landmarks, Side.LEFT)


@pytest.mark.parametrize("lacking", ["frame", "lender"])
def test_without_frame_or_a_centre_to_mirror_by_there_is_no_native_bone(left_case: HipCase, lacking: str) -> None:
    landmarks = left_case.case.landmarks
    if lacking == "frame":
        landmarks = replace(landmarks, lps_from_app=None, app_reason="no tubercles")
    else:
        landmarks = without(landmarks, "HRC_NATIVE", "no centre there")
    with pytest.raises(InputRefusedError, match="no tubercles" if lacking == "frame" else "no centre there"):
        native_hemipelvis(left_case.surfaces, landmarks, Side.LEFT)


def test_loss_of_the_roof_is_measured_on_both_sides(
    left_case: HipCase, right_case: HipCase, left_loss: tuple[Defect | None, BoneStock]
) -> None:
    true_ml = as_mesh(hip_block()).volume_ml - left_case.surfaces["hip_left"].volume_ml
    for defect, stock in (left_loss, assessed(right_case)):
        assert defect is not None and stock.radial is not None
        assert defect.lost_ml == pytest.approx(true_ml, rel=0.05)
        assert max(defect.lost_by_sector_ml, key=lambda name: defect.lost_by_sector_ml[name]) == "roof"
        share = stock.radial.missing_share()
        assert share[0] > 0.3 > share[len(share) // 2], "superior bone is lost, inferior bone is not"


def test_without_native_bone_the_rows_say_why(left_case: HipCase) -> None:
    defect, stock = assessed(left_case, with_implant(left_case.case.landmarks, Side.RIGHT))
    assert defect is None and stock.radial is None
    rows = defect_measurements(defect, stock, Side.LEFT)
    assert {row.metric for row in rows} >= {"defect_volume", "defect_volume_roof", "defect_volume_medial"}
    assert all(row.status is Status.NOT_MEASURABLE and "right hip has an implant" in str(row.reason) for row in rows)
    assert all(found.status is Status.NOT_MEASURABLE for found in stock.classes)


def test_rows_hold_volume_share_and_signs(left_loss: tuple[Defect | None, BoneStock]) -> None:
    defect, stock = left_loss
    assert defect is not None
    rows = {row.metric: row for row in defect_measurements(defect, stock, Side.LEFT)}
    assert rows["defect_volume"].value == defect.lost_ml
    assert rows["defect_volume"].uncertainty == defect.uncertainty_ml
    sectors = [rows[f"defect_volume_{name}"].value or 0.0 for name in defect.lost_by_sector_ml]
    assert sum(sectors) == pytest.approx(defect.lost_ml)
    assert rows["defect_share"].value == pytest.approx(defect.lost_ml / defect.native_ml)
    assert rows["unknown_bone_volume"].value == 0.0
    assert "kohler_breach" in rows and "ischial_lysis" in rows


def test_surface_that_is_poorly_known_widens_the_uncertainty(
    left_case: HipCase, left_loss: tuple[Defect | None, BoneStock]
) -> None:
    plain = left_case.segmentation
    quality = StructureQuality(
        "hip_left", 1.0, False, 300.0, 0.0, Status.OK, surface_uncertainty=SurfaceUncertainty(2.0, 4.0)
    )
    sure, _ = left_loss
    unsure, _ = assessed(left_case, segmentation=replace(plain, quality=(quality,)))
    assert sure is not None and unsure is not None
    assert (unsure.uncertainty_ml or 0.0) > 2.0 * (sure.uncertainty_ml or 0.0)


def test_migration_of_the_case_reaches_the_classes(left_case: HipCase) -> None:
    rows = tuple(
        Measurement("left", f"migration_{axis}", value, "mm", "app", "made", Status.OK, 1.0, "made")
        for axis, value in (("superior", 25.0), ("lateral", 3.0))
    )
    hip = HipCase.__new__(HipCase)
    hip.__dict__.update(left_case.__dict__, case=replace(left_case.case, measurements=rows))
    _, stock = assessed(hip)
    assert stock.classes[0].inputs["migration_superior"] == "25.0 mm"


def test_stock_survives_its_json(left_loss: tuple[Defect | None, BoneStock]) -> None:
    from coxa.io.records.plan_files import _plain

    _, stock = left_loss
    assert StrictConverter().read(json.loads(json.dumps(_plain(stock))), BoneStock, "stock.json") == stock
