"""Hounsfield units of everything that is neither bone nor metal, as plain functions of body coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coxa.phantom.solids import Points, capsule, ellipsoid

AIR_HU, FAT_HU, MUSCLE_HU, BOWEL_HU, URINE_HU, SKIN_HU = -1000.0, -100.0, 52.0, 35.0, 8.0, 20.0
"""Of each tissue, HU [E]."""
FAT_DEPTH_MM = 20.0
"""Of fat under the skin, mm."""
Field = npt.NDArray[Any]

_BLADDER = ellipsoid((3.0, 38.0, -68.0), (36.0, 24.0, 22.0))
"""Invented organs in body coordinates (left, posterior, superior), mm: bladder,"""
_RECTUM = capsule((-2.0, 108.0, -95.0), (8.0, 96.0, -40.0), 13.0, 15.0)
"""rectum,"""
_RECTAL_GAS = capsule((0.0, 98.0, -62.0), (6.0, 92.0, -42.0), 5.0, 7.0)
"""gas in it,"""
_CAVITY = ellipsoid((0.0, 42.0, 10.0), (105.0, 62.0, 125.0))
"""peritoneal cavity,"""
_COLON_GAS = ellipsoid((38.0, 4.0, 52.0), (20.0, 12.0, 16.0))
"""and gas in the colon."""


def soft_tissue_hu(p: Points, width_mm: float) -> Field:
    """Return HU at body coordinates ``p`` (3, ...): skin, fat, muscle with fat planes, pelvic organs, air.

    Parameters
    ----------
    p : ndarray (3, ...)
    width_mm : float
        Over which neighbouring tissues mix: the voxel size.
    """
    depth = body_distance(p)
    hu = np.full(depth.shape, FAT_HU, dtype=p.dtype)
    muscle = np.maximum(depth + FAT_DEPTH_MM, _fat_planes(p))
    hu = _mix(hu, MUSCLE_HU, muscle, width_mm)
    cavity = np.maximum(_CAVITY(p), depth + FAT_DEPTH_MM + 14)
    hu = _mix(hu, FAT_HU, cavity, width_mm)
    hu = _mix(hu, BOWEL_HU, np.maximum(cavity + 4, _loops(p)), width_mm)
    hu = _mix(hu, MUSCLE_HU, _RECTUM(p), width_mm)
    hu = _mix(hu, AIR_HU, _RECTAL_GAS(p), width_mm)
    hu = _mix(hu, AIR_HU, _COLON_GAS(p), width_mm)
    hu = _mix(hu, MUSCLE_HU, _BLADDER(p), width_mm)
    hu = _mix(hu, URINE_HU, _BLADDER(p) + p.dtype.type(3), width_mm)
    hu = _mix(hu, SKIN_HU, -(depth + p.dtype.type(2)), width_mm)
    return _mix(hu, AIR_HU, -depth, width_mm)


def body_distance(p: Points) -> Field:
    """Return the approximate distance to the skin: a trunk that parts into two thighs below the crotch."""
    x, y, z = p
    drop = np.clip((z + 150.0) / 60.0, 0, 1)
    trunk = _oval(x, y - 68.0, 182.0 - 8.0 * np.clip(z / 80.0, 0, 1), 118.0 + 0.0 * z)
    thigh = _oval(np.abs(x) - 92.0, y - 70.0, 88.0 + 0.0 * z, 92.0 + 0.0 * z)
    return np.asarray(trunk * drop + thigh * (1 - drop), dtype=p.dtype)


def _oval(x: Field, y: Field, half_width: Field, half_depth: Field) -> Field:
    """Return the approximate distance to a rounded rectangle-like oval (exponent 2.5)."""
    norm = ((np.abs(x) / half_width) ** 2.5 + (np.abs(y) / half_depth) ** 2.5) ** 0.4
    return np.asarray((norm - 1) * np.minimum(half_width, half_depth))


def _fat_planes(p: Points) -> Field:
    """Return negative inside muscle bellies, positive on thin sheets of fat between them."""
    x, y, z = _warped(p, (88.0, 72.0, 190.0))
    wave = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
    return np.asarray((p.dtype.type(0.07) - np.abs(wave)) * 12)


def _loops(p: Points) -> Field:
    """Return negative inside bowel-like blobs."""
    x, y, z = _warped(p, (61.0, 47.0, 53.0))
    return np.asarray((p.dtype.type(-0.1) - np.sin(x) * np.sin(y) * np.cos(z) - 0.4 * np.sin(z + y)) * 8)


def _warped(p: Points, periods_mm: tuple[float, float, float]) -> tuple[Field, Field, Field]:
    """Return phases along x, y, z that wander, so that no lattice shows."""
    x, y, z = (p[n] * p.dtype.type(2 * np.pi / period) for n, period in enumerate(periods_mm))
    slow = p.dtype.type(0.43)
    return x + 1.3 * np.sin(slow * (y + z)), y + 1.3 * np.sin(slow * (z - x) + 1), z + 1.3 * np.sin(slow * (x + y) + 2)


def table_hu(lps: Points, top_mm: float) -> Field:
    """Return HU of the couch below ``top_mm`` (LPS posterior), -1000 elsewhere: a skin around foam."""
    x, y, _ = lps
    sag = y - y.dtype.type(top_mm) - 0.0004 * x * x
    wide = np.abs(x) < 205.0
    hu = np.full(y.shape, AIR_HU, dtype=y.dtype)
    hu[wide & (sag >= 0) & (sag < 38)] = -940.0
    hu[wide & (((sag >= 0) & (sag < 3)) | ((sag >= 35) & (sag < 38)))] = -150.0
    return hu


def _mix(hu: Field, other: float, distance: Field, width_mm: float) -> Field:
    """Blend ``other`` in where ``distance`` is negative."""
    share = np.clip(0.5 - distance / hu.dtype.type(width_mm), 0, 1)
    return np.asarray(hu + share * (hu.dtype.type(other) - hu))
