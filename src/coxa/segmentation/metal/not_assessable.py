"""The third state: bone beside metal that the scan cannot tell from what is not bone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from scipy import ndimage as ndi
from scipy.spatial import cKDTree

from coxa.anatomy import BONES, LINER_LABELS, METAL, UNKNOWN, UNKNOWN_LABEL
from coxa.geometry.arrays import BoolArray, IntArray
from coxa.geometry.blocks import Block, bounding_block, margin_voxels, near_distance
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.segmentation.metal.artefacts import bloom_reach_mm

METAL_HALO_MM = 3.0
"""Nearer to metal than this, tissue that looks like no bone may be bone all the same [E]."""
BONE_WITHIN_MM, BONE_WITHIN_OF_BARE_MM = 10.0, 4.0
"""Bone is expected beside metal no further than this from bone that is seen; less beside parts that stand free of
bone for some way [E]."""
BARE_PARTS = ("head", "stem")


def halo_mm(grid: Grid) -> float:
    """Return how far from metal the scan cannot tell: the halo, or the blooming of coarse voxels where it is wider."""
    return max(METAL_HALO_MM, bloom_reach_mm(grid))


def mark_unknown(segmentation: Segmentation) -> Segmentation:
    """Return the segmentation with the label ``unknown`` beside metal; without metal, as it is.

    Unknown is what lies in the metal's halo where bone is expected and is not certain bone: within the blooming
    everything, whatever it was labelled; beyond it, what was not labelled bone. The gap of a liner is never bone.
    Bone is expected near bone that is seen. What a file already marks as unknown stays as it is.

    Parameters
    ----------
    segmentation : Segmentation
        From any back-end; needs no more than bones and metal.
    """
    grid = segmentation.grid
    if segmentation.has(UNKNOWN):
        return segmentation
    whole = segmentation.mask(METAL)
    reach = halo_mm(grid)
    block = bounding_block(whole, margin_voxels(max(reach, BONE_WITHIN_MM), grid))
    if block is None:
        return segmentation
    distance = near_distance(whole[block], grid.spacing_mm[::-1], reach)
    bone = _union(segmentation, block, BONES)
    liner = _union(segmentation, block, LINER_LABELS.values())
    certain = whole[block] | liner | (bone & distance.beyond(bloom_reach_mm(grid)))
    unreliable = ~distance.beyond(reach) & ~certain
    kji = np.argwhere(unreliable)
    if not len(kji):
        return segmentation
    expected = bone[tuple(kji.T)] | _near_bone(kji, whole[block], segmentation, block)
    kji = kji[expected]
    labels = segmentation.labels.copy()
    value = next(v for v in (UNKNOWN_LABEL, *range(255, 0, -1)) if not (v in segmentation.names or (labels == v).any()))
    labels[block][tuple(kji.T)] = value
    return replace(segmentation, labels=labels, names={**segmentation.names, value: UNKNOWN})


def _near_bone(kji: IntArray, metal: BoolArray, segmentation: Segmentation, block: Block) -> BoolArray:
    """Tell which voxels (N, 3) of a block lie near enough to bone that bone may be there."""
    step_mm = np.array(segmentation.grid.spacing_mm[::-1])
    edge = np.argwhere(metal & ~ndi.binary_erosion(metal))
    nearest = cKDTree(edge * step_mm).query(kji * step_mm, workers=-1)[1]
    beside = segmentation.labels[block][tuple(edge[nearest].T)]
    bare = [value for value, name in segmentation.names.items() if name.startswith(BARE_PARTS)]
    reach_mm = np.where(np.isin(beside, bare), BONE_WITHIN_OF_BARE_MM, BONE_WITHIN_MM)
    bone = _union(segmentation, block, BONES)
    edge = np.argwhere(bone & ~ndi.binary_erosion(bone))
    if not len(edge):
        return np.zeros(len(kji), dtype=bool)
    return np.asarray(cKDTree(edge * step_mm).query(kji * step_mm, workers=-1)[0] <= reach_mm)


def _union(segmentation: Segmentation, block: Block, names: Iterable[str]) -> BoolArray:
    chosen = [value for name in names for value in segmentation.values_of(name)]
    return np.asarray(np.isin(segmentation.labels[block], chosen))
