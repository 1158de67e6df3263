"""Bones open toward an empty joint: filled where they are bone, not where scar fills the gap."""

import numpy as np
import pytest

from coxa.geometry.grid import Grid
from coxa.segmentation.bones.headless_joint import bare_femur_solid, bare_hip_solid
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.local_contrast import bone_local_contrast
from coxa.volume import Volume

GRID = Grid((80, 80, 80), (1.5, 1.5, 1.5), np.zeros(3), np.eye(3))
JOINT = HipJoint(np.array([84.0, 60.0, 60.0]), False, 0.0, inferred=True)
CANCELLOUS_HU, SCAR_HU, MUSCLE_HU = 150, 28, 50


def _open_block(gap_voxels: int) -> tuple[Volume, np.ndarray]:
    """Return a block of bone with cortex but for a gap in its lateral face, and which voxels are bone."""
    bone = np.zeros(GRID.shape, dtype=bool)
    bone[20:60, 20:60, 15:52] = True
    inner = np.zeros_like(bone)
    inner[22:58, 22:58, 17:50] = True
    half = gap_voxels // 2
    inner[40 - half : 40 + half, 40 - half : 40 + half, 50:52] = True
    hu = np.full(GRID.shape, MUSCLE_HU, dtype=np.int16)
    hu[40 - half : 40 + half, 40 - half : 40 + half, 52:64] = SCAR_HU
    hu[bone] = 800
    hu[inner] = CANCELLOUS_HU
    noise = np.random.default_rng(0).normal(0, 12, GRID.shape)
    return Volume((hu + noise).astype(np.int16), GRID), bone


def _dice(found: np.ndarray, bone: np.ndarray) -> float:
    return 2 * (found & bone).sum() / (found.sum() + bone.sum())


@pytest.mark.parametrize("gap_voxels", [0, 18])
def test_a_hip_bone_open_to_an_empty_socket_is_filled(gap_voxels):
    volume, bone = _open_block(gap_voxels)
    local_contrast = bone_local_contrast(volume.hu, GRID)
    wall = local_contrast.wall & bone
    assert _dice(bare_hip_solid(wall, ~local_contrast.shell, local_contrast, volume, JOINT), bone) > 0.95


def test_scar_in_front_of_the_gap_is_no_bone():
    volume, _ = _open_block(18)
    local_contrast = bone_local_contrast(volume.hu, GRID)
    wall = np.zeros(GRID.shape, dtype=bool)
    wall[...] = local_contrast.wall
    solid = bare_hip_solid(wall, ~local_contrast.shell, local_contrast, volume, JOINT)
    assert solid[34:46, 34:46, 56:62].mean() < 0.05


def test_a_femur_with_a_cut_neck_is_filled():
    volume, bone = _open_block(16)
    local_contrast = bone_local_contrast(volume.hu, GRID)
    assert (
        _dice(bare_femur_solid(local_contrast.wall & bone, ~local_contrast.shell, local_contrast, volume), bone) > 0.95
    )


def test_a_bone_out_of_view_stays_absent():
    volume, _ = _open_block(0)
    local_contrast = bone_local_contrast(volume.hu, GRID)
    nothing = np.zeros(GRID.shape, dtype=bool)
    assert not bare_hip_solid(nothing, ~local_contrast.shell, local_contrast, volume, JOINT).any()
    assert not bare_femur_solid(nothing, ~local_contrast.shell, local_contrast, volume).any()
