"""The surface that parts a femoral head from its socket: an optimal closed surface in polar coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy.spatial import cKDTree

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.segmentation.local_contrast import LocalContrast

DIRECTIONS = 5000
"""Rays from the centre over the whole sphere, for the surface."""
RADIAL_STEP_MM = 0.4
"""Pitch along a ray, mm."""
RADII_MM = (16.0, 34.0)
"""Least and largest radius of a head or socket, mm [E]."""
SPHERE_DIRECTIONS = 400
"""Rays for the sphere that the surface starts from."""
Shift = tuple[float, float, float]
SHIFTS_MM = (-4.0, -2.0, 0.0, 2.0, 4.0)
"""A joint's centre as it was found may be off by so much along each axis, where the joint is worn."""
SHIFT_COST_PER_MM2 = 0.004
"""Cost of a centre that lies off the one found."""
USUAL_RADIUS_MM, RADIUS_COST_PER_MM2 = 24.0, 0.001
"""Where neither sphere stands out, in worn joints, the less moved and the more usual one is taken [E]."""
SETTLED = 8
"""From so many of the best shifts the search goes on in steps of 1 mm: a true head is a sharp optimum."""
SEARCH_MM = 2.8
"""The surface is sought within this distance of the best sphere, then within half of it."""
INSIDE_REACH_MM = 2.8
"""Profiles begin this far within the least distance, mm."""
RISE_FROM_MM = -1.0
"""Outward of here (against the start surface) a rise of the local contrast is the socket's wall, not to be passed."""

HeadBlock = tuple[tuple[slice, slice, slice], BoolArray]
"""Slices k, j, i of a grid around a head, and its voxels there that lie inside the head."""

_REACH = round(INSIDE_REACH_MM / RADIAL_STEP_MM)


@dataclass(frozen=True, eq=False)
class HeadSurface:
    """A star-shaped surface about the head centre.

    Attributes
    ----------
    centre_lps_mm : ndarray (3,)
    directions_lps : ndarray (N, 3)
        Unit vectors.
    radii_mm : ndarray (N,)
        Distance of the surface along each direction.
    """

    centre_lps_mm: FloatArray
    directions_lps: FloatArray
    radii_mm: FloatArray

    def inside(self, local_contrast: LocalContrast) -> HeadBlock:
        """Return the block (slices k, j, i) of the grid around the head, and its voxels that lie inside."""
        grid = local_contrast.grid
        centre = grid.indices_from_points(self.centre_lps_mm)
        reach = (self.radii_mm.max() + 1.0) / np.array(grid.spacing_mm)
        low = np.clip(np.floor(centre - reach).astype(int), 0, grid.size)
        high = np.clip(np.ceil(centre + reach).astype(int) + 1, 0, grid.size)
        block = tuple(slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1], strict=True))
        k, j, i = np.meshgrid(*(np.arange(s.start, s.stop) for s in block), indexing="ij", copy=False)
        offset = grid.points_from_indices(np.stack([i, j, k], axis=-1)) - self.centre_lps_mm
        distance = np.linalg.norm(offset, axis=-1)
        inside = distance < self.radii_mm.min()
        unsure = (~inside) & (distance <= self.radii_mm.max())
        _, nearest = cKDTree(self.directions_lps).query(offset[unsure] / distance[unsure][:, None], workers=-1)
        inside[unsure] = distance[unsure] < self.radii_mm[nearest]
        return (block[0], block[1], block[2]), inside


def find_head_surface(local_contrast: LocalContrast, centre_lps_mm: FloatArray) -> HeadSurface:
    """Find the surface just outside the head, along the joint's dark valley where there is a socket.

    For each direction a radius is good when the local contrast there is low and high within 3 mm inside (the
    head's own cortex). The cost is averaged over neighbouring directions at equal radius before the best
    radius is taken, so a bridge between head and socket is spanned by its surroundings.

    Parameters
    ----------
    local_contrast : LocalContrast
    centre_lps_mm : ndarray (3,)
    """
    centre_lps_mm, radius_mm = _best_sphere(local_contrast, centre_lps_mm)
    directions = fibonacci_sphere(DIRECTIONS)
    tree = cKDTree(directions)
    radii = np.full(len(directions), radius_mm)
    offsets = np.arange(-SEARCH_MM - INSIDE_REACH_MM, SEARCH_MM + RADIAL_STEP_MM / 2, RADIAL_STEP_MM)
    for search_mm, neighbours_deg, prior in ((SEARCH_MM, 14.0, 0.010), (SEARCH_MM / 2, 7.0, 0.006)):
        cost = _cost(local_contrast, centre_lps_mm, directions, radii, offsets)
        near = _neighbours(tree, directions, neighbours_deg)
        smooth = cost[near].mean(axis=1)
        trial = offsets[-smooth.shape[1] :]
        smooth += prior * trial**2
        smooth[:, np.abs(trial) > search_mm] = np.inf
        best = radii + trial[smooth.argmin(axis=1)]
        radii = np.median(best[near], axis=1)
    return HeadSurface(centre_lps_mm, directions, radii)


