"""Where powder stays in a part: chambers, the holes that lead out of them, and the porous zone, on a voxel grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.signed_distance import Field, distance_outside
from coxa.geometry.surface_samples import spread_over
from coxa.geometry.voxelise import inside_mask
from coxa.manufacturing.measuring.wall_distance import WallDistance

VOXELS = 2_000_000
"""About as many voxels are used; a large part is surveyed more coarsely."""

FINEST_MM = 0.2
"""Least pitch of the grid on which cavities are looked for, mm."""

SKEW: FloatArray = Rotation.from_euler("xyz", (5.0, 7.0, 11.0), degrees=True).as_matrix()
"""Axes of the survey's grid: along a lattice, a pitch that divides its cell would meet every cell alike."""

STRUT_REACH_MM = 0.75
"""Struts up to twice as thick belong to the porous zone between their pores [E]."""

FEWEST_LOOPS = 8
"""A space with fewer is holes that cross here and there [E]."""

FACING_SAMPLES = 40_000
"""Points spread over the surface that look for a surface opposite."""
_SKIN_MM = 1e-3
"""A ray starts this far off the surface, so that it does not meet its own triangle, mm."""

_SMALLEST_CORE = 8
"""Voxels; fewer in the middle of a chamber are noise."""

Labels = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class EnclosedCavity:
    """A hollow that is wider than its ways out.

    Attributes
    ----------
    volume_ml : float
    centre_lps_mm : ndarray (3,)
    hole_diameters_mm : tuple of float
        Widest first; empty when it is closed.
    """

    volume_ml: float
    centre_lps_mm: FloatArray
    hole_diameters_mm: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class VoidSurvey:
    """The empty space in and around a part.

    Attributes
    ----------
    chambers : tuple of EnclosedCavity
    pitch_mm : float
        Of the voxels: diameters of holes are known to about this.
    void, reachable : ndarray [k, j, i] of bool
        Not metal; and of that what a ball as wide as the widest pore reaches from outside.
    grid : Grid
    """

    cavities: tuple[EnclosedCavity, ...]
    pitch_mm: float
    void: BoolArray
    reachable: BoolArray
    grid: Grid


def has_hollows(mesh: Mesh, caster: RayCaster) -> bool:
    """Tell whether any place of the surface faces another: without that there is nothing to survey."""
    samples = spread_over(mesh, FACING_SAMPLES)
    outward = mesh.face_normals()[0][samples.face]
    return bool((caster.first_hit(samples.points_lps_mm + _SKIN_MM * outward, outward)[1] >= 0).any())


def survey_voids(mesh: Mesh, escape_hole_mm: float, widest_pore_mm: float, wall: WallDistance) -> VoidSurvey:
    """Look for chambers: hollows that hold a ball of twice the escape hole's diameter but do not let it out.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward-facing.
    escape_hole_mm : float
        Diameter of a proper hole; holes up to twice as wide are told from an open side.
    widest_pore_mm : float
        Empty space that no ball of this diameter reaches counts as pores.
    wall : WallDistance
        Of that mesh.
    """
    grid = _grid_around(mesh, escape_hole_mm)
    solid = inside_mask(mesh, grid)
    room_mm = distance_outside(solid, grid)
    labels, outside = _labelled(room_mm > np.float32(escape_hole_mm))
    cavities = _cavities(labels, outside, room_mm, wall, grid)
    radius = np.float32(0.5 * widest_pore_mm)
    reachable = ~solid & (distance_outside(room_mm > radius, grid) <= radius)
    return VoidSurvey(cavities, grid.spacing_mm[0], ~solid, reachable, grid)


