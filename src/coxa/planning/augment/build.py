"""The augment: its figures, its outer surface and its printable part, from its solid."""

from __future__ import annotations

from dataclasses import dataclass, replace

from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, sample_field
from coxa.manufacturing.part.lattice import Lattice
from coxa.manufacturing.part.porous_part import largest_shell, porous_part
from coxa.manufacturing.part.simplify import simplified_within
from coxa.planning.augment.flange_solid import flange_field
from coxa.planning.augment.solid import AugmentSolid, augment_solid
from coxa.planning.augment.values import Augment
from coxa.planning.screws.values import Screw
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.augment_settings import CELL_SIZE_MM, AugmentSettings
from coxa.planning.settings.site_settings import SiteSettings
from coxa.planning.site.augment_kind import SECTORS_OF, elements, kind_of, union_of
from coxa.planning.site.flange import ILIAC, Flange
from coxa.planning.site.operation_site import Site

ATTACHED_SHARE = 0.6
"""A flange counts as part of the augment when it is there for more than this share of its length."""

OUTER_DEVIATION_MM = 0.02
"""Largest deviation of the augment's simplified outer surface."""


@dataclass(frozen=True, eq=False)
class MadeAugment:
    """The augment's figures, its outer surface and its printable part; both None when none is needed."""

    figures: Augment
    outer: Mesh | None
    part: Mesh | None


def draft_augment(site: Site, settings: PlanSettings) -> Mesh | None:
    """Return the augment's outer surface before screws pass through it; None when none is needed."""
    body = augment_solid(site, (), settings).body_mm
    return largest_shell(surface_of_field(body, site.grid)) if (body < 0).any() else None


def with_attached_flanges(site: Site, settings: PlanSettings) -> Site:
    """Return the site with those flanges only that are one with the augment: others would float, and their screws."""
    if not site.flanges:
        return site
    body = augment_solid(site, (), settings, flange_field(site, settings.site)).body_mm
    kept = tuple(flange for flange in site.flanges if _is_attached(flange, body, site, settings.site))
    return replace(site, flanges=kept)


def _is_attached(flange: Flange, body: Field, site: Site, settings: SiteSettings) -> bool:
    """Tell whether most of a flange's middle lies in the body."""
    half = settings.seat_offset_mm + 0.5 * settings.flange_thickness_mm
    middle = flange.surface_lps_mm + half * flange.normals_lps
    return float((sample_field(body, site.grid, middle) < 0).mean()) > ATTACHED_SHARE


def make_augment(site: Site, screws: tuple[Screw, ...], settings: PlanSettings) -> MadeAugment:
    """Work out the augment and its printable part; "not needed" is a proper answer."""
    solid = augment_solid(site, screws, settings, flange_field(site, settings.site))
    if not (solid.body_mm < 0).any():
        return MadeAugment(_no_augment(solid, settings), None, None)
    porous = settings.augment
    lattice = Lattice(porous.lattice, porous.lattice_style, _cell_mm(porous), porous.porosity)
    depth = site.way_mm - settings.site.seat_offset_mm
    part = porous_part(solid.body_mm, depth, site.grid, lattice, porous.porous_layer_mm, porous.part_pitch_mm)
    outer, _ = simplified_within(largest_shell(surface_of_field(solid.body_mm, site.grid)), OUTER_DEVIATION_MM)
    shares = elements(solid.body_mm < 0, site.sector)
    figures = Augment(
        needed=True,
        volume_ml=outer.volume_ml,
        solid_volume_ml=outer.volume_ml - part.porous_ml,
        porous_volume_ml=part.porous_ml,
        porosity=part.porosity,
        parameters=_parameters(settings),
        reason="native bone is missing between cup and host",
        kind=kind_of(shares, any(flange.name == ILIAC for flange in site.flanges)),
        elements=union_of(shares),
        gap_ml=solid.gap_ml,
        undercut_ml=solid.undercut_ml,
        way_out_lps=site.insertion_path.direction_lps,
        flanges=", ".join(f"{f.name} {f.end_mm - f.edge_mm:.0f} mm" for f in site.flanges),
        way_out_off_cup_axis_deg=site.insertion_path.off_cup_axis_deg,
    )
    return MadeAugment(figures, outer, part.mesh)


def _no_augment(solid: AugmentSolid, settings: PlanSettings) -> Augment:
    kind, thickness_mm = settings.site.augment_type, settings.site.augment_minimum_thickness_mm
    least_ml = settings.augment.augment_minimum_volume_ml
    if kind == "none":
        reason = f"left out by choice (augment type none): the gap between cup and host bone has {solid.gap_ml:.1f} ml"
    elif kind in SECTORS_OF:
        reason = (
            f"of the gap between cup and host bone ({solid.gap_ml:.1f} ml) the part for a {kind} "
            f"holds no body {thickness_mm:g} mm thick and of "
            f"{least_ml:g} ml: none of that type; auto looks at the whole gap"
        )
    else:
        reason = (
            f"the gap between cup and host bone ({solid.gap_ml:.1f} ml) holds no body "
            f"{thickness_mm:g} mm thick and of {least_ml:g} ml: "
            "no augment needed"
        )
    return Augment(False, 0.0, 0.0, 0.0, 0.0, _parameters(settings), reason, gap_ml=solid.gap_ml)


def _parameters(settings: PlanSettings) -> dict[str, float | str]:
    record = settings.as_record()
    names = (
        "augment_type", "cement_gap_mm", "seat_offset_mm", "seat_roughness_mm", "augment_reach_mm",
        "augment_envelope_mm", "dome_support_mm", "augment_minimum_thickness_mm", "augment_minimum_width_mm",
        "augment_flange", "flange_thickness_mm", "flange_width_mm", "flange_length_mm", "flange_screw_count",
        "porous_layer_mm", "porosity", "lattice", "lattice_style", "part_pitch_mm",
    )  # fmt: skip
    return {name: record[name] for name in names} | {"cell_size_mm": _cell_mm(settings.augment)}


def _cell_mm(settings: AugmentSettings) -> float:
    return CELL_SIZE_MM[settings.lattice_style] if settings.cell_size_mm is None else settings.cell_size_mm
