"""Slices whose rescaling differs from most: applied as said, and refused where it breaks with their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coxa.errors import IrregularSlicesError
from coxa.io.dicom.headers import ImageHeader
from coxa.io.dicom.pixels import AIR_HU

BREAK_FACTOR = 3.0
"""A slice that fits its neighbours this much better with the others' rescaling declares a false one [E]."""
LEAST_BREAK_HU = 50.0
"""Differences below this are noise and anatomy [E]."""
_SAMPLE = 4
"""Every so many pixels are compared."""


AIR_BELOW_HU = -300.0
"""Slices are compared where the neighbour holds tissue, denser than this."""


def require_continuous(images: Sequence[ImageHeader], hu: npt.NDArray[np.int16]) -> None:
    """Refuse a stack in which slices declare another rescaling than most, and are thereby torn from their neighbours.

    Parameters
    ----------
    images : sequence of ImageHeader
        In the order of the slices.
    hu : ndarray [k, j, i]
        Each rescaled as its own header says.

    Raises
    ------
    IrregularSlicesError
        Saying which slice and what it declares.
    """
    declared = [(image.slope or 1.0, image.intercept or 0.0) for image in images]
    usual = Counter(declared).most_common(1)[0][0]
    odd = [k for k, rescaling in enumerate(declared) if rescaling != usual]
    if not odd:
        return
    ordinary = np.array([k for k, rescaling in enumerate(declared) if rescaling == usual])
    coarse = hu[:, ::_SAMPLE, ::_SAMPLE].astype(np.float32)
    false = []
    for k in odd:
        neighbour = coarse[ordinary[np.abs(ordinary - k).argmin()]]
        stored = (coarse[k] - declared[k][1]) / declared[k][0]
        body = neighbour > AIR_BELOW_HU  # air is cut off at -1024 and would agree with any lower rescaling
        if not body.any():
            continue
        as_said = float(np.median(np.abs(coarse[k] - neighbour)[body]))
        as_usual = float(np.median(np.abs(stored * usual[0] + usual[1] - neighbour)[body]))
        cut_off = float(np.mean(coarse[k][body] <= AIR_HU)) > 0.5  # then what was stored is lost
        if cut_off or as_said > max(BREAK_FACTOR * as_usual, LEAST_BREAK_HU):
            false.append(k)
    if false:
        position = images[false[0]].position_lps_mm or (0.0, 0.0, 0.0)
        slope, intercept = declared[false[0]]
        raise IrregularSlicesError(
            f"{len(false)} slice(s), the first at z = {position[2]:.1f} mm, declare a rescaling (slope {slope:g}, "
            f"intercept {intercept:g}) by which they do not continue their neighbours: export the series again"
        )
