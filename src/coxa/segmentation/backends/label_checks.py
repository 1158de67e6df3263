"""Whether labels that somebody else drew fit this scan: whole bones, on the right side, where the bone is.

Nothing is repaired here. A wrong side or a shifted mask gives numbers that look right, so it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from coxa.anatomy import BONES, HIP_LEFT, HIP_RIGHT, SACRUM, SIDES, Side
from coxa.errors import SegmentationError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.blocks import Block
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.volume import Volume

EDGE_VOXELS = 2.0
"""How far beyond the edge of the label file the scan may go on before a bone at that edge counts as cut off."""
WRONG_SIDE_MM = 30.0
"""The pubic bones meet in the midline; this far beyond it no bone of the other side is found [E]."""
WRONG_SIDE_ML = 1.0
"""Less than this on the wrong side is a speck."""
TRIAL_SHIFT_MM = 6.0
"""Labels off by more than half of this along an axis lie better when shifted by it. With labels that fit, no
shift keeps more than nine tenths of the density [E]."""
DENSITY_RANGE_HU = (0, 500)
"""Densities are held within it, so that neither air nor metal outweighs bone."""
SAMPLES = 20000
"""Voxels of the hip bones that are looked at, about."""


def require_whole(given: Segmentation, grid: Grid) -> None:
    """Refuse labels whose file ends in the middle of a bone while the scan goes on.

    Raises
    ------
    SegmentationError
        Naming the bone.
    """
    reach = np.array(grid.size) - 0.5
    for name in BONES:
        for beyond_lps_mm in _beyond_the_edges(given, name):
            ijk = grid.indices_from_points(beyond_lps_mm)
            if bool(((ijk > -0.5) & (ijk < reach)).all(axis=1).any()):
                raise SegmentationError(
                    f"the label file ends in the middle of {name} while the scan goes on: it was made on a part of "
                    "the scan; make the labels on the whole of it"
                )


def _beyond_the_edges(given: Segmentation, name: str) -> Iterator[FloatArray]:
    """Yield points (n, 3), LPS mm, a little outside each face of the label file at which the structure ends."""
    value = _value_of(given, name)
    if value is None:
        return
    for axis in range(3):
        for end, step in ((0, -EDGE_VOXELS), (given.labels.shape[axis] - 1, EDGE_VOXELS)):
            on_face = np.argwhere(np.take(given.labels, end, axis=axis) == value)
            if len(on_face):
                kji = np.insert(on_face.astype(np.float64), axis, end + step, axis=1)
                yield given.grid.points_from_indices(kji[:, ::-1])


def blocks_of_labels(labels: npt.NDArray[np.uint8]) -> dict[int, Block]:
    """Return the block around each label value that occurs, background left out; one pass over the array."""
    return {value: block for value, block in enumerate(find_objects(labels), start=1) if block is not None}


def bone_points(labelled: Segmentation) -> dict[str, FloatArray]:
    """Return the voxel centres (n, 3) of each bone in LPS mm; none for a bone that is absent."""
    blocks = blocks_of_labels(labelled.labels)
    points = {name: np.empty((0, 3)) for name in BONES}
    for value, name in labelled.names.items():
        if name in points and value in blocks:
            block = blocks[value]
            kji = np.argwhere(labelled.labels[block] == value) + [along.start for along in block]
            points[name] = labelled.grid.points_from_indices(kji[:, ::-1])
    return points


def require_sides(points: Mapping[str, FloatArray], voxel_ml: float) -> None:
    """Refuse labels whose left and right contradict the patient's, as the scan's frame (LPS) gives them.

    The left hip lies to the left of the right one, and of the sacrum when the other is missing; so does the
    femur; a femur lies nearest the hip of its own name; no larger piece of a bone lies on the other side.

    Parameters
    ----------
    points : Mapping[str, ndarray (n, 3)]
        As :func:`bone_points` gives them.
    voxel_ml : float

    Raises
    ------
    SegmentationError
        Saying which labels contradict the anatomy. Nothing is swapped.
    """
    centres = {name: found.mean(axis=0) for name, found in points.items() if len(found)}
    for bone in ("hip", "femur"):
        _require_order(centres, f"{bone}_left", f"{bone}_right")
    for side in SIDES:
        _require_order(centres, *(f"hip_{side}", SACRUM) if side is Side.LEFT else (SACRUM, f"hip_{side}"))
        _require_own_hip(centres, side)
    if HIP_LEFT in centres and HIP_RIGHT in centres:
        _require_no_strays(points, centres[HIP_LEFT], centres[HIP_RIGHT], voxel_ml)


def _require_order(centres: Mapping[str, FloatArray], left: str, right: str) -> None:
    a, b = centres.get(left), centres.get(right)
    if a is not None and b is not None and a[0] <= b[0]:
        raise SegmentationError(
            f"left and right are swapped in the labels: {left} lies {b[0] - a[0]:.0f} mm to the patient's right of "
            f"{right}; correct the names of the labels, or the orientation of their file, whichever is wrong"
        )


def _require_own_hip(centres: Mapping[str, FloatArray], side: Side) -> None:
    femur, own, other = (centres.get(n) for n in (f"femur_{side}", f"hip_{side}", f"hip_{side.opposite}"))
    if femur is None or own is None or other is None:
        return
    if np.linalg.norm(femur - own) >= np.linalg.norm(femur - other):
        raise SegmentationError(
            f"femur_{side} lies nearer to hip_{side.opposite} than to hip_{side}: correct the names of the labels"
        )


def _require_no_strays(
    points: Mapping[str, FloatArray], hip_left: FloatArray, hip_right: FloatArray, voxel_ml: float
) -> None:
    """Refuse pieces of a bone that lie beyond the plane midway between the hips."""
    to_left = (hip_left - hip_right) / np.linalg.norm(hip_left - hip_right)
    for side in SIDES:
        for name in (f"hip_{side}", f"femur_{side}"):
            beyond_mm = -side.lateral_sign * ((points[name] - (hip_left + hip_right) / 2) @ to_left)
            stray_ml = float((beyond_mm > WRONG_SIDE_MM).sum()) * voxel_ml
            if stray_ml > WRONG_SIDE_ML:
                raise SegmentationError(
                    f"{stray_ml:.0f} ml of {name} lie on the patient's {side.opposite}: the labels mix the sides; "
                    "correct them before use"
                )


def require_on_bone(points: Mapping[str, FloatArray], volume: Volume) -> None:
    """Refuse hip bones that do not lie where the scan is densest: labels of another scan, or displaced.

    Labels that fit lose density whichever way they are shifted; that holds in osteoporotic bone as well.

    Parameters
    ----------
    points : Mapping[str, ndarray (n, 3)]
        As :func:`bone_points` gives them.
    volume : Volume

    Raises
    ------
    SegmentationError
        When no hip bone is left in the scan, or the labels would hold more bone elsewhere.
    """
    hips = np.concatenate([points[HIP_LEFT], points[HIP_RIGHT]])
    if not len(hips):
        raise SegmentationError(
            "no voxel of the scan is labelled as hip bone: the labels were made on another scan or series, or lie "
            "elsewhere in space; make them on this one"
        )
    sample = hips[:: 1 + len(hips) // SAMPLES]
    here = _mean_density_hu(volume, sample)
    shifts = TRIAL_SHIFT_MM * np.vstack([np.eye(3), -np.eye(3)])
    best = max(shifts, key=lambda shift: _mean_density_hu(volume, sample + shift))
    if _mean_density_hu(volume, sample + best) >= here:
        raise SegmentationError(
            f"the labels do not lie on the bone: shifted by {np.round(best).astype(int).tolist()} mm (left, posterior, "
            "superior) they would hold more of it; were they made on another scan or series? Make them on this one"
        )


def _mean_density_hu(volume: Volume, points_lps_mm: FloatArray) -> float:
    """Return the mean density at points (n, 3), those outside the scan counted as air."""
    ijk = np.rint(volume.grid.indices_from_points(points_lps_mm)).astype(np.int64)
    i, j, k = ijk[((ijk >= 0) & (ijk < volume.grid.size)).all(axis=1)].T
    return float(np.clip(volume.hu[k, j, i], *DENSITY_RANGE_HU).sum(dtype=np.float64)) / len(points_lps_mm)


def _value_of(segmentation: Segmentation, name: str) -> int | None:
    return next((value for value, label in segmentation.names.items() if label == name), None)
