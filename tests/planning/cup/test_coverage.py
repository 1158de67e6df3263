"""Coverage on cases that can be worked out by hand."""

import numpy as np
import pytest
import trimesh

from coxa.planning.cup.coverage import cup_coverage
from coxa.planning.cup.values import PlannedCup
from tests.planning.block_hip import as_mesh

CENTRE = np.array([85.0, 40.0, -610.0])
AXIS = np.array([0.6, 0.0, -0.8])
CUP = PlannedCup(56.0, CENTRE, AXIS, 40.0, 15.0, "functional")


def half_space(normal: np.ndarray, offset_mm: float = 0.0) -> trimesh.Trimesh:
    """A large block beyond the plane through the cup's centre, shifted along the normal."""
    block = trimesh.creation.box((300.0, 300.0, 300.0))
    block.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], normal))
    return block.apply_translation(CENTRE + (150.0 + offset_mm) * normal)


ACROSS = np.array([0.0, 1.0, 0.0])


def test_cup_half_in_bone() -> None:
    for shares in cup_coverage(CUP, as_mesh(half_space(ACROSS)), None, 1.5):
        assert shares.host_fraction == pytest.approx(0.5, abs=0.005)
        assert shares.augment_fraction == 0.0
        assert shares.unsupported_fraction == pytest.approx(0.5, abs=0.005)


def test_cup_sunk_to_a_depth() -> None:
    # A plane at height h over the pole cuts a cap of area share h / R off a hemisphere.
    bone = half_space(-AXIS, offset_mm=28.0 - 7.0)
    assert cup_coverage(CUP, as_mesh(bone), None, 1.5)[0].host_fraction > 0.25
    exact = cup_coverage(CUP, as_mesh(bone), None, 1.5, tolerances_mm=(0.0,))[0]
    assert exact.host_fraction == pytest.approx(7.0 / 28.0, abs=0.005)


@pytest.mark.parametrize(
    ("gap_mm", "covered"), [(0.5, (1, 1, 1)), (1.5, (0, 1, 1)), (2.5, (0, 0, 1)), (3.5, (0, 0, 0))]
)
def test_uniform_gap(gap_mm: float, covered: tuple[int, int, int]) -> None:
    block = trimesh.creation.box((200.0, 200.0, 200.0)).apply_translation(CENTRE)
    cavity = trimesh.creation.icosphere(5, radius=28.0 + gap_mm).apply_translation(CENTRE)
    bone = as_mesh(trimesh.boolean.difference([block, cavity], engine="manifold"))
    shares = cup_coverage(CUP, bone, None, 1.5)
    assert tuple(round(s.host_fraction, 2) for s in shares) == covered


def test_host_augment_and_nothing_share_the_cup() -> None:
    half = np.array([0.8, 0.0, 0.6])
    shell = trimesh.boolean.difference(
        [
            trimesh.creation.icosphere(5, radius=40.0).apply_translation(CENTRE),
            trimesh.creation.icosphere(5, radius=29.5).apply_translation(CENTRE),
            half_space(ACROSS),
            half_space(-half),
        ],
        engine="manifold",
    )
    one = cup_coverage(CUP, as_mesh(half_space(ACROSS)), as_mesh(shell), 1.5)[0]
    assert one.host_fraction == pytest.approx(0.50, abs=0.005)
    assert one.augment_fraction == pytest.approx(0.25, abs=0.005)
    assert one.host_fraction + one.augment_fraction + one.unsupported_fraction == pytest.approx(1.0, abs=1e-12)


def test_augment_behind_a_wider_gap_than_cement_does_not_support() -> None:
    shell = trimesh.boolean.difference(
        [trimesh.creation.icosphere(4, radius=50.0), trimesh.creation.icosphere(4, radius=35.0)], engine="manifold"
    ).apply_translation(CENTRE)
    far_bone = as_mesh(trimesh.creation.box((5.0, 5.0, 5.0)).apply_translation(CENTRE + 200.0))
    assert cup_coverage(CUP, far_bone, as_mesh(shell), 1.5)[2].augment_fraction == 0.0


def test_other_half_is_never_counted() -> None:
    # Bone in front of the opening covers nothing of the porous half.
    assert cup_coverage(CUP, as_mesh(half_space(AXIS, 0.1)), None, 1.5)[2].host_fraction == 0.0


@pytest.mark.parametrize("missing_deg", [60.0, 90.0, 150.0])
def test_socket_with_a_sector_lost(missing_deg: float) -> None:
    # A wedge about the cup's axis takes its angle's share of the whole turn out of the hemisphere.
    first, second = np.array([0.0, 1.0, 0.0]), np.cross(AXIS, [0.0, 1.0, 0.0])
    turn = np.radians(np.linspace(0.0, missing_deg, 7))
    rim = np.outer(np.cos(turn), first) + np.outer(np.sin(turn), second)
    corners = np.vstack([[0.0, 0.0, 0.0], 200.0 * rim])
    wedge = trimesh.convex.convex_hull(np.vstack([corners - 200.0 * AXIS, corners + 200.0 * AXIS]) + CENTRE)
    block = trimesh.creation.box((160.0, 160.0, 160.0)).apply_translation(CENTRE)
    socket = trimesh.creation.icosphere(6, radius=28.0).apply_translation(CENTRE)
    bone = as_mesh(trimesh.boolean.difference([block, socket, wedge], engine="manifold"))
    for shares in cup_coverage(CUP, bone, None, 1.5):
        # Bone beside the wedge's faces is met by no ray into the wedge: rays are radial, its faces hold the axis.
        assert shares.host_fraction == pytest.approx(1.0 - missing_deg / 360.0, abs=0.01)


def test_slanted_half_space_against_the_exact_area() -> None:
    # A plane through the centre that is tilted by t from the face plane leaves (180 - t) / 180 of the hemisphere.
    tilt = np.radians(50.0)
    normal = -np.cos(tilt) * AXIS + np.sin(tilt) * np.array([0.0, 1.0, 0.0])
    shares = cup_coverage(CUP, as_mesh(half_space(normal)), None, 1.5, tolerances_mm=(0.0,))[0]
    assert shares.host_fraction == pytest.approx(130.0 / 180.0, abs=0.01)


def test_voxel_count_agrees() -> None:
    """Independent of rays: points through 1 mm behind the hemisphere, looked up in the solid itself."""
    bone = trimesh.boolean.difference(
        [half_space(np.array([0.0, 0.6, 0.8]), -5.0), trimesh.creation.icosphere(4, radius=22.0).apply_translation(
            CENTRE + np.array([0.0, 20.0, 18.0]))], engine="manifold",
    )  # fmt: skip
    rng = np.random.default_rng(5)
    points = rng.normal(size=(4000, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    points = points[points @ AXIS < 0]
    behind = np.zeros(len(points), dtype=bool)
    for depth in np.linspace(0.0, 1.0, 6):
        behind |= bone.contains(CENTRE + (28.0 + depth) * points)
    assert cup_coverage(CUP, as_mesh(bone), None, 1.5)[0].host_fraction == pytest.approx(behind.mean(), abs=0.02)
