import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.geometry import Mesh, RigidTransform
from coxa.report.drawing.raycast import Body, Camera, Scene
from coxa.report.drawing.views import View, camera
from tests.report.made_case import ball

RED, GREEN = (220, 30, 30), (30, 200, 30)
BOX = np.array([[x, y, z] for x in (-100, 100) for y in (-100, 100) for z in (-100, 100)], float)


def picture(bodies, view, side=Side.LEFT, frame=None, width=200):
    eye = camera(view, side, frame, BOX)
    return Scene(bodies).render(eye, width).astype(int), eye


def reddish(pixels):
    return (pixels[..., 0] > pixels[..., 1] + 40) & (pixels[..., 0] > pixels[..., 2] + 40)


def greenish(pixels):
    return (pixels[..., 1] > pixels[..., 0] + 40) & (pixels[..., 1] > pixels[..., 2] + 40)


def middle_xy(mask):
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()])


def test_a_sphere_covers_its_disc():
    eye = Camera(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), np.zeros(3), 100.0, 80.0)
    pixels = Scene([Body(ball([5, 0, -8], 20.0, 48), RED)]).render(eye, 300).astype(int)
    assert pixels.shape == (240, 300, 3)
    disc = reddish(pixels)
    assert disc.sum() / 9.0 == pytest.approx(np.pi * 20.0**2, rel=0.02)
    np.testing.assert_allclose(middle_xy(disc), eye.pixels_from_points([[5, 0, -8]], 300)[0], atol=0.5)
    np.testing.assert_allclose(eye.pixels_from_points([[5, 0, -8]], 300)[0], [149.5 + 15, 119.5 + 24])


@pytest.mark.parametrize(
    ("view", "side", "place", "right", "up"),
    [
        (View.ANTERIOR, Side.LEFT, [60, 0, 0], 1, 0),
        (View.ANTERIOR, Side.RIGHT, [0, 0, 60], 0, 1),
        (View.POSTERIOR, Side.LEFT, [60, 0, 0], -1, 0),
        (View.LATERAL, Side.LEFT, [0, 60, 0], 1, 0),
        (View.LATERAL, Side.RIGHT, [0, 60, 0], -1, 0),
        (View.LATERAL, Side.RIGHT, [0, 0, 60], 0, 1),
        (View.INLET, Side.LEFT, [60, 0, 0], 1, 0),
        (View.INLET, Side.LEFT, [0, -60, 0], 0, -1),
    ],
)
def test_patient_directions_appear_where_a_surgeon_expects_them(view, side, place, right, up):
    """Patient's left is the viewer's right from the front; posterior is right when seen from the left side."""
    pixels, _ = picture([Body(ball(place), RED)], view, side)
    x, y = middle_xy(reddish(pixels)) - 99.5
    assert np.sign(x) * (abs(x) > 10) == right
    assert np.sign(-y) * (abs(y) > 10) == up


@pytest.mark.parametrize(("view", "front"), [(View.ANTERIOR, "red"), (View.POSTERIOR, "green")])
def test_the_nearer_body_hides_the_farther(view, front):
    pixels, _ = picture([Body(ball([0, -50, 0]), RED), Body(ball([0, 50, 0]), GREEN)], view)
    assert reddish(pixels).any() == (front == "red")
    assert greenish(pixels).any() == (front == "green")


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_the_acetabular_view_stands_lateral_and_in_front_of_its_side(side):
    towards = camera(View.ACETABULAR, side, None, BOX).axes_lps[2]
    assert towards[0] * side.lateral_sign > 0.5
    assert towards[1] < 0 and towards[2] < 0


def test_views_follow_the_pelvis_not_the_scanner():
    turned = RigidTransform.from_axes([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.zeros(3))
    pixels, _ = picture([Body(ball([0, 60, 0]), RED)], View.ANTERIOR, frame=turned)
    assert middle_xy(reddish(pixels))[0] > 120


def test_glass_shows_what_is_behind_it_and_its_own_colour():
    inner, outer = Body(ball([0, 0, 0], 10.0), RED), ball([0, 0, 0], 40.0)
    solid, _ = picture([inner, Body(outer, GREEN)], View.ANTERIOR)
    glass, eye = picture([inner, Body(outer, GREEN, 0.5)], View.ANTERIOR)
    centre, rim = (100, 100), tuple(np.rint(eye.pixels_from_points([[36, 0, 0]], 200)[0]).astype(int)[::-1])
    assert greenish(solid)[centre]
    assert glass[centre][0] > glass[centre][1] + 40
    assert glass[rim][1] > glass[rim][0] + 10


def test_glass_upon_a_solid_of_the_same_shape_leaves_the_solid_clean():
    shape = ball([0, 0, 0], 40.0)
    plain, _ = picture([Body(shape, RED)], View.ANTERIOR)
    coated, _ = picture([Body(shape, RED), Body(shape, GREEN, 0.5)], View.ANTERIOR)
    assert np.abs(coated - plain).max() <= 2


def test_nothing_to_picture_is_said():
    with pytest.raises(ValueError, match="every mesh is empty"):
        Scene([Body(Mesh(np.empty((0, 3)), np.empty((0, 3), int)), RED)])
