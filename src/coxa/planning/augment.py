"""The augment: the gap between cup and host bone within the native bone, as one solid that can be put in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import FAR_MM, Field, distance_outside
from coxa.manufacturing.lattice import Lattice
from coxa.manufacturing.porous_part import porous_part
from coxa.manufacturing.simplify import simplified
from coxa.planning.plan import Augment, PlannedCup, Screw
from coxa.planning.settings import PlanSettings
from coxa.planning.site import Site

ATTACHMENT_MM = 1.0
"""A piece belongs to the augment when it comes this close to the cup's cement gap."""

OUTER_DEVIATION_MM = 0.02
"""Largest deviation of the augment's simplified outer surface."""


@dataclass(frozen=True, eq=False)
class MadeAugment:
    """The augment's figures, its outer surface and its printable part; both None when none is needed."""

    figures: Augment
    outer: Mesh | None
    part: Mesh | None


def augment_solid(site: Site, cup: PlannedCup, screws: tuple[Screw, ...], settings: PlanSettings) -> Field:
    """Return the augment as a signed distance [k, j, i] on the site's grid; positive everywhere when none is needed.

    Native bone that is missing today, outside the cup and its cement gap, behind its face plane and within
    reach; less whatever could not be pulled out again along the cup's axis past the host bone; opened to the
    minimum thickness; the largest piece that touches the cup. Mating faces (bone, cup) and the screws' channels are
    then cut with the exact distances again.
    """
    seat = _swept_seat(site, settings)
    cup_side = np.float32(0.5 * cup.outer_diameter_mm + settings.cement_gap_mm) - site.from_centre_mm
    channels = _screw_channels(site, screws, settings)
    gap = np.maximum.reduce(
        [
            site.native_mm - np.float32(settings.augment_envelope_mm),
            seat,
            cup_side,
            channels,
            site.from_centre_mm - np.float32(0.5 * cup.outer_diameter_mm + settings.augment_reach_mm),
            np.broadcast_to(site.above_rim_mm, site.grid.shape),
        ]
    )
    opened = _opened(gap, 0.5 * settings.augment_minimum_thickness_mm, site.grid)
    piece = _main_piece(opened < 0, cup_side > -ATTACHMENT_MM)
    if piece.sum() * site.grid.voxel_volume_ml < settings.augment_minimum_volume_ml:
        return np.full(site.grid.shape, FAR_MM, dtype=np.float32)
    cut = np.maximum.reduce([_smoothed(_alone(opened, piece, site.grid)), seat, cup_side, channels])
    return _alone(cut, _main_piece(cut < 0, cup_side > -ATTACHMENT_MM), site.grid)


def make_augment(site: Site, cup: PlannedCup, screws: tuple[Screw, ...], settings: PlanSettings) -> MadeAugment:
    """Work out the augment and its printable part; "not needed" is a proper answer."""
    solid = augment_solid(site, cup, screws, settings)
    if not (solid < 0).any():
        reason = (
            f"the gap between cup and host bone holds no body {settings.augment_minimum_thickness_mm:g} mm thick "
            f"and of {settings.augment_minimum_volume_ml:g} ml: no augment needed"
        )
        return MadeAugment(Augment(False, 0.0, 0.0, 0.0, 0.0, _parameters(settings), reason), None, None)
    lattice = Lattice(settings.lattice, "network", settings.cell_size_mm, settings.porosity)
    depth = site.host_mm - np.float32(settings.seat_offset_mm)
    part = porous_part(solid, depth, site.grid, lattice, settings.porous_layer_mm, settings.part_pitch_mm)
    outer = simplified(surface_of_field(solid, site.grid), OUTER_DEVIATION_MM)
    figures = Augment(
        True, outer.volume_ml, outer.volume_ml - part.porous_ml, part.porous_ml, part.porosity, _parameters(settings),
        "native bone is missing between cup and host",
    )  # fmt: skip
    return MadeAugment(figures, outer, part.mesh)


def _parameters(settings: PlanSettings) -> dict[str, float | str]:
    names = (
        "cement_gap_mm", "seat_offset_mm", "seat_roughness_mm", "augment_reach_mm", "augment_envelope_mm",
        "augment_minimum_thickness_mm", "porous_layer_mm", "porosity", "cell_size_mm", "lattice", "part_pitch_mm",
    )  # fmt: skip
    return {name: getattr(settings, name) for name in names} | {"insertion_direction": "against the cup axis"}


def _swept_seat(site: Site, settings: PlanSettings) -> Field:
    """Return a field that is negative where a part may be: clear of host bone now and on its way in along -k."""
    bone = np.minimum(site.host_mm, _smoothed(_closed(site.host_mm, settings.seat_roughness_mm, site.grid)))
    swept = np.minimum.accumulate(bone[::-1], axis=0)[::-1]
    return np.float32(settings.seat_offset_mm) - swept


def _screw_channels(site: Site, screws: tuple[Screw, ...], settings: PlanSettings) -> Field:
    """Return a field that is positive within the screws and their play, as far as their tips."""
    field = np.full(site.grid.shape, -FAR_MM, dtype=np.float32)
    rotation = site.grid.direction
    i, j, k = (
        np.arange(n, dtype=np.float32) * np.float32(p)
        for n, p in zip(site.grid.size, site.grid.spacing_mm, strict=True)
    )
    for screw in screws:
        start = (rotation.T @ (screw.entry_lps_mm - site.grid.origin_lps_mm)).astype(np.float32)
        along = (rotation.T @ screw.direction_lps).astype(np.float32)
        x, y, z = i[None, None, :] - start[0], j[None, :, None] - start[1], k[:, None, None] - start[2]
        height = np.clip(x * along[0] + y * along[1] + z * along[2], 0.0, screw.length_mm)
        distance = np.sqrt((x - height * along[0]) ** 2 + (y - height * along[1]) ** 2 + (z - height * along[2]) ** 2)
        np.maximum(field, np.float32(0.5 * screw.diameter_mm + settings.screw_channel_mm) - distance, out=field)
    return field


def _opened(field: Field, radius_mm: float, grid: Grid) -> Field:
    """Open by a ball: what is left holds a ball of that radius everywhere; convex edges become round."""
    eroded = distance_outside(field >= 0, grid) > np.float32(radius_mm)
    return distance_outside(eroded, grid) - np.float32(radius_mm)


def _closed(field: Field, radius_mm: float, grid: Grid) -> Field:
    """Close by a ball: pits and tunnels that no ball of that radius enters are filled."""
    if radius_mm == 0:
        return field
    return np.float32(radius_mm) - distance_outside(field >= np.float32(radius_mm), grid)


def _smoothed(field: Field) -> Field:
    """Take the voxel staircase (half a voxel) off a distance."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(field, 1.0, mode="nearest"), dtype=np.float32)


def _alone(field: Field, piece: BoolArray, grid: Grid) -> Field:
    """Return the field without the pieces other than ``piece``."""
    from scipy.ndimage import binary_dilation

    reach = 3
    near = binary_dilation(piece, iterations=reach)
    return np.where(near, field, np.maximum(field, np.float32(reach * grid.spacing_mm[0]))).astype(np.float32)


def _main_piece(body: BoolArray, near_cup: BoolArray) -> BoolArray:
    """Return the largest connected piece that comes close to the cup."""
    from scipy.ndimage import label

    pieces, count = label(body)
    if count == 0:
        return body
    sizes = np.bincount(pieces.ravel())
    touching = np.unique(pieces[near_cup & body])
    touching = touching[touching > 0]
    if not len(touching):
        return np.zeros_like(body)
    return np.asarray(pieces == touching[np.argmax(sizes[touching])])
