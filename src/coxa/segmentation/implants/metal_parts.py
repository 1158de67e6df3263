"""Which metal is what: cup, head and stem of each hip, screws, plates, nails.

Head and cup are spheres, fitted to the metal's surface as they are for measuring; the stem is what leaves the cup's
mouth. Whatever remains is told by its shape. Metal that answers to nothing stays plain metal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.anatomy import LABELS, LINER_LABELS, METAL, METAL_PART_LABELS, SIDES, Side
from coxa.geometry.arrays import BoolArray, FloatArray, IntArray, perpendiculars
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.surface_points import points_of_mesh
from coxa.implants.prosthesis import FittedCup, Prosthesis, find_prosthesis
from coxa.implants.stem import StemAxes, find_stem_axes
from coxa.labels import MetalPart
from coxa.segmentation.implants.metal_shapes import name_of_shape, pieces_of, shape_of
from coxa.segmentation.joints.hip_joint import HipJoint

PART_VALUE: Mapping[str, int] = {name: value for value, name in {**LABELS, **METAL_PART_LABELS, **LINER_LABELS}.items()}
HIP_REACH_MM = 75.0
"""Head and cup are looked for this near to a joint."""
EDGE_SIGMA_VOXELS = 0.7
"""Width of the Gaussian that smooths the mask of metal for its surface, voxels."""
LEAST_SURFACE_POINTS = 100
"""Fewer surface points are no prosthesis."""
HEAD_MARGIN_MM, CUP_MARGIN_MM = 0.6, 1.0
"""Voxels this far outside a fitted sphere still belong to its part: blooming is not even all round."""
RIM_LIP_MM, RIM_LIP_DEPTH_MM = 3.5, 4.0
"""How far a rim may overhang its shell, and how deep below the cup's face [E]."""
SHELL_BAND_MM, RIM_SECTORS, WALL_FROM_AXIS = 2.0, 36, 0.7
"""Where a shell's wall is looked at to see how far it reaches; a neck nearer to the axis is none of it."""
CRUMB_ML, CRUMB_REACH_MM = 0.2, 2.5
"""Smaller pieces this near to a cup are its blooming, not parts of their own."""
STEM_ML = 1.5
"""Pieces beyond the cup's mouth of this size are stem: modular ones come in several. Smaller ones are wires."""


@dataclass(frozen=True, eq=False)
class MetalParts:
    """Recognised metal.

    Attributes
    ----------
    labels : ndarray [k, j, i] of uint8
        Values of :data:`coxa.anatomy.METAL_PART_LABELS`; 6 for metal that is no known part; the gap that a liner
        fills as in :data:`coxa.anatomy.LINER_LABELS`, although it is no metal; 0 elsewhere.
    parts : tuple of MetalPart
    prostheses : Mapping[Side, Prosthesis]
        Head sphere and cup of each replaced hip; a side without either is absent.
    stems : Mapping[Side, StemAxes]
        Of the sides whose stem was recognised.
    """

    labels: npt.NDArray[np.uint8]
    parts: tuple[MetalPart, ...]
    prostheses: Mapping[Side, Prosthesis]
    stems: Mapping[Side, StemAxes]

    @property
    def names(self) -> dict[int, str]:
        """Label value to name of the parts and gaps that are there."""
        present = np.flatnonzero(np.bincount(self.labels.ravel()))
        return {value: name for value, name in ({**METAL_PART_LABELS, **LINER_LABELS}).items() if value in present}


