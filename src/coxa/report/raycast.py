"""Pictures of meshes without a display, a window or OpenGL: orthographic rays through Embree.

Depth darkening: Luft, Colditz, Deussen, "Image enhancement by unsharp masking the depth buffer", 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.mesh import Mesh
from coxa.report.canvas import RgbArray
from coxa.report.palette import Colour

Floats = npt.NDArray[np.float32]

SUPERSAMPLING = 2
MAX_LAYERS = 6
"""Translucent surfaces seen behind one another before the ray is given up."""
SKIN_MM = 0.02
"""How far behind a translucent surface its ray goes on."""
BACKGROUND_TOP: Colour = (226, 232, 239)
BACKGROUND_BOTTOM: Colour = (247, 249, 251)
KEY_LIGHT = (-0.45, 0.55, 0.70)
"""Direction to the main light in the camera's axes (right, up, towards the viewer)."""


@dataclass(frozen=True, eq=False)
class Body:
    """A mesh to show.

    Attributes
    ----------
    mesh : Mesh
    colour : (int, int, int)
    opacity : float
        1 is solid; less is glass: clearer face-on, denser where it turns away.
    """

    mesh: Mesh
    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Camera:
    """An orthographic camera in LPS mm.

    Attributes
    ----------
    axes_lps : ndarray (3, 3)
        Rows: to the right in the picture, up, towards the viewer; orthonormal and right-handed.
    target_lps_mm : ndarray (3,)
        What is in the middle of the picture.
    width_mm, height_mm : float
    """

    axes_lps: FloatArray
    target_lps_mm: FloatArray
    width_mm: float
    height_mm: float

    def pixels_from_points(self, points_lps_mm: npt.ArrayLike, width_px: int) -> FloatArray:
        """Return where LPS points (N, 3) appear, as (x, y) pixels (N, 2) of a picture ``width_px`` wide."""
        seen = (np.asarray(points_lps_mm, dtype=np.float64) - self.target_lps_mm) @ self.axes_lps[:2].T
        height_px = self.height_px(width_px)
        scale = width_px / self.width_mm
        return seen * [scale, -scale] + [width_px / 2 - 0.5, height_px / 2 - 0.5]

    def height_px(self, width_px: int) -> int:
        """Return the picture's height in pixels."""
        return max(1, round(width_px * self.height_mm / self.width_mm))


class Scene:
    """Bodies prepared once, pictured from many sides.

    Raises
    ------
    ValueError
        When no body has a face.
    """

    def __init__(self, bodies: Sequence[Body]) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        shown = [body for body in bodies if not body.mesh.is_empty and body.opacity > 0]
        if not shown:
            raise ValueError("nothing to picture: every mesh is empty")
        self._middle = shown[0].mesh.vertices_lps_mm.mean(0)
        offsets = np.cumsum([0] + [len(body.mesh.vertices_lps_mm) for body in shown])
        vertices = np.concatenate([body.mesh.vertices_lps_mm for body in shown]) - self._middle
        faces = np.concatenate([body.mesh.faces + start for body, start in zip(shown, offsets[:-1], strict=True)])
        self._points = vertices.astype(np.float32)
        self._normals = _smooth_normals(vertices, faces)
        self._faces = faces
        self._body_of_face = np.repeat(np.arange(len(shown)), [len(body.mesh.faces) for body in shown])
        self._colours = np.array([body.colour for body in shown], dtype=np.float32) / 255.0
        self._opacities = np.array([body.opacity for body in shown], dtype=np.float32)
        self._radius_mm = float(np.linalg.norm(vertices, axis=1).max())
        self._embree = rtcore_scene.EmbreeScene()
        TriangleMesh(self._embree, self._points[faces])

    def render(self, camera: Camera, width_px: int) -> RgbArray:
        """Return the picture [row, column, 3] as the camera sees it, ``width_px`` wide."""
        height_px = camera.height_px(width_px)
        shape = (height_px * SUPERSAMPLING, width_px * SUPERSAMPLING)
        origins, direction = self._rays(camera, shape)
        glass, through, solid, depth = self._trace(origins, direction, camera)
        shade = _depth_shade(depth.reshape(shape), camera.width_mm / shape[1])
        behind = _background(shape)
        hit = np.isfinite(depth)
        behind[hit] = solid[hit] * shade.reshape(-1, 1)[hit]
        picture = (glass + through[:, None] * behind).reshape(*shape, 3)
        small = picture.reshape(height_px, SUPERSAMPLING, width_px, SUPERSAMPLING, 3).mean((1, 3))
        return np.asarray(np.clip(small * 255.0 + 0.5, 0, 255).astype(np.uint8))

    def _rays(self, camera: Camera, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        rows, columns = shape
        across = (np.arange(columns) + 0.5 - columns / 2) * camera.width_mm / columns
        down = (np.arange(rows) + 0.5 - rows / 2) * camera.height_mm / rows
        right, up, towards = camera.axes_lps
        target = camera.target_lps_mm - self._middle
        far = float(np.linalg.norm(target)) + self._radius_mm + 1.0
        corner = target + far * towards
        origins = corner + across[None, :, None] * right - down[:, None, None] * up
        return origins.reshape(-1, 3).astype(np.float32), -towards.astype(np.float32)

    def _trace(self, origins: Floats, direction: Floats, camera: Camera) -> tuple[Floats, Floats, Floats, Floats]:
        """Return what glass adds (N, 3), what passes it (N,), the solid's colour (N, 3) and depth (N,), inf if none."""
        count = len(origins)
        glass, solid = np.zeros((count, 3), np.float32), np.zeros((count, 3), np.float32)
        through, depth = np.ones(count, np.float32), np.full(count, np.inf, np.float32)
        active = np.arange(count)
        travelled = np.zeros(count, np.float32)
        for _ in range(MAX_LAYERS):
            start = origins[active] + travelled[active, None] * direction
            found = self._embree.run(start, np.repeat(direction[None], len(active), 0), output=1)
            hit = found["primID"] >= 0
            active, face = active[hit], found["primID"][hit]
            distance = travelled[active] + found["tfar"][hit]
            colour, facing, body = self._shade(face, found["u"][hit], found["v"][hit], camera)
            clear = self._opacities[body] < 1.0
            end = active[~clear]
            solid[end], depth[end] = colour[~clear], distance[~clear]
            # Glass looks denser where it turns away from the viewer, which draws its outline.
            alpha = self._opacities[body[clear]] * (0.30 + 0.70 * (1.0 - facing[clear]) ** 1.5)
            active = active[clear]
            glass[active] += (through[active] * alpha)[:, None] * colour[clear]
            through[active] *= 1.0 - alpha
            travelled[active] = distance[clear] + SKIN_MM
            if not len(active):
                break
        return glass, through, solid, depth

    def _shade(
        self, face: npt.NDArray[np.int32], u: Floats, v: Floats, camera: Camera
    ) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
        corners = self._faces[face]
        normals = (
            self._normals[corners[:, 0]] * (1.0 - u - v)[:, None]
            + self._normals[corners[:, 1]] * u[:, None]
            + self._normals[corners[:, 2]] * v[:, None]
        )
        normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-6)[:, None]
        seen = normals @ camera.axes_lps.T.astype(np.float32)
        seen[seen[:, 2] < 0] *= -1.0
        body = self._body_of_face[face]
        key = unit(KEY_LIGHT).astype(np.float32)
        half = unit(key + np.array([0.0, 0.0, 1.0], np.float32)).astype(np.float32)
        lambert = np.clip(0.5 + 0.5 * (seen @ key), 0.0, 1.0) ** 1.4
        facing = seen[:, 2]
        rim = 0.10 * (1.0 - facing) ** 3
        light = 0.30 + 0.70 * lambert + 0.10 * facing + rim
        gloss = 0.14 * np.clip(seen @ half, 0.0, 1.0) ** 28
        colour = np.clip(self._colours[body] * light[:, None] + gloss[:, None], 0.0, 1.0)
        return colour.astype(np.float32), facing.astype(np.float32), body


