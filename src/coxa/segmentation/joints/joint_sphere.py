"""The sphere of a joint space: a Hough transform of thin dark sheets.

Between a femoral head and its socket runs a thin dark shell, however narrow. Where the Hessian has one
large positive eigenvalue the image is such a sheet, and its eigenvector points at the joint's centre.
Few other dark sheets in a body lie on a sphere of 17 to 33 mm, so the peak is unmistakable even in
arthritis, where edges alone mislead.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage as ndi

from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.segmentation.joints.head_surface import fibonacci_sphere
from coxa.segmentation.joints.sphere_candidates import HipSphere
from coxa.volume import Volume

HALF_WIDTH_MM = 48.0
"""Half of the edge of the block about a joint, mm."""
STEP_MM = 1.25
"""Pitch of that block, mm."""
SEARCH_MM = 30.0
"""The centre is looked for this far from where it was supposed along each axis."""
SHEET_HU_PER_MM2 = 45.0
"""Least second derivative across a dark sheet: joint space."""
VALLEY_RADII_MM = (17.0, 34.0)
"""Least and largest radius of the joint space, mm [E]."""
HEAD_RADII_MM = (18.0, 31.0)
"""Least and largest radius of a head, mm [E]."""
CORTEX_MM, GAP_MM = 6.0, 3.0
"""A head's cortex lies this close inside its surface, and soft tissue or joint space this close outside."""
CORTEX_STEP_HU = 60.0
"""The cortex is at least this much brighter than what lies outside, on 5 mm slices and in osteoporosis too."""
HEAD_DIRECTIONS = 1500
"""Rays from the centre that look for the cortex."""


def refine_joint(volume: Volume, start_lps_mm: FloatArray) -> HipSphere:
    """Find the clearest valley sphere about a rough joint position (within about 25 mm of it)."""
    hu, grid = _resample_cube(volume, start_lps_mm)
    where_mm, normal = _dark_sheets(hu)
    radii = np.arange(VALLEY_RADII_MM[0], VALLEY_RADII_MM[1] + 0.5, 1.0)
    cells = 2 * round(SEARCH_MM / STEP_MM) + 1
    first_cell = (len(hu) - cells) // 2
    where_mm -= first_cell * STEP_MM
    votes = np.zeros((len(radii), cells, cells, cells), dtype=np.float32)
    for n, r in enumerate(radii):
        both_ways = np.concatenate([where_mm + r * normal, where_mm - r * normal])
        votes[n] = _accumulate(both_ways, votes.shape[1:]) / (r * r)
    ndi.gaussian_filter1d(votes, 1.0, axis=0, output=votes)
    total = votes.max(axis=0)
    peak = np.unravel_index(int(total.argmax()), total.shape)
    centre = grid.points_from_indices(first_cell + _centre_of_mass(total, peak)[::-1])
    return HipSphere(centre, float(radii[np.moveaxis(votes, 0, -1)[peak].argmax()]), float(total[peak]))


def head_share(volume: Volume, centre_lps_mm: FloatArray) -> float:
    """Return the share of directions in which a head's cortex ends: of a native joint 0.75 to 0.95, of a socket 0.6.

    A socket's own plate ends too, but not below and laterally. Only the neck's directions miss a head.
    """
    hu, grid = _resample_cube(volume, centre_lps_mm)
    directions = _directions_in_view(volume, centre_lps_mm)
    if not len(directions):
        return 0.0
    distance = np.arange(HEAD_RADII_MM[0] - CORTEX_MM, HEAD_RADII_MM[1] + GAP_MM, 1.0)
    index = grid.indices_from_points(centre_lps_mm + directions[:, None] * distance[None, :, None])
    clipped = np.clip(hu, -50, 1000)
    profile = ndi.map_coordinates(clipped, index.reshape(-1, 3)[:, ::-1].T, order=1).reshape(len(directions), -1)
    inside, outside = round(CORTEX_MM), round(GAP_MM)
    shares = [
        (profile[:, n - inside : n].max(axis=1) - profile[:, n - 1 : n + outside].min(axis=1) > CORTEX_STEP_HU).mean()
        for n in range(inside, profile.shape[1] - outside + 1)
    ]
    return float(max(shares))


