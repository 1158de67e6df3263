"""Vessel masks in: any label file whose non-zero voxels are vessels."""

from __future__ import annotations

from pathlib import Path

from coxa.errors import InputRefusedError
from coxa.io.images.image_files import read_image
from coxa.planning.screws.vessels import VesselMask


def read_vessels(path: Path) -> VesselMask:
    """Read a mask or label file on any grid: every voxel that is not 0 is a vessel.

    Parameters
    ----------
    path : Path
        NIfTI, NRRD or MetaImage.

    Raises
    ------
    InputRefusedError
        When it marks nothing, or values below 0 show that it is a picture and no mask.
    """
    array, grid = read_image(path)
    if float(array.min()) < 0:
        raise InputRefusedError("the vessel file holds values below 0: give a mask or label file, not the scan")
    inside = array != 0
    if not inside.any():
        raise InputRefusedError("the vessel file marks no voxel: leave --vessels out when there is no vessel mask")
    return VesselMask(inside, grid)
