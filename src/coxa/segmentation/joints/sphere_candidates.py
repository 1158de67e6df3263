"""Where hip joints may be: a spherical Hough transform of bone edges on a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage as ndi

from coxa.geometry.arrays import FloatArray
from coxa.geometry.blocks import bounding_block, margin_voxels
from coxa.geometry.grid import Grid
from coxa.volume import Volume

COARSE_MM = 2.0
"""Voxel edge of the coarse volume in which spheres are looked for, mm."""
HEAD_RADII_MM = (17.0, 31.0)
"""Adult native heads measure 47 +- 3.5 mm across (computed on 16 adults); prosthetic cups 44 to 66 mm."""
EDGE_SIGMA_MM = 1.5
"""Width of the Gaussian under the gradient, mm."""
EDGE_HU_PER_MM = 40.0
"""Least gradient of an edge that votes."""
EDGE_HU = 110.0
"""Edges of skin, bowel and unenhanced vessels lie below."""
VOTE_CELL_MM = 2.5
"""Cell in which votes are counted, mm."""
SEPARATION_MM = 20.0
"""Two candidates are at least this far apart, mm."""


@dataclass(frozen=True, eq=False)
class HipSphere:
    """A femoral head or cup found on the coarse grid: LPS mm, radius in mm, votes per mm² of sphere."""

    centre_lps_mm: FloatArray
    radius_mm: float
    score: float


def coarse_volume(volume: Volume, spacing_mm: float = COARSE_MM) -> tuple[npt.NDArray[np.float32], Grid]:
    """Return block-averaged HU near ``spacing_mm`` and its grid; never finer than the scan."""
    factor = [max(1, round(spacing_mm / s)) for s in volume.grid.spacing_mm]
    fi, fj, fk = factor
    nk, nj, ni = (n // f for n, f in zip(volume.hu.shape, (fk, fj, fi), strict=True))
    coarse = np.empty((nk, nj, ni), dtype=np.float32)
    for k in range(nk):  # slab by slab: no float copy of the whole scan
        slab = volume.hu[k * fk : (k + 1) * fk, : nj * fj, : ni * fi].sum(axis=0, dtype=np.int32)
        rows = slab.reshape(nj, fj, ni * fi).sum(axis=1)
        coarse[k] = rows.reshape(nj, ni, fi).sum(axis=2)
    coarse /= fi * fj * fk
    g = volume.grid
    origin = g.points_from_indices((np.array(factor) - 1) / 2.0)
    spacing = tuple(s * f for s, f in zip(g.spacing_mm, factor, strict=True))
    return coarse, Grid((ni, nj, nk), (spacing[0], spacing[1], spacing[2]), origin, g.direction)


def resampled(volume: Volume, spacing_mm: float) -> Volume:
    """Return a volume interpolated onto cubic voxels of an edge along its own axes."""
    grid = volume.grid
    count = [int((n - 1) * s / spacing_mm) + 1 for n, s in zip(grid.size, grid.spacing_mm, strict=True)]
    image = sitk.GetImageFromArray(volume.hu)
    image.SetSpacing(grid.spacing_mm)
    finer = sitk.Resample(
        image, count, sitk.Transform(), sitk.sitkLinear, (0.0, 0.0, 0.0), (spacing_mm,) * 3, np.eye(3).ravel().tolist()
    )
    size = (count[0], count[1], count[2])
    cubic = Grid(size, (spacing_mm, spacing_mm, spacing_mm), grid.origin_lps_mm, grid.direction)
    return Volume(sitk.GetArrayFromImage(finer), cubic)


def sphere_candidates(hu: npt.NDArray[np.float32], grid: Grid, count: int = 16) -> list[HipSphere]:
    """Vote from bone edges toward their bright side; the spheres that collect most votes a mm² come first."""
    where_mm, toward_bright = _bone_edges(hu, grid)
    if len(where_mm) == 0:
        return []
    low = where_mm.min(axis=0)  # no joint's centre lies outside of all edges
    shape = tuple(int(n) for n in np.ceil((where_mm.max(axis=0) - low) / VOTE_CELL_MM)[::-1] + 1)
    radii = np.arange(HEAD_RADII_MM[0], HEAD_RADII_MM[1] + 0.5, 1.0)
    votes = np.empty((len(radii), *shape), dtype=np.float32)
    for at_radius, r in zip(votes, radii, strict=True):
        np.divide(_votes(where_mm + r * toward_bright - low, shape), r * r, out=at_radius)
    ndi.gaussian_filter1d(votes, 1.0, axis=0, output=votes)
    best = votes.max(axis=0)
    found: list[HipSphere] = []
    reach = int(SEPARATION_MM / VOTE_CELL_MM)
    for _ in range(count):
        peak = np.unravel_index(int(best.argmax()), best.shape)
        score = float(best[peak])
        if score <= 0:
            break
        index = (low + np.array(peak[::-1]) * VOTE_CELL_MM) / np.array(grid.spacing_mm)
        radius_mm = float(radii[np.moveaxis(votes, 0, -1)[peak].argmax()])
        found.append(HipSphere(grid.points_from_indices(index), radius_mm, score))
        best[tuple(slice(max(0, n - reach), n + reach + 1) for n in peak)] = 0
    return found


def _bone_edges(hu: npt.NDArray[np.float32], grid: Grid) -> tuple[FloatArray, FloatArray]:
    """Return places of steep bone edges, mm along the index axes (N, 3), and unit vectors toward their bright side."""
    dense = hu > EDGE_HU
    block = bounding_block(dense, margin_voxels(3 * EDGE_SIGMA_MM, grid))
    if block is None:
        return np.empty((0, 3)), np.empty((0, 3))
    image = sitk.GetImageFromArray(np.clip(hu[block], 0, 1200))
    image.SetSpacing(grid.spacing_mm)
    gradient = sitk.GetArrayFromImage(sitk.GradientRecursiveGaussian(image, EDGE_SIGMA_MM))[dense[block]]
    magnitude = np.linalg.norm(gradient, axis=1)
    steep = magnitude > EDGE_HU_PER_MM
    index = np.argwhere(dense[block])[steep] + [part.start for part in block]
    return index[:, ::-1] * np.array(grid.spacing_mm), gradient[steep] / magnitude[steep, None]


def _votes(points_mm: FloatArray, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    index = np.rint(points_mm / VOTE_CELL_MM).astype(np.int64)
    inside = ((index >= 0) & (index < np.array(shape[::-1]))).all(axis=1)
    i, j, k = index[inside].T
    flat = np.bincount((k * shape[1] + j) * shape[2] + i, minlength=int(np.prod(shape))).astype(np.float32)
    return np.asarray(ndi.gaussian_filter(flat.reshape(shape), 0.7, truncate=3.0))
