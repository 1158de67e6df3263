"""Surfaces of segmented structures, with their error against the mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from coxa.anatomy import METAL, is_body, is_metal
from coxa.errors import SegmentationError
from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import bounding_block, grid_of
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.labels import Segmentation

SMOOTHING_SIGMA_VOXELS = 0.7
"""Gaussian applied to the mask's occupancy before the half level is taken; removes the staircase only."""


@dataclass(frozen=True, eq=False)
class StructureSurface:
    """The surface of one structure.

    Attributes
    ----------
    name : str
    mesh : Mesh
        LPS mm, closed also where the structure leaves the field of view.
    volume_error : float
        (mesh volume - mask volume) / mask volume.
    """

    name: str
    mesh: Mesh
    volume_error: float


def extract_surface(segmentation: Segmentation, name: str) -> StructureSurface:
    """Extract the closed surface of one structure in LPS mm, normals outward.

    Parameters
    ----------
    segmentation : Segmentation
    name : str
        Structure name, such as ``hip_left``.

    Raises
    ------
    SegmentationError
        When the structure has no voxels.
    """
    mask = segmentation.mask(name)
    box = bounding_block(mask)
    if box is None:
        raise SegmentationError(f"'{name}' is absent from the segmentation: no surface to extract")
    block = mask[box]
    mesh = surface_of_mask(block, grid_of(box, segmentation.grid))
    mask_ml = float(block.sum()) * segmentation.grid.voxel_volume_ml
    return StructureSurface(name, mesh, (mesh.volume_ml - mask_ml) / mask_ml)


def extract_surfaces(segmentation: Segmentation) -> dict[str, Mesh]:
    """Return the meshes of all bodies that have voxels, by name; ``metal`` with all its parts."""
    bodies = dict.fromkeys(METAL if is_metal(name) else name for name in segmentation.names.values())
    present = [name for name in bodies if is_body(name) and segmentation.has(name)]
    return {name: extract_surface(segmentation, name).mesh for name in present}


def surface_of_mask(mask: BoolArray, grid: Grid, sigma_voxels: float = SMOOTHING_SIGMA_VOXELS) -> Mesh:
    """Extract the closed half-level surface of a boolean mask [k, j, i]; LPS mm, normals outward."""
    padded = np.pad(mask, 3).astype(np.float32)
    image = sitk.GetImageFromArray(padded)
    smooth = sitk.GetArrayFromImage(sitk.DiscreteGaussian(image, sigma_voxels**2)) if sigma_voxels else padded
    return isosurface(smooth, 0.5, grid.crop([-3, -3, -3], np.array(grid.size) + 6))


def isosurface(field: np.ndarray, level: float, grid: Grid) -> Mesh:
    """Extract the surface ``field == level`` with higher values inside; LPS mm, normals outward.

    Parameters
    ----------
    field : ndarray [k, j, i] of float
    level : float
    grid : Grid
        Where the field's samples are; any direction, either handedness.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    values = np.ascontiguousarray(field, dtype=np.float32)
    image = vtkImageData()
    image.SetDimensions(*grid.size)
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel(), deep=False))
    contour = vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, level)
    contour.ComputeNormalsOff()
    contour.ComputeScalarsOff()
    contour.Update()
    out = contour.GetOutput()
    if out.GetNumberOfPoints() == 0:
        return Mesh(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))
    ijk = vtk_to_numpy(out.GetPoints().GetData()).astype(np.float64)
    faces = vtk_to_numpy(out.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    mesh = Mesh(ijk, faces)
    # Flying edges orients by the gradient in index space; the affine of a left-handed grid turns faces over.
    if mesh.volume_ml < 0:
        mesh = Mesh(ijk, faces[:, ::-1])
    return mesh.transformed(grid.lps_from_ijk)
