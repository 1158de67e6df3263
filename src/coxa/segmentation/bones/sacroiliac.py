"""The sacroiliac joint: the dark sheet between the cortices of sacrum and ilium, as an optimal surface.

The joint is narrow, partly bridged, and beside it the sacrum is as dark as the joint itself. Its surface is
therefore sought as a whole: a height over a plane beside the sacrum, dark between two bright walls, smooth by
semi-global dynamic programming [Hirschmüller 2008]. Where it is clear it says which cortex is
whose; where it is not, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.frames import RigidTransform
from coxa.segmentation.bones.lumbosacral import LumbosacralDisc
from coxa.volume import Volume

JOINT_MM = (46.0, 55.0, 82.0)
"""A joint's usual middle in the hip frame: lateral, posterior, superior [E]; it turns with the sacrum's disc."""
USUAL_DISC_BACKWARD_DEG = 12.0
"""Backward angle of the disc at which the usual middle holds, degrees."""
NORMAL = (0.94, 0.34, -0.15)
"""From sacrum to ilium: lateral, posterior, and down, for the sacrum is a wedge [E]."""
HEIGHT_STEP_MM, HEIGHT_REACH_MM = 0.75, 26.25
"""Pitch and reach of the heights of the joint that are tried, mm."""
CELL_MM, DEEP_MM, TALL_MM = 1.5, 45.0, 50.0
"""Pitch of the columns, and how far they reach backward and upward from the middle, mm."""
WALL_STEPS = 5
"""Both cortices lie within this many height steps of the joint."""
SOFT_HU, BONE_HU, LEAST_CONTRAST_HU = 20.0, 200.0, 120.0
"""Density of what fills the joint, least density of bone, and least contrast between the two, HU."""
USUAL_WALL_PERCENTILE = 60.0
"""Walls are compared with the brightest of most columns, so that grains of cancellous bone are no walls."""
BEND_COST, JUMP_COST, FAR_COST_PER_MM2 = 0.12, 0.9, 0.0004
"""Cost of a change of height by one step, of a jump, and of the distance from the plane."""
CLEAR_WALL, CLEAR_SHARE = 0.5, 0.35
"""A wall this bright counts in full; a column with this share of a clear joint tells where it runs."""
STEEPEST = 1.0
"""Largest slope of the joint against its plane."""


@dataclass(frozen=True, eq=False)
class SacroiliacSurface:
    """Heights of the joint over a plane beside the sacrum, in mm.

    Attributes
    ----------
    origin_hips_mm : ndarray (3,)
    axes_hips : ndarray (3, 3)
        Rows: along the joint backward, upward, and from sacrum to ilium.
    height_mm : ndarray (backward, upward)
    clear : ndarray of bool (backward, upward)
    """

    origin_hips_mm: FloatArray
    axes_hips: FloatArray
    height_mm: FloatArray
    clear: BoolArray

    def beyond_mm(self, points_hips_mm: FloatArray) -> FloatArray:
        """Return how far points (N, 3) lie beyond the joint toward the ilium; NaN where the joint is not clear."""
        local = (points_hips_mm - self.origin_hips_mm) @ self.axes_hips.T
        middle = (np.array(self.height_mm.shape) - 1) / 2
        cell = np.rint(local[:, :2] / CELL_MM + middle).astype(int)
        seen = ((cell >= 0) & (cell < self.height_mm.shape)).all(axis=1)
        beyond = np.full(len(local), np.nan)
        a, b = cell[seen].T
        beyond[seen] = np.where(self.clear[a, b], local[seen, 2] - self.height_mm[a, b], np.nan)
        return beyond


def find_sacroiliac_surface(
    volume: Volume, lps_from_hips: RigidTransform, side: Side, disc: LumbosacralDisc | None
) -> SacroiliacSurface:
    """Find the surface of one sacroiliac joint; nowhere clear when the scan does not show it."""
    origin, axes = _joint_frame(side, disc)
    back, up = (np.arange(-reach, reach + CELL_MM / 2, CELL_MM) for reach in (DEEP_MM, TALL_MM))
    heights = np.arange(-HEIGHT_REACH_MM, HEIGHT_REACH_MM + HEIGHT_STEP_MM / 2, HEIGHT_STEP_MM)
    darker, walls = _dark_between_walls(_profiles(volume, lps_from_hips, origin, axes, (back, up, heights)))
    cost = 1 - darker * np.minimum(walls, 1) ** 2 + FAR_COST_PER_MM2 * heights.astype(np.float32) ** 2
    best = ndi.median_filter(_smooth_labels(cost), 5)
    share = np.take_along_axis(darker * np.minimum(walls / CLEAR_WALL, 1) ** 2, best[..., None], axis=-1)[..., 0]
    return SacroiliacSurface(origin, axes, heights[best], _largest_sheet(best, share > CLEAR_SHARE))


def _joint_frame(side: Side, disc: LumbosacralDisc | None) -> tuple[FloatArray, FloatArray]:
    """Return origin and axes (rows) of the joint in the hip frame; a tilted pelvis tilts both."""
    mirror = np.array([side.lateral_sign, 1.0, 1.0])
    origin, outward = np.array(JOINT_MM) * mirror, unit(np.array(NORMAL) * mirror)
    if disc is not None:
        turn = np.arctan2(*disc.centre_yz_mm) - np.radians(USUAL_DISC_BACKWARD_DEG)
        c, s = np.cos(turn), np.sin(turn)
        about_x = np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])
        origin, outward = about_x @ origin, about_x @ outward
    upward = np.array([0.0, 0.0, 1.0])
    upward = unit(upward - (upward @ outward) * outward)
    backward = np.cross(upward, outward) * side.lateral_sign
    return origin, np.stack([backward, upward, outward])


def _profiles(
    volume: Volume,
    lps_from_hips: RigidTransform,
    origin: FloatArray,
    axes: FloatArray,
    samples: tuple[FloatArray, FloatArray, FloatArray],
) -> npt.NDArray[np.float32]:
    """Return HU [backward, upward, outward] on the joint's own grid."""
    back, up, out = np.meshgrid(*samples, indexing="ij")
    points = origin + np.stack([back.ravel(), up.ravel(), out.ravel()], axis=1) @ axes
    index = volume.grid.indices_from_points(lps_from_hips.points(points))[:, ::-1].T
    hu = ndi.map_coordinates(volume.hu, index, output=np.float32, order=1, mode="nearest")
    return np.asarray(np.clip(hu, -50, 900).reshape(back.shape))


