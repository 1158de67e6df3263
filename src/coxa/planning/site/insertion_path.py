"""The direction in which a part comes out of the wound, and goes in the other way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, read_only
from coxa.geometry.grid import Grid
from coxa.geometry.signed_distance import Field, sample_field

LEANS_DEG = (10.0, 20.0, 30.0, 40.0)
"""Directions are tried along the cup's axis and leaning from it by so much: what an approach to the hip lets by [E]."""

TURNS = 16
"""Directions tried for each lean."""

LEAN_COST = 0.003
"""A degree off the cup's axis, where the surgeon looks along, must let this share more of the gap be filled [E]."""

TRAVEL_MM = 60.0
"""A part that came this far without touching bone is out."""


@dataclass(frozen=True, eq=False)
class InsertionPath:
    """How the augment comes out.

    Attributes
    ----------
    direction_lps : ndarray (3,)
        Unit vector out of the wound; the augment is inserted against it.
    off_cup_axis_deg : float
    """

    direction_lps: FloatArray
    off_cup_axis_deg: float


def best_insertion_path(gap: BoolArray, bone: BoolArray, grid: Grid) -> InsertionPath:
    """Return the direction along which most of a gap can be filled past the bone.

    Parameters
    ----------
    gap, bone : ndarray [k, j, i] of bool
    grid : Grid
        Isotropic; its k axis is the cup's axis out of the opening. It must hold the bone that may be in the way.
    """
    best, champion = -1.0, InsertionPath(read_only(grid.direction[:, 2], (3,)), 0.0)
    for lean in (0.0, *LEANS_DEG):
        for turn in 2.0 * np.pi * np.arange(TURNS if lean else 1) / TURNS:
            slope = np.tan(np.radians(lean)) * np.array([np.cos(turn), np.sin(turn)])
            kept = float((gap & ~_in_the_way(bone, slope)).sum()) * (1.0 - LEAN_COST * lean)
            if kept > best * (1.0 + 1e-9):
                along = grid.direction @ np.array([*slope, 1.0])
                best, champion = kept, InsertionPath(read_only(along / np.linalg.norm(along), (3,)), lean)
    return champion


def bone_above_mm(bone_mm: Field, coarse: Grid, grid: Grid) -> FloatArray:
    """Return, per column [j, i] of a fine grid, the least distance to bone met above its last row, up to the way's end.

    Distances are taken half a coarse voxel short, as far as they may be wrong.
    """
    step = coarse.spacing_mm[0]
    apart = step / grid.spacing_mm[0]
    nodes = [np.unique(np.append(np.arange(0.0, n, apart), n - 1.0)) for n in grid.size[:2]]
    i, j = np.meshgrid(nodes[0], nodes[1])
    top = grid.points_from_indices(np.stack([i, j, np.full_like(i, grid.size[2] - 1.0)], axis=-1))
    travel = np.arange(step, TRAVEL_MM + step, step)
    points = top[..., None, :] + travel[:, None] * grid.direction[:, 2]
    least = sample_field(bone_mm, coarse, points.reshape(-1, 3)).reshape(points.shape[:-1]).min(axis=-1)
    return _between_nodes(least - 0.5 * step, nodes, grid)


def _between_nodes(values: FloatArray, nodes: list[FloatArray], grid: Grid) -> FloatArray:
    from scipy.interpolate import RegularGridInterpolator

    j, i = np.meshgrid(np.arange(grid.size[1]), np.arange(grid.size[0]), indexing="ij")
    return np.asarray(RegularGridInterpolator((nodes[1], nodes[0]), values)(np.stack([j, i], axis=-1)))


def _in_the_way(bone: BoolArray, slope: FloatArray) -> BoolArray:
    """Return from which voxels bone is met on the way up, leaning by ``slope`` voxels (i, j) a row; to half a voxel."""
    met = bone.copy()
    blocked = np.zeros(bone.shape[1:], dtype=bool)
    was_di = was_dj = 0
    for row in range(len(bone) - 1, -1, -1):
        # what lies above a row is looked at from its columns: shifted back as the way leans, always from the top row
        di, dj = np.rint(slope * (len(bone) - 1 - row)).astype(int)
        blocked = _shifted(blocked, dj - was_dj, di - was_di) | bone[row]
        met[row], was_di, was_dj = blocked, di, dj
    return met


def _shifted(plane: BoolArray, dj: int, di: int) -> BoolArray:
    """Return the plane with content from (j + dj, i + di); nothing comes in from beyond the border."""
    out = np.zeros_like(plane)
    nj, ni = plane.shape
    out[max(0, -dj) : nj - max(0, dj), max(0, -di) : ni - max(0, di)] = plane[
        max(0, dj) : nj - max(0, -dj), max(0, di) : ni - max(0, -di)
    ]
    return out
