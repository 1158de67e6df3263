"""Corresponding surfaces of made-up people: the phantom's hip bones, of other size, flare and bend."""

import fast_simplification
import numpy as np

from coxa.anatomy import SIDES
from coxa.geometry.mesh import Mesh
from coxa.landmarks.centres.atlas_build import CorrespondingSurfaces

PEOPLE = 8
KEPT_TRIANGLES = 0.08


def person(number: int) -> np.ndarray:
    """Amounts of size, sideways flare and backward bend; each from -1 to 1."""
    return np.random.default_rng(number).uniform(-1.0, 1.0, 3)


def reshaped(points_lps_mm, amounts, left_centre_lps_mm, right_centre_lps_mm) -> np.ndarray:
    """Scale by up to 6 %; flare and bend by up to 8 mm where the bone is 80 mm above or below the sockets.

    Near the sockets themselves neither flare nor bend does anything: they stay round.
    """
    middle = 0.5 * (left_centre_lps_mm + right_centre_lps_mm)
    q = np.atleast_2d(points_lps_mm) - middle
    away = 8.0 * (q[:, 2] / 80.0) ** 2
    q[:, 0] += np.sign(q[:, 0]) * amounts[1] * away
    q[:, 1] += amounts[2] * away
    return q * (1.0 + 0.06 * amounts[0]) + middle


def light_hips(surfaces) -> dict:
    """The phantom's hip bones with some thousand triangles, by side."""
    light = {}
    for side in SIDES:
        mesh = surfaces[f"hip_{side}"]
        vertices, faces = mesh.vertices_lps_mm.astype(np.float32), mesh.faces.astype(np.int32)
        light[side] = Mesh(*fast_simplification.simplify(vertices, faces, 1.0 - KEPT_TRIANGLES))
    return light


def people(hips, centres_lps_mm, count=PEOPLE) -> dict:
    """Both hip bones of many people, by side; the centres are the phantom's, left and right."""
    return {
        side: CorrespondingSurfaces(
            np.array([reshaped(mesh.vertices_lps_mm, person(n), *centres_lps_mm) for n in range(count)]), mesh.faces
        )
        for side, mesh in hips.items()
    }
