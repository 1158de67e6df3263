"""The surface between head and socket: found from a centre that is off, with a thinner wall outside the socket."""

import numpy as np
import pytest

from coxa.geometry import Grid
from coxa.segmentation.joints.head_surface import find_head_surface
from coxa.segmentation.local_contrast import LocalContrast

HEAD_MM, GAP_MM, WALL_MM = 23.0, 2.0, 2.0
"""A head's radius, the joint space about it, and the thickness of both cortices."""


def made_joint(head_cortex: float) -> LocalContrast:
    """A head in a socket that covers its upper two thirds; the socket's outer wall runs 8 mm outside the joint."""
    grid = Grid((90, 90, 90), (0.8,) * 3, np.full(3, -36.0), np.eye(3))
    k, j, i = np.indices(grid.shape)
    points = grid.points_from_indices(np.stack([i, j, k], axis=-1).reshape(-1, 3)).reshape(*grid.shape, 3)
    distance = np.linalg.norm(points, axis=-1)
    socket = points[..., 2] > -8.0
    inner = HEAD_MM + GAP_MM
    values = np.where(distance < HEAD_MM, 0.4, 0.05)
    values[(distance < HEAD_MM) & (distance > HEAD_MM - WALL_MM)] = head_cortex
    values[socket & (distance >= inner) & (distance < inner + 8.0)] = 0.4
    values[socket & (distance >= inner) & (distance < inner + WALL_MM)] = 1.0
    values[socket & (distance >= inner + 6.0) & (distance < inner + 8.0)] = 1.0
    return LocalContrast(values.astype(np.float32), grid)


@pytest.mark.parametrize("off_mm", [(0.0, 0.0, 0.0), (3.0, -2.0, 2.0), (-2.0, 3.0, -3.0)])
@pytest.mark.parametrize("head_cortex", [1.0, 0.6])
def test_the_head_ends_at_its_own_cortex_wherever_the_search_began(head_cortex, off_mm):
    surface = find_head_surface(made_joint(head_cortex), np.array(off_mm))
    from_centre_mm = np.linalg.norm(surface.centre_lps_mm + surface.radii_mm[:, None] * surface.directions_lps, axis=1)
    covered = surface.directions_lps[:, 2] > -0.2
    assert HEAD_MM - 0.5 < np.median(from_centre_mm[covered]) < HEAD_MM + GAP_MM + 0.5
    assert (np.abs(from_centre_mm[covered] - HEAD_MM - 0.5 * GAP_MM) < 0.5 * GAP_MM + 0.8).mean() > 0.95
