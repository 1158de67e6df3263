"""The default back-end: bones told apart by their own local contrast, without learned weights."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from skimage.segmentation import watershed

from coxa.anatomy import LABELS, Side
from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import within
from coxa.labels import Segmentation
from coxa.segmentation.bones.bottleneck import part_at_bottleneck
from coxa.segmentation.bones.contrast_vessels import drop_vessels
from coxa.segmentation.bones.cortical_density import cortical_bone_hu
from coxa.segmentation.bones.detached_components import drop_detached_components
from coxa.segmentation.bones.edges import settle_edges
from coxa.segmentation.bones.enclosure import fill_enclosed
from coxa.segmentation.bones.headless_joint import bare_femur_solid, bare_hip_solid
from coxa.segmentation.bones.impossible_places import correct_impossible_places
from coxa.segmentation.bones.lumbosacral import find_lumbosacral_disc
from coxa.segmentation.bones.operated import Operated, around_implants, operated_solid
from coxa.segmentation.bones.region import pelvic_region
from coxa.segmentation.bones.resected_femur import find_resected_femurs, resected_solid, seed_beside_stems
from coxa.segmentation.bones.sacroiliac import find_sacroiliac_surface
from coxa.segmentation.bones.seeds import FEMUR_LABEL, HIP_LABEL, SACRUM_LABEL, SPINE_LABEL, hip_frame, place_seeds
from coxa.segmentation.bones.shared_marrow import fill_shared_marrow
from coxa.segmentation.bones.solid import fill_shell
from coxa.segmentation.implants.metal_parts import MetalParts, recognise_metal
from coxa.segmentation.joints.head_surface import HeadBlock, find_head_surface
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.joints.hip_search import find_hips, turned_grid
from coxa.segmentation.local_contrast import LocalContrast, bone_local_contrast
from coxa.segmentation.metal.artefacts import BAR_REACH_MM, least_cortex_hu, reduce_metal_artefacts
from coxa.segmentation.metal.detection import find_metal
from coxa.segmentation.metal.not_assessable import mark_unknown
from coxa.segmentation.quality import judged
from coxa.volume import Volume, restore_array

PELVIC_LABELS = (SACRUM_LABEL, *HIP_LABEL.values())
BONE_LABELS = (*PELVIC_LABELS, *FEMUR_LABEL.values())
HEAD_RIND_MM = 4.0
"""Deeper than this under its surface a native head is bone whatever its density."""


def segment_classic(volume: Volume) -> Segmentation:
    """Segment hips, sacrum, femurs and metal.

    Parameters
    ----------
    volume : Volume
        Any orientation, even one that its header tells wrongly; the labels come back on its own grid.

    Raises
    ------
    NoPelvisError
        When no hip joint with a pelvis about it is in view.
    """
    hips = find_hips(volume.nearest_lps())
    joints = hips.joints
    as_patient_lies = Volume(volume.hu, turned_grid(volume.grid, hips.true_from_header))
    axes, flips = as_patient_lies.grid.axes_nearest_lps()
    upright = as_patient_lies.nearest_lps()
    start, size = pelvic_region(upright, joints)
    labels = np.zeros(upright.hu.shape, dtype=np.uint8)
    region = upright.crop(start, size)
    i, j, k = start
    ni, nj, nk = size
    own_labels, metal = _label_region(region, joints)
    labels[k : k + nk, j : j + nj, i : i + ni] = own_labels
    own = np.ascontiguousarray(restore_array(labels, axes, flips))
    names = {**LABELS, **metal.names}
    segmentation = mark_unknown(Segmentation(own, volume.grid, names, "classic", metal_parts=metal.parts))
    return replace(segmentation, quality=judged(segmentation, volume), warnings=hips.warnings)


def _label_region(region: Volume, joints: Mapping[Side, HipJoint]) -> tuple[npt.NDArray[np.uint8], MetalParts]:
    metal = find_metal(region.hu, region.grid)
    parts = recognise_metal(metal, region.grid, joints)
    streak_reduced = reduce_metal_artefacts(region, metal)
    local_contrast = bone_local_contrast(
        streak_reduced.hu, streak_reduced.grid, least_cortex_hu(metal, streak_reduced.grid)
    )
    heads = _native_heads(local_contrast, joints)
    femurs = find_resected_femurs(region, metal, parts)
    seeds = _seeds(streak_reduced, local_contrast, joints)
    seed_beside_stems(seeds, local_contrast, metal, femurs)
    walls = _tell_apart(local_contrast, seeds, heads)
    correct_impossible_places(walls, joints, region.grid)
    operated = around_implants(streak_reduced, local_contrast.wall, metal, joints, femurs)
    labels = _solids(
        walls,
        local_contrast,
        heads,
        operated,
        _solids_of_headless_joints(walls, local_contrast, streak_reduced, joints),
    )
    drop_detached_components(labels, heads, region.grid)
    drop_vessels(labels, streak_reduced.hu, streak_reduced.grid, (*HIP_LABEL.values(), *FEMUR_LABEL.values()))
    unsure = within(metal, streak_reduced.grid, BAR_REACH_MM[0])
    compact_hu = cortical_bone_hu(
        labels, streak_reduced.hu, streak_reduced.grid, PELVIC_LABELS, tuple(FEMUR_LABEL.values()), unsure
    )
    stems = [FEMUR_LABEL[side] for side, joint in joints.items() if joint.has_metal]  # their cortex is all beside metal
    clear = tuple(label for label in BONE_LABELS if label not in stems)
    settle_edges(labels, streak_reduced.hu, streak_reduced.grid, clear, unsure, compact_hu)
    np.copyto(labels, parts.labels, where=parts.labels > 0)
    return labels, parts


def _native_heads(local_contrast: LocalContrast, joints: Mapping[Side, HipJoint]) -> dict[Side, HeadBlock]:
    """Return the block around each native head and its voxels inside the head's surface."""
    return {
        side: find_head_surface(local_contrast, joint.centre_lps_mm).inside(local_contrast)
        for side, joint in joints.items()
        if joint.is_native
    }


