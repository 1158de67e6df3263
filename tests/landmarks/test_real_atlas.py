"""A shape model of thirty adults on ten others whose acetabulum is left out; skipped without the data."""

import numpy as np
import pytest

from coxa.anatomy import SIDES
from coxa.geometry.surface_points import points_of_mesh
from coxa.io.records.atlas_files import read_corresponding_surfaces
from coxa.landmarks.centres.atlas_build import build_atlas
from coxa.landmarks.centres.shape_fit import estimate_from_shape_model
from coxa.landmarks.pelvis import find_pelvic_points
from tests.landmarks.test_real_bones import head_centre, load

pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_the_shape_model_finds_the_head_centres_of_other_people(shared_data):
    atlas = build_atlas(read_corresponding_surfaces(sorted((shared_data / "data" / "atlas").glob("*.npz"))))
    errors, held = [], []
    for folder in sorted((shared_data / "data" / "bones").glob("z*")):
        meshes, _ = load(folder)
        clouds = {side: points_of_mesh(meshes[f"hip_{side}"]) for side in SIDES}
        points = find_pelvic_points(clouds, None).points_lps_mm
        for side in SIDES:
            if f"femur_{side}" in meshes:
                estimate = estimate_from_shape_model(atlas, side, clouds[side], points)
                errors.append(estimate.apart_mm(head_centre(meshes, side)))
                held.append(errors[-1] <= estimate.uncertainty_mm)
    # Published leave-one-out medians are 3.0 mm, in ruined hips 5 to 10 mm.
    assert np.mean(errors) <= 4.5
    assert np.max(errors) <= 10.0
    assert np.mean(held) >= 0.8
