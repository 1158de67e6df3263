"""Bone lost and gained, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Defect:
    """Bone lost and gained against the native hemipelvis, within the region where loss is counted; ml.

    Attributes
    ----------
    lost_ml : float
        ``seen_lost_ml`` and ``hidden_lost_share`` of ``unknown_ml``.
    new_ml : float
    unknown_ml : float
        Native bone that metal and its halo hide: neither seen to be lost nor seen to be there.
    native_ml : float
    lost_by_sector_ml : Mapping[str, float]
        ``roof``, ``anterior``, ``posterior``, ``medial``; they sum to ``lost_ml``.
    method : str
    uncertainty_ml : float or None
        Half-width about ``lost_ml`` that holds the truth in 90 % of cases.
    seen_lost_ml : float or None
        What is seen to be lost, with the old cup's place: the least, but for the uncertainty of the native bone.
    new_by_sector_ml, unknown_by_sector_ml, native_by_sector_ml : Mapping[str, float]
        Empty in plans of older versions.
    hidden_lost_share : float
        1 beside a cup that has migrated, for it lies in a membrane; 0.5 beside one that has not.
    """

    lost_ml: float
    new_ml: float
    unknown_ml: float
    native_ml: float
    lost_by_sector_ml: Mapping[str, float]
    method: str
    uncertainty_ml: float | None = None
    seen_lost_ml: float | None = None
    new_by_sector_ml: Mapping[str, float] = field(default_factory=dict)
    unknown_by_sector_ml: Mapping[str, float] = field(default_factory=dict)
    native_by_sector_ml: Mapping[str, float] = field(default_factory=dict)
    hidden_lost_share: float = 0.0

    @property
    def kept_ml(self) -> float:
        """Native bone that is seen to be there."""
        seen_lost_ml = self.lost_ml if self.seen_lost_ml is None else self.seen_lost_ml
        return self.native_ml - seen_lost_ml - self.unknown_ml
