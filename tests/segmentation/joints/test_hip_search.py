"""What the search does beyond its first candidates: a finer grid, and a look at the mirrored place."""

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.errors import NoPelvisError
from coxa.segmentation.joints import hip_search
from coxa.segmentation.joints.hip_joint import joint_beside
from coxa.segmentation.joints.sphere_candidates import resampled
from coxa.volume import Volume


def true_centre(scan, side):
    return np.array(scan.truth["sides"][side.value]["native_rotation_centre"]["centre_lps_mm"])


def test_heads_that_the_first_grid_hides_are_found_on_a_finer_one(native_phantom, monkeypatch):
    seen = []

    def blind_at_first(volume, coarse, grid, count):
        seen.append((grid.spacing_mm, count))
        return [] if len(seen) == 1 else candidates(volume, coarse, grid, count)

    candidates = hip_search.joint_candidates
    monkeypatch.setattr(hip_search, "joint_candidates", blind_at_first)
    found = hip_search.find_hips(native_phantom.volume)
    assert max(seen[1][0]) <= hip_search.FINER_MM
    assert seen[1][1] > seen[0][1]
    for side in Side:
        assert np.linalg.norm(found.joints[side].centre_lps_mm - true_centre(native_phantom, side)) < 1.5


def test_a_head_that_is_no_candidate_is_found_at_the_mirrored_place(native_phantom, monkeypatch):
    candidates = hip_search.joint_candidates

    def only_the_right(volume, coarse, grid, count):
        right = true_centre(native_phantom, Side.RIGHT)
        return [j for j in candidates(volume, coarse, grid, count) if np.linalg.norm(j.centre_lps_mm - right) < 20]

    monkeypatch.setattr(hip_search, "joint_candidates", only_the_right)
    found = hip_search.find_hips(native_phantom.volume)
    assert found.joints[Side.LEFT].is_native
    assert np.linalg.norm(found.joints[Side.LEFT].centre_lps_mm - true_centre(native_phantom, Side.LEFT)) < 1.5
    assert found.warnings == ()


def test_no_joint_is_found_where_there_is_none_or_outside_of_the_scan(native_phantom):
    volume = native_phantom.volume
    middle = 0.5 * (true_centre(native_phantom, Side.LEFT) + true_centre(native_phantom, Side.RIGHT))
    assert joint_beside(volume, middle) is None
    assert joint_beside(volume, middle + np.array([0.0, 0.0, 2000.0])) is None


def test_a_refusal_names_the_way_out(native_phantom):
    nothing = Volume(np.full_like(native_phantom.volume.hu, 40), native_phantom.volume.grid)
    with pytest.raises(NoPelvisError, match="--labels"):
        hip_search.find_hips(nothing)


def test_resampled_voxels_lie_where_they_lay(native_phantom):
    grid = native_phantom.volume.grid
    k = np.arange(grid.size[2]).reshape(-1, 1, 1) * grid.spacing_mm[2]
    ramp = Volume(np.broadcast_to(np.round(10 * k), grid.shape).astype(np.int16), grid)
    finer = resampled(ramp, 1.0)
    assert finer.grid.spacing_mm == (1.0, 1.0, 1.0)
    np.testing.assert_allclose(finer.grid.origin_lps_mm, grid.origin_lps_mm)
    np.testing.assert_allclose(finer.hu[:, 5, 5], 10 * np.arange(finer.grid.size[2]), atol=1.0)
