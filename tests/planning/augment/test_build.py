"""The augment on a block hip, judged by the mesh measurements of the benchmark, and its parts on made shapes."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from benchmarks.augments import AugmentProperties, augment_properties, least_distance_mm

from coxa.anatomy import SIDES, Side
from coxa.errors import UsageError
from coxa.geometry import Grid, Mesh
from coxa.geometry.frames import Frame
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.signed_distance import sample_field, signed_distance
from coxa.planning import PlanSettings
from coxa.planning.augment.build import MadeAugment, make_augment, with_attached_flanges
from coxa.planning.augment.flange_solid import FLANGE_ROUNDING
from coxa.planning.augment.footprint import wide_enough
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.flange_screws import flange_screws
from coxa.planning.screws.metrics import ScrewSite
from coxa.planning.screws.vessels import Vessels
from coxa.planning.site.augment_kind import elements, kind_of, sector_at, union_of
from coxa.planning.site.insertion_path import best_insertion_path
from coxa.planning.site.operation_site import Site, operation_site
from coxa.planning.site.solid_fields import holding_thin_sheets, kept_between_nodes
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, as_mesh, hip_block, landmarks, mirrored, roof_loss

COARSE = {"work_spacing_mm": 0.8, "part_pitch_mm": 0.3}


def settings(**chosen: object) -> PlanSettings:
    return PlanSettings.of(**(COARSE | chosen))


def bodies(side: Side) -> tuple[Mesh, Mesh, PlannedCup]:
    host, native = as_mesh(hip_block(roof_loss())), as_mesh(hip_block())
    centre = LEFT_CENTRE if side is Side.LEFT else MIRROR * LEFT_CENTRE
    if side is Side.RIGHT:
        host, native = mirrored(host), mirrored(native)
    frame = landmarks().lps_from_app
    assert frame is not None
    return host, native, PlannedCup(54.0, centre, cup_axis_lps(frame, side, 40.0, 15.0), 40.0, 15.0, str(Frame.APP))


@cache
def made(side: Side, chosen: PlanSettings) -> tuple[Site, MadeAugment]:
    host, native, cup = bodies(side)
    frame = landmarks().lps_from_app
    assert frame is not None
    site = with_attached_flanges(operation_site(cup, host, native, frame, side, chosen.site), chosen)
    holes = flange_screws(site.flanges, ScrewSite(cup, host, None, None, landmarks(), side), (), chosen)
    return site, make_augment(site, holes, chosen)


def measured(side: Side, chosen: PlanSettings) -> AugmentProperties:
    host, native, cup = bodies(side)
    site, augment = made(side, chosen)
    assert augment.outer is not None and augment.part is not None
    return augment_properties(
        augment.outer, augment.part, host, native, cup, site.insertion_path.direction_lps,
        chosen.site.cement_gap_mm, chosen.site.augment_reach_mm,
    )  # fmt: skip


@pytest.mark.parametrize("chosen", [settings(), settings(augment_type="buttress")], ids=["wedge", "buttress"])
def test_augment_is_one_insertable_body_clear_of_bone_and_cup(chosen: PlanSettings) -> None:
    found = measured(Side.LEFT, chosen)
    assert (found.outer_bodies, found.part_bodies, found.watertight) == (1, 1, True)
    assert found.to_bone_mm >= chosen.site.seat_offset_mm - 0.05
    assert found.to_cup_mm == pytest.approx(chosen.site.cement_gap_mm, abs=0.05)
    assert found.cup_gap_spread_mm < 0.1
    assert found.way_out_depth_mm <= 0.05
    flange = chosen.site.augment_type == "buttress"
    rounded = 2.0 * FLANGE_ROUNDING * chosen.site.flange_thickness_mm - 0.5 * chosen.site.work_spacing_mm
    assert found.thinnest_mm >= (rounded if flange else chosen.site.augment_minimum_thickness_mm)
    if not flange:
        assert 0.3 * found.gap_ml < found.volume_ml < found.gap_ml


def test_lost_roof_is_a_wedge_in_name() -> None:
    _, augment = made(Side.LEFT, settings())
    assert augment.figures.kind == "wedge" and augment.figures.elements.startswith("wedge")
    assert augment.figures.gap_ml is not None and augment.figures.undercut_ml is not None
    assert augment.figures.volume_ml < augment.figures.gap_ml - augment.figures.undercut_ml


def test_bone_that_is_reamed_for_the_cup_is_in_nobodys_way() -> None:
    host, native, cup = bodies(Side.LEFT)
    frame = landmarks().lps_from_app
    assert frame is not None
    knob = trimesh.creation.icosphere(3, radius=6.0).apply_translation(LEFT_CENTRE + np.array([6.0, 0.0, 14.0]))
    with_knob = as_mesh(trimesh.util.concatenate([trimesh.Trimesh(host.vertices_lps_mm, host.faces), knob]))
    site, _ = made(Side.LEFT, settings())
    other = operation_site(cup, with_knob, native, frame, Side.LEFT, settings().site)
    assert other.grid.size == site.grid.size
    outside = site.from_cup_mm > 1.0
    assert np.allclose(other.way_mm[outside], site.way_mm[outside], atol=0.5 * site.grid.spacing_mm[0])


def test_footing_does_not_fill_a_lost_roof() -> None:
    _, augment = made(Side.LEFT, settings(augment_type="footing"))
    assert not augment.figures.needed and augment.outer is None
    assert "none of that type" in augment.figures.reason
    whole = made(Side.LEFT, settings())[1].figures.gap_ml
    assert augment.figures.gap_ml == pytest.approx(whole, rel=0.02), "the gap is there all the same"


def test_none_is_the_surgeons_choice() -> None:
    _, augment = made(Side.LEFT, settings(augment_type="none"))
    assert not augment.figures.needed and "by choice" in augment.figures.reason
    assert augment.figures.gap_ml == pytest.approx(made(Side.LEFT, settings())[1].figures.gap_ml, rel=0.02)


def test_buttress_has_a_plate_up_the_ilium_with_open_holes() -> None:
    chosen = settings(augment_type="buttress")
    host, _, cup = bodies(Side.LEFT)
    site, augment = made(Side.LEFT, chosen)
    plain = made(Side.LEFT, settings())[1]
    assert augment.figures.kind == "buttress" and augment.figures.flanges.startswith("iliac")
    assert augment.outer is not None and plain.outer is not None
    (flange,) = site.flanges
    assert flange.along_lps[2] > 0.5, "it leads upward"
    places = (mesh.vertices_lps_mm - cup.centre_lps_mm for mesh in (augment.outer, plain.outer))
    ends = [(place @ flange.along_lps).max() for place in places]
    assert ends[0] == pytest.approx(flange.end_mm, abs=1.0) and ends[0] - ends[1] > 0.9 * chosen.site.flange_length_mm
    assert augment.outer.vertices_lps_mm[:, 0].max() > host.vertices_lps_mm[:, 0].max() + 3.0, "on its outer face"
    holes = flange_screws(site.flanges, ScrewSite(cup, host, None, None, landmarks(), Side.LEFT), (), chosen)
    assert len(holes) == chosen.site.flange_screw_count
    for screw in holes:
        assert screw.through == "flange" and screw.bone_length_mm >= chosen.screws.screw_minimum_bone_mm
        outside = screw.entry_lps_mm - 10.0 * screw.direction_lps
        assert np.isinf(RayCaster(augment.outer).first_hit([outside], [screw.direction_lps])[0][0])


def test_flange_screws_keep_to_the_safe_quadrants() -> None:
    chosen = settings(augment_type="buttress", augment_flange="iliac")
    host, _, cup = bodies(Side.LEFT)
    site = made(Side.LEFT, chosen)[0]
    here = ScrewSite(cup, host, None, None, landmarks(), Side.LEFT)
    assert flange_screws(site.flanges, here, (), chosen)
    # were the ASIS behind the centre, the same holes would lie in the dangerous anterior quadrants
    frame, asis = landmarks().lps_from_app, landmarks().points["ASIS_L"]
    assert frame is not None
    behind = cup.centre_lps_mm + frame.vectors([0.0, 100.0, 50.0])
    turned = replace(landmarks(), points=dict(landmarks().points) | {"ASIS_L": replace(asis, position_lps_mm=behind)})
    assert flange_screws(site.flanges, replace(here, landmarks=turned), (), chosen) == ()


def test_no_flange_screw_comes_near_a_vessel() -> None:
    chosen = settings(augment_type="buttress", augment_flange="iliac")
    host, _, cup = bodies(Side.LEFT)
    site = made(Side.LEFT, chosen)[0]
    free = ScrewSite(cup, host, None, None, landmarks(), Side.LEFT)
    first = flange_screws(site.flanges, free, (), chosen)[0]
    beside = Vessels(0.5 * (first.entry_lps_mm + first.tip_lps_mm)[None], 0.25)
    for screw in flange_screws(site.flanges, replace(free, vessels=beside), (), chosen):
        assert screw.vessel_distance_mm is not None
        assert screw.vessel_distance_mm >= chosen.screws.screw_vessel_distance_mm
    blocked = Vessels(
        np.concatenate([first.entry_lps_mm + a * first.direction_lps[None] for a in (2.0, 4.0, 6.0)]), 8.0
    )
    left = flange_screws(site.flanges, replace(free, vessels=blocked), (), chosen)
    assert not any(np.allclose(screw.entry_lps_mm, first.entry_lps_mm) for screw in left)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("towards_left", "name"),
    [((0, 0, 1), "wedge"), ((-1, 0, 0), "footing"), ((0, 1, 0), "column"), ((0, -1, 0), "column")],
)
def test_kind_is_named_by_where_it_sits(side: Side, towards_left: tuple[int, int, int], name: str) -> None:
    towards = np.array(towards_left) * (1.0 if side is Side.LEFT else MIRROR)
    frame = landmarks().lps_from_app
    assert frame is not None
    grid = Grid((41, 41, 41), (2.0, 2.0, 2.0), np.array([-40.0, -40.0, -40.0]), np.eye(3))
    k, j, i = np.indices(grid.shape)
    points = np.stack([i, j, k], axis=-1) * 2.0 - 40.0
    ball = np.linalg.norm(points - 25.0 * (towards @ frame.axes), axis=-1) < 8.0
    shares = elements(ball, sector_at(grid, np.zeros(3), frame, side.lateral_sign))
    assert kind_of(shares, False) == name
    assert shares[name] == pytest.approx(1.0)


def test_union_of_equals_is_custom() -> None:
    shares = {"wedge": 0.5, "footing": 0.4, "column": 0.1}
    assert kind_of(shares, False) == "custom"
    assert union_of(shares) == "wedge 50 %, footing 40 %"
    assert kind_of({"wedge": 0.9, "footing": 0.1, "column": 0.0}, True) == "buttress"


def test_way_out_follows_a_leaning_shaft() -> None:
    grid = Grid((61, 61, 41), (2.0, 2.0, 2.0), np.zeros(3), np.eye(3))
    k, j, i = np.indices(grid.shape)
    lean = np.tan(np.radians(30.0))
    shaft = (np.abs(i - 20 - lean * k) < 4) & (np.abs(j - 30) < 4)
    bone = ~shaft
    insertion_path = best_insertion_path(shaft & (k < 12), bone, grid)
    assert insertion_path.off_cup_axis_deg == 30.0
    assert insertion_path.direction_lps == pytest.approx([0.5, 0.0, np.sqrt(0.75)], abs=0.02)


def test_open_gap_is_left_along_the_cup_axis() -> None:
    grid = Grid((31, 31, 21), (2.0, 2.0, 2.0), np.zeros(3), np.eye(3))
    k = np.indices(grid.shape)[0]
    assert best_insertion_path(k > 10, k < 5, grid).off_cup_axis_deg == 0.0


def test_arms_of_the_footprint_are_left_out() -> None:
    grid = Grid((71, 71, 36), (1.0, 1.0, 1.0), np.array([-35.0, -35.0, -35.0]), np.eye(3))
    k, j, i = np.indices(grid.shape)
    points = np.stack([i, j, k], axis=-1) - 35.0
    far = np.linalg.norm(points, axis=-1)
    shell = (far > 28.0) & (far < 33.0)
    cap, arm = shell & (points[..., 0] > 18.0), shell & (np.abs(points[..., 1]) < 4.0)
    site = SimpleNamespace(
        grid=grid, cup_axis_lps=np.array([0.0, 0.0, 1.0]), cup_centre_lps_mm=np.zeros(3), cup_radius_mm=28.0
    )
    kept = wide_enough(cap | arm, site, 18.0)  # type: ignore[arg-type]
    assert kept[cap].mean() > 0.97
    assert kept[arm & (points[..., 0] < 5.0)].sum() == 0


def test_surface_about_an_edge_keeps_its_distance() -> None:
    box = trimesh.creation.box((20.0, 20.0, 20.0))
    box.apply_transform(trimesh.transformations.rotation_matrix(0.5, [1.0, 2.0, 3.0]))
    host = as_mesh(box.subdivide_to_size(2.0))
    grid = Grid((60, 60, 60), (0.7, 0.7, 0.7), np.full(3, -20.65), np.eye(3))
    away = signed_distance(host, grid)
    least = {}
    for name, field in (("plain", away), ("kept", kept_between_nodes(away))):
        surface = surface_of_field(field - np.float32(0.3), grid)
        middles = surface.vertices_lps_mm[surface.faces].mean(axis=1)
        least[name] = least_distance_mm(middles, host)
    assert least["kept"] >= 0.25 > least["plain"]


@pytest.mark.parametrize("name", ["augment_type", "augment_flange", "lattice", "lattice_style"])
def test_unknown_choice_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(UsageError, match="choose one of"):
        settings(**{name: "cage"})


def test_a_sheet_thinner_than_the_pitch_is_held() -> None:
    # 0.2 mm thick, between the nodes of every row: no node lies in it, and its distance was that to a far block
    grid = Grid((20, 20, 30), (0.8, 0.8, 0.8), np.zeros(3), np.eye(3))
    sheet = trimesh.creation.box(bounds=[[2.0, 2.0, 8.3], [13.0, 13.0, 8.5]]).subdivide_to_size(0.8)
    block = trimesh.creation.box(bounds=[[2.0, 2.0, 16.3], [13.0, 13.0, 20.0]])
    both = trimesh.util.concatenate([sheet, block])
    body = Mesh(np.asarray(both.vertices, float), np.asarray(both.faces))
    lost = signed_distance(body, grid)
    on_sheet = np.array([[5.0, 5.0, 8.4], [7.1, 9.3, 8.4], [11.0, 4.4, 8.4]])
    assert (sample_field(lost, grid, on_sheet) > 1.0).all(), "the sheet is thick enough to be seen anyway"
    held = holding_thin_sheets(lost, body, grid)
    assert (sample_field(held, grid, on_sheet) < 0.4).all()
    in_block = np.array([[7.0, 7.0, 18.0]])
    assert sample_field(held, grid, in_block) == sample_field(lost, grid, in_block)
