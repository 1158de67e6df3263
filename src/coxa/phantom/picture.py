"""From solids to Hounsfield units and labels, a slab of slices at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.phantom.parameters import BoneQuality, PhantomParameters
from coxa.phantom.sampling import SampledSolid, occupancy
from coxa.phantom.solids import Points
from coxa.phantom.tissue import soft_tissue_hu, table_hu

SLAB = 24
"""Slices made at once: bounds the memory."""
HU_RANGE = (-1024, 3071)
"""What a CT without extended scale can store, HU."""
NOISE_GRAIN_VOXELS = 0.6
"""Standard deviation of the Gaussian that gives the noise its grain, voxels."""
LINER_HU = -70.0
"""Polyethylene, HU [E]."""
Field32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BoneLayer:
    """A bone on voxels: label (0 for none), distances, cortical thickness at body points, marrow space if any."""

    label: int
    solid: SampledSolid
    cortex_mm: Callable[[Points], Field32]
    canal: SampledSolid | None = None


@dataclass(frozen=True, eq=False)
class HardLayer:
    """Metal or liner on voxels: label, distances, HU before clipping."""

    label: int
    solid: SampledSolid
    hu: float


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is to be seen on one grid.

    Attributes
    ----------
    grid : Grid
        Its k axis is the scanner's axis.
    body_from_lps : ndarray (4, 4)
    bones : tuple of BoneLayer
    hard : tuple of HardLayer
    streaks : callable or None
        HU to add on slices ``k_start`` to ``k_stop``.
    table_top_mm : float or None
    """

    grid: Grid
    body_from_lps: FloatArray
    bones: tuple[BoneLayer, ...]
    hard: tuple[HardLayer, ...]
    streaks: Callable[[int, int], Field32] | None
    table_top_mm: float | None


def take_picture(scene: Scene, parameters: PhantomParameters) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Return HU and labels [k, j, i] of a scene."""
    from scipy.ndimage import gaussian_filter

    scanner, grid = parameters.scanner, scene.grid
    hu_out = np.empty(grid.shape, dtype=np.int16)
    labels_out = np.empty(grid.shape, dtype=np.uint8)
    sigma = [scanner.point_spread_mm / s for s in grid.spacing_mm[::-1]]
    halo = int(np.ceil(3 * sigma[0]))
    for start in range(0, grid.shape[0], SLAB):
        stop = min(start + SLAB, grid.shape[0])
        low, high = max(start - halo, 0), min(stop + halo, grid.shape[0])
        hu, labels = _compose(scene, parameters.bone, low, high)
        hu = gaussian_filter(hu, sigma, truncate=3.0)[start - low : stop - low]
        if scene.streaks is not None:
            hu += scene.streaks(start, stop)
        hu += _noise(parameters, grid, start, stop)
        hu_out[start:stop] = np.rint(np.clip(hu, *HU_RANGE))
        labels_out[start:stop] = labels[start - low : stop - low]
    return hu_out, labels_out


def _compose(scene: Scene, quality: BoneQuality, k_start: int, k_stop: int) -> tuple[Field32, npt.NDArray[np.uint8]]:
    """Return HU without blur or noise, and labels, of a few slices."""
    grid = scene.grid
    width = float(np.prod(grid.spacing_mm) ** (1 / 3))
    nk, nj, ni = k_stop - k_start, *grid.shape[1:]
    ijk = np.stack(np.meshgrid(np.arange(ni), np.arange(nj), np.arange(k_start, k_stop), indexing="ij")[::1])
    ijk = ijk.transpose(0, 3, 2, 1).astype(np.float32)
    lps = _affine(grid.lps_from_ijk, ijk)
    body = _affine(scene.body_from_lps, lps)
    hu = soft_tissue_hu(body, width)
    if scene.table_top_mm is not None:
        hu = np.maximum(hu, table_hu(lps, scene.table_top_mm))
    labels = np.zeros((nk, nj, ni), dtype=np.uint8)
    for bone in scene.bones:
        _add_bone(hu, labels, body, bone, quality, width, (k_start, k_stop))
    for part in scene.hard:
        found = part.solid.slab(k_start, k_stop)
        if found is not None:
            where, distance = found
            hu[where] += occupancy(distance, width) * (np.float32(part.hu) - hu[where])
            labels[where][distance < 0] = part.label
    return hu, labels


def _add_bone(
    hu: Field32,
    labels: npt.NDArray[np.uint8],
    body: Points,
    bone: BoneLayer,
    quality: BoneQuality,
    width: float,
    slices: tuple[int, int],
) -> None:
    """Blend one bone in: cortex, trabeculae inside it, marrow in its canal."""
    found = bone.solid.slab(*slices)
    if found is None:
        return
    where, distance = found
    outer = occupancy(distance, width)
    inner = occupancy(distance + bone.cortex_mm(body[(slice(None), *where)]), width)
    content = np.float32(quality.cortical_hu) + inner * np.float32(quality.trabecular_hu - quality.cortical_hu)
    hu[where] += outer * (content - hu[where])
    labels[where][distance < 0] = bone.label
    hollow = bone.canal.slab(*slices) if bone.canal is not None else None
    if hollow is not None:
        where, distance = hollow
        hu[where] += occupancy(distance, width) * (np.float32(quality.marrow_hu) - hu[where])


def _affine(matrix: FloatArray, points: Field32) -> Field32:
    """Take points (3, ...) by an affine (4, 4) in single precision."""
    m = matrix.astype(np.float32)
    moved = np.tensordot(m[:3, :3], points, axes=1)
    return np.asarray(moved + m[:3, 3].reshape((3,) + (1,) * (points.ndim - 1)), dtype=np.float32)


def _noise(parameters: PhantomParameters, grid: Grid, k_start: int, k_stop: int) -> Field32:
    """Return grained noise; every slice has its own stream, so slabs and crops do not change it."""
    from scipy.ndimage import gaussian_filter

    out = np.empty((k_stop - k_start, *grid.shape[1:]), dtype=np.float32)
    for n, k in enumerate(range(k_start, k_stop)):
        stream = np.random.default_rng([parameters.seed, k])
        white = stream.standard_normal(grid.shape[1:], dtype=np.float32)
        out[n] = gaussian_filter(white, NOISE_GRAIN_VOXELS, mode="wrap")
    return out * np.float32(parameters.scanner.noise_hu / _grain_loss(NOISE_GRAIN_VOXELS))


def _grain_loss(sigma: float) -> float:
    """Return the standard deviation left of unit white noise after the in-plane Gaussian."""
    x = np.arange(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)
    kernel = np.exp(-0.5 * (x / sigma) ** 2)
    return float(((kernel / kernel.sum()) ** 2).sum())
