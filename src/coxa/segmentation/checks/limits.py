"""What the checks compare with: ranges of anatomy, wide enough for bones that nobody has measured yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coxa.anatomy import Status


@dataclass(frozen=True)
class Limits:
    """The range of a figure within which a check agrees, and the wider one beyond which the bone has failed.

    A range is what was seen on 60 pelves (the shapes of ten adults scaled, sheared and displaced, turned, cut above and
    below, on voxels of 0.8 to 5 mm), given beside each limit, widened by at least half of itself on both sides [E].

    Attributes
    ----------
    low, high : float or None
        None where there is no limit on that side.
    failed_below, failed_above : float or None
    """

    low: float | None = None
    high: float | None = None
    failed_below: float | None = None
    failed_above: float | None = None

    def status_of(self, value: float) -> Status:
        """Return ``ok``, ``warn`` or ``failed``."""
        if (self.failed_below is not None and value < self.failed_below) or (
            self.failed_above is not None and value > self.failed_above
        ):
            return Status.FAILED
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return Status.WARN
        return Status.OK


ByKind = Mapping[str, Limits]
"""Limits by kind of bone: ``hip``, ``sacrum``, ``femur``."""
