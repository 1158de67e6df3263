import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.geometry import RigidTransform
from coxa.labels import Segmentation
from coxa.radiograph import project, view_around
from coxa.report.pictures.radiograph_image import radiograph_image, silhouette
from coxa.volume import Volume
from tests.report.made_case import grid

SPOTS = np.array([[50.0, 20.0, 30.0], [-40.0, -25.0, -20.0]])
"""One 50 mm left, 30 mm up and behind; one 40 mm right, 20 mm down and in front (of the frame's origin)."""
FRAME = RigidTransform.from_axes(Rotation.from_euler("zyx", (10, -8, 12), degrees=True).as_matrix(), [3.0, -4.0, 5.0])


def scanned(spacing=(2.0, 2.0, 2.5)):
    size = tuple(int(n) for n in np.array([160, 140, 150]) / spacing)
    g = grid(np.eye(3), size, spacing)
    k, j, i = np.indices(g.shape)
    points = g.points_from_indices(np.stack([i, j, k], -1))
    hu, labels = np.full(g.shape, -1000, np.int16), np.zeros(g.shape, np.uint8)
    for value, spot in enumerate(FRAME.points(SPOTS), start=1):
        inside = np.linalg.norm(points - spot, axis=-1) < 8
        hu[inside], labels[inside] = 1000, value
    return Volume(hu, g), Segmentation(labels, g)


def test_the_film_shows_bone_bright_and_air_black():
    volume, _ = scanned()
    drr = project(volume, view_around(FRAME.points(SPOTS), FRAME))
    pixels = radiograph_image(drr)
    x, y = np.rint(drr.view.pixels_from_points(FRAME.points(SPOTS))[0]).astype(int)
    assert pixels[y, x].min() > 200 and pixels[0, 0].max() < 30


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (1.0, 1.0, 4.0)], ids=["fine", "thick"])
def test_a_silhouette_is_the_shadow_of_one_structure(spacing):
    volume, segmentation = scanned(spacing)
    drr = project(volume, view_around(FRAME.points(SPOTS), FRAME, mm_per_px=1.0))
    shadow = silhouette(drr, segmentation, "hip_left")
    rows, columns = np.nonzero(shadow)
    np.testing.assert_allclose(
        [columns.mean(), rows.mean()], drr.view.pixels_from_points(FRAME.points(SPOTS))[0], atol=0.7
    )
    assert shadow.sum() == pytest.approx(np.pi * 8**2, rel=0.15)
    assert not silhouette(drr, segmentation, "sacrum").any()
