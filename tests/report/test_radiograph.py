import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.geometry import RigidTransform
from coxa.labels import Segmentation
from coxa.report.radiograph import SOFT_TISSUE_SHARE, film, project_coronal, silhouette
from coxa.volume import Volume
from tests.report.made_case import grid

SPOTS = np.array([[50.0, 20.0, 30.0], [-40.0, -25.0, -20.0]])
"""One 50 mm left, 30 mm up and behind; one 40 mm right, 20 mm down and in front (of the frame's origin)."""


def scanned(lps_from_frame, direction, spacing=(2.0, 2.0, 2.5)):
    size = tuple(int(n) for n in np.array([160, 140, 150]) / spacing)
    g = grid(direction, size, spacing)
    k, j, i = np.indices(g.shape)
    points = g.points_from_indices(np.stack([i, j, k], -1))
    hu, labels = np.full(g.shape, -1000, np.int16), np.zeros(g.shape, np.uint8)
    for value, spot in enumerate(lps_from_frame.points(SPOTS), start=1):
        inside = np.linalg.norm(points - spot, axis=-1) < 8
        hu[inside], labels[inside] = 1000, value
    return Volume(hu, g), Segmentation(labels, g)


def frame(angles=(0, 0, 0)):
    return RigidTransform.from_axes(Rotation.from_euler("zyx", angles, degrees=True).as_matrix(), [3.0, -4.0, 5.0])


@pytest.mark.parametrize("angles", [(0, 0, 0), (10, -8, 12)], ids=["level", "tilted"])
@pytest.mark.parametrize("direction", [np.eye(3), np.diag([-1.0, -1.0, 1.0])], ids=["LPS", "RAS"])
def test_distances_are_true_in_millimetres_at_any_depth(angles, direction):
    lps_from_frame = frame(angles)
    volume, _ = scanned(lps_from_frame, direction)
    drr = project_coronal(volume, lps_from_frame, lps_from_frame.points(SPOTS), mm_per_px=0.8)
    rows, columns = np.indices(drr.water_mm.shape)
    seen = []
    for spot in drr.pixels_from_points(lps_from_frame.points(SPOTS)):
        near = np.hypot(columns - spot[0], rows - spot[1]) < 16
        weight = drr.water_mm * near
        seen.append([(weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()])
    left, right = np.array(seen) * 0.8
    # The left spot is on the viewer's right and, being higher, nearer to the top.
    np.testing.assert_allclose(left - right, [90.0, -50.0], atol=0.6)


def test_brightness_is_the_path_through_bone():
    volume, _ = scanned(frame(), np.eye(3))
    drr = project_coronal(volume, frame(), frame().points(SPOTS))
    bone_per_mm = SOFT_TISSUE_SHARE * 1.15 + (2.0 - 1.15)
    assert drr.water_mm.max() == pytest.approx(16.0 * bone_per_mm, rel=0.15)
    assert drr.water_mm[0, 0] == 0.0


def test_the_film_shows_bone_bright_and_air_black():
    volume, _ = scanned(frame(), np.eye(3))
    drr = project_coronal(volume, frame(), frame().points(SPOTS))
    pixels = film(drr)
    x, y = np.rint(drr.pixels_from_points(frame().points(SPOTS))[0]).astype(int)
    assert pixels[y, x].min() > 200 and pixels[0, 0].max() < 30


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (1.0, 1.0, 4.0)], ids=["fine", "thick"])
def test_a_silhouette_is_the_shadow_of_one_structure(spacing):
    volume, segmentation = scanned(frame(), np.eye(3), spacing)
    drr = project_coronal(volume, frame(), frame().points(SPOTS), mm_per_px=1.0)
    shadow = silhouette(drr, segmentation, "hip_left")
    rows, columns = np.nonzero(shadow)
    np.testing.assert_allclose(
        [columns.mean(), rows.mean()], drr.pixels_from_points(frame().points(SPOTS))[0], atol=0.7
    )
    assert shadow.sum() == pytest.approx(np.pi * 8**2, rel=0.15)
    assert not silhouette(drr, segmentation, "sacrum").any()
