"""The lumbosacral disc: a dark slab between two bright endplates, where anatomy says it can lie.

Vertebrae look like sacrum to any threshold, and worn facet joints join them. The disc between S1 and L5
is looked for in the midsagittal picture of the hip frame (y posterior, z superior, origin midway between
the hip joints): its centre lies about 110 mm from the hip axis, and its slope is tied to its place by the
pelvic incidence, which belongs to the bone and not to the pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.volume import Volume

FROM_HIP_AXIS_MM = (110.0, 12.0)
"""Distance of the S1 endplate's centre from the hip axis, mean and spread [E]."""
INCIDENCE_DEG = (52.0, 15.0)
"""Pelvic incidence: backward angle of the endplate's centre plus its forward slope; mean [Legaye 1998], spread [E]."""
BACKWARD_DEG = (12.0, 22.0)
"""The centre stands this far behind the hip axis, seen from it; lying patients and tilted scans spread."""
SLOPES_DEG = np.arange(0.0, 71.0, 5.0)
"""Slopes of the disc that are tried, degrees."""
HALF_DEPTH_MM = 11.0
"""A disc is dark, and its endplates are bright, over at least twice this from front to back."""
HALF_WIDTH_MM = 9.0
"""The disc is looked at this far to both sides of the midline, mm."""
THINNEST_MM, THICKEST_MM = 3.0, 20.0
"""Least and largest distance between the endplates, mm [E]."""
SOFT_HU, BONE_HU = 20.0, (90.0, 170.0)
"""Endplates count from the lower of the two bone levels and fully from the upper."""
CLEAR_SCORE, RIVAL_SHARE = 0.06, 0.5
"""Of rivals that score half the best or more the lowest is L5/S1; the others are discs above it."""
RIVAL_APART_MM = 8
"""Two findings closer than this are one, mm."""
CENTRE_YZ_MM, REACH_MM = (25.0, 108.0), 55
"""Middle of the region that is searched (posterior, superior of the hip axis), and its half-width, mm."""
STEP_MM = 1.0
"""Pitch of the search, mm."""


@dataclass(frozen=True, eq=False)
class LumbosacralDisc:
    """Where L5 ends and the sacrum begins, in the hip frame.

    Attributes
    ----------
    centre_yz_mm : tuple of float
        A point within the disc: posterior and superior of the hip axis.
    slope_deg : float
        How far the front of the disc is tipped down.
    """

    centre_yz_mm: tuple[float, float]
    slope_deg: float

    def heights_and_depths_mm(self, points_hips_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how far points (N, 3) lie above the disc's plane and behind its centre along it."""
        y, z = points_hips_mm[:, 1] - self.centre_yz_mm[0], points_hips_mm[:, 2] - self.centre_yz_mm[1]
        c, s = np.cos(np.radians(self.slope_deg)), np.sin(np.radians(self.slope_deg))
        return z * c - y * s, y * c + z * s


def find_lumbosacral_disc(volume: Volume, lps_from_hips: RigidTransform) -> LumbosacralDisc | None:
    """Find the disc between L5 and S1; None where the scan does not show one clearly."""
    best: list[tuple[float, LumbosacralDisc]] = []
    for slope_deg in SLOPES_DEG:
        discs = _sloping(volume, lps_from_hips, float(slope_deg))
        best.extend(disc for disc in discs if disc[0] > CLEAR_SCORE)
    if not best:
        return None
    most = max(score for score, _ in best)
    rivals = [(score, disc) for score, disc in best if score >= RIVAL_SHARE * most]
    lowest = min(rivals, key=lambda rival: np.hypot(*rival[1].centre_yz_mm))[1]
    near = [r for r in rivals if np.hypot(*np.subtract(r[1].centre_yz_mm, lowest.centre_yz_mm)) <= RIVAL_APART_MM]
    return max(near, key=lambda rival: rival[0])[1]


def _sloping(volume: Volume, lps_from_hips: RigidTransform, slope_deg: float) -> list[tuple[float, LumbosacralDisc]]:
    """Return the discs of one slope with their scores, at most one within :data:`RIVAL_APART_MM` of another."""
    c, s = np.cos(np.radians(slope_deg)), np.sin(np.radians(slope_deg))
    across = np.arange(-REACH_MM, REACH_MM + 1, STEP_MM)
    depth, height = across[None, :], across[:, None]
    y = CENTRE_YZ_MM[0] + depth * c - height * s
    z = CENTRE_YZ_MM[1] + depth * s + height * c
    contrast = _dark_between_bright(_midsagittal(volume, lps_from_hips, y, z))
    backward_deg = np.degrees(np.arctan2(y, z))
    score = contrast * (
        _usual(np.hypot(y, z), FROM_HIP_AXIS_MM)
        * _usual(backward_deg + slope_deg, INCIDENCE_DEG)
        * _usual(backward_deg, BACKWARD_DEG)
    )
    peaks = (score > 0) & (score == ndi.maximum_filter(score, size=2 * RIVAL_APART_MM + 1))
    return [
        (float(score[at]), LumbosacralDisc((float(y[at]), float(z[at])), slope_deg))
        for at in zip(*np.nonzero(peaks), strict=True)
    ]


def _usual(value: FloatArray, mean_and_spread: tuple[float, float]) -> FloatArray:
    mean, spread = mean_and_spread
    return np.asarray(np.exp(-0.5 * ((value - mean) / spread) ** 2))


def _midsagittal(
    volume: Volume, lps_from_hips: RigidTransform, y: FloatArray, z: FloatArray
) -> npt.NDArray[np.float32]:
    """Return HU at points (y, z) of the hip frame, averaged over a band about the midline."""
    picture = np.zeros(y.shape, dtype=np.float32)
    lanes = np.arange(-HALF_WIDTH_MM, HALF_WIDTH_MM + 1, 3.0)
    for x in lanes:
        points = np.stack([np.full(y.size, x), y.ravel(), z.ravel()], axis=1)
        index = volume.grid.indices_from_points(lps_from_hips.points(points))[:, ::-1].T
        hu = ndi.map_coordinates(volume.hu, index, output=np.float32, order=1, mode="nearest")
        picture += np.clip(hu, -100, 600).reshape(y.shape)
    return picture / np.float32(len(lanes))


def _dark_between_bright(picture: npt.NDArray[np.float32]) -> FloatArray:
    """Return by how much rows of a picture [height, depth] are darker than those just above and below, 0 to 1."""
    width = int(2 * HALF_DEPTH_MM / STEP_MM) + 1
    bright = ndi.percentile_filter(picture, 30, size=(1, width))
    dark = ndi.uniform_filter1d(ndi.percentile_filter(picture, 80, size=(1, width)), 2, axis=0)
    near, far = int(THINNEST_MM / 2 / STEP_MM) + 1, int(THICKEST_MM / 2 / STEP_MM)
    length = far - near + 1
    middle = near + (length - 1) // 2
    above = np.roll(ndi.maximum_filter1d(bright, length, axis=0), -middle, axis=0)
    below = np.roll(ndi.maximum_filter1d(bright, length, axis=0), middle, axis=0)
    endplates = np.minimum(above, below)
    bone = np.clip((endplates - BONE_HU[0]) / (BONE_HU[1] - BONE_HU[0]), 0, 1)
    contrast = np.clip((endplates - dark) / np.maximum(endplates - SOFT_HU, 60.0), 0, 1) * bone
    contrast[:far] = contrast[-far:] = 0  # what np.roll wrapped around
    return np.asarray(contrast, dtype=np.float64)