def _directions_in_view(volume: Volume, centre_lps_mm: FloatArray) -> FloatArray:
    """Return unit vectors (N, 3) along which the field of view holds the whole head and a little more."""
    directions = fibonacci_sphere(HEAD_DIRECTIONS)
    index = volume.grid.indices_from_points(centre_lps_mm + (HEAD_RADII_MM[1] + GAP_MM) * directions)
    return np.asarray(directions[((index >= 0) & (index <= np.array(volume.grid.size) - 1)).all(axis=1)])


def _resample_cube(volume: Volume, centre_lps_mm: FloatArray) -> tuple[npt.NDArray[np.float32], Grid]:
    count = int(2 * HALF_WIDTH_MM / STEP_MM) + 1
    grid = Grid((count,) * 3, (STEP_MM,) * 3, np.asarray(centre_lps_mm) - HALF_WIDTH_MM, np.eye(3))
    centre = volume.grid.indices_from_points(centre_lps_mm)
    reach = HALF_WIDTH_MM * 1.8 / np.array(volume.grid.spacing_mm)
    low = np.clip((centre - reach).astype(int), 0, np.array(volume.grid.size) - 1)
    high = np.clip((centre + reach).astype(int) + 2, low + 1, volume.grid.size)
    block = volume.crop(low, high - low)
    image = sitk.GetImageFromArray(block.hu)
    image.SetSpacing(block.grid.spacing_mm)
    image.SetOrigin([float(x) for x in block.grid.origin_lps_mm])
    image.SetDirection([float(x) for x in block.grid.direction.ravel()])
    cube = sitk.Resample(
        image, grid.size, sitk.Transform(), sitk.sitkLinear, list(map(float, grid.origin_lps_mm)), grid.spacing_mm,
        np.eye(3).ravel().tolist(), -1000.0, sitk.sitkFloat32,
    )  # fmt: skip
    return sitk.GetArrayFromImage(cube), grid


def _dark_sheets(hu: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
    """Return sheet voxels in mm along k, j, i (N, 3) and their unit normals in the same order."""
    clipped = np.clip(hu, -50, 900)
    second = {}
    for a in range(3):
        for b in range(a, 3):
            order = [0, 0, 0]
            order[a] += 1
            order[b] += 1
            second[a, b] = ndi.gaussian_filter(clipped, 1.0 / STEP_MM, order=order, truncate=3.0) / STEP_MM**2
    where = np.nonzero(second[0, 0] + second[1, 1] + second[2, 2] > 0.8 * SHEET_HU_PER_MM2)
    hessian = np.empty((len(where[0]), 3, 3), dtype=np.float32)
    for (a, b), values in second.items():
        hessian[:, a, b] = hessian[:, b, a] = values[where]
    eigenvalues, vectors = np.linalg.eigh(hessian)
    sheet = (eigenvalues[:, 2] > SHEET_HU_PER_MM2) & (np.abs(eigenvalues[:, 1]) < 0.6 * eigenvalues[:, 2])
    return np.stack(where, axis=1)[sheet] * STEP_MM, vectors[sheet, :, 2].astype(np.float64)


def _accumulate(points_mm: FloatArray, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    index = np.rint(points_mm / STEP_MM).astype(np.int64)
    inside = ((index >= 0) & (index < np.array(shape))).all(axis=1)
    flat = np.ravel_multi_index(tuple(index[inside].T), shape)
    counts = np.bincount(flat, minlength=int(np.prod(shape))).astype(np.float32).reshape(shape)
    return np.asarray(ndi.gaussian_filter(counts, 1.6 / STEP_MM, truncate=3.0))


def _centre_of_mass(votes: npt.NDArray[np.float32], peak: tuple[np.intp, ...]) -> FloatArray:
    block = tuple(slice(max(0, int(p) - 2), int(p) + 3) for p in peak)
    part = votes[block]
    weight = np.maximum(part - 0.5 * part.max(), 0)
    ranges = (np.arange(part.shape[a]) + block[a].start for a in range(3))
    index = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1)
    return np.asarray((index * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum())
