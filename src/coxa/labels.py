"""Labelled voxels: a segmentation as a value, whatever back-end made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from coxa.anatomy import LABELS, METAL, Side, Status, bone_words, is_metal
from coxa.geometry.arrays import BoolArray, as_frozen
from coxa.geometry.grid import Grid


@dataclass(frozen=True)
class SurfaceUncertainty:
    """How far a structure's surface may lie from the true one: median and 90th percentile over it, mm."""

    p50_mm: float
    p90_mm: float


@dataclass(frozen=True)
class Finding:
    """What one check found of one structure.

    Attributes
    ----------
    check : str
        Name of the check, as ``docs/quality.md`` lists it.
    status : Status
        ``ok``, ``warn`` or ``failed``; ``not_measurable`` where the check does not apply, with its reason.
    value : float or None
        The figure that was compared.
    low, high : float or None
        Between these the figure is ``ok``.
    unit : str
        ``1`` for a share or a ratio, ``mm``, ``ml`` or ``HU``.
    reason : str or None
        What is wrong, how much, and where; None when the check agrees.
    place_lps_mm : tuple of float or None
        Middle of the place that is wrong.
    reach_mm : float or None
        How far the surface may lie off at that place.
    """

    check: str
    status: Status
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = "1"
    reason: str | None = None
    place_lps_mm: tuple[float, float, float] | None = None
    reach_mm: float | None = None


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
        Share of the structure's surface voxels within the metal halo or beside what is unknown, 0 to 1.
    status : Status
    reason : str or None
    surface_uncertainty : SurfaceUncertainty or None
        From the edge in the scan; None where there is no surface to speak of.
    unknown_ml : float
        Volume labelled unknown that lies nearer to this structure than to another bone.
    findings : tuple of Finding
        What the checks of anatomy found, those that agree and those that do not apply included.
    """

    name: str
    volume_ml: float
    touches_border: bool
    mean_hu: float
    metal_contamination: float
    status: Status
    reason: str | None = None
    surface_uncertainty: SurfaceUncertainty | None = None
    unknown_ml: float = 0.0
    findings: tuple[Finding, ...] = ()


def failure_text(quality: StructureQuality) -> str:
    """Say that a structure failed, what the first check that it fails found, and what to do."""
    failed = [f.reason for f in quality.findings if f.status is Status.FAILED and f.reason]
    why = next(iter(failed), None) or quality.reason or "it cannot be trusted"
    return f"the {bone_words(quality.name)}'s segmentation failed: {why}; correct it and pass it with --labels"


@dataclass(frozen=True)
class MetalPart:
    """One connected piece of metal: label name (``cup_left``, ``screw``, ``metal``), side, volume, greatest extent."""

    name: str
    side: Side
    volume_ml: float
    length_mm: float


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Labels on the scan's own grid.

    Attributes
    ----------
    labels : ndarray [k, j, i] of uint8
        0 is background. Read-only.
    grid : Grid
    names : Mapping[int, str]
        Label value to structure name. Where parts of the metal are recognised, ``metal`` is the value of the rest.
    backend : str
    quality : tuple of StructureQuality
    metal_parts : tuple of MetalPart
        The pieces of metal that a back-end recognised.
    warnings : tuple of str
        What a user must know of the whole scan: one hip only in view, a header that contradicts the bones.
    """

    labels: npt.NDArray[np.uint8]
    grid: Grid
    names: Mapping[int, str] = field(default_factory=lambda: LABELS)
    backend: str = "classic"
    quality: tuple[StructureQuality, ...] = ()
    metal_parts: tuple[MetalPart, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[StructureQuality, ...]:
        """The structures that cannot be trusted: nothing is measured from them."""
        return tuple(quality for quality in self.quality if quality.status is Status.FAILED)

    def __post_init__(self) -> None:
        if self.labels.shape != self.grid.shape:
            raise ValueError(f"labels {self.labels.shape} do not fit the grid {self.grid.shape} (order k, j, i)")
        object.__setattr__(self, "labels", as_frozen(self.labels))
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))

    def values_of(self, name: str) -> tuple[int, ...]:
        """Return the label values of a structure; those of ``metal`` include its recognised parts."""
        if name == METAL:
            return tuple(value for value, label in self.names.items() if is_metal(label))
        return tuple(value for value, label in self.names.items() if label == name)

    def mask(self, name: str) -> BoolArray:
        """Return the boolean mask [k, j, i] of a structure, metal with all its parts; all false when it is absent."""
        return self.mask_in(np.s_[:, :, :], name)

    def mask_in(self, block: tuple[slice, slice, slice], name: str) -> BoolArray:
        """Return the mask of a structure in a block (slices along k, j, i)."""
        values = self.values_of(name)
        if len(values) == 1:
            return np.asarray(self.labels[block] == values[0])
        chosen = np.zeros(256, dtype=bool)
        chosen[list(values)] = True
        return np.asarray(chosen[self.labels[block]])

    def has(self, name: str) -> bool:
        """Tell whether any voxel carries the structure's label."""
        return any(bool((self.labels == value).any()) for value in self.values_of(name))
