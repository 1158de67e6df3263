"""The search for a cup on sockets whose best cup is known."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Side
from coxa.errors import InputRefusedError, UsageError
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.choice import CupChoice
from coxa.planning.cup.radial_bone import radial_bone
from coxa.planning.cup.search import choose_cup
from coxa.planning.cup.site import CupSite
from coxa.planning.cup.warnings import cup_warnings
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.catalogue import CupCatalogue, CupSize
from coxa.planning.settings.cup_terms import CupTerms, Term
from tests.planning.block_hip import HEAD_RADIUS_MM, LEFT_CENTRE, MIRROR, HipCase, as_mesh, landmarks, mirrored

AXIS = np.array([0.62, -0.15, -0.77]) / np.linalg.norm([0.62, -0.15, -0.77])


def socket(radius_mm: float, centre: np.ndarray = LEFT_CENTRE, block: trimesh.Trimesh | None = None) -> trimesh.Trimesh:
    """A block of bone about the left hip with a spherical socket that opens laterally and downward."""
    if block is None:
        block = trimesh.creation.box((120.0, 120.0, 120.0)).apply_translation(LEFT_CENTRE)
    ball = trimesh.creation.icosphere(5, radius=radius_mm).apply_translation(centre)
    mouth = trimesh.creation.box((220.0, 220.0, 120.0))
    mouth.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], AXIS)).apply_translation(centre + 60 * AXIS)
    return trimesh.boolean.difference([block, ball, mouth], engine="manifold")


def chosen(host: trimesh.Trimesh, settings: PlanSettings, native: trimesh.Trimesh | None = None) -> CupChoice:
    frame = landmarks().lps_from_app
    assert frame is not None
    native_mesh = as_mesh(host if native is None else native)
    return choose_cup(CupSite(as_mesh(host), native_mesh, frame, LEFT_CENTRE, Side.LEFT), landmarks(), settings)


def test_intact_socket_gets_the_cup_that_fits_it_on_its_centre() -> None:
    # The head of 48 mm wants 54 mm; the socket is 54 mm wide about the target.
    choice = chosen(socket(27.0), PlanSettings())
    assert choice.wanted_diameter_mm == pytest.approx(2 * HEAD_RADIUS_MM + 6.0)
    assert choice.proposal.name == "proposal"
    assert choice.proposal.cup.outer_diameter_mm == 54.0
    assert choice.proposal.figures.centre_distance_mm <= 0.5
    assert choice.proposal.figures.host_fraction_1mm > 0.9
    assert choice.proposal.cup.shell_mm == 4.0


def test_migrated_socket_is_a_trade_between_centre_and_host_bone() -> None:
    # Socket 5 mm above, 2 mm medial of and 2 mm behind the target: host bone lies there, the target does not.
    choice = chosen(socket(28.0, LEFT_CENTRE + np.array([-2.0, 2.0, 5.0])), PlanSettings.of(cup_diameter_mm=54.0))
    by_name = {option.name: option.figures for option in choice.options}
    first, host, between = (by_name[name] for name in ("centre first", "host bone first", "proposal"))
    assert first.centre_distance_mm <= 0.5 and host.centre_distance_mm > 3.0
    assert host.host_fraction_1mm > first.host_fraction_1mm + 0.2
    assert host.centre_superior_mm > 2.0 and host.centre_lateral_mm < -1.0
    assert first.host_fraction_1mm <= between.host_fraction_1mm <= host.host_fraction_1mm
    assert first.centre_distance_mm <= between.centre_distance_mm <= host.centre_distance_mm
    assert between.cost <= min(first.cost, host.cost)
    assert "host_coverage" in (first.worst_term, between.worst_term)
    # Moving buys host bone: the most there is within so many mm of the target never falls.
    steps, shares = zip(*choice.host_by_distance, strict=True)
    assert steps == (0.0, 2.0, 4.0, 6.0, 8.0) and list(shares) == sorted(shares)
    assert shares[0] == pytest.approx(first.host_fraction_1mm, abs=0.03) and shares[-1] > shares[0] + 0.2


def test_offsets_carry_anatomical_signs_on_both_sides() -> None:
    bone = as_mesh(socket(28.0, LEFT_CENTRE + np.array([-2.0, 2.0, 5.0])))
    frame = landmarks().lps_from_app
    assert frame is not None
    settings = PlanSettings.of(cup_diameter_mm=54.0)
    left = choose_cup(CupSite(bone, bone, frame, LEFT_CENTRE, Side.LEFT), landmarks(), settings)
    other = mirrored(bone)
    right = choose_cup(CupSite(other, other, frame, MIRROR * LEFT_CENTRE, Side.RIGHT), landmarks(), settings)
    for a, b in zip(left.options, right.options, strict=True):
        assert np.allclose(b.cup.centre_lps_mm, MIRROR * a.cup.centre_lps_mm)
        assert np.allclose(b.cup.axis_lps, MIRROR * a.cup.axis_lps)
        assert b.figures.centre_lateral_mm == pytest.approx(a.figures.centre_lateral_mm)
    host = next(o.figures for o in left.options if o.name == "host bone first")
    assert host.centre_lateral_mm < -1.0 < 1.0 < host.centre_superior_mm


def thin_wall(thickness_mm: float) -> trimesh.Trimesh:
    """Bone that ends in a flat inner table ``thickness_mm`` medial of a sphere of 27 mm about the target."""
    block = trimesh.creation.box((150.0, 120.0, 120.0))
    block.apply_translation(LEFT_CENTRE + np.array([75.0 - 27.0 - thickness_mm, 0.0, 0.0]))
    return socket(27.0, block=block)


def test_medial_wall_is_measured_and_kept() -> None:
    settings = PlanSettings.of(cup_diameter_mm=54.0, cup_centre_lps_mm=tuple(LEFT_CENTRE), inclination_deg=40.0)
    kept = chosen(thin_wall(4.0), settings).proposal.figures
    # Straight to the midline 4 mm are left, more along slanted rays: the thinnest tenth is near 4.
    assert kept.medial_wall_mm == pytest.approx(4.0, abs=0.5)
    assert kept.protrusion_mm == 0.0 and kept.medial_wall_open_fraction == 0.0
    # A cup 3 mm larger all round than the socket leaves nothing of a wall of 3 mm, unless it moves outward.
    only_wall = CupTerms(host_coverage=Term(0.0, 0.2), bone_removed=Term(0.0, 1.0))
    free = chosen(thin_wall(3.0), PlanSettings.of(cup_diameter_mm=60.0, cup_terms=only_wall)).proposal.figures
    assert free.centre_lateral_mm >= 0.5 and free.medial_wall_mm is not None and free.medial_wall_mm > 0.5


def test_cup_through_the_inner_table_is_said_and_avoided() -> None:
    # Where today's wall is gone, the native one tells where the inner table was.
    gone = trimesh.creation.box((150.0, 120.0, 120.0)).apply_translation(LEFT_CENTRE + np.array([60.0, 0.0, 0.0]))
    host = socket(27.0, block=gone)
    fixed = PlanSettings.of(cup_diameter_mm=62.0, cup_centre_lps_mm=tuple(LEFT_CENTRE))
    choice = chosen(host, fixed, native=thin_wall(1.0))
    figures = choice.proposal.figures
    assert figures.medial_wall_mm is None and figures.medial_wall_open_fraction == 1.0
    assert figures.protrusion_mm == pytest.approx(31.0 - 28.0, abs=0.4)
    assert figures.worst_term in ("protrusion", "host_coverage")
    said = " ".join(cup_warnings(choice, fixed.cup))
    assert "through the inner table" in said and "no medial wall" in said
    free = chosen(host, PlanSettings.of(cup_diameter_mm=62.0), native=thin_wall(1.0)).proposal.figures
    assert free.protrusion_mm is not None and free.protrusion_mm < figures.protrusion_mm - 1.0


def test_a_medial_wall_that_is_mostly_gone_and_thin_columns_are_said() -> None:
    settings = PlanSettings.of(cup_diameter_mm=54.0)
    choice = chosen(socket(27.0), settings)
    option = choice.proposal
    assert "lost or hidden by metal" not in " ".join(cup_warnings(choice, settings.cup))
    worse = replace(option.figures, medial_wall_mm=2.5, medial_wall_open_fraction=0.8)
    gone = replace(choice, options=(replace(option, figures=worse),), pelvis_ap_mm=55.0)
    said = " ".join(cup_warnings(gone, settings.cup))
    assert "80 % of the medial wall behind the cup is lost or hidden by metal" in said
    assert "leaves less than 2 mm of each column" in said
    assert worse.medial_wall_words == "2.5 mm, 80 % of it not seen"


def test_hip_without_bone_to_hold_a_cup_is_pointed_out() -> None:
    sliver = trimesh.creation.box((8.0, 60.0, 60.0)).apply_translation(LEFT_CENTRE + np.array([-31.0, 0.0, 0.0]))
    settings = PlanSettings.of(cup_diameter_mm=54.0)
    assert "press fit alone cannot hold it" in " ".join(cup_warnings(chosen(sliver, settings), settings.cup))
    assert "press fit" not in " ".join(cup_warnings(chosen(socket(27.0), settings), settings.cup))


def test_bone_removed_is_the_bone_within_the_half_ball() -> None:
    solid = trimesh.creation.box((200.0, 200.0, 200.0)).apply_translation(LEFT_CENTRE)
    settings = PlanSettings.of(cup_diameter_mm=50.0, cup_centre_lps_mm=tuple(LEFT_CENTRE))
    figures = chosen(solid, settings).proposal.figures
    assert figures.bone_removed_ml == pytest.approx(2.0 / 3.0 * np.pi * 25.0**3 / 1000.0, rel=0.01)
    assert figures.host_fraction_1mm == 1.0


def test_cup_fits_between_the_columns() -> None:
    # Bone 60 mm deep from front to back: with 2 mm of each column left, no cup over 56 mm.
    block = trimesh.creation.box((120.0, 60.0, 120.0)).apply_translation(LEFT_CENTRE)
    narrow = socket(27.0, block=block)
    choice = chosen(narrow, PlanSettings.of(cup_over_head_mm=16.0))
    assert choice.pelvis_ap_mm is not None and 60.0 < choice.pelvis_ap_mm < 70.0
    assert all(o.cup.outer_diameter_mm <= choice.pelvis_ap_mm - 4.0 for o in choice.options)


def test_what_is_set_by_hand_stays_and_the_rest_follows() -> None:
    host = socket(28.0, LEFT_CENTRE + np.array([-3.0, 0.0, 5.0]))
    by_hand = PlanSettings.of(cup_diameter_mm=57.0, inclination_deg=44.0, anteversion_deg=8.0)
    choice = chosen(host, by_hand)
    for option in choice.options:
        assert option.cup.outer_diameter_mm == 57.0
        assert option.cup.inclination_radiographic_deg == 44.0 and option.cup.anteversion_radiographic_deg == 8.0
        assert np.degrees(np.arcsin(-option.cup.axis_lps[1])) == pytest.approx(8.0)
    assert choice.proposal.figures.centre_distance_mm > 0
    assert "57 mm is not in the catalogue" in " ".join(cup_warnings(choice, by_hand.cup))
    fixed = chosen(host, PlanSettings.of(cup_centre_lps_mm=tuple(LEFT_CENTRE)))
    assert len({o.cup.outer_diameter_mm for o in fixed.options}) > 1
    assert all(np.array_equal(o.cup.centre_lps_mm, LEFT_CENTRE) for o in fixed.options)
    higher = chosen(host, PlanSettings.of(cup_centre_lps_mm=(86.0, 53.0, -67.0), cup_diameter_mm=56.0)).proposal.figures
    assert (higher.centre_superior_mm, higher.centre_lateral_mm) == pytest.approx((5.0, 0.0), abs=1e-9)


@pytest.mark.parametrize("centre", [(-86.0, -53.0, -72.0), (86.0, 53.0, 400.0), (np.nan, 0.0, 0.0)])
def test_centre_in_other_coordinates_is_refused(centre: tuple[float, float, float]) -> None:
    with pytest.raises(UsageError, match="LPS"):
        chosen(socket(27.0), PlanSettings.of(cup_centre_lps_mm=centre))


def test_own_catalogue_is_chosen_from() -> None:
    own = CupCatalogue("shelf", (CupSize(53.0, 3.0), CupSize(57.0, 5.0)))
    choice = chosen(socket(27.0), PlanSettings.of(cup_catalogue=own))
    assert choice.proposal.cup.outer_diameter_mm == 53.0 and choice.proposal.cup.shell_mm == 3.0
    assert choice.catalogue == "shelf"


def test_same_input_gives_the_same_choice() -> None:
    host = socket(28.0, LEFT_CENTRE + np.array([-2.0, 1.0, 3.0]))
    once, again = (chosen(host, PlanSettings.of(cup_diameter_mm=56.0)) for _ in range(2))
    for a, b in zip(once.options, again.options, strict=True):
        assert a.name == b.name and np.array_equal(a.cup.centre_lps_mm, b.cup.centre_lps_mm)
        assert a.figures == b.figures


def test_no_head_is_sized_by_a_cup_and_nothing_at_all_is_refused(left_case: HipCase) -> None:
    marks = landmarks()
    assert marks.lps_from_app is not None
    headless = replace(marks, hips={side: replace(hip, implant_present=True) for side, hip in marks.hips.items()})
    host = left_case.surfaces["hip_left"]
    site = CupSite(host, host, marks.lps_from_app, LEFT_CENTRE, Side.LEFT)
    with pytest.raises(InputRefusedError, match="--cup-diameter"):
        choose_cup(site, headless, PlanSettings())
    assert choose_cup(site, headless, PlanSettings.of(cup_diameter_mm=58.0)).wanted_from == "set by hand"


def test_term_is_quadratic_to_its_limit_then_straight() -> None:
    term = Term(2.0, 4.0)
    assert [float(term.cost(x)) for x in (-1.0, 0.0, 2.0, 4.0, 8.0)] == [0.0, 0.0, 0.5, 2.0, 6.0]
    with pytest.raises(UsageError, match="limit"):
        Term(1.0, 0.0)
    assert CupTerms().centre.limit == 2.0


def test_rays_know_every_stretch_of_bone() -> None:
    # A shell from 20 to 25 mm within another from 30 to 40 mm: two stretches along every ray.
    balls = [trimesh.creation.icosphere(5, radius=r) for r in (40.0, 30.0, 25.0, 20.0)]
    outer = trimesh.boolean.difference(balls[:2], engine="manifold")
    inner = trimesh.boolean.difference(balls[2:], engine="manifold")
    caster = RayCaster(as_mesh(trimesh.util.concatenate([outer, inner])))
    rays = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8], [-0.48, 0.6, -0.64]])
    bone = radial_bone(caster, np.zeros((1, 3)), rays, 50.0)
    assert np.allclose(bone.enter_mm[0, :, :2], [20.0, 30.0], atol=0.05) and np.isinf(bone.enter_mm[0, :, 2]).all()
    assert np.allclose(bone.leave_mm[0, :, :2], [25.0, 40.0], atol=0.05)
    assert np.allclose(bone.gap_mm(27.0), 3.0, atol=0.05) and (bone.gap_mm(32.0) == 0).all()
    assert np.isinf(bone.gap_mm(41.0)).all()
    assert np.allclose(bone.removed_mm3(32.0), (25.0**3 - 20.0**3 + 32.0**3 - 30.0**3) / 3.0, rtol=0.02)
    within = radial_bone(caster, np.array([[22.0, 0.0, 0.0]]), rays[:1], 50.0)
    assert within.enter_mm[0, 0, 0] == 0.0 and within.leave_mm[0, 0, 0] == pytest.approx(3.0, abs=0.05)