def _seeds(
    streak_reduced: Volume, local_contrast: LocalContrast, joints: Mapping[Side, HipJoint]
) -> npt.NDArray[np.uint8]:
    """Seed the bones where anatomy puts them, and on both sides of the joints of the sacrum."""
    lps_from_hips = hip_frame(joints)
    disc = find_lumbosacral_disc(streak_reduced, lps_from_hips)
    sacroiliac = {side: find_sacroiliac_surface(streak_reduced, lps_from_hips, side, disc) for side in joints}
    return place_seeds(local_contrast, joints, disc, sacroiliac)


def _tell_apart(
    local_contrast: LocalContrast, seeds: npt.NDArray[np.uint8], heads: Mapping[Side, HeadBlock]
) -> npt.NDArray[np.uint8]:
    """Flood the bones' shells from certain seeds, brightest local contrast first; fronts meet in the dark joints."""
    wall = local_contrast.wall
    open_wall = wall.copy()
    for block, inside in heads.values():
        open_wall[block] &= ~inside
        seeds[block][inside] = 0
    level = (200 - np.round(local_contrast.values * 200)).astype(np.uint8)
    walls = watershed(level, seeds, mask=open_wall)
    column = (walls == SACRUM_LABEL) | (walls == SPINE_LABEL)  # worn facet joints let the flood through
    sacrum = part_at_bottleneck(local_contrast, column, seeds == SACRUM_LABEL, seeds == SPINE_LABEL)
    walls[column] = np.where(sacrum[column], SACRUM_LABEL, SPINE_LABEL)
    for side, (block, inside) in heads.items():
        core = ~within(~inside, local_contrast.grid, HEAD_RIND_MM)
        walls[block][core | (inside & wall[block])] = FEMUR_LABEL[side]
    return np.asarray(walls)


def _solids_of_headless_joints(
    walls: npt.NDArray[np.uint8], local_contrast: LocalContrast, streak_reduced: Volume, joints: Mapping[Side, HipJoint]
) -> dict[int, BoolArray]:
    """Fill the bones of joints without a head or metal; by label."""
    solids = {}
    for side, joint in joints.items():
        if joint.inferred and not joint.has_metal:
            hip, femur = HIP_LABEL[side], FEMUR_LABEL[side]
            solids[hip] = bare_hip_solid(walls == hip, ~local_contrast.shell, local_contrast, streak_reduced, joint)
            solids[femur] = bare_femur_solid(walls == femur, ~local_contrast.shell, local_contrast, streak_reduced)
    return solids


def _solids(
    walls: npt.NDArray[np.uint8],
    local_contrast: LocalContrast,
    heads: Mapping[Side, HeadBlock],
    operated: Operated,
    bare: Mapping[int, BoolArray],
) -> npt.NDArray[np.uint8]:
    """Fill each bone; a voxel that two bones enclose goes to the one whose wall holds it, heads first."""
    labels, told_apart = np.zeros_like(walls), walls.copy()
    soft_edge = ~local_contrast.shell
    for label, femur in operated.femurs.items():
        solid = resected_solid(walls == label, local_contrast, operated.hard, femur)
        walls[walls == label] = 0
        walls[solid] = labels[solid] = label

    def fill(label: int) -> BoolArray:
        wall = walls == label
        if label in bare:
            return bare[label]
        others = (told_apart > 0) & ~wall
        if label in operated.metal:
            return operated_solid(wall, others, soft_edge, local_contrast, operated, label)
        if label == SACRUM_LABEL:
            return fill_shell(wall, soft_edge, local_contrast.grid)
        return fill_enclosed(wall, soft_edge, others, local_contrast.grid)

    whole = [n for n in BONE_LABELS if n not in operated.femurs]
    with ThreadPoolExecutor() as threads:
        solids = list(threads.map(fill, whole))
    for label, solid in zip(whole, solids, strict=True):
        if label in operated.metal:
            walls[(walls == label) & ~solid] = 0
        labels[solid & (labels == 0)] = label
    fill_shared_marrow(labels, told_apart, soft_edge, local_contrast.grid, PELVIC_LABELS)
    for side, (block, inside) in heads.items():
        labels[block][inside & (labels[block] > 0)] = FEMUR_LABEL[side]
    own = (walls > 0) & (walls <= max(FEMUR_LABEL.values())) & ~soft_edge
    labels[own] = walls[own]
    return labels
