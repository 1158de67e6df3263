"""Bones beside an implant: metal takes the place of shell that is gone, and no bone is left inside cup and neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.blocks import block_about, bounding_block, distances_from, grid_of, margin_voxels, within
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.enclosure import fill_enclosed
from coxa.segmentation.bones.resected_femur import ResectedFemur, along_and_around
from coxa.segmentation.bones.seeds import FEMUR_LABEL, HIP_LABEL
from coxa.segmentation.bones.solid import OPERATED_CRACKS_MM, cut_spikes, fill_shell, fill_slices
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.local_contrast import LocalContrast
from coxa.segmentation.metal.artefacts import GRAIN_SIGMAS, grain_hu
from coxa.segmentation.metal.detection import implant_hull
from coxa.volume import Volume

HEAD_ROOM_MM = 28.0
"""Without a stem in view no femur is left this close to a prosthetic head: the neck is cut further down [E]."""
SHAFT_BELOW_MM = 45.0
"""This far below a joint the femur is a closed ring in every slice."""
CUP_ROOM_MM = 21.0
"""No hip bone is left inside a cup; the smallest measure 44 mm across [E]."""
NECK_ROOM_MM, NECK_RADIUS_MM = 50.0, 15.0
"""Nor about the prosthetic neck, clear of ischium and pubis."""
STEM_MM = (35.0, 80.0)
"""Metal this far from the joint is mostly neck and stem."""
CUP_METAL_MM = 60.0
"""Metal further from the joint than cup and screws reach does not wall a hip bone in."""
BED_MM = 20.0
"""So far from cup and screws osteolysis may have hollowed the bone [E]."""
SPIKES_BESIDE_MM = 6.0
"""Streaks reach this far above and below the metal that casts them."""
SPONGY_HU, SPONGY_GRAIN_MM = 110.0, 1.5
"""What only the implant walls in counts as bone when it is denser than scar and granuloma (20 to 80 HU)."""


@dataclass(frozen=True, eq=False)
class Operated:
    """What filling a bone beside an implant must know.

    ``femurs``: by label, what the stem in it tells; ``hard``: all metal. For the other bones of an operated side,
    ``metal``: by label, the metal that may wall it in; ``not_bone``: by label, where it cannot be;
    ``calm``: the region without streaks and metal; ``shaft_top``: by femur label, the first slice above its shaft.
    """

    femurs: Mapping[int, ResectedFemur]
    hard: BoolArray
    metal: Mapping[int, BoolArray]
    not_bone: Mapping[int, BoolArray]
    streak_reduced: Volume
    shaft_top: Mapping[int, int]


def around_implants(
    streak_reduced: Volume,
    wall: BoolArray,
    metal: BoolArray,
    joints: Mapping[Side, HipJoint],
    femurs: Mapping[Side, ResectedFemur],
) -> Operated:
    """Gather what filling the bones of each operated side must know; empty without an implant."""
    hull = implant_hull(metal, streak_reduced.grid)
    walls, forbidden, shaft_top = {}, {}, {}
    for side, joint in joints.items():
        if not joint.has_metal:
            continue
        centre = joint.centre_lps_mm
        near = block_about(centre, CUP_METAL_MM, streak_reduced.grid)
        near_grid = grid_of(near, streak_reduced.grid)
        distance = distances_from(centre, near_grid)
        cup_metal = np.zeros_like(metal)
        cup_metal[near] = metal[near] & (distance < CUP_METAL_MM)
        walls[HIP_LABEL[side]] = cup_metal
        neck = femurs[side].neck_lps if side in femurs else _toward_stem(centre, metal, streak_reduced.grid)
        room = distance < CUP_ROOM_MM
        if neck is not None:
            along, radius = along_and_around(centre, neck, near_grid)
            room |= (along > 0) & (along < NECK_ROOM_MM) & (radius < NECK_RADIUS_MM)
        no_hip = hull & ~wall
        no_hip[near] |= room
        forbidden[HIP_LABEL[side]] = no_hip
        if side not in femurs:
            head_room = distance < HEAD_ROOM_MM
            stem_metal, no_femur = metal.copy(), hull.copy()
            stem_metal[near] &= ~head_room
            no_femur[near] |= head_room
            walls[FEMUR_LABEL[side]] = stem_metal
            forbidden[FEMUR_LABEL[side]] = no_femur
            centre_k = streak_reduced.grid.indices_from_points(centre)[2]
            shaft_top[FEMUR_LABEL[side]] = max(0, int(centre_k - SHAFT_BELOW_MM / streak_reduced.grid.spacing_mm[2]))
    by_label = {FEMUR_LABEL[side]: femur for side, femur in femurs.items()}
    return Operated(by_label, metal, walls, forbidden, streak_reduced, shaft_top)


def operated_solid(
    wall: BoolArray,
    others: BoolArray,
    soft_edge: BoolArray,
    local_contrast: LocalContrast,
    operated: Operated,
    label: int,
) -> BoolArray:
    """Fill a bone from which an implant took some of the shell: the metal walls it in where it is cancellous there."""
    no_bone = operated.not_bone[label]
    wall = wall & ~no_bone
    bed = within(operated.metal[label], local_contrast.grid, BED_MM)
    solid = fill_enclosed(wall, soft_edge, no_bone | others, local_contrast.grid, OPERATED_CRACKS_MM, bed)
    walled_in = fill_shell(wall | operated.metal[label], soft_edge, local_contrast.grid, OPERATED_CRACKS_MM) & ~solid
    solid |= _spongy(walled_in, operated.streak_reduced)
    shaft = slice(0, operated.shaft_top.get(label, 0))
    solid[shaft] |= fill_slices(wall[shaft], local_contrast.grid)
    solid &= ~no_bone
    block = bounding_block(operated.metal[label], margin_voxels(SPIKES_BESIDE_MM, local_contrast.grid))
    if block is None:
        return solid
    spiked = block[0]  # streaks run within slices; elsewhere a thin sheet is an iliac wing
    kept = cut_spikes(solid, local_contrast.grid)
    solid[spiked] &= kept[spiked]
    return solid


def _spongy(places: BoolArray, streak_reduced: Volume) -> BoolArray:
    """Return the places [k, j, i] that are as dense as cancellous bone."""
    spongy = np.zeros_like(places)
    block = bounding_block(places, margin_voxels(GRAIN_SIGMAS * SPONGY_GRAIN_MM, streak_reduced.grid))
    if block is not None:
        spongy[block] = places[block] & (grain_hu(streak_reduced, block, SPONGY_GRAIN_MM) > SPONGY_HU)
    return spongy


def _toward_stem(centre_lps_mm: FloatArray, metal: BoolArray, grid: Grid) -> FloatArray | None:
    """Return the direction from the joint to neck and stem; None without them."""
    k, j, i = np.nonzero(metal)
    offset = grid.points_from_indices(np.stack([i, j, k], axis=1)) - centre_lps_mm
    distance = np.linalg.norm(offset, axis=1)
    far = offset[(distance > STEM_MM[0]) & (distance < STEM_MM[1])]
    return unit(far.mean(axis=0)) if len(far) else None
