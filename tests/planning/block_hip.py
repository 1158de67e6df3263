"""A hip made of a block, with everything about it known."""

import functools

import numpy as np
import trimesh

from coxa.anatomy import SIDES, Landmark, Side, Status, landmark_name
from coxa.case import FittedSphere, HipFindings, Landmarks, MeasuredCase
from coxa.geometry import Grid, Mesh, app_frame
from coxa.labels import Segmentation
from coxa.volume import Volume

HEAD_RADIUS_MM = 24.0
LEFT_CENTRE = np.array([86.0, 53.0, -72.0])
ASIS_LEFT, PT_LEFT = np.array([120.0, 0.0, 0.0]), np.array([28.0, 0.0, -90.0])
MIRROR = np.array([-1.0, 1.0, 1.0])


def as_mesh(body: trimesh.Trimesh) -> Mesh:
    return Mesh(body.vertices, body.faces)


@functools.cache
def hip_block(lost: trimesh.Trimesh | None = None) -> trimesh.Trimesh:
    """A left hip: a block with a socket open to the lateral and inferior side, less what is lost."""
    block = trimesh.creation.box((90.0, 110.0, 130.0))
    block.apply_translation(LEFT_CENTRE + np.array([-25.0, 5.0, 25.0]))
    socket = trimesh.creation.icosphere(4, radius=27.0).apply_translation(LEFT_CENTRE)
    mouth = trimesh.creation.box((120.0, 200.0, 120.0))
    mouth.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], [0.62, -0.15, -0.77]))
    mouth.apply_translation(LEFT_CENTRE + 60.0 * np.array([0.62, -0.15, -0.77]))
    bodies = [block, socket, mouth] + ([lost] if lost is not None else [])
    return trimesh.boolean.difference(bodies, engine="manifold").subdivide_to_size(6.0)


def mirrored(mesh: Mesh) -> Mesh:
    return mesh.transformed(np.diag([-1.0, 1.0, 1.0, 1.0]))


class HipCase:
    """A pelvis of two blocks whose given side has lost bone."""

    def __init__(self, side: Side, lost: trimesh.Trimesh | None) -> None:
        healthy, ill = as_mesh(hip_block()), as_mesh(hip_block(lost))
        left, right = (ill, mirrored(healthy)) if side is Side.LEFT else (healthy, mirrored(ill))
        self.side = side
        self.surfaces = {"hip_left": left, "hip_right": right}
        grid = Grid((12, 12, 12), (25.0, 25.0, 25.0), np.array([-140.0, -80.0, -180.0]), np.eye(3))
        self.volume = Volume(np.full(grid.shape, 250, dtype=np.int16), grid)
        self.segmentation = Segmentation(np.zeros(grid.shape, dtype=np.uint8), grid)
        self.case = MeasuredCase("case", "0" * 64, grid, (), landmarks(), ())


def landmarks() -> Landmarks:
    points = {}
    for side in SIDES:
        flip = np.ones(3) if side is Side.LEFT else MIRROR
        places = {"ASIS": ASIS_LEFT, "PT": PT_LEFT, "HRC": LEFT_CENTRE, "HRC_NATIVE": LEFT_CENTRE}
        for stem, place in places.items():
            name = landmark_name(stem, side)
            points[name] = Landmark(name, flip * place, 1.0, Status.OK, "made")
    frame = app_frame(ASIS_LEFT, MIRROR * ASIS_LEFT, PT_LEFT, MIRROR * PT_LEFT)
    hips = {
        str(side): HipFindings(
            False, FittedSphere(points[landmark_name("HRC", side)].point, HEAD_RADIUS_MM, 0.1, 900, 120.0), None
        )
        for side in SIDES
    }
    return Landmarks(points, frame, Status.OK, None, hips)


def roof_loss() -> trimesh.Trimesh:
    """A lost roof: a ball about the socket's lateral superior edge, on the left."""
    return trimesh.creation.icosphere(4, radius=20.0).apply_translation(LEFT_CENTRE + np.array([10.0, 0.0, 24.0]))
