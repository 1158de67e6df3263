"""Screws on the block hip: figures against dense sampling, sets against every set, vessels, an augment's screws."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import trimesh

from coxa.anatomy import LABELS, UNKNOWN, UNKNOWN_LABEL, Side
from coxa.errors import InputRefusedError, UsageError
from coxa.geometry import Grid
from coxa.labels import Segmentation
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.choose import (
    best_by_entry,
    candidate_screws,
    clear_of_each_other,
    propose_screws,
    screw_worth,
)
from coxa.planning.screws.hu_along import hu_around
from coxa.planning.screws.metrics import ScrewSite, measured_screw
from coxa.planning.screws.paths import augment_paths
from coxa.planning.screws.quadrants import quadrant
from coxa.planning.screws.values import Screw
from coxa.planning.screws.vessels import VesselMask, Vessels, vessels_near
from coxa.planning.settings import PlanSettings
from coxa.volume import Volume
from tests.planning.block_hip import LEFT_CENTRE, MIRROR, HipCase, as_mesh, hip_block, landmarks, mirrored

AXIS = np.array([0.62, -0.15, -0.77]) / np.linalg.norm([0.62, -0.15, -0.77])
CUP = PlannedCup(54.0, LEFT_CENTRE, AXIS, 40.0, 15.0, "functional")
SETTINGS = PlanSettings()


@pytest.fixture(scope="module")
def site(left_case: HipCase) -> ScrewSite:
    hip = left_case
    return ScrewSite(CUP, hip.surfaces["hip_left"], hip.volume, hip.segmentation, hip.case.landmarks, Side.LEFT)


def inside(site: ScrewSite, points: np.ndarray) -> np.ndarray:
    return trimesh.Trimesh(site.host.vertices_lps_mm, site.host.faces, process=False).contains(points)


def test_bone_along_each_candidate_is_what_dense_sampling_finds(site: ScrewSite) -> None:
    candidates = candidate_screws(site, SETTINGS)
    assert len(candidates) > 50
    for screw in candidates[::30]:
        along = np.linspace(0.0, screw.length_mm, 1201)
        dense = inside(site, screw.entry_lps_mm + along[:, None] * screw.direction_lps).mean() * screw.length_mm
        assert screw.bone_length_mm == pytest.approx(dense, abs=0.1)
        assert screw.protrusion_mm == 0.0 and inside(site, screw.tip_lps_mm[None])[0]


def test_proposed_set_is_the_best_of_every_set(site: ScrewSite) -> None:
    # A coarse set of candidates, small enough to try every trio.
    settings = SETTINGS.changed(augment_screw_count_max=0)
    allowed = ("postero-superior", "postero-inferior")
    all_good = [s for s in candidate_screws(site, settings) if s.quadrant in allowed and s.bone_length_mm >= 15.0]
    good = best_by_entry(all_good)
    assert max(map(screw_worth, good)) == max(map(screw_worth, all_good)) and len(good) < len(all_good)
    clear = clear_of_each_other(good, settings.screws)
    worth = np.array([screw_worth(s) for s in good])
    pairs = [(a, b) for a, b in combinations(range(len(good)), 2) if clear[a, b]]
    third = [max((worth[c] for c in np.flatnonzero(clear[a] & clear[b])), default=0.0) for a, b in pairs]
    best = max(worth[a] + worth[b] + c for (a, b), c in zip(pairs, third, strict=True))
    proposed = propose_screws(site, settings)
    assert sum(screw_worth(s) for s in proposed) == pytest.approx(best)
    assert len(proposed) == 3
    assert min(s.clearance_mm or 0.0 for s in proposed) >= settings.screws.screw_clearance_mm


def test_exit_and_protrusion_of_a_screw_set_by_hand(site: ScrewSite) -> None:
    # Straight to the midline through the block's medial wall, which lies 70 mm medial of the centre.
    medial = np.array([-1.0, 0.0, 0.0])
    entry = LEFT_CENTRE + 27.5 * medial
    inward = measured_screw(site, entry, medial, 6.5, 30.0, "cup")
    assert inward.exit_table == "inner table"
    assert inward.exit_beyond_tip_mm == pytest.approx(70.0 - 27.5 - 30.0, abs=1e-6)
    assert inward.exit_lps_mm == pytest.approx(LEFT_CENTRE + 70.0 * medial, abs=1e-6)
    assert inward.protrusion_mm == 0.0 and inward.bone_length_mm == pytest.approx(30.0, abs=1e-6)
    through = measured_screw(site, entry, medial, 6.5, 50.0, "cup")
    assert through.protrusion_mm == pytest.approx(7.5, abs=1e-6)
    assert through.exit_beyond_tip_mm == pytest.approx(-7.5, abs=1e-6)
    assert through.bone_length_mm == pytest.approx(42.5, abs=1e-6)
    assert "protrudes" in through.note
    upward = measured_screw(site, LEFT_CENTRE + np.array([-20.0, 0.0, 30.0]), [0.0, 0.0, 1.0], 6.5, 20.0, "cup")
    assert upward.exit_table == "edge"
    missing = measured_screw(site, LEFT_CENTRE + 5.0 * AXIS, AXIS, 6.5, 20.0, "cup")
    assert missing.bone_length_mm == 0.0 and missing.mean_hu is None and "outside the bone" in missing.note


def test_right_hip_leaves_through_the_inner_table_too(right_case: HipCase) -> None:
    cup = replace(CUP, centre_lps_mm=MIRROR * LEFT_CENTRE, axis_lps=MIRROR * AXIS)
    hip = right_case
    right = ScrewSite(cup, hip.surfaces["hip_right"], None, None, hip.case.landmarks, Side.RIGHT)
    medial = np.array([1.0, 0.0, 0.0])
    assert measured_screw(right, MIRROR * LEFT_CENTRE + 28.0 * medial, medial, 6.5, 30.0, "cup").exit_table == (
        "inner table"
    )


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("rise_mm", [0.0, 30.0])
def test_quadrants_follow_the_planned_centre(side: Side, rise_mm: float) -> None:
    flip = np.ones(3) if side is Side.LEFT else MIRROR
    centre = flip * (LEFT_CENTRE + np.array([0.0, 0.0, rise_mm]))
    # In the sagittal plane of this frame (axes along LPS): along the line to the ASIS, and across it.
    toward = np.array([0.0, -LEFT_CENTRE[1], -LEFT_CENTRE[2] - rise_mm])
    backward = np.array([0.0, toward[2], -toward[1]])
    assert backward[1] > 0.0
    for along, across in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        name = ("postero" if across > 0 else "antero") + ("-superior" if along > 0 else "-inferior")
        assert quadrant(centre + 0.3 * (along * toward + across * backward), centre, landmarks(), side) == name
    # A place above the native centre and below a high one changes its quadrant with the plan.
    between = flip * (LEFT_CENTRE + np.array([0.0, 0.0, 15.0]))
    assert quadrant(between, centre, landmarks(), side).endswith("-superior" if rise_mm == 0.0 else "-inferior")


def test_vessels_shorten_and_drop_screws(site: ScrewSite) -> None:
    free = propose_screws(site, SETTINGS)
    tip = free[0].tip_lps_mm
    beside = Vessels(tip[None] + [[0.0, 0.0, 4.0]], 0.25)
    guarded = replace(site, vessels=beside)
    along = np.linspace(0.0, 1.0, 2001)[:, None]
    for screw in propose_screws(guarded, SETTINGS):
        axis = screw.entry_lps_mm + along * (screw.tip_lps_mm - screw.entry_lps_mm)
        exact = np.linalg.norm(axis - beside.voxels_lps_mm[0], axis=1).min() - 0.25 - 3.25
        assert screw.vessel_distance_mm == pytest.approx(exact, abs=0.05)
        assert exact >= SETTINGS.screws.screw_vessel_distance_mm
    same = measured_screw(guarded, free[0].entry_lps_mm, free[0].direction_lps, 6.5, free[0].length_mm, "cup")
    assert same.vessel_distance_mm is not None and same.vessel_distance_mm < SETTINGS.screws.screw_vessel_distance_mm
    assert all(s.vessel_distance_mm is None for s in free)


def test_vessel_mask_on_its_own_grid() -> None:
    grid = Grid((30, 30, 30), (3.0, 2.0, 1.0), LEFT_CENTRE - 20.0, np.eye(3))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[5, 7, 9] = True
    place = grid.points_from_indices([9, 7, 5])
    vessels = vessels_near(VesselMask(mask, grid), LEFT_CENTRE)
    assert vessels.distance_mm(place[None] + [[0.0, 10.0, 0.0]])[0] == pytest.approx(8.5)
    with pytest.raises(InputRefusedError, match="vessel mask"):
        vessels_near(VesselMask(mask, grid), LEFT_CENTRE + 400.0)


def metal_scan(streaks_hu: float) -> tuple[Volume, Segmentation]:
    """Bone of 200 HU everywhere but soft tissue in front, with a metal bar across its lower slices."""
    grid = Grid((80, 80, 40), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
    hu = np.full(grid.shape, 200.0)
    hu[:, :40] = 50.0
    noise = np.random.default_rng(3).normal(0.0, 1.0, hu.shape)
    hu[:20] += streaks_hu * noise[:20]
    labels = np.zeros(grid.shape, dtype=np.uint8)
    labels[:20, 58:62, 38:42] = 6
    hu[labels == 6] = 3000.0
    labels[30, 70, 10] = UNKNOWN_LABEL
    names = dict(LABELS) | {UNKNOWN_LABEL: UNKNOWN}
    return Volume(hu.astype(np.int16), grid), Segmentation(labels, grid, names)


@pytest.mark.parametrize(
    ("streaks_hu", "height", "trusted"), [(0.0, 10.0, True), (80.0, 10.0, False), (80.0, 30.0, True)]
)
def test_hu_in_slices_full_of_streaks_is_never_trusted(streaks_hu: float, height: float, trusted: bool) -> None:
    around = hu_around(*metal_scan(streaks_hu), np.array([40.0, 40.0, 20.0]))
    way = np.column_stack([np.arange(5.0, 25.0), np.full(20, 66.0), np.full(20, height)])
    mean, share = around.mean_along(way)
    if trusted:
        assert mean == pytest.approx(200.0, abs=1.0) and share == 1.0
    else:
        assert mean is None and share == 0.0


def test_hu_beside_metal_and_in_the_unknown_is_left_out() -> None:
    around = hu_around(*metal_scan(0.0), np.array([40.0, 40.0, 20.0]))
    # 20 points, 3 mm apart, past a bar 4 mm wide with a 3 mm halo: metal's own 3000 HU must not raise the mean.
    past = np.column_stack([np.linspace(5.0, 75.0, 71), np.full(71, 60.0), np.full(71, 10.0)])
    mean, share = around.mean_along(past)
    assert mean == pytest.approx(200.0, abs=1.0)
    assert share == pytest.approx((71 - 10) / 71, abs=0.02)
    assert around.mean_along(np.array([[10.0, 70.0, 30.0]])) == (None, 0.0)
    assert around.mean_along(np.array([[500.0, 70.0, 30.0]])) == (None, 0.0)


def test_unseen_bone_counts_as_weak_not_as_good() -> None:
    seen = Screw(np.zeros(3), AXIS, 6.5, 30.0, 30.0, 300.0, "postero-superior", "")
    hidden = replace(seen, mean_hu=None, hu_trusted_fraction=0.2)
    poor = replace(seen, mean_hu=40.0)
    assert screw_worth(poor) < screw_worth(hidden) < screw_worth(seen) == 30.0
    assert screw_worth(replace(seen, diameter_mm=5.0)) == pytest.approx(30.0 * 5.0 / 6.5)


@pytest.fixture(scope="module")
def augmented(site: ScrewSite) -> ScrewSite:
    """The lost roof filled by a block over the cup, flush with the bone."""
    fill = trimesh.creation.icosphere(4, radius=20.3).apply_translation(LEFT_CENTRE + np.array([10.0, 0.0, 24.0]))
    cup = trimesh.creation.icosphere(4, radius=28.5).apply_translation(LEFT_CENTRE)
    mouth = trimesh.creation.box((120.0, 200.0, 120.0))
    mouth.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], AXIS))
    mouth.apply_translation(LEFT_CENTRE + 60.0 * AXIS)
    whole = hip_block(None)
    body = trimesh.boolean.difference(
        [trimesh.boolean.intersection([fill, whole], engine="manifold"), cup, mouth], engine="manifold"
    )
    return replace(site, augment=as_mesh(max(body.split(), key=lambda piece: piece.volume).subdivide_to_size(3.0)))


def test_screws_through_the_augment_keep_clear_of_the_cup_and_hold_in_bone(augmented: ScrewSite) -> None:
    assert augmented.augment is not None
    paths = augment_paths(augmented.augment, augmented.host, CUP, Side.LEFT, SETTINGS)
    assert len(paths.entries_lps_mm) > 20
    along = np.linspace(0.0, 80.0, 161)[:, None]
    for entry, direction in zip(paths.entries_lps_mm[::5], paths.directions_lps[::5], strict=True):
        assert direction @ AXIS < 0.0
        assert np.linalg.norm(entry + along * direction - LEFT_CENTRE, axis=1).min() >= 27.0 + 3.25 + 1.5 - 1e-3
    screws = propose_screws(augmented, SETTINGS)
    through = [screw for screw in screws if screw.through == "augment"]
    assert 1 <= len(through) <= SETTINGS.screws.augment_screw_count_max
    assert sum(screw.through != "augment" for screw in screws) <= SETTINGS.screws.screw_count_max
    solid = trimesh.Trimesh(augmented.augment.vertices_lps_mm, augmented.augment.faces, process=False)
    for screw in through:
        assert solid.contains([screw.entry_lps_mm + 2.0 * screw.direction_lps])[0]
        assert screw.bone_length_mm >= SETTINGS.screws.screw_minimum_bone_mm
    assert all(s.clearance_mm is not None and s.clearance_mm >= 2.0 for s in screws)
    none = SETTINGS.changed(augment_screw_count_max=0)
    assert all(screw.through != "augment" for screw in propose_screws(augmented, none))


def test_screws_are_told_that_pass_the_augment_on_their_way(augmented: ScrewSite) -> None:
    kinds = {screw.through for screw in candidate_screws(augmented, SETTINGS)}
    assert "cup and augment" in kinds and "cup" in kinds


def test_thinner_screws_of_the_catalogue_only(site: ScrewSite) -> None:
    thin = propose_screws(site, PlanSettings.of(screw_diameter_mm=5.5))
    assert {screw.diameter_mm for screw in thin} == {5.5}
    with pytest.raises(UsageError, match=r"5, 5\.5, 6\.5"):
        PlanSettings.of(screw_diameter_mm=6.0)


def test_no_screws_when_none_are_wanted(augmented: ScrewSite) -> None:
    assert propose_screws(augmented, PlanSettings.of(screw_count_max=0, augment_screw_count_max=0)) == ()


def test_mirrored_hip_gets_mirrored_screws(site: ScrewSite) -> None:
    cup = replace(CUP, centre_lps_mm=MIRROR * LEFT_CENTRE, axis_lps=MIRROR * AXIS)
    right = replace(site, cup=cup, host=mirrored(site.host), volume=None, segmentation=None, side=Side.RIGHT)
    left = replace(site, volume=None, segmentation=None)
    ours, theirs = ([screw_worth(s) for s in propose_screws(x, SETTINGS)] for x in (left, right))
    assert ours == pytest.approx(theirs)
