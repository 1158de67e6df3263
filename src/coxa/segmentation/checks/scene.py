"""The bones as the checks see them: labels and densities on a coarse grid, a bone's voxels, depth and extent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy.spatial import ConvexHull, QhullError

from coxa.anatomy import BONES, METAL, UNKNOWN
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import Block, bounding_block, distance_to, grid_of, margin_voxels, within
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.volume import Volume

PITCH_MM = 2.5
"""Wanted distance of the coarse grid's voxels; thicker slices stay as they are."""
LEAST_ML = 5.0
"""A smaller piece is no bone that could be checked: it is told by its volume alone."""
STUMP_ML = 60.0
"""A femoral head alone has some 50 ml; less of a cut bone has no shape to compare [E]."""
HULL_POINTS = 6000
"""Surface voxels that the convex hull is taken of."""
MARGIN_MM = 12.0
"""Margin of a bone's block: what the checks look at around it."""
METAL_REACH_MM = 8.0
"""Around metal and what is not assessable a bone's surface is no evidence for or against its shape [E]."""


@dataclass(frozen=True, eq=False)
class CheckedBone:
    """One bone on the coarse grid.

    Attributes
    ----------
    name : str
    mask : ndarray [k, j, i] of bool
        The block around the bone, with a margin.
    occupied : ndarray [k, j, i] of bool
        Other bones, metal and the unknown in that block.
    hidden : ndarray [k, j, i] of bool
        Near metal or the unknown.
    hu : ndarray [k, j, i]
    grid : Grid
        Of the block.
    is_cut : bool
        The bone reaches the edge of the field of view.
    """

    name: str
    mask: BoolArray
    occupied: BoolArray
    hidden: BoolArray
    hu: npt.NDArray[np.int16]
    grid: Grid
    is_cut: bool

    @property
    def kind(self) -> str:
        """``hip``, ``sacrum`` or ``femur``."""
        return self.name.split("_")[0]

    @property
    def spacing_kji_mm(self) -> FloatArray:
        """Distance of the coarse voxels along k, j, i."""
        return np.array(self.grid.spacing_mm[::-1])

    @cached_property
    def volume_ml(self) -> float:
        """Volume of the coarse mask."""
        return float(self.mask.sum()) * self.grid.voxel_volume_ml

    @cached_property
    def points_lps_mm(self) -> FloatArray:
        """Voxel centres (N, 3)."""
        return self.grid.points_from_indices(np.argwhere(self.mask)[:, ::-1])

    @cached_property
    def centroid_lps_mm(self) -> FloatArray:
        """Centroid (3,)."""
        return np.asarray(self.points_lps_mm.mean(axis=0))

    @cached_property
    def depths_mm(self) -> npt.NDArray[np.float32]:
        """Distance of every voxel of the block to the outside of the mask; the edge of the view is no outside."""
        outside = np.pad(~self.mask, 1, mode="edge")
        return distance_to(outside, self.grid)[1:-1, 1:-1, 1:-1]

    @cached_property
    def surface_kji(self) -> npt.NDArray[np.int64]:
        """Voxels (N, 3) at the surface."""
        return np.argwhere(self.mask & ~ndi.binary_erosion(self.mask))

    @cached_property
    def hull_ml(self) -> float:
        """Volume of the convex hull: the bone's extent, whatever is missing inside."""
        points = self.surface_kji * self.spacing_kji_mm
        try:
            return float(ConvexHull(points[:: max(1, len(points) // HULL_POINTS)]).volume) / 1000.0
        except QhullError:
            return self.volume_ml

    @property
    def size_mm(self) -> float:
        """Edge of the cube that is as large as the convex hull: the length that ratios are taken by."""
        return float(np.cbrt(1000.0 * self.hull_ml))

    @property
    def is_stump(self) -> bool:
        """So little of a cut bone is in view that its shape says nothing."""
        return self.is_cut and self.volume_ml < STUMP_ML

    def width_mm(self, where: BoolArray) -> float:
        """Return how wide a part of the block is at its widest: so far may the surface lie off there."""
        return 2.0 * float(ndi.distance_transform_edt(where, sampling=self.spacing_kji_mm).max())

    def middle_lps_mm(self, where: BoolArray) -> tuple[float, float, float]:
        """Return the voxel of a part of the block that lies nearest to the part's middle."""
        points = self.grid.points_from_indices(np.argwhere(where)[:, ::-1])
        x, y, z = points[int(np.argmin(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
        return float(x), float(y), float(z)


@dataclass(frozen=True, eq=False)
class CheckedBones:
    """All bones that are large enough to be checked, by name."""

    bones: Mapping[str, CheckedBone]

    @classmethod
    def of(cls, segmentation: Segmentation, volume: Volume) -> CheckedBones:
        """Take every n-th voxel of labels and densities, so that they lie about :data:`PITCH_MM` apart."""
        i, j, k = (max(1, round(PITCH_MM / step)) for step in segmentation.grid.spacing_mm)
        labels, hu = segmentation.labels[::k, ::j, ::i], volume.hu[::k, ::j, ::i]
        grid = _strided(segmentation.grid, (i, j, k), labels.shape)
        coarse = Segmentation(labels, grid, segmentation.names)
        hidden = coarse.mask(METAL) | coarse.mask(UNKNOWN)
        bones = {}
        for name in BONES:
            block = bounding_block(coarse.mask(name), margin_voxels(MARGIN_MM, grid))
            if block is not None:
                bone = _bone(name, block, coarse, hidden, hu)
                if bone.volume_ml >= LEAST_ML:
                    bones[name] = bone
        return cls(bones)


def _strided(grid: Grid, step_ijk: tuple[int, int, int], shape: tuple[int, ...]) -> Grid:
    i, j, k = (spacing * step for spacing, step in zip(grid.spacing_mm, step_ijk, strict=True))
    return Grid((shape[2], shape[1], shape[0]), (i, j, k), grid.origin_lps_mm, grid.direction)


def _bone(name: str, block: Block, coarse: Segmentation, hidden: BoolArray, hu: npt.NDArray[np.int16]) -> CheckedBone:
    mask = coarse.mask_in(block, name)
    grid = grid_of(block, coarse.grid)
    near = hidden[block]
    if near.any():
        near = within(near, grid, METAL_REACH_MM)
    own = bounding_block(coarse.mask(name))
    at_edge = own is not None and any(
        s.start == 0 or s.stop >= n for s, n in zip(own, coarse.labels.shape, strict=True)
    )
    return CheckedBone(name, mask, (coarse.labels[block] > 0) & ~mask, near, hu[block], grid, at_edge)
