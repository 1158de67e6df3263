"""The planned cup, where its centre should be, and what supports it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coxa.geometry.arrays import Vector3

AngleFrame = Literal["functional", "app"]
"""The frame that a cup's angles are stated in."""


@dataclass(frozen=True, eq=False)
class TargetCentre:
    """Where the rotation centre should be: LPS mm, 90 % radius, and which method said so."""

    position_lps_mm: Vector3
    uncertainty_mm: float
    source: str


@dataclass(frozen=True, eq=False)
class PlannedCup:
    """A hemispherical cup in place.

    Attributes
    ----------
    outer_diameter_mm : float
    centre_lps_mm : ndarray (3,)
        Centre of the outer sphere; the planned rotation centre.
    axis_lps : ndarray (3,)
        Unit vector out of the opening.
    inclination_radiographic_deg, anteversion_radiographic_deg : float
        In ``angle_frame``.
    angle_frame : str
        ``functional`` or ``app``.
    shell_mm : float
        Wall of the metal shell.
    """

    outer_diameter_mm: float
    centre_lps_mm: Vector3
    axis_lps: Vector3
    inclination_radiographic_deg: float
    anteversion_radiographic_deg: float
    angle_frame: AngleFrame
    shell_mm: float = 4.0


@dataclass(frozen=True)
class Coverage:
    """Shares of the cup's porous hemisphere by what lies behind it within ``tolerance_mm``; they sum to 1."""

    tolerance_mm: float
    host_fraction: float
    augment_fraction: float
    unsupported_fraction: float