def _dark_between_walls(hu: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return how much darker each place is than the walls on both sides of it, 0 to 1, and how bright these are.

    A wall of 1 is as bright as the usual cortex here.
    """
    window = np.lib.stride_tricks.sliding_window_view(
        np.pad(hu, ((0, 0), (0, 0), (WALL_STEPS, WALL_STEPS)), mode="edge"), 2 * WALL_STEPS + 1, axis=2
    )
    walls = np.minimum(window[..., :WALL_STEPS].max(axis=-1), window[..., WALL_STEPS + 1 :].max(axis=-1))
    brightest = hu.max(axis=-1)
    bone = brightest[brightest > BONE_HU]
    if not len(bone):
        return np.zeros_like(hu), np.zeros_like(hu)
    usual = np.percentile(bone, USUAL_WALL_PERCENTILE)
    darker = np.clip((walls - hu) / (0.7 * np.maximum(walls - SOFT_HU, LEAST_CONTRAST_HU)), 0, 1)
    return ndi.gaussian_filter(darker, (1, 1, 0)), np.clip(walls / usual, 0, None).astype(np.float32)


def _smooth_labels(cost: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the height index of least cost [backward, upward], smooth along four directions."""
    total = np.zeros_like(cost)
    for axis in (0, 1):
        for order in (slice(None), slice(None, None, -1)):
            rows = np.moveaxis(cost, axis, 0)[order]
            total += np.moveaxis(_accumulate(rows)[order], 0, axis)
    return np.asarray(total.argmin(axis=-1))


def _accumulate(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Carry the least cost from row to row: a step of height costs a bend, a larger one a jump."""
    sums = rows.copy()
    for before, here in pairwise(sums):
        least = before.min(axis=-1, keepdims=True)
        padded = np.pad(before, ((0, 0), (2, 2)), constant_values=np.inf)
        near = np.minimum(padded[:, 1:-3], padded[:, 3:-1]) + BEND_COST
        further = np.minimum(padded[:, :-4], padded[:, 4:]) + 2.2 * BEND_COST
        here += np.minimum.reduce([before, near, further, np.broadcast_to(least + JUMP_COST, before.shape)]) - least
    return sums


def _largest_sheet(best: npt.NDArray[np.intp], clear: BoolArray) -> BoolArray:
    """Return the largest part of a surface that hangs together without a step: the joint is one."""
    number = np.arange(best.size).reshape(best.shape)
    steps = STEEPEST * CELL_MM / HEIGHT_STEP_MM
    pairs = []
    for a, b in ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:])):
        linked = clear[a] & clear[b] & (np.abs(best[a] - best[b]) <= steps)
        pairs.append(np.stack([number[a][linked], number[b][linked]]))
    i, j = np.concatenate(pairs, axis=1)
    graph = sparse.coo_matrix((np.ones(len(i), dtype=np.int8), (i, j)), (best.size, best.size))
    part = connected_components(graph, directed=False)[1].reshape(best.shape)
    if not clear.any():
        return clear
    return np.asarray(clear & (part == np.bincount(part[clear]).argmax()))
