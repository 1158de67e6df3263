"""The back-end for labels that exist already: drawn by hand, or by a learned model elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from coxa.anatomy import BONES, LABELS, METAL, METAL_PART_LABELS, Status
from coxa.geometry.blocks import bounding_block, margin_voxels
from coxa.labels import Segmentation, StructureQuality
from coxa.segmentation.backends.label_checks import (
    blocks_of_labels,
    bone_points,
    require_on_bone,
    require_sides,
    require_whole,
)
from coxa.segmentation.backends.onto_grid import labels_on
from coxa.segmentation.metal.detection import find_metal
from coxa.segmentation.metal.not_assessable import mark_unknown
from coxa.segmentation.quality import judged
from coxa.volume import Volume

METAL_NAMES = frozenset({METAL, *METAL_PART_LABELS.values()})
IMPLANT_REACH_MM = 40.0
"""Metal this near the bones' block belongs to the hips; coins and leads do not."""
LOOSE_PIECE_ML = 0.1
"""Loose pieces of a bone are worth a word from here on: an apex or a spine might be found on one."""


@dataclass(frozen=True, eq=False)
class LabelmapBackend:
    """A back-end that puts given labels onto the scan.

    Attributes
    ----------
    given : Segmentation
        On any grid; :func:`coxa.io.images.label_files.read_labels` reads one from files.
    name : str
        Who made the labels, as the results will say.
    worst : Status
        The worst that a check may make of a bone: ``warn`` for labels that a person drew or approved, who may
        overrule it; ``failed`` for those of a program.
    """

    given: Segmentation
    name: str = "labelmap"
    worst: Status = Status.WARN

    def __call__(self, volume: Volume) -> Segmentation:
        """Return the given labels on the volume's grid, checked, with metal and quality.

        Bones are taken as they are. Labels say nothing of metal as a rule: then it is found in the scan itself, and
        takes precedence over bone.

        Raises
        ------
        SegmentationError
            When the labels do not fit the scan; see :mod:`coxa.segmentation.backends.label_checks`.
        """
        require_whole(self.given, volume.grid)
        labels = labels_on(self.given, volume.grid)
        drawn = Segmentation(labels, volume.grid, self.given.names, self.name)
        points = bone_points(drawn)
        require_sides(points, volume.grid.voxel_volume_ml)
        require_on_bone(points, volume)
        with_metal = _with_metal(drawn, volume) if METAL_NAMES.isdisjoint(drawn.names.values()) else drawn
        complete = mark_unknown(with_metal)
        loose_ml = _loose_ml(complete)
        quality = (_mention_loose(q, loose_ml) for q in judged(complete, volume, self.worst))
        return replace(complete, quality=tuple(quality))


def _with_metal(drawn: Segmentation, volume: Volume) -> Segmentation:
    value = next(value for value, name in LABELS.items() if name == METAL)
    labels = drawn.labels.copy()
    block = bounding_block(drawn.labels > 0, margin_voxels(IMPLANT_REACH_MM, drawn.grid))
    if block is not None:
        metal = find_metal(volume.hu[block], drawn.grid)
        labels[block][metal] = value
    return replace(drawn, labels=labels, names={**drawn.names, value: METAL})


def _loose_ml(complete: Segmentation) -> dict[str, float]:
    """Return how much of each bone does not hang together with most of it, not even through metal and beside it."""
    blocks = blocks_of_labels(complete.labels)
    no_bone = [value for value, name in complete.names.items() if name not in BONES]
    loose = {}
    for value, name in complete.names.items():
        if name in BONES and value in blocks:
            labels = complete.labels[blocks[value]]
            joined = np.isin(labels, [value, *no_bone]).astype(np.uint8)
            pieces = sitk.ConnectedComponent(sitk.GetImageFromArray(joined), True)
            sizes = np.bincount(sitk.GetArrayViewFromImage(pieces)[labels == value])
            loose[name] = float(sizes.sum() - sizes.max()) * complete.grid.voxel_volume_ml
    return loose


def _mention_loose(quality: StructureQuality, loose_ml: Mapping[str, float]) -> StructureQuality:
    loose = loose_ml.get(quality.name, 0.0)
    if loose < LOOSE_PIECE_ML:
        return quality
    told = f"{loose:.1f} ml of it lie in loose pieces, which may mislead landmarks"
    reason = f"{quality.reason}; {told}" if quality.reason else told
    status = Status.FAILED if quality.status is Status.FAILED else Status.WARN
    return replace(quality, status=status, reason=reason)
