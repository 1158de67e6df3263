"""Labelled voxels: a segmentation as a value, whatever back-end made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from coxa.anatomy import LABELS, Status
from coxa.geometry.arrays import BoolArray, as_frozen
from coxa.geometry.grid import Grid


@dataclass(frozen=True)
class StructureQuality:
    """What is known of one segmented structure.

    Attributes
    ----------
    name : str
    volume_ml : float
    touches_border : bool
        The structure is cut by the edge of the field of view.
    mean_hu : float
    metal_contamination : float
        Share of the structure's surface voxels within the metal halo, 0 to 1.
    status : Status
    reason : str or None
    """

    name: str
    volume_ml: float
    touches_border: bool
    mean_hu: float
    metal_contamination: float
    status: Status
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Labels on the scan's own grid.

    Attributes
    ----------
    labels : ndarray [k, j, i] of uint8
        0 is background. Read-only.
    grid : Grid
    names : Mapping[int, str]
        Label value to structure name.
    backend : str
    quality : tuple of StructureQuality
    """

    labels: npt.NDArray[np.uint8]
    grid: Grid
    names: Mapping[int, str] = field(default_factory=lambda: LABELS)
    backend: str = "classic"
    quality: tuple[StructureQuality, ...] = ()

    def __post_init__(self) -> None:
        if self.labels.shape != self.grid.shape:
            raise ValueError(f"labels {self.labels.shape} do not fit the grid {self.grid.shape} (order k, j, i)")
        object.__setattr__(self, "labels", as_frozen(self.labels))
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))

    def mask(self, name: str) -> BoolArray:
        """Return the boolean mask [k, j, i] of a structure; all false when it is absent."""
        values = [value for value, label in self.names.items() if label == name]
        if not values:
            return np.zeros(self.labels.shape, dtype=bool)
        return np.asarray(self.labels == values[0])

    def has(self, name: str) -> bool:
        """Tell whether any voxel carries the structure's label."""
        return any(label == name and bool((self.labels == value).any()) for value, label in self.names.items())