def recognise_metal(metal: BoolArray, grid: Grid, joints: Mapping[Side, HipJoint]) -> MetalParts:
    """Tell what each piece of metal is.

    Parameters
    ----------
    metal : ndarray [k, j, i] of bool
    grid : Grid
    joints : Mapping[Side, HipJoint]
        Both, or the one in view.
    """
    labels = np.zeros(metal.shape, dtype=np.uint8)
    kji = np.argwhere(metal)
    sides = _nearer_side(grid.points_from_indices(kji[:, ::-1]), joints)
    parts: list[MetalPart] = []
    prostheses: dict[Side, Prosthesis] = {}
    stems: dict[Side, StemAxes] = {}
    for side in joints:
        own = kji[sides == SIDES.index(side)]
        if not len(own):
            continue
        points = grid.points_from_indices(own[:, ::-1])
        prosthesis = _prosthesis_near(metal, grid, joints[side].centre_lps_mm)
        values = np.zeros(len(own), dtype=np.uint8)
        if prosthesis is not None:
            prostheses[side] = prosthesis
            face_mm = 0.0 if prosthesis.cup is None else _face_height_mm(points, prosthesis.cup)
            values = _part_prosthesis(own, points, prosthesis, face_mm, side, grid)
            _label_liner(labels, metal, prosthesis, face_mm, side, grid)
            stem = find_stem_axes(points[values == PART_VALUE[f"stem_{side}"]], prosthesis)
            if stem is not None:
                stems[side] = stem
        values, named = _name_pieces(own, values, side, grid)
        labels[tuple(own.T)] = values
        parts += named
    return MetalParts(labels, tuple(parts), prostheses, stems)


def _nearer_side(points: FloatArray, joints: Mapping[Side, HipJoint]) -> IntArray:
    """Return the index into ``SIDES`` of the joint that each point lies nearer to."""
    far = np.full(len(points), np.inf)
    distance = [
        np.linalg.norm(points - joints[side].centre_lps_mm, axis=1) if side in joints else far for side in SIDES
    ]
    return np.asarray(np.argmin(distance, axis=0))


def _prosthesis_near(metal: BoolArray, grid: Grid, centre_lps_mm: FloatArray) -> Prosthesis | None:
    """Fit head and cup to the surface of the metal around a joint."""
    low, high = _box_about(centre_lps_mm, HIP_REACH_MM, grid)
    (i, j, k), (ii, jj, kk) = low, high
    soft = ndi.gaussian_filter(metal[k:kk, j:jj, i:ii].astype(np.float32), EDGE_SIGMA_VOXELS)
    surface = points_of_mesh(surface_of_field(0.5 - soft, grid.crop(low, high - low)))
    return find_prosthesis(surface) if len(surface.points_lps_mm) >= LEAST_SURFACE_POINTS else None


def _part_prosthesis(
    kji: IntArray, points: FloatArray, prosthesis: Prosthesis, face_mm: float, side: Side, grid: Grid
) -> npt.NDArray[np.uint8]:
    """Return the part value of each metal voxel of one side, 0 for those that are neither head, cup nor stem."""
    values = np.zeros(len(points), dtype=np.uint8)
    beyond_mouth = np.ones(len(points), dtype=bool)
    if prosthesis.cup is not None:
        in_cup, beyond_mouth = _cup_voxels(points, prosthesis.cup, face_mm)
        values[in_cup] = PART_VALUE[f"cup_{side}"]
    if prosthesis.head is not None:
        ball = prosthesis.head.sphere
        in_head = np.linalg.norm(points - ball.centre_lps_mm, axis=1) <= ball.radius_mm + HEAD_MARGIN_MM
        values[in_head] = PART_VALUE[f"head_{side}"]
    rest = np.flatnonzero(values == 0)
    pieces = pieces_of(kji[rest])
    for number in range(int(pieces.max(initial=-1)) + 1):
        piece = rest[pieces == number]
        ml = len(piece) * grid.voxel_volume_ml
        if ml >= STEM_ML and beyond_mouth[piece].mean() > 0.5:
            values[piece] = PART_VALUE[f"stem_{side}"]
        elif ml < CRUMB_ML and prosthesis.cup is not None:
            cup = prosthesis.cup
            off = np.abs(np.linalg.norm(points[piece] - cup.centre_lps_mm, axis=1) - 0.5 * cup.outer_diameter_mm)
            if np.median(off) < CRUMB_REACH_MM:
                values[piece] = PART_VALUE[f"cup_{side}"]
    return values


def _cup_voxels(points: FloatArray, cup: FittedCup, face_mm: float) -> tuple[BoolArray, BoolArray]:
    """Return which metal lies within a cup's half ball or its rim, and which beyond its face."""
    from_centre = points - cup.centre_lps_mm
    distance = np.linalg.norm(from_centre, axis=1)
    height = from_centre @ cup.axis_lps
    radius = 0.5 * cup.outer_diameter_mm
    beyond = height > face_mm + CUP_MARGIN_MM
    from_axis = np.sqrt(np.maximum(distance**2 - height**2, 0))
    lip = (height > face_mm - RIM_LIP_DEPTH_MM) & (from_axis <= radius + RIM_LIP_MM)
    return ((distance <= radius + CUP_MARGIN_MM) | lip) & ~beyond, beyond


