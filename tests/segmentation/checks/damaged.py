"""The phantom's true labels, and the same with one bone damaged as a segmentation goes wrong."""

import numpy as np
from scipy import ndimage as ndi

from coxa.anatomy import LABELS
from coxa.labels import Segmentation
from coxa.segmentation.checks.judge import findings_by_bone
from coxa.segmentation.checks.scene import CheckedBones

VALUE = {name: value for value, name in LABELS.items()}


def findings(phantom, labels=None):
    """Findings by bone and check, of the true labels unless others are given."""
    given = phantom.segmentation.labels if labels is None else labels
    segmentation = Segmentation(given, phantom.volume.grid, phantom.segmentation.names)
    found = findings_by_bone(CheckedBones.of(segmentation, phantom.volume))
    return {bone: {f.check: f for f in of_bone} for bone, of_bone in found.items()}


def depth_mm(phantom, bone):
    return ndi.distance_transform_edt(
        phantom.segmentation.labels == VALUE[bone], sampling=phantom.volume.grid.spacing_mm[::-1]
    )


def points_of(phantom, where):
    return phantom.volume.grid.points_from_indices(np.argwhere(where)[:, ::-1])


def above(phantom, bone, share, axis=2):
    """The part of a bone above a share of its extent along an LPS axis."""
    where = phantom.segmentation.labels == VALUE[bone]
    along = points_of(phantom, where)[:, axis]
    part = np.zeros_like(where)
    part[tuple(np.argwhere(where)[along > np.quantile(along, share)].T)] = True
    return part


def without(phantom, where):
    labels = phantom.segmentation.labels.copy()
    labels[where] = 0
    return labels


def given_to(phantom, where, bone):
    labels = phantom.segmentation.labels.copy()
    labels[where] = VALUE[bone]
    return labels


def ball(phantom, centre_lps_mm, radius_mm):
    everywhere = np.ones(phantom.segmentation.labels.shape, bool)
    away = np.linalg.norm(points_of(phantom, everywhere) - centre_lps_mm, axis=1)
    return (away < radius_mm).reshape(phantom.segmentation.labels.shape)
