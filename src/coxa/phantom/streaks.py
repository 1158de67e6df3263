"""Metal artefacts, cheaply: the error that dense metal leaves in the projections of a slice, projected back.

Where a ray meets much metal the scanner sees too little (beam hardening, scatter, few photons). That missing
part, a saturating function of the metal path, goes through the ramp filter of filtered back-projection and comes
back as dark bands between dense parts and bright ones beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Field32 = npt.NDArray[np.float32]
ANGLES = 120
"""Projections over half a turn."""
PATH_SCALE_MM = 40.0
"""Metal path at which the loss, quadratic at first, turns linear."""

STRENGTH_HU_MM = 26.0
"""Scale from the loss of projections to streaks, HU mm."""
LINEAR_SHARE = 0.85
"""How much of the loss calibration has put right."""

LIMIT_HU = 700.0
"""Streaks level off toward this, HU."""
STARVED_NOISE_MM = 0.08
"""Noise of a projection, in mm of metal path, where a ray meets no metal; grows with the path."""

STARVED_SCALE_MM = 16.0
"""Metal path along which the noise of a projection grows e-fold, mm."""


@dataclass(frozen=True, eq=False)
class StreakModel:
    """Streaks of a stack of slices.

    Attributes
    ----------
    values : ndarray [n, j, i] of float32
        On every ``step``-th voxel in the plane, HU.
    first_slice : int
    step : int
    shape : (int, int)
        Of the full slices (j, i).
    """

    values: Field32
    first_slice: int
    step: int
    shape: tuple[int, int]

    def __call__(self, k_start: int, k_stop: int) -> Field32:
        """Return HU to add on slices ``k_start`` to ``k_stop``."""
        out = np.zeros((k_stop - k_start, *self.shape), dtype=np.float32)
        for k in range(k_start, k_stop):
            n = k - self.first_slice
            if 0 <= n < len(self.values):
                out[k - k_start] = _enlarge(self.values[n], self.step, self.shape)
        return out


def metal_streaks(metal: Field32, first_slice: int, spacing_mm: tuple[float, float], seed: int) -> StreakModel:
    """Return the streaks of metal.

    Parameters
    ----------
    metal : ndarray [n, j, i]
        Occupancy, weighted by density, on whole slices.
    first_slice : int
    spacing_mm : (float, float)
        Along i and j.
    seed : int
        Of the noise where few photons come through.
    """
    shape = metal.shape[1:]
    step = max(1, round(1.8 / min(spacing_mm)))
    j, i = (np.arange(0, n, step, dtype=np.float32) for n in shape)
    x, y = np.meshgrid(i * spacing_mm[0], j * spacing_mm[1])
    reach = float(np.hypot(shape[1] * spacing_mm[0], shape[0] * spacing_mm[1]))
    pixel = step * min(spacing_mm)
    bins = int(np.ceil(2 * reach / pixel)) + 4
    n_slice, row, column = np.nonzero(metal > 0.02)
    weight = metal[n_slice, row, column].astype(np.float64) * spacing_mm[0] * spacing_mm[1] / pixel
    px, py = column * spacing_mm[0], row * spacing_mm[1]
    total = np.zeros((x.size, len(metal)), dtype=np.float32)
    size = len(metal) * bins
    stream = np.random.default_rng(seed)
    for angle in np.pi * np.arange(ANGLES) / ANGLES:
        s = (px * np.cos(angle) + py * np.sin(angle) + reach) / pixel
        low = s.astype(int)
        flat, share = n_slice * bins + low, s - low
        path = np.bincount(flat, weight * (1 - share), size) + np.bincount(flat + 1, weight * share, size)
        paths = path.reshape(len(metal), bins).astype(np.float64)
        starved = STARVED_NOISE_MM * np.expm1(np.minimum(paths, 64.0) / STARVED_SCALE_MM)
        seen = _missing(paths) + starved * stream.standard_normal(paths.shape)
        loss = np.ascontiguousarray(_filtered(seen, pixel).T)
        total += loss[np.rint((x * np.cos(angle) + y * np.sin(angle) + reach) / pixel).astype(int).ravel()]
    total *= np.float32(STRENGTH_HU_MM * np.pi / ANGLES)
    total = np.ascontiguousarray(total.T).reshape(len(metal), *x.shape)
    bounded = (LIMIT_HU * np.tanh(total / LIMIT_HU)).astype(np.float32)
    return StreakModel(bounded, first_slice, step, (shape[0], shape[1]))


def _missing(path_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how much of a metal path the scanner does not see, beyond what a mere lower density would explain."""
    loss = path_mm**2 / (path_mm + PATH_SCALE_MM)
    share = float((loss * path_mm).sum() / max(float((path_mm**2).sum()), 1e-9))
    return LINEAR_SHARE * share * path_mm - loss


def _filtered(projections: npt.NDArray[np.float64], pixel_mm: float) -> Field32:
    """Apply the ramp filter (Hann-windowed) along the last axis."""
    length = 2 * projections.shape[1]
    frequency = np.fft.rfftfreq(length)
    ramp = 2 * frequency * 0.5 * (1 + np.cos(2 * np.pi * frequency)) / pixel_mm * 100.0
    spectrum = np.fft.rfft(projections, length, axis=1) * ramp
    return np.fft.irfft(spectrum, length, axis=1)[:, : projections.shape[1]].astype(np.float32)


def _enlarge(image: Field32, step: int, shape: tuple[int, int]) -> Field32:
    """Return a slice at full size, linear between the samples."""
    if step == 1:
        return image
    from scipy.ndimage import map_coordinates

    j, i = np.meshgrid(*(np.arange(n, dtype=np.float32) / step for n in shape), indexing="ij")
    return np.asarray(map_coordinates(image, [j, i], order=1, mode="nearest"), dtype=np.float32)
