"""Flat cuts through a scan in LPS mm, whatever way its grid lies, with outlines, letters and a scale.

Radiological convention: on axial and coronal cuts the patient's right is on the viewer's left; on sagittal
cuts the patient faces the viewer's left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from coxa.anatomy import METAL, is_metal
from coxa.geometry.arrays import BoolArray, FloatArray, read_only
from coxa.geometry.mesh import Mesh
from coxa.labels import Segmentation
from coxa.report.drawing.canvas import Canvas, RgbArray
from coxa.structure_colours import Colour
from coxa.volume import Volume

BONE_WINDOW_HU = (-450.0, 1050.0)
"""Width 1500, level 300."""
OUTSIDE_SCAN: Colour = (24, 30, 40)
"""Where the scan has no voxels: not black, so that nobody takes it for air."""


HATCH_PX = 4
"""Distance of hatching lines."""


class Cut(StrEnum):
    """The three orthogonal cuts."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


_RIGHT_AND_DOWN = {
    Cut.AXIAL: ((1, 0, 0), (0, 1, 0)),
    Cut.CORONAL: ((1, 0, 0), (0, 0, -1)),
    Cut.SAGITTAL: ((0, 1, 0), (0, 0, -1)),
}
"""Of each cut, the LPS axes that run to the right and down the picture."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat picture in space.

    Attributes
    ----------
    centre_lps_mm : ndarray (3,)
        What lies in the middle of the picture.
    right_lps, down_lps : ndarray (3,)
        Unit vectors along the picture's rows and columns.
    mm_per_px : float
    width_px, height_px : int
    """

    centre_lps_mm: FloatArray
    right_lps: FloatArray
    down_lps: FloatArray
    mm_per_px: float
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        for name in ("centre_lps_mm", "right_lps", "down_lps"):
            object.__setattr__(self, name, read_only(getattr(self, name), (3,)))

    @property
    def normal_lps(self) -> FloatArray:
        """Unit vector away from the viewer."""
        return np.cross(self.right_lps, self.down_lps)

    def points(self) -> FloatArray:
        """Return the LPS mm of the pixel centres, (height, width, 3)."""
        x = (np.arange(self.width_px) - (self.width_px - 1) / 2) * self.mm_per_px
        y = (np.arange(self.height_px) - (self.height_px - 1) / 2) * self.mm_per_px
        return np.asarray(self.centre_lps_mm + x[None, :, None] * self.right_lps + y[:, None, None] * self.down_lps)

    def pixels_from_points(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return (x, y) pixels (N, 2) of LPS points (N, 3), dropped onto the plane."""
        offset = np.asarray(points_lps_mm, dtype=np.float64).reshape(-1, 3) - self.centre_lps_mm
        middle = np.array([(self.width_px - 1) / 2, (self.height_px - 1) / 2])
        return middle + offset @ np.stack([self.right_lps, self.down_lps], axis=1) / self.mm_per_px

    def distances_mm(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return signed distances (N,) of LPS points from the plane."""
        return np.asarray((np.asarray(points_lps_mm, dtype=np.float64) - self.centre_lps_mm) @ self.normal_lps)


def cut_plane(cut: Cut, centre_lps_mm: npt.ArrayLike, width_mm: float, size_px: tuple[int, int]) -> Plane:
    """Return the axial, coronal or sagittal plane through a point; ``size_px`` is (width, height)."""
    right, down = _RIGHT_AND_DOWN[cut]
    centre = np.asarray(centre_lps_mm, dtype=np.float64)
    return Plane(centre, np.array(right, float), np.array(down, float), width_mm / size_px[0], *size_px)


def edge_letters(plane: Plane) -> tuple[str, str, str, str]:
    """Return the patient's direction at the left, right, top and bottom edge, each L, R, A, P, S or I."""
    right, down = _letter(plane.right_lps), _letter(plane.down_lps)
    return _letter(-plane.right_lps), right, _letter(-plane.down_lps), down


def reformat(volume: Volume, plane: Plane) -> npt.NDArray[np.float32]:
    """Return HU (height, width) on the plane by linear interpolation; NaN outside the scan."""
    from scipy import ndimage

    indices = volume.grid.indices_from_points(plane.points())
    size = np.array(volume.grid.size)
    outside = ((indices < -0.5) | (indices > size - 0.5)).any(-1)
    block, start = _block(volume.hu, indices)
    kji = np.moveaxis(indices - start, -1, 0)[::-1]
    hu = ndimage.map_coordinates(block, kji, output=np.float32, order=1, mode="nearest")
    hu[outside] = np.nan
    return np.asarray(hu)


def labels_on(segmentation: Segmentation, plane: Plane) -> npt.NDArray[np.uint8]:
    """Return label values (height, width) on the plane, nearest voxel; 0 outside the grid."""
    indices = np.rint(segmentation.grid.indices_from_points(plane.points())).astype(np.int64)
    inside = ((indices >= 0) & (indices < np.array(segmentation.grid.size))).all(-1)
    found = np.zeros(inside.shape, dtype=np.uint8)
    i, j, k = indices[inside].T
    found[inside] = segmentation.labels[k, j, i]
    return found


def outlines(mask: BoolArray, sigma_px: float = 1.2) -> list[FloatArray]:
    """Return the smoothed outlines of a mask as (x, y) polylines in pixels."""
    from scipy import ndimage
    from skimage.measure import find_contours

    if not mask.any():
        return []
    soft = ndimage.gaussian_filter(np.pad(mask, 2, mode="edge").astype(np.float32), sigma_px)
    return [line[:, ::-1] - 2.0 for line in find_contours(soft, 0.5)]


def mesh_section(mesh: Mesh, plane: Plane) -> FloatArray:
    """Return where a mesh crosses the plane, as separate segments (N, 2, 2) of (x, y) pixels."""
    height = plane.distances_mm(mesh.vertices_lps_mm)
    # A vertex exactly on the plane would cut its faces in a point; a hair's breadth settles the side.
    height = np.where(height == 0.0, 1e-9, height)
    above = height[mesh.faces] > 0
    crossed = above.any(1) & ~above.all(1)
    faces, above = mesh.faces[crossed], above[crossed]
    if not len(faces):
        return np.empty((0, 2, 2))
    # The lone vertex on its side of the plane; both crossing edges leave from it.
    lone_is_above = above.sum(1) == 1
    lone = np.where(lone_is_above[:, None], above, ~above).argmax(1)
    corner = [faces[np.arange(len(faces)), (lone + n) % 3] for n in range(3)]
    ends = []
    for other in corner[1:]:
        share = height[corner[0]] / (height[corner[0]] - height[other])
        a, b = mesh.vertices_lps_mm[corner[0]], mesh.vertices_lps_mm[other]
        ends.append(plane.pixels_from_points(a + share[:, None] * (b - a)))
    return np.stack(ends, axis=1)


def grey(hu: npt.NDArray[np.float32], window_hu: tuple[float, float] = BONE_WINDOW_HU) -> RgbArray:
    """Return HU as a grey picture [row, column, 3] in a window; outside the scan has its own tone."""
    low, high = window_hu
    outside = np.isnan(hu)
    level = np.clip((np.where(outside, low, hu) - low) / (high - low), 0.0, 1.0)
    picture = np.repeat((level * 255.0 + 0.5).astype(np.uint8)[..., None], 3, axis=2)
    picture[outside] = OUTSIDE_SCAN
    return picture


def draw_cut(volume: Volume, plane: Plane, title: str) -> Canvas:
    """Return the grey cut with its title, edge letters and a scale bar, ready for outlines."""
    canvas = Canvas(grey(reformat(volume, plane)))
    left, right, top, bottom = edge_letters(plane)
    size = max(11.0, canvas.width / 30)
    canvas.text((8, canvas.height / 2), left, size, anchor="lm", weight="bold")
    canvas.text((canvas.width - 8, canvas.height / 2), right, size, anchor="rm", weight="bold")
    canvas.text((canvas.width / 2, 6), top, size, anchor="ma", weight="bold")
    canvas.text((canvas.width / 2, canvas.height - 6), bottom, size, anchor="md", weight="bold")
    canvas.text((8, 6), title, size, anchor="la")
    draw_scale_bar(canvas, plane.mm_per_px)
    return canvas


def draw_scale_bar(canvas: Canvas, mm_per_px: float) -> None:
    """Draw a bar of 10, 20, 50 or 100 mm in the lower left corner, about a fifth of the width."""
    fifth = canvas.width * mm_per_px / 5
    length_mm = max((n for n in (10, 20, 50, 100) if n <= fifth), default=10)
    length, y = length_mm / mm_per_px, canvas.height - 12
    canvas.line([(10, y), (10 + length, y)], (255, 255, 255), 2.0)
    for x in (10.0, 10 + length):
        canvas.line([(x, y - 4), (x, y + 4)], (255, 255, 255), 2.0)
    canvas.text((10 + length / 2, y - 6), f"{length_mm} mm", max(10.0, canvas.width / 40), anchor="md")


def draw_labels(
    canvas: Canvas, segmentation: Segmentation, plane: Plane, colours: Mapping[str, Colour], width: float = 1.25
) -> None:
    """Draw the outline of every segmented structure that has a colour; ``metal`` with the parts that have none."""
    labels = labels_on(segmentation, plane)
    drawn: dict[str, list[int]] = {}
    for value, name in segmentation.names.items():
        drawn.setdefault(METAL if is_metal(name) and name not in colours else name, []).append(value)
    for name, values in drawn.items():
        if name in colours:
            for line in outlines(np.isin(labels, values)):
                canvas.line(line, colours[name], width)


def hatch_label(canvas: Canvas, segmentation: Segmentation, plane: Plane, name: str, colour: Colour) -> None:
    """Hatch a structure with thin diagonals, so that the grey below stays visible."""
    there = np.isin(labels_on(segmentation, plane), segmentation.values_of(name))
    y, x = np.nonzero(there)
    on_line = (x + y) % HATCH_PX == 0
    for at_x, at_y in zip(x[on_line].tolist(), y[on_line].tolist(), strict=True):
        canvas.line([(at_x - 0.5, at_y + 0.5), (at_x + 0.5, at_y - 0.5)], colour, 1.0)


def draw_mesh(canvas: Canvas, mesh: Mesh, plane: Plane, colour: Colour, width: float = 1.5) -> None:
    """Draw where a mesh crosses the plane."""
    canvas.segments(mesh_section(mesh, plane), colour, width)


def _letter(direction_lps: FloatArray) -> str:
    axis = int(np.abs(direction_lps).argmax())
    return "LPS"[axis] if direction_lps[axis] > 0 else "RAI"[axis]


def _block(
    array: npt.NDArray[np.generic], indices: FloatArray
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.int64]]:
    """Return the view of ``array`` [k, j, i] that holds the indices, and its first (i, j, k)."""
    size = np.array(array.shape[::-1])
    flat = indices.reshape(-1, 3)
    start = np.clip(np.floor(flat.min(0)).astype(np.int64) - 1, 0, size - 1)
    stop = np.clip(np.ceil(flat.max(0)).astype(np.int64) + 2, start + 1, size)
    return array[start[2] : stop[2], start[1] : stop[1], start[0] : stop[0]], start
