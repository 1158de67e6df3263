"""Slices whose rescaling differs from most: applied as said, and refused where it breaks with their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coxa.errors import IrregularSlicesError
from coxa.io.dicom.headers import ImageHeader

BREAK_FACTOR = 3.0
"""A slice that fits its neighbours this much better with the others' rescaling declares a false one [E]."""
LEAST_BREAK_HU = 50.0
"""Differences below this are noise and anatomy [E]."""
_SAMPLE = 4
"""Every so many pixels are compared."""


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
        as_said = float(np.median(np.abs(coarse[k] - neighbour)))
        as_usual = float(np.median(np.abs(stored * usual[0] + usual[1] - neighbour)))
        if as_said > max(BREAK_FACTOR * as_usual, LEAST_BREAK_HU):
            false.append(k)
    if false:
        position = images[false[0]].position_lps_mm or (0.0, 0.0, 0.0)
        slope, intercept = declared[false[0]]
        raise IrregularSlicesError(
            f"{len(false)} slice(s), the first at z = {position[2]:.1f} mm, declare a rescaling (slope {slope:g}, "
            f"intercept {intercept:g}) by which they do not continue their neighbours: export the series again"
        )
