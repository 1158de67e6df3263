"""The pieces of a bone: parts of its label apart from the rest belong to something else."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from coxa.labels import Finding
from coxa.segmentation.checks.finding import compared
from coxa.segmentation.checks.limits import Limits
from coxa.segmentation.checks.scene import CheckedBone

LOOSE_SHARE = Limits(high=0.03, failed_above=0.25)
"""Share of the volume apart from the largest piece: 0 in 60 varied pelves; broken bones may be apart [E]."""


def check_pieces(bone: CheckedBone) -> Finding:
    """Compare the share of the bone that does not hang together with its largest piece, not even through metal."""
    joined = bone.mask | (bone.hidden & bone.occupied)
    pieces, _ = ndi.label(joined, np.ones((3, 3, 3)))
    sizes = np.bincount(pieces[bone.mask])
    largest = int(sizes.argmax())
    loose = bone.mask & (pieces != largest)
    share = float(loose.sum()) / float(bone.mask.sum())
    place = bone.middle_lps_mm(loose) if loose.any() else None
    reason = f"{100 * share:.0f} % of it lie apart from the rest"
    return compared("pieces", share, LOOSE_SHARE, reason, place_lps_mm=place)
