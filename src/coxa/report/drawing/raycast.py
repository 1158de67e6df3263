"""Pictures of meshes without a display, a window or OpenGL: orthographic rays through Embree.

Depth darkening: unsharp masking of the depth buffer [Luft 2006].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.mesh import Mesh
from coxa.report.drawing.canvas import RgbArray
from coxa.structure_colours import Colour

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

SUPERSAMPLING = 2
"""Rays along each side of a pixel."""
MAX_LAYERS = 6
"""Translucent surfaces seen behind one another before the ray is given up."""
SKIN_MM = 0.02
"""How far behind a translucent surface its ray goes on."""
CONTACT_MM = 1.5
"""Glass this close in front of a solid is left out: two surfaces of the same bone would speckle."""
BACKGROUND_TOP: Colour = (226, 232, 239)
"""The background runs from this at the top"""
BACKGROUND_BOTTOM: Colour = (247, 249, 251)
"""to this at the bottom."""
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
        shown = [body for body in bodies if not body.mesh.is_empty and body.opacity > 0]
        if not shown:
            raise ValueError("nothing to picture: every mesh is empty")
        points = np.concatenate([body.mesh.vertices_lps_mm for body in shown])
        self._middle = points.mean(0)
        self._points = (points - self._middle).astype(np.float32)
        self._radius_mm = float(np.linalg.norm(self._points, axis=1).max())
        solid = [body for body in shown if body.opacity >= 1]
        glass = [body for body in shown if body.opacity < 1]
        self._solid = _Surfaces(solid, self._middle) if solid else None
        self._glass = _Surfaces(glass, self._middle) if glass else None

    def render(self, camera: Camera, width_px: int) -> RgbArray:
        """Return the picture [row, column, 3] as the camera sees it, ``width_px`` wide."""
        height_px = camera.height_px(width_px)
        shape = (height_px * SUPERSAMPLING, width_px * SUPERSAMPLING)
        pixels, origins = self._rays(camera, shape)
        picture, depth = _background(shape), np.full(shape[0] * shape[1], np.inf, np.float32)
        if self._solid is not None:
            seen = self._solid.first(origins, camera)
            picture[pixels[seen.ray]], depth[pixels[seen.ray]] = seen.colour, seen.distance_mm
            picture *= _depth_shade(depth.reshape(shape), camera.width_mm / shape[1]).reshape(-1, 1)
        if self._glass is not None:
            picture[pixels] = self._through_glass(self._glass, origins, camera, picture[pixels], depth[pixels])
        fine = picture.reshape(*shape, 3)
        steps = [(row, column) for row in range(SUPERSAMPLING) for column in range(SUPERSAMPLING)]
        total = sum(fine[row::SUPERSAMPLING, column::SUPERSAMPLING] for row, column in steps)
        return np.asarray(np.clip(total * (255.0 / len(steps)) + 0.5, 0, 255).astype(np.uint8))

    def _rays(self, camera: Camera, shape: tuple[int, int]) -> tuple[Indices, Floats]:
        """Return the flat indices (N,) of the pixels that can see anything and where their rays start (N, 3)."""
        rows, columns = shape
        right, up, towards = camera.axes_lps
        target = camera.target_lps_mm - self._middle
        across = (np.arange(columns) + 0.5 - columns / 2) * camera.width_mm / columns
        down = (np.arange(rows) + 0.5 - rows / 2) * camera.height_mm / rows
        x, y = ((self._points - target.astype(np.float32)) @ axis.astype(np.float32) for axis in (right, -up))
        column = np.flatnonzero((across >= x.min()) & (across <= x.max()))
        row = np.flatnonzero((down >= y.min()) & (down <= y.max()))
        far = float(np.linalg.norm(target)) + self._radius_mm + 1.0
        corner = target + far * towards
        origins = corner + across[column][None, :, None] * right - down[row][:, None, None] * up
        return (row[:, None] * columns + column).ravel(), origins.reshape(-1, 3).astype(np.float32)

    @staticmethod
    def _through_glass(glass: _Surfaces, origins: Floats, camera: Camera, behind: Floats, depth: Floats) -> Floats:
        """Return the colours ``behind`` (N, 3) as they look through the glass that lies before ``depth`` (N,)."""
        added, through = np.zeros_like(behind), np.ones(len(behind), np.float32)
        active, travelled = np.arange(len(behind)), np.zeros(len(behind), np.float32)
        towards = camera.axes_lps[2].astype(np.float32)
        for _ in range(MAX_LAYERS):
            seen = glass.first(origins[active] - travelled[active, None] * towards, camera)
            distance = travelled[active[seen.ray]] + seen.distance_mm
            before = distance < depth[active[seen.ray]] - CONTACT_MM
            active = active[seen.ray[before]]
            if not len(active):
                break
            # Glass looks denser where it turns away from the viewer, which draws its outline.
            alpha = seen.opacity[before] * (0.30 + 0.70 * (1.0 - seen.facing[before]) ** 1.5)
            added[active] += (through[active] * alpha)[:, None] * seen.colour[before]
            through[active] *= 1.0 - alpha
            travelled[active] = distance[before] + SKIN_MM
        return added + through[:, None] * behind


@dataclass(frozen=True, eq=False)
class _Seen:
    """What rays met first: which rays hit (M,), how far away, the lit colour (M, 3), facing (1 is face-on), opacity."""

    ray: Indices
    distance_mm: Floats
    colour: Floats
    facing: Floats
    opacity: Floats


class _Surfaces:
    """Triangles of several bodies in one ray-casting structure, about a common middle."""

    def __init__(self, bodies: Sequence[Body], middle_lps_mm: FloatArray) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        starts = np.cumsum([0] + [len(body.mesh.vertices_lps_mm) for body in bodies])
        vertices = np.concatenate([body.mesh.vertices_lps_mm for body in bodies]) - middle_lps_mm
        self._faces = np.concatenate([b.mesh.faces + start for b, start in zip(bodies, starts[:-1], strict=True)])
        self._normals = _smooth_normals(vertices, self._faces)
        self._body_of_face = np.repeat(np.arange(len(bodies)), [len(body.mesh.faces) for body in bodies])
        self._colours = np.array([body.colour for body in bodies], dtype=np.float32) / 255.0
        self._opacities = np.array([body.opacity for body in bodies], dtype=np.float32)
        self._embree = rtcore_scene.EmbreeScene()
        TriangleMesh(self._embree, vertices.astype(np.float32)[self._faces])

    def first(self, origins: Floats, camera: Camera) -> _Seen:
        """Return what parallel rays (N, 3) away from the viewer meet first."""
        away = -camera.axes_lps[2].astype(np.float32)
        found = self._embree.run(origins, np.repeat(away[None], len(origins), 0), output=1)
        ray = np.flatnonzero(found["primID"] >= 0)
        face, u, v = found["primID"][ray], found["u"][ray], found["v"][ray]
        body = self._body_of_face[face]
        normals = self._normals_at(face, u, v) @ camera.axes_lps.T.astype(np.float32)
        normals[normals[:, 2] < 0] *= -1.0
        colour = _lit(self._colours[body], normals)
        return _Seen(ray, found["tfar"][ray], colour, normals[:, 2], self._opacities[body])

    def _normals_at(self, face: npt.NDArray[np.int32], u: Floats, v: Floats) -> Floats:
        a, b, c = (self._normals[self._faces[face, n]] for n in range(3))
        normals = a * (1.0 - u - v)[:, None] + b * u[:, None] + c * v[:, None]
        return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1), 1e-6)[:, None])


def _lit(colours: Floats, normals: Floats) -> Floats:
    """Return colours (N, 3) under a key light; ``normals`` (N, 3) in the camera's axes, towards the viewer."""
    key = unit(KEY_LIGHT).astype(np.float32)
    half = unit(key + np.array([0.0, 0.0, 1.0], np.float32)).astype(np.float32)
    facing = normals[:, 2]
    lambert = np.clip(0.5 + 0.5 * (normals @ key), 0.0, 1.0) ** 1.4
    light = 0.35 + 0.60 * lambert + 0.06 * facing + 0.10 * (1.0 - facing) ** 3
    gloss = 0.05 * np.clip(normals @ half, 0.0, 1.0) ** 28
    return np.asarray(np.clip(colours * light[:, None] + gloss[:, None], 0.0, 1.0).astype(np.float32))


def _smooth_normals(vertices: FloatArray, faces: npt.NDArray[np.int64], rounds: int = 6) -> Floats:
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
