"""The augment, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coxa.geometry.arrays import Vector3


@dataclass(frozen=True, eq=False)
class Augment:
    """The part that fills the gap between cup and host bone.

    Attributes
    ----------
    needed : bool
        False is a proper answer; then ``reason`` says why and the other figures are zero.
    volume_ml, solid_volume_ml, porous_volume_ml : float
    porosity : float
        Measured void share of the porous zone.
    parameters : Mapping[str, float | str]
        Every setting that shaped it, with units in the keys.
    reason : str
    kind : str or None
        ``wedge``, ``buttress``, ``footing``, ``column`` or ``custom``; None when not needed, and in older plans.
    elements : str
        What it is made of, by where it lies about the cup: ``wedge 60 %, footing 40 %``.
    gap_ml : float or None
        The gap between cup, host bone and native hull within reach, that it was cut from.
    undercut_ml : float or None
        What of the gap lies behind bone on the direction of removal: not filled, room for graft. No bone is cut away.
    way_out_lps : ndarray (3,) or None
        Unit vector along which it comes out; it is inserted against it.
    way_out_off_cup_axis_deg : float or None
    flanges : str
        Those that found bone to lie on, with their lengths; empty without.
    made_for_sha256 : str or None
        Fingerprint of the cup and of the screws that it was made for; None when not needed, and in older plans.
    """

    needed: bool
    volume_ml: float
    solid_volume_ml: float
    porous_volume_ml: float
    porosity: float
    parameters: Mapping[str, float | str]
    reason: str
    kind: str | None = None
    elements: str = ""
    gap_ml: float | None = None
    undercut_ml: float | None = None
    way_out_lps: Vector3 | None = None
    way_out_off_cup_axis_deg: float | None = None
    flanges: str = ""
    made_for_sha256: str | None = None
