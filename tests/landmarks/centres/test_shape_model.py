"""A shape model made of known people finds the rotation centre of another whose acetabulum is gone."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.anatomy import SIDES, Side, Status, landmark_name
from coxa.errors import FitError, InputRefusedError
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.geometry.surface_points import points_of_mesh
from coxa.landmarks import find_landmarks
from coxa.landmarks.centres.atlas_build import CorrespondingSurfaces, build_atlas
from coxa.landmarks.centres.shape_fit import fit_shape_model
from coxa.landmarks.pelvis import find_pelvic_points
from tests.landmarks.made_atlas import PEOPLE, light_hips, people, reshaped

STRANGER = np.array([0.5, -0.8, 0.8])
HOLE_MM = 38.0


def pose():
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", [12.0, -9.0, 15.0], degrees=True).as_matrix()
    matrix[:3, 3] = [40.0, -70.0, 25.0]
    return matrix


@pytest.fixture(scope="module")
def truth(native_phantom):
    sides = native_phantom.truth["sides"]
    return {side: np.array(sides[side]["native_rotation_centre"]["centre_lps_mm"]) for side in SIDES}


@pytest.fixture(scope="module")
def phantom_centres(truth):
    return tuple(truth[side] for side in SIDES)


@pytest.fixture(scope="module")
def hips(native_surfaces):
    return light_hips(native_surfaces)


@pytest.fixture(scope="module")
def atlas(hips, phantom_centres):
    return build_atlas(people(hips, phantom_centres))


@pytest.fixture(scope="module")
def stranger(native_surfaces, truth, phantom_centres):
    """Somebody else, turned, with a hole for each acetabulum and no femora; and where the centres were."""
    bones, centres = {}, {}
    for side in SIDES:
        bone = native_surfaces[f"hip_{side}"]
        far = np.linalg.norm(bone.vertices_lps_mm - truth[side], axis=1) > HOLE_MM
        vertices = transform_points(pose(), reshaped(bone.vertices_lps_mm, STRANGER, *phantom_centres))
        bones[f"hip_{side}"] = Mesh(vertices, bone.faces[far[bone.faces].all(1)])
        centres[side] = transform_points(pose(), reshaped(truth[side], STRANGER, *phantom_centres)[0])
    return bones, centres


@pytest.mark.parametrize("side", SIDES)
def test_the_mean_holds_the_phantoms_own_centre(atlas, hips, truth, side):
    # Made-up people vary about the phantom: their mean centre lies in the mean bone as the truth in the phantom's.
    model = atlas.models[side]
    far = np.linalg.norm(hips[side].vertices_lps_mm - truth[side], axis=1)
    assert np.linalg.norm(model.vertices_mm - model.centre_mm, axis=1) == pytest.approx(far, abs=4.0)


def test_both_acetabula_gone_the_shape_model_is_chosen_and_near(atlas, stranger):
    bones, centres = stranger
    found = find_landmarks(bones, None, atlas)
    for side in SIDES:
        mark = found.points[landmark_name("HRC_NATIVE", side)]
        estimates = {estimate.name: estimate for estimate in mark.estimates}
        assert "shape model" in mark.method
        assert estimates["shape_model"].chosen
        assert mark.status is Status.WARN
        assert not estimates["mirror"].position_lps_mm
        error = np.linalg.norm(mark.point - centres[side])
        assert error < 2.0
        assert error < 0.5 * estimates["proportions"].apart_mm(centres[side])
        assert mark.uncertainty_mm >= atlas.left_out_error_mm


def test_without_an_atlas_the_other_landmarks_are_what_is_left(stranger):
    mark = find_landmarks(stranger[0]).points["HRC_NATIVE_L"]
    assert mark.status is Status.WARN
    assert mark.method.startswith("constellation")
    assert "shape_model" not in [estimate.name for estimate in mark.estimates]


def test_the_modes_follow_the_person(atlas, stranger):
    bones, centres = stranger
    clouds = {side: points_of_mesh(bones[f"hip_{side}"]) for side in SIDES}
    start = find_pelvic_points(clouds, None).points_lps_mm
    fit = fit_shape_model(atlas.models[Side.LEFT], Side.LEFT, clouds[Side.LEFT], start)
    average = transform_points(fit.lps_from_model, atlas.models[Side.LEFT].centre_mm)
    assert np.linalg.norm(average - centres[Side.LEFT]) > 2.0 * np.linalg.norm(fit.centre_lps_mm - centres[Side.LEFT])
    assert fit.rms_mm < 1.0
    with pytest.raises(FitError, match="three landmarks"):
        fit_shape_model(atlas.models[Side.LEFT], Side.LEFT, clouds[Side.LEFT], {"ASIS_L": start["ASIS_L"]})


def test_another_bone_is_no_likeness(atlas, native_surfaces, stranger):
    clouds = {side: points_of_mesh(stranger[0][f"hip_{side}"]) for side in SIDES}
    start = find_pelvic_points(clouds, None).points_lps_mm
    with pytest.raises(FitError, match=r"likeness|finds bone"):
        fit_shape_model(atlas.models[Side.LEFT], Side.LEFT, points_of_mesh(native_surfaces["femur_left"]), start)


def test_left_out_error_is_small_where_few_amounts_make_all_people(atlas):
    assert atlas.subjects == PEOPLE
    assert 0.0 < atlas.left_out_error_mm < 3.0


def test_what_makes_no_atlas_is_refused(hips, phantom_centres):
    few = people(hips, phantom_centres, 3)
    with pytest.raises(InputRefusedError, match="5 or more"):
        build_atlas(few)
    unequal = {
        Side.LEFT: people(hips, phantom_centres, 6)[Side.LEFT],
        Side.RIGHT: people(hips, phantom_centres, 5)[Side.RIGHT],
    }
    with pytest.raises(InputRefusedError, match="same subjects"):
        build_atlas(unequal)
    made = people(hips, phantom_centres, 5)
    swapped = {Side.LEFT: made[Side.RIGHT], Side.RIGHT: made[Side.LEFT]}
    with pytest.raises(InputRefusedError, match="swapped"):
        build_atlas(swapped)
    balls = {
        side: CorrespondingSurfaces(np.tile(hips[side].vertices_lps_mm[:50], (5, 1, 1)), hips[side].faces[:0])
        for side in SIDES
    }
    with pytest.raises(InputRefusedError):
        build_atlas(balls)
