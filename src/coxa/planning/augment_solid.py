"""The augment's solid as a signed distance: the gap at the cup, made thick enough, wide enough and insertable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.signed_distance import FAR_MM, Field
from coxa.planning.flange_field import FLANGE_ROUNDING, mouth_field
from coxa.planning.footprint import wide_enough
from coxa.planning.plan import Screw
from coxa.planning.settings import PlanSettings
from coxa.planning.site import Site, gap_field
from coxa.planning.solid_fields import alone, closed, largest_piece, opened, smoothed

ATTACHMENT_MM = 1.0
"""A piece belongs to the augment when it comes this close to the cup's cement gap."""


FILLET_MM = 5.0
"""Radius of the fillets where a flange leaves the augment [E]."""

DRAWN_MM = 0.03
"""Bone is kept this much farther away than asked, for what drawing and simplifying the surface may take."""

DRIVER_MM = 4.0
"""A channel stays open this far outward from a screw's entry, for its head [E]."""


@dataclass(frozen=True, eq=False)
class AugmentSolid:
    """The augment's body on the site's grid.

    Attributes
    ----------
    body_mm : ndarray [k, j, i]
        Signed distance, negative inside; positive everywhere when no augment is needed.
    gap_ml : float
        The gap between cup, host bone and native hull that the augment was cut from.
    undercut_ml : float
        What of it lies behind bone on the way out and stays empty: room for graft.
    """

    body_mm: Field
    gap_ml: float
    undercut_ml: float


def augment_solid(
    site: Site, screws: tuple[Screw, ...], settings: PlanSettings, flanges: Field | None = None
) -> AugmentSolid:
    """Return the augment's body, with ``flanges`` (:func:`flange_field`) grown onto it.

    Native bone that is missing today, outside the cup and its cement gap, behind its face plane and within reach; less
    what could not come out past the host bone; opened to the minimum thickness, and its footprint on the cup to the
    minimum width; the largest piece that touches the cup. Mating faces (bone, cup) and the screws' channels are then
    cut with the exact distances again.
    """
    gap = gap_field(site.from_cup_mm, site.above_rim_mm, site.native_mm, site.sector, site.cup_radius_mm, settings)
    seat = np.float32(settings.seat_offset_mm + DRAWN_MM) - site.way_mm
    clear = (gap < 0) & (site.host_mm > settings.seat_offset_mm)
    gap_ml = float(clear.sum()) * site.grid.voxel_volume_ml
    undercut_ml = float((clear & (seat >= 0)).sum()) * site.grid.voxel_volume_ml
    body = _body(np.maximum(gap, seat), seat, site, screws, flanges, settings)
    return AugmentSolid(body, gap_ml, undercut_ml)


def _body(
    field: Field,
    seat: Field,
    site: Site,
    screws: tuple[Screw, ...],
    flanges: Field | None,
    settings: PlanSettings,
) -> Field:
    step = np.float32(site.grid.spacing_mm[0])
    # smoothing may take about a third of a voxel from either face
    radius = 0.5 * settings.augment_minimum_thickness_mm + 0.35 * float(step)
    cup_side = np.float32(settings.cement_gap_mm) - site.from_cup_mm
    near_cup = cup_side > -ATTACHMENT_MM
    channels = screw_channels(site, screws, settings)
    whole = opened(field, radius, site.grid) < 0
    whole = largest_piece(whole, near_cup)
    wide = wide_enough(whole, site, settings.augment_minimum_width_mm)
    stout = opened(np.where(wide, np.maximum(field, channels), step), radius, site.grid)
    piece = largest_piece(stout < 0, near_cup)
    if piece.sum() * site.grid.voxel_volume_ml < settings.augment_minimum_volume_ml:
        return np.full(site.grid.shape, FAR_MM, dtype=np.float32)
    stout = alone(stout, piece, site.grid)
    if flanges is not None:
        cup_side = mouth_field(site, settings)
        joined = closed(np.minimum(stout, flanges), FILLET_MM, site.grid)
        thin = FLANGE_ROUNDING * settings.flange_thickness_mm
        stout = opened(np.maximum.reduce([joined, seat, cup_side, channels]), thin, site.grid)
    # grown by what openings on voxels may have taken, so that the mating faces are those of the exact distances
    cut = np.maximum.reduce([smoothed(stout) - np.float32(0.5) * step, seat, cup_side, channels])
    return alone(cut, largest_piece(cut < 0, near_cup), site.grid)


def screw_channels(site: Site, screws: tuple[Screw, ...], settings: PlanSettings) -> Field:
    """Return a field that is positive within the screws and their play, from their heads to their tips."""
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
        height = np.clip(x * along[0] + y * along[1] + z * along[2], -DRIVER_MM, screw.length_mm)
        distance = np.sqrt((x - height * along[0]) ** 2 + (y - height * along[1]) ** 2 + (z - height * along[2]) ** 2)
        np.maximum(field, np.float32(0.5 * screw.diameter_mm + settings.screw_channel_mm) - distance, out=field)
    return field
