"""What an augment is called, by where it sits about the cup, and which part of the gap a chosen kind may fill."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.planning.defect.loss import SECTORS

WEDGE, BUTTRESS, FOOTING, COLUMN, CUSTOM = "wedge", "buttress", "footing", "column", "custom"

SECTORS_OF: Mapping[str, tuple[str, ...]] = {
    WEDGE: ("roof",),
    BUTTRESS: ("roof",),
    FOOTING: ("medial",),
    COLUMN: ("anterior", "posterior"),
}

ELEMENT_SHARE = 0.2
"""An element that makes up less of the augment is not named [E]."""

DOMINANT_SHARE = 0.65
"""An augment that lies in one sector for so much is called by it; else it is a custom union [E]."""


def sector_at(grid: Grid, centre_lps_mm: FloatArray, lps_from_app: RigidTransform, lateral_sign: float) -> IntArray:
    """Return, per voxel [k, j, i], the index into ``SECTORS`` of its direction from the cup's centre.

    The largest of the superior, anterior, posterior and medial components in the APP frame decides, as for defects.
    """
    left, posterior, superior = (axis @ grid.direction for axis in lps_from_app.axes)
    middle = grid.direction.T @ (centre_lps_mm - grid.origin_lps_mm)
    i, j, k = (np.arange(n) * p - m for n, p, m in zip(grid.size, grid.spacing_mm, middle, strict=True))
    largest, sector = np.full(grid.shape, -np.inf, dtype=np.float32), np.zeros(grid.shape, dtype=np.int64)
    for n, axis in enumerate((superior, -posterior, posterior, -lateral_sign * left)):
        along = (i * axis[0])[None, None, :] + (j * axis[1])[None, :, None] + (k * axis[2])[:, None, None]
        sector[along > largest] = n
        np.maximum(largest, along, out=largest, casting="same_kind")
    return sector


def allowed(choice: str, sector: IntArray) -> BoolArray | None:
    """Return the voxels that a chosen kind may fill; None when it may fill all."""
    names = SECTORS_OF.get(choice)
    if choice == "none":
        return np.zeros(sector.shape, dtype=bool)
    return None if names is None else np.isin(sector, [SECTORS.index(name) for name in names])


def elements(body: BoolArray, sector: IntArray) -> dict[str, float]:
    """Return the shares of a body that are wedge, footing and column; they sum to 1."""
    volume = np.bincount(sector[body].ravel(), minlength=len(SECTORS)) / max(int(body.sum()), 1)
    share = dict(zip(SECTORS, volume, strict=True))
    return {
        WEDGE: float(share["roof"]),
        FOOTING: float(share["medial"]),
        COLUMN: float(share["anterior"] + share["posterior"]),
    }


def kind_of(shares: Mapping[str, float], has_iliac_flange: bool) -> str:
    """Name an augment by its elements: the dominant one, or a custom union."""
    name, share = max(shares.items(), key=lambda item: item[1])
    if share < DOMINANT_SHARE:
        return CUSTOM
    return BUTTRESS if name == WEDGE and has_iliac_flange else name


def union_of(shares: Mapping[str, float]) -> str:
    """Say what an augment is made of, the largest element first: ``wedge 60 %, footing 40 %``."""
    named = sorted(((s, n) for n, s in shares.items() if s >= ELEMENT_SHARE), reverse=True)
    return ", ".join(f"{name} {100 * share:.0f} %" for share, name in named)