def _best_sphere(local_contrast: LocalContrast, supposed_lps_mm: FloatArray) -> tuple[FloatArray, float]:
    """Return centre and radius of the sphere where most directions leave the head's cortex, near a supposed centre.

    The socket's outer walls lie on a sphere too, but on fewer directions; where the joint is worn, a centre that is a
    little off makes them win.
    """
    directions = fibonacci_sphere(SPHERE_DIRECTIONS)
    start = np.zeros(len(directions))
    offsets = np.arange(RADII_MM[0] - INSIDE_REACH_MM, RADII_MM[1], RADIAL_STEP_MM)
    radii = offsets[_REACH:]
    unusual = RADIUS_COST_PER_MM2 * (radii - USUAL_RADIUS_MM) ** 2
    costs: dict[Shift, tuple[float, float]] = {}

    def cost_at(shift: Shift) -> tuple[float, float]:
        if shift not in costs:
            profile = _profiles(local_contrast, supposed_lps_mm + np.array(shift), directions, start, offsets)
            cost = (profile[:, _REACH:] - 0.8 * _wall(profile)).mean(axis=0) + unusual
            n = int(cost.argmin())
            costs[shift] = float(cost[n]) + SHIFT_COST_PER_MM2 * float(np.square(shift).sum()), float(radii[n])
        return costs[shift]

    coarse: list[Shift] = sorted(((x, y, z) for x, y, z in product(SHIFTS_MM, repeat=3)), key=cost_at)
    settled = [_downhill(shift, cost_at) for shift in coarse[:SETTLED]]
    best = min(settled, key=cost_at)
    return np.asarray(supposed_lps_mm + np.array(best), dtype=np.float64), cost_at(best)[1]


def _downhill(shift: Shift, cost_at: Callable[[Shift], tuple[float, float]]) -> Shift:
    """Return the shift that no step of 1 mm along an axis improves, from a shift on."""
    while True:
        x, y, z = shift
        beside = [(x + d, y, z) for d in (-1, 1)] + [(x, y + d, z) for d in (-1, 1)] + [(x, y, z + d) for d in (-1, 1)]
        best = min(beside, key=cost_at)
        if cost_at(best) >= cost_at(shift):
            return shift
        shift = best


def _cost(
    local_contrast: LocalContrast, centre: FloatArray, directions: FloatArray, radii: FloatArray, offsets: FloatArray
) -> npt.NDArray[np.float32]:
    """Return the cost (N, offsets from the first full wall window): dark here, bright just inside, no ridge passed."""
    profile = _profiles(local_contrast, centre, directions, radii, offsets)
    outer = offsets[_REACH:] > RISE_FROM_MM
    ahead = profile[:, _REACH:][:, outer]
    rise = np.zeros((len(profile), len(offsets) - _REACH), dtype=np.float32)
    rise[:, outer] = np.maximum.accumulate(ahead - np.minimum.accumulate(ahead, axis=1), axis=1)
    return np.asarray(profile[:, _REACH:] - 0.8 * _wall(profile) + 1.2 * rise, dtype=np.float32)


def _wall(profile: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.maximum.reduce([profile[:, n : profile.shape[1] - _REACH + n] for n in range(_REACH)]))


def _profiles(
    local_contrast: LocalContrast, centre: FloatArray, directions: FloatArray, radii: FloatArray, offsets: FloatArray
) -> npt.NDArray[np.float32]:
    distance = radii[:, None] + offsets[None, :]
    points = centre + directions[:, None, :] * distance[..., None]
    index = local_contrast.grid.indices_from_points(points.reshape(-1, 3))[:, ::-1].T
    low = np.maximum(np.floor(index.min(axis=1)).astype(int) - 1, 0)
    high = np.ceil(index.max(axis=1)).astype(int) + 2
    block = local_contrast.values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return np.asarray(ndi.map_coordinates(block, index - low[:, None], order=1, mode="nearest").reshape(distance.shape))


def _neighbours(tree: cKDTree, directions: FloatArray, angle_deg: float) -> npt.NDArray[np.int64]:
    share = (1 - np.cos(np.radians(angle_deg))) / 2
    count = max(6, int(share * len(directions)))
    return np.asarray(tree.query(directions, k=count, workers=-1)[1])


def fibonacci_sphere(count: int) -> FloatArray:
    """Return unit vectors (count, 3) spread evenly over the sphere."""
    n = np.arange(count) + 0.5
    z = 1 - 2 * n / count
    angle = np.pi * (1 + np.sqrt(5)) * n
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=1)
