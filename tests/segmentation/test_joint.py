"""The joint's sphere and the head's surface on a head in a socket of known place."""

import numpy as np
import pytest

from coxa.segmentation.joints.head_surface import find_head_surface
from coxa.segmentation.joints.joint_sphere import refine_joint
from coxa.segmentation.local_contrast import bone_local_contrast
from tests.segmentation.made_joint import HEAD_CENTRE_LPS_MM, HEAD_RADIUS_MM, SOCKET_RADIUS_MM, joint_volume, points_of


@pytest.fixture(scope="module")
def joint():
    return joint_volume()


@pytest.mark.parametrize("start_off_mm", [(0, 0, 0), (8, -6, 10), (-12, 5, -9)])
def test_the_sphere_of_the_joint_space_is_found_from_a_rough_start(joint, start_off_mm):
    found = refine_joint(joint, HEAD_CENTRE_LPS_MM + start_off_mm)
    assert np.linalg.norm(found.centre_lps_mm - HEAD_CENTRE_LPS_MM) < 0.7
    assert found.score > 0


def inside_of(volume):
    local_contrast = bone_local_contrast(volume.hu, volume.grid)
    surface = find_head_surface(local_contrast, HEAD_CENTRE_LPS_MM)
    block, inside = surface.inside(local_contrast)
    mask = np.zeros(volume.hu.shape, dtype=bool)
    mask[block] = inside
    return surface, mask


@pytest.mark.parametrize("bridge_hu", [0.0, 500.0])
def test_the_socket_never_lies_inside_the_head_and_a_bridge_is_spanned(bridge_hu):
    volume = joint_volume(bridge_hu)
    surface, mask = inside_of(volume)
    offset = points_of(volume.grid) - HEAD_CENTRE_LPS_MM
    r = np.linalg.norm(offset, axis=-1)
    pole = np.array([-0.6, 0.1, 0.79]) / np.linalg.norm([-0.6, 0.1, 0.79])
    socket = (r > SOCKET_RADIUS_MM + 0.4) & (offset @ pole > 0)
    assert not (mask & socket).any()
    head = r < HEAD_RADIUS_MM - 0.4
    assert mask[head].mean() > 0.995
    facing = surface.directions_lps @ pole > 0.1
    assert np.percentile(np.abs(surface.radii_mm[facing] - 25.0), 95) < 1.0


def test_the_same_joint_is_separated_on_thick_slices():
    """Every third slice, averaged: 2.4 mm, as clinics send them."""
    fine = joint_volume(count=129)
    hu = fine.hu.reshape(43, 3, 129, 129).mean(axis=1).astype(np.int16)
    spacing = fine.grid.spacing_mm
    grid = type(fine.grid)(
        (129, 129, 43), (spacing[0], spacing[1], 3 * spacing[2]),
        fine.grid.points_from_indices([0, 0, 1]), np.eye(3),
    )  # fmt: skip
    _, mask = inside_of(type(fine)(hu, grid))
    offset = points_of(grid) - HEAD_CENTRE_LPS_MM
    r = np.linalg.norm(offset, axis=-1)
    socket = (r > SOCKET_RADIUS_MM + 1.2) & (offset @ [-0.6, 0.1, 0.79] > 0)
    assert not (mask & socket).any()
    assert mask[r < HEAD_RADIUS_MM - 1.2].mean() > 0.99
