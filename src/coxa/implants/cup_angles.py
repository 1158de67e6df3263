"""Cup orientation: an axis and its radiographic, anatomical and operative angles [Murray 1993].

An axis is the unit vector out of the cup's opening with components (lateral, anterior, superior). Lateral is away from
the midline on either side, so left and right cups share every formula; :func:`opening_axis` and :func:`axis_in_frame`
hold the side's sign. All conversions are exact, through the axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import RigidTransform


@dataclass(frozen=True)
class CupAngles:
    """Inclination and anteversion under one definition, degrees."""

    inclination_deg: float
    anteversion_deg: float


def radiographic_angles(axis: npt.ArrayLike) -> CupAngles:
    """Return RI = atan2(lateral, inferior), RA = asin(anterior) of an axis (lateral, anterior, superior)."""
    lateral, anterior, superior = unit(axis)
    return _degrees(np.arctan2(lateral, -superior), np.arcsin(np.clip(anterior, -1.0, 1.0)))


def anatomical_angles(axis: npt.ArrayLike) -> CupAngles:
    """Return AI = acos(inferior), AA = atan2(anterior, lateral) of an axis (lateral, anterior, superior)."""
    lateral, anterior, superior = unit(axis)
    return _degrees(np.arccos(np.clip(-superior, -1.0, 1.0)), np.arctan2(anterior, lateral))


def operative_angles(axis: npt.ArrayLike) -> CupAngles:
    """Return OI = asin(lateral), OA = atan2(anterior, inferior) of an axis (lateral, anterior, superior)."""
    lateral, anterior, superior = unit(axis)
    return _degrees(np.arcsin(np.clip(lateral, -1.0, 1.0)), np.arctan2(anterior, -superior))


def axis_from_radiographic(angles: CupAngles) -> FloatArray:
    """Return the axis (3,) of radiographic angles: (sin RI cos RA, sin RA, -cos RI cos RA)."""
    inclination, anteversion = _radians(angles)
    return np.array(
        [
            np.sin(inclination) * np.cos(anteversion),
            np.sin(anteversion),
            -np.cos(inclination) * np.cos(anteversion),
        ]
    )


def axis_from_anatomical(angles: CupAngles) -> FloatArray:
    """Return the axis (3,) of anatomical angles: (sin AI cos AA, sin AI sin AA, -cos AI)."""
    inclination, anteversion = _radians(angles)
    return np.array(
        [
            np.sin(inclination) * np.cos(anteversion),
            np.sin(inclination) * np.sin(anteversion),
            -np.cos(inclination),
        ]
    )


def axis_from_operative(angles: CupAngles) -> FloatArray:
    """Return the axis (3,) of operative angles: (sin OI, cos OI sin OA, -cos OI cos OA)."""
    inclination, anteversion = _radians(angles)
    return np.array(
        [
            np.sin(inclination),
            np.cos(inclination) * np.sin(anteversion),
            -np.cos(inclination) * np.cos(anteversion),
        ]
    )


def after_pelvic_tilt(angles: CupAngles, posterior_tilt_deg: float) -> CupAngles:
    """Return the radiographic angles after the pelvis tilts backward by ``posterior_tilt_deg``.

    A tilt turns the axis about the lateral axis: operative anteversion grows by the tilt, operative inclination stays.
    """
    operative = operative_angles(axis_from_radiographic(angles))
    return radiographic_angles(
        axis_from_operative(CupAngles(operative.inclination_deg, operative.anteversion_deg + posterior_tilt_deg))
    )


def axis_in_frame(axis_lps: npt.ArrayLike, lps_from_frame: RigidTransform, lateral_sign: float) -> FloatArray:
    """Return the (lateral, anterior, superior) components (3,) of an LPS direction in an anatomical frame.

    Parameters
    ----------
    axis_lps : array (3,)
    lps_from_frame : RigidTransform
        A frame whose axes run left, posterior, superior.
    lateral_sign : float
        +1 on the left, -1 on the right: :attr:`coxa.anatomy.Side.lateral_sign`.
    """
    left, posterior, superior = lps_from_frame.axes @ unit(axis_lps)
    return np.array([lateral_sign * left, -posterior, superior])


def opening_axis(angles: CupAngles, lps_from_frame: RigidTransform, lateral_sign: float) -> FloatArray:
    """Return the LPS unit vector (3,) out of the opening of a cup with these radiographic angles in a frame."""
    lateral, anterior, superior = axis_from_radiographic(angles)
    return np.asarray(np.array([lateral_sign * lateral, -anterior, superior]) @ lps_from_frame.axes)


def _degrees(inclination_rad: float, anteversion_rad: float) -> CupAngles:
    return CupAngles(float(np.degrees(inclination_rad)), float(np.degrees(anteversion_rad)))


def _radians(angles: CupAngles) -> tuple[float, float]:
    return float(np.radians(angles.inclination_deg)), float(np.radians(angles.anteversion_deg))