def porosity_near(survey: VoidSurvey, pore_centres_lps_mm: FloatArray) -> tuple[float, float] | None:
    """Return the void share and the volume in ml of the zone around the given pores; None without a network of them.

    The zone is what pores cover when struts between them are closed over. Holes that do not meet are no network: it
    has loops, which the Euler number counts.
    """
    if not len(pore_centres_lps_mm):
        return None
    grid = survey.grid
    near = np.zeros(grid.shape, dtype=bool)
    i, j, k = np.rint(grid.indices_from_points(pore_centres_lps_mm)).astype(int).T
    near[k, j, i] = True
    inner = distance_outside(survey.reachable, grid) > np.float32(STRUT_REACH_MM)
    pores = survey.void & ~survey.reachable & (distance_outside(near, grid) <= np.float32(2.0 * STRUT_REACH_MM))
    if _loops(pores) < FEWEST_LOOPS:
        return None
    grown = distance_outside(pores, grid) <= np.float32(STRUT_REACH_MM)
    zone = pores | ((distance_outside(~grown, grid) > np.float32(STRUT_REACH_MM)) & ~survey.reachable)
    # At the outer side only cut struts are left of a cell: the share is taken within.
    deep = zone & inner
    if not deep.any():
        return None
    return float((pores & deep).sum() / deep.sum()), float(zone.sum()) * grid.voxel_volume_ml


def _loops(mask: BoolArray) -> int:
    """Return how many loops run through a mask: a straight hole has none, a ring one, a lattice some in each cell."""
    from skimage.measure import euler_number, label

    pieces = int(label(mask, connectivity=1, return_num=True)[1])
    enclosed = int(label(~np.pad(mask, 1), connectivity=3, return_num=True)[1]) - 1
    return pieces + enclosed - int(euler_number(mask, connectivity=1))


def _grid_around(mesh: Mesh, escape_hole_mm: float) -> Grid:
    corners = mesh.vertices_lps_mm @ SKEW
    low, high = corners.min(axis=0) - 2.0 * escape_hole_mm, corners.max(axis=0) + 2.0 * escape_hole_mm
    pitch = max(FINEST_MM, float(np.prod(high - low) / VOXELS) ** (1.0 / 3.0))
    i, j, k = (int(n) for n in np.ceil((high - low) / pitch) + 1)
    return Grid((i, j, k), (pitch, pitch, pitch), SKEW @ low, SKEW)


def _labelled(mask: BoolArray) -> tuple[Labels, int]:
    """Return connected pieces and the label of the one that holds the corner."""
    import SimpleITK as sitk

    pieces: Labels = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8))))
    return pieces, int(pieces[0, 0, 0])


def _cavities(
    cores: Labels, outside: int, room_mm: Field, wall: WallDistance, grid: Grid
) -> tuple[EnclosedCavity, ...]:
    sizes = np.bincount(cores.ravel())
    sizes[[0, outside]] = 0
    found = np.flatnonzero(sizes >= _SMALLEST_CORE)
    if not len(found):
        return ()
    void = room_mm > 0
    from_outside = distance_outside(cores == outside, grid)
    cavities = []
    for label in found:
        core = cores == label
        mine = void & (distance_outside(core, grid) < from_outside)
        pieces, _ = _labelled(mine)
        mine = pieces == np.bincount(pieces[core & mine]).argmax()
        k, j, i = np.nonzero(mine)
        centre = grid.points_from_indices(np.array([i.mean(), j.mean(), k.mean()]))
        cavities.append(EnclosedCavity(len(k) * grid.voxel_volume_ml, centre, _holes_mm(mine, room_mm, wall, grid)))
    return tuple(cavities)


def _holes_mm(cavity: BoolArray, room_mm: Field, wall: WallDistance, grid: Grid) -> tuple[float, ...]:
    """Return the diameters of the places where the chamber meets other empty space."""
    from scipy.ndimage import binary_dilation, label, maximum_position

    rim = binary_dilation(cavity) & (room_mm > 0) & ~cavity
    openings, count = label(rim, structure=np.ones((3, 3, 3)))
    middles = maximum_position(room_mm, openings, np.arange(1, count + 1))
    # The middle of a hole lies between voxels: the best of some points about the widest one is taken.
    step = np.linspace(-1.0, 1.0, 5)
    about = np.stack(np.meshgrid(step, step, step), axis=-1).reshape(-1, 3)
    points = [grid.points_from_indices(np.array(middle[::-1]) + about) for middle in middles]
    return tuple(sorted((2.0 * float(wall.mm(place).max()) for place in points), reverse=True))