def _face_height_mm(points: FloatArray, cup: FittedCup) -> float:
    """Return how far out of the sphere's centre the shell reaches on half of its circle; 0 when none of it is seen."""
    from_centre = points - cup.centre_lps_mm
    radius = 0.5 * cup.outer_diameter_mm
    wall = np.abs(np.linalg.norm(from_centre, axis=1) - radius + SHELL_BAND_MM) < SHELL_BAND_MM
    wall &= np.linalg.norm(np.cross(from_centre, cup.axis_lps), axis=1) > WALL_FROM_AXIS * radius
    from_centre = from_centre[wall]
    first, second = perpendiculars(cup.axis_lps)
    azimuth = np.arctan2(from_centre @ second, from_centre @ first)
    sector = np.floor((azimuth + np.pi) / (2 * np.pi) * RIM_SECTORS).astype(int) % RIM_SECTORS
    reached = np.full(RIM_SECTORS, -np.inf)
    np.maximum.at(reached, sector, from_centre @ cup.axis_lps)
    face = float(np.median(reached))
    return face if np.isfinite(face) else 0.0


def _label_liner(
    labels: npt.NDArray[np.uint8], metal: BoolArray, prosthesis: Prosthesis, face_mm: float, side: Side, grid: Grid
) -> None:
    """Label what lies between head and cup and is no metal."""
    cup, head = prosthesis.cup, prosthesis.head
    if cup is None or head is None:
        return
    radius = 0.5 * cup.outer_diameter_mm - SHELL_BAND_MM  # holes of the shell are no liner
    low, high = _box_about(cup.centre_lps_mm, radius, grid)
    block = tuple(slice(a, b) for a, b in zip(low[::-1], high[::-1], strict=True))
    gap = np.argwhere(~metal[block]) + low[::-1]
    from_cup = grid.points_from_indices(gap[:, ::-1]) - cup.centre_lps_mm
    from_head = from_cup + cup.centre_lps_mm - head.sphere.centre_lps_mm
    between = (np.linalg.norm(from_cup, axis=1) < radius) & (from_cup @ cup.axis_lps < face_mm)
    between &= np.linalg.norm(from_head, axis=1) > 0.5 * head.diameter_mm
    labels[tuple(gap[between].T)] = PART_VALUE[f"liner_{side}"]


def _box_about(centre_lps_mm: FloatArray, reach_mm: float, grid: Grid) -> tuple[IntArray, IntArray]:
    """Return the first voxel (i, j, k) around a point and the one past the last."""
    middle = grid.indices_from_points(centre_lps_mm)
    reach = np.abs(grid.direction).T @ np.full(3, reach_mm) / np.array(grid.spacing_mm)
    low = np.clip(np.floor(middle - reach).astype(int), 0, np.array(grid.size) - 1)
    high = np.clip(np.ceil(middle + reach).astype(int) + 1, low + 1, grid.size)
    return low, high


def _name_pieces(
    kji: IntArray, values: npt.NDArray[np.uint8], side: Side, grid: Grid
) -> tuple[npt.NDArray[np.uint8], list[MetalPart]]:
    """Name what is no prosthesis by its shape; return the values and a record of every piece."""
    values = values.copy()
    names = {value: name for name, value in PART_VALUE.items()}
    parts = []
    for value in np.unique(values):
        chosen = np.flatnonzero(values == value)
        pieces = pieces_of(kji[chosen])
        for number in range(int(pieces.max(initial=-1)) + 1):
            piece = chosen[pieces == number]
            shape = shape_of(kji[piece], grid)
            name = names.get(int(value)) or name_of_shape(shape) or METAL
            values[piece] = PART_VALUE[name]
            parts.append(MetalPart(name, side, len(piece) * grid.voxel_volume_ml, shape.length_mm))
    return values, sorted(parts, key=lambda part: (part.name, -part.volume_ml))
