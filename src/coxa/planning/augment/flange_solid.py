"""The solid of flanges on the operation site's grid."""

from __future__ import annotations

import numpy as np

from coxa.geometry.signed_distance import Field
from coxa.planning.settings.site_settings import SiteSettings
from coxa.planning.site.flange import STEP_MM, Flange
from coxa.planning.site.operation_site import Site
from coxa.planning.site.solid_fields import opened

MOUTH_MM = 2.0
"""Room kept about the cup's mouth, beyond the cement gap, for liner and neck [E]."""

FLANGE_ROUNDING = 0.35
"""Radius of a flange's edges, in thicknesses; no part of it holds a smaller ball."""

_ABOUT_SURFACE_MM = 8.0
"""A flange stays this near, along the direction of removal, to the bone's surface under its middle."""


def flange_field(site: Site, settings: SiteSettings) -> Field | None:
    """Return the flanges as a signed distance, negative inside; None without flanges.

    A flange is the layer on the bone, as seen from the direction of removal, within a strip that is round at its end;
    it keeps out of the cup's mouth, and its edges are rounded.
    """
    if not site.flanges:
        return None
    layer = site.way_mm - np.float32(settings.seat_offset_mm + settings.flange_thickness_mm)
    seat = np.float32(settings.seat_offset_mm) - site.way_mm
    strips = np.minimum.reduce([_strip(flange, site, settings) for flange in site.flanges])
    field = np.maximum.reduce([layer, seat, strips, mouth_field(site, settings)])
    return opened(field, FLANGE_ROUNDING * settings.flange_thickness_mm, site.grid)


def _strip(flange: Flange, site: Site, settings: SiteSettings) -> Field:
    """Return a field that is negative in the strip's column, near the height of the bone under its middle."""
    grid, axes = site.grid, site.grid.direction.T
    middle = axes @ (site.cup_centre_lps_mm - grid.origin_lps_mm)
    i, j, k = (np.arange(n) * p - m for n, p, m in zip(grid.size, grid.spacing_mm, middle, strict=True))
    along = axes @ flange.along_lps
    ahead = i[None, :] * along[0] + j[:, None] * along[1]
    aside = -i[None, :] * along[1] + j[:, None] * along[0]
    half = 0.5 * settings.flange_width_mm
    beyond = ahead - np.clip(ahead, flange.start_mm, max(flange.end_mm - half, flange.start_mm))
    flat = np.hypot(beyond, aside) - half
    heights = (flange.surface_lps_mm - site.cup_centre_lps_mm) @ grid.direction[:, 2]
    steps = flange.edge_mm + STEP_MM * np.arange(len(heights))
    # the bone falls off to one side of the middle as its normal says
    local = flange.normals_lps @ grid.direction
    falls = (local @ np.array([-along[1], along[0], 0.0])) / local[:, 2]
    surface = np.interp(ahead, steps, heights) - aside * np.interp(ahead, steps, falls)
    off_surface = np.abs(k[:, None, None] - surface[None]) - _ABOUT_SURFACE_MM
    return np.asarray(np.maximum(flat[None], off_surface), dtype=np.float32)


def mouth_field(site: Site, settings: SiteSettings) -> Field:
    """Return a field that is positive in the cup, its cement gap, and the cylinder over its mouth."""
    clear = np.float32(settings.cement_gap_mm)
    from_centre = site.from_cup_mm + np.float32(site.cup_radius_mm)
    from_axis = np.sqrt(np.maximum(from_centre**2 - site.above_rim_mm**2, 0.0))
    over_mouth = np.minimum(np.float32(site.cup_radius_mm + MOUTH_MM) + clear - from_axis, site.above_rim_mm)
    return np.asarray(np.maximum(clear - site.from_cup_mm, over_mouth))
