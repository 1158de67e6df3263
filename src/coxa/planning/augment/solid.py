"""The augment's solid as a signed distance: the gap at the cup, made thick enough, wide enough and insertable."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coxa.geometry.blocks import distances_from, heights_along
from coxa.geometry.signed_distance import FAR_MM, Field
from coxa.planning.augment.flange_solid import FLANGE_ROUNDING, mouth_field
from coxa.planning.augment.footprint import wide_enough
from coxa.planning.screws.paths import AUGMENT_WALL_MM
from coxa.planning.screws.values import Screw
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.screw_settings import ScrewSettings
from coxa.planning.site.operation_site import Site, gap_field
from coxa.planning.site.solid_fields import alone, closed, largest_piece, opened, smoothed

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
        The whole gap between cup, host bone and native hull, whatever part of it the augment may fill.
    undercut_ml : float
        What of it lies behind bone on the direction of removal and stays empty: room for graft.
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
    gap = gap_field(site.from_cup_mm, site.above_rim_mm, site.native_mm, site.sector, site.cup_radius_mm, settings.site)
    seat = np.float32(settings.site.seat_offset_mm + DRAWN_MM) - site.way_mm
    clear = (gap < 0) & (site.host_mm > settings.site.seat_offset_mm)
    whole = gap_field(
        site.from_cup_mm, site.above_rim_mm, site.native_mm, site.sector, site.cup_radius_mm,
        replace(settings.site, augment_type="auto"),
    )  # fmt: skip
    gap_ml = float(((whole < 0) & (site.host_mm > settings.site.seat_offset_mm)).sum()) * site.grid.voxel_volume_ml
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
    radius = 0.5 * settings.site.augment_minimum_thickness_mm + 0.35 * float(step)
    cup_side = np.float32(settings.site.cement_gap_mm) - site.from_cup_mm
    near_cup = cup_side > -ATTACHMENT_MM
    channels = screw_channels(site, screws, settings.screws)
    whole = opened(field, radius, site.grid) < 0
    whole = largest_piece(whole, near_cup)
    wide = wide_enough(whole, site, settings.augment.augment_minimum_width_mm)
    stout = opened(np.where(wide, field, step), radius, site.grid)
    if screws:
        stout = opened(np.maximum(stout, channels), 0.5 * AUGMENT_WALL_MM + 0.35 * float(step), site.grid)
    piece = largest_piece(stout < 0, near_cup)
    if piece.sum() * site.grid.voxel_volume_ml < settings.augment.augment_minimum_volume_ml:
        return np.full(site.grid.shape, FAR_MM, dtype=np.float32)
    stout = alone(stout, piece, site.grid)
    if flanges is not None:
        cup_side = mouth_field(site, settings.site)
        joined = closed(np.minimum(stout, flanges), FILLET_MM, site.grid)
        thin = FLANGE_ROUNDING * settings.site.flange_thickness_mm
        stout = opened(np.maximum.reduce([joined, seat, cup_side, channels]), thin, site.grid)
    # grown by what openings on voxels may have taken, so that the mating faces are those of the exact distances
    cut = np.maximum.reduce([smoothed(stout) - np.float32(0.5) * step, seat, cup_side, channels])
    return alone(cut, largest_piece(cut < 0, near_cup), site.grid)


def screw_channels(site: Site, screws: tuple[Screw, ...], settings: ScrewSettings) -> Field:
    """Return a field that is positive within the screws and their play, from their heads to their tips."""
    field = np.full(site.grid.shape, -FAR_MM, dtype=np.float32)
    for screw in screws:
        height = heights_along(screw.entry_lps_mm, screw.direction_lps, site.grid)
        squared = distances_from(screw.entry_lps_mm, site.grid) ** 2 - height**2
        beyond = height - np.clip(height, -np.float32(DRIVER_MM), np.float32(screw.length_mm))
        distance = np.sqrt(np.maximum(squared, 0.0) + beyond**2)
        np.maximum(field, np.float32(0.5 * screw.diameter_mm + settings.screw_channel_mm) - distance, out=field)
    return field