def _smooth_normals(vertices: FloatArray, faces: npt.NDArray[np.int64], rounds: int = 3) -> Floats:
    """Return vertex normals averaged over neighbouring faces a few times, so that voxel terraces don't show."""
    normals = Mesh(vertices, faces).vertex_normals()
    corners, count = faces.ravel(), len(vertices)
    for _ in range(rounds):
        of_face = normals[faces].sum(1)
        normals = np.stack([np.bincount(corners, np.repeat(of_face[:, n], 3), count) for n in range(3)], axis=1)
        normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-12)[:, None]
    return normals.astype(np.float32)


def _depth_shade(depth: Floats, mm_per_px: float) -> Floats:
    """Darken hollows and outlines: 1 where nothing in front is near."""
    from scipy import ndimage

    hit = np.isfinite(depth)
    shade = np.ones_like(depth)
    if not hit.any():
        return shade
    for radius_mm, strength, step in ((2.5, 0.30, 2), (12.0, 0.38, 4)):
        # Wide blurs are taken on every step-th pixel; they vary too slowly for it to show.
        few, near = hit[::step, ::step], np.where(hit, depth, 0.0)[::step, ::step]
        sigma = radius_mm / (mm_per_px * step)
        weight = ndimage.gaussian_filter(few.astype(np.float32), sigma, truncate=2.5)
        mean = ndimage.gaussian_filter(near, sigma, truncate=2.5) / np.maximum(weight, 1e-3)
        mean = ndimage.affine_transform(mean, [1 / step, 1 / step], output_shape=depth.shape, order=1, mode="nearest")
        hollow = np.clip((depth[hit] - mean[hit]) / (2.0 * radius_mm), 0.0, 1.0)
        shade[hit] *= 1.0 - strength * np.sqrt(hollow)
    shade[_outline(depth, hit)] *= 0.55
    return shade


def _outline(depth: Floats, hit: BoolArray) -> BoolArray:
    """Mark solid pixels whose neighbour lies clearly nearer or outside."""
    from scipy import ndimage

    nearest = ndimage.minimum_filter(depth, size=3)
    inside = ndimage.binary_erosion(hit, border_value=1)
    step = np.zeros_like(hit)
    step[hit] = depth[hit] - nearest[hit] > 3.0
    return np.asarray(step | (hit & ~inside))


def _background(shape: tuple[int, int]) -> Floats:
    rows, columns = shape
    share = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None]
    top, bottom = np.array(BACKGROUND_TOP, np.float32) / 255, np.array(BACKGROUND_BOTTOM, np.float32) / 255
    return np.repeat(top * (1 - share) + bottom * share, columns, axis=0)
