"""Frames, rigid transforms, grids, meshes and fits.

Arrays in LPS mm come in and go out. Knows no voxels' values, no files and no hip.
"""

from coxa.geometry.fits import FittedPlane, FittedSphere, fit_plane, fit_sphere
from coxa.geometry.frames import Frame, RigidTransform, app_frame, functional_frame
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh

__all__ = [
    "FittedPlane",
    "FittedSphere",
    "Frame",
    "Grid",
    "Mesh",
    "RigidTransform",
    "app_frame",
    "fit_plane",
    "fit_sphere",
    "functional_frame",
]
