"""A printable part: solid inside, porous on one side, from a signed distance to a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import MeshError
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.patches import patch_of
from coxa.manufacturing.measuring.patch_thickness import measure_thickness_by_patches
from coxa.manufacturing.part.block_meshing import BlockMesher
from coxa.manufacturing.part.lattice import Field, Lattice

KEPT_STRUT_MM, KEPT_WALL_MM = 0.27, 0.43
"""What is measured to be thinner is cut out: just above what laser powder beds print (0.25 and 0.4 mm [E])."""

KEPT_MM2 = 0.15
"""Thin places smaller than this stay. The print check passes over larger ones, so it will not see what stays here."""

CUT_SHARE = 0.005
"""More thin surface than this share of all is the lattice's own design: nothing is cut, the print check will say so."""

CUT_ROUNDS = 8
"""Cutting may bare other thin places: so often the part is cut at most."""


@dataclass(frozen=True, eq=False)
class PorousPart:
    """A part with its measured figures.

    Attributes
    ----------
    mesh : Mesh
        One closed body, LPS mm.
    envelope_ml, porous_ml : float
        The body's outer volume, and how much of it is the porous layer.
    porosity : float
        Void share of the porous layer, measured on the mesh; 0 without a layer.
    """

    mesh: Mesh
    envelope_ml: float
    porous_ml: float
    porosity: float


def porous_part(
    body_mm: Field, depth_mm: Field, grid: Grid, lattice: Lattice, layer_mm: float, pitch_mm: float
) -> PorousPart:
    """Turn a body into a part whose layer under one side is a lattice, without the few places too thin to print.

    Parameters
    ----------
    body_mm : ndarray [k, j, i]
        Signed distance of the body on ``grid``, negative inside.
    depth_mm : ndarray [k, j, i]
        Depth under the porous side; porous from 0 to ``layer_mm``, then growing into solid metal.
    grid : Grid
        Of body and depth.
    lattice : Lattice
    layer_mm, pitch_mm : float
        Thickness of the porous layer; pitch of the fine grid the part is drawn on.

    Raises
    ------
    MeshError
        When the body is empty.
    """
    body_mm, depth_mm, grid = _cropped(body_mm, depth_mm, grid)
    drawing = BlockMesher(body_mm, depth_mm - np.float32(layer_mm), grid, lattice, pitch_mm)
    mesh, places_lps_mm, surface_mm2 = largest_shell(drawing.mesh()), None, 0.0
    for _ in range(CUT_ROUNDS):
        measured = measure_thickness_by_patches(
            mesh, KEPT_WALL_MM, places_lps_mm, struts_below_mm=KEPT_STRUT_MM, held_over_mm2=KEPT_MM2
        )
        thin = measured.thickness_mm < np.where(measured.is_strut, KEPT_STRUT_MM, KEPT_WALL_MM)
        surface_mm2 = surface_mm2 or float(measured.area_mm2.sum())
        if not thin.any() or measured.area_mm2[thin].sum() > CUT_SHARE * surface_mm2:
            break
        places_lps_mm = measured.points_lps_mm[thin]
        drawing.cut(places_lps_mm)
        mesh = largest_shell(drawing.mesh())
    envelope_ml, porous_ml, beneath_ml = drawing.volumes_ml
    porosity = 1.0 - (mesh.volume_ml - beneath_ml) / porous_ml if porous_ml else 0.0
    return PorousPart(mesh, envelope_ml, porous_ml, porosity)


def largest_shell(mesh: Mesh) -> Mesh:
    """Return the mesh without cut struts that hang on nothing and without voids that have no way out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    faces = mesh.faces.astype(np.int32)
    count = len(mesh.vertices_lps_mm)
    rows, columns = faces[:, :2].T.ravel(), faces[:, 1:].T.ravel()
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(count, count))
    shells, of_vertex = connected_components(links, directed=False)
    if shells == 1:
        return mesh
    of_face = of_vertex[faces[:, 0]].astype(np.int64)
    return patch_of(mesh, np.flatnonzero(of_face == mesh.signed_volumes_mm3(of_face).argmax()))


def _cropped(body_mm: Field, depth_mm: Field, grid: Grid) -> tuple[Field, Field, Grid]:
    """Return the block that holds the body with a margin of two voxels."""
    inside = np.argwhere(body_mm < 0)
    if not len(inside):
        raise MeshError("the body is empty: there is no part to make")
    low = np.maximum(inside.min(axis=0) - 2, 0)
    high = np.minimum(inside.max(axis=0) + 3, grid.shape)
    block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return body_mm[block], depth_mm[block], grid.crop(low[::-1], (high - low)[::-1])
