"""A head in its socket, and other small bodies of known shape, as HU on a grid."""

import numpy as np

from coxa.geometry import Grid
from coxa.volume import Volume

HEAD_CENTRE_LPS_MM = np.array([90.3, 12.7, -40.4])
HEAD_RADIUS_MM, SOCKET_RADIUS_MM, SOCKET_DEPTH_MM = 24.0, 26.0, 16.0
SPONGY_HU, CORTEX_HU, MUSCLE_HU = 250.0, 900.0, 50.0


def cubic_grid(count: int, step_mm: float, centre_lps_mm) -> Grid:
    origin = np.asarray(centre_lps_mm) - 0.5 * (count - 1) * step_mm
    return Grid((count,) * 3, (step_mm,) * 3, origin, np.eye(3))


def points_of(grid: Grid) -> np.ndarray:
    """LPS mm of every voxel, (nk, nj, ni, 3)."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    return grid.points_from_indices(np.stack([i, j, k], axis=-1))


def ramp(distance_mm, width_mm=0.8):
    """Return the share of a voxel that lies inside, from the distance to the border (negative inside)."""
    return np.clip(0.5 - distance_mm / width_mm, 0, 1)


def ball_with_cortex(radius_mm, ball_radius_mm, cortex_mm=1.5):
    """Return HU above muscle of a ball of cancellous bone with a cortex."""
    inside, core = ramp(radius_mm - ball_radius_mm), ramp(radius_mm - ball_radius_mm + cortex_mm)
    return inside * (CORTEX_HU - MUSCLE_HU) - core * (CORTEX_HU - SPONGY_HU)


def joint_volume(bridge_hu: float = 0.0, count: int = 128, step_mm: float = 0.8) -> Volume:
    """Return a head with a neck, in a socket that covers its upper medial half with a gap of 2 mm.

    ``bridge_hu`` is added to the gap within 10 degrees of the socket's pole, as partial volume does.
    """
    grid = cubic_grid(count, step_mm, HEAD_CENTRE_LPS_MM + np.array([3.0, -2.0, 1.5]))
    offset = points_of(grid) - HEAD_CENTRE_LPS_MM
    r = np.linalg.norm(offset, axis=-1)
    pole = np.array([-0.6, 0.1, 0.79])
    height = offset @ (pole / np.linalg.norm(pole))
    hu = np.full(r.shape, MUSCLE_HU) + ball_with_cortex(r, HEAD_RADIUS_MM)
    shell = ramp(SOCKET_RADIUS_MM - r) * ramp(r - SOCKET_RADIUS_MM - SOCKET_DEPTH_MM)
    cortex = ramp(np.minimum(r - SOCKET_RADIUS_MM - 1.5, SOCKET_RADIUS_MM + SOCKET_DEPTH_MM - 1.5 - r))
    covered = ramp(2.0 - height)
    hu += covered * shell * (SPONGY_HU - MUSCLE_HU + cortex * (CORTEX_HU - SPONGY_HU))
    along = -height
    aside = np.sqrt(np.maximum(r * r - along * along, 0))
    neck = ramp(np.maximum(aside - 13.0, HEAD_RADIUS_MM - 2.0 - r)) * (along > 0)
    hu += neck * (1 - ramp(r - HEAD_RADIUS_MM)) * (SPONGY_HU - MUSCLE_HU + (aside > 11) * (CORTEX_HU - SPONGY_HU))
    gap = (r > HEAD_RADIUS_MM) & (r < SOCKET_RADIUS_MM) & (height > np.cos(np.radians(10)) * r)
    hu[gap] += bridge_hu
    rng = np.random.default_rng(5)
    return Volume(np.round(hu + rng.normal(0, 12, hu.shape)).astype(np.int16), grid)


def thigh_volume() -> Volume:
    """Return a leg: muscle, and one straight shaft with a marrow canal."""
    grid = Grid((80, 80, 120), (2.0, 2.0, 2.0), [20.0, -80.0, -700.0], np.eye(3))
    x, y, _ = np.moveaxis(points_of(grid) - [100.0, 0.0, 0.0], -1, 0)
    r = np.hypot(x, y)
    hu = -1000 + 1050 * ramp(r - 70, 2) + 1150 * ramp(r - 14, 2) - 1250 * ramp(r - 8, 2)
    return Volume(np.round(hu).astype(np.int16), grid)


def abdomen_volume() -> Volume:
    """Return an upper abdomen: muscle, a column of vertebrae behind, ribs around."""
    grid = Grid((180, 130, 100), (2.0, 2.0, 2.0), [-179.0, -120.0, 200.0], np.eye(3))
    x, y, z = np.moveaxis(points_of(grid), -1, 0)
    body = np.sqrt((x / 165) ** 2 + (y / 110) ** 2)
    hu = -1000 + 1050.0 * (body < 1)
    rib = (np.abs(body - 0.9) < 0.035) & (np.mod(z + 0.4 * np.abs(y), 28) < 9) & (y > -80)
    hu[rib] = 600
    disc = np.mod(z, 36) > 28
    r = np.hypot(x, 1.3 * (y - 60))
    hu[(r < 22) & ~disc] = 200
    hu[(r > 19) & (r < 22) & ~disc] = 700
    return Volume(hu.astype(np.int16), grid)
