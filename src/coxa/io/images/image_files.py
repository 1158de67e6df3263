"""Single-file volumes: NIfTI, NRRD and MetaImage read by ourselves; NRRD and MetaImage written through SimpleITK."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.errors import UnreadableInputError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.images.metaimage import read_metaimage
from coxa.io.images.nifti import read_nifti, write_nifti
from coxa.io.images.nrrd import read_nrrd
from coxa.volume import Volume

FORMATS = {
    ".nii": "nifti",
    ".nii.gz": "nifti",
    ".nrrd": "nrrd",
    ".nhdr": "nrrd",
    ".mha": "metaimage",
    ".mhd": "metaimage",
}
"""Suffix of a volume file to the name of its format."""


def image_suffix(path: Path) -> str | None:
    """Return the suffix by which a path is a volume file, or None when it is not one."""
    name = path.name.lower()
    return next((suffix for suffix in sorted(FORMATS, key=len, reverse=True) if name.endswith(suffix)), None)


def read_image(path: Path) -> tuple[npt.NDArray[np.generic], Grid]:
    """Read a 3D scalar volume file as it is stored, with its grid in LPS mm.

    Parameters
    ----------
    path : Path
        ``.nii``, ``.nii.gz``, ``.nrrd``, ``.nhdr``, ``.mha`` or ``.mhd``.

    Returns
    -------
    array : ndarray [k, j, i]
        Scale and offset of the header applied.
    grid : Grid

    Raises
    ------
    UnreadableInputError
        Damaged, of an impossible geometry, or without an orientation.
    NotCTError
        Colour, or not three-dimensional.
    """
    readers = {"nifti": read_nifti, "nrrd": read_nrrd, "metaimage": read_metaimage}
    suffix = _require_file(path)
    try:
        return readers[FORMATS[suffix]](path)
    except OSError as error:
        raise UnreadableInputError(f"the {suffix} file cannot be read: {error.strerror or 'it is damaged'}") from error


def write_volume(path: Path, volume: Volume) -> None:
    """Write a CT volume; the suffix decides the format.

    Raises
    ------
    UsageError
        Unknown suffix.
    """
    write_array(path, volume.hu, volume.grid)


def write_array(path: Path, array: npt.NDArray[np.generic], grid: Grid) -> None:
    """Write voxels [k, j, i] on a grid; the suffix decides the format.

    Raises
    ------
    UsageError
        Unknown suffix.
    """
    suffix = image_suffix(path)
    if suffix is None:
        raise UsageError(f"'{path.name}' does not name a volume format; use one of {', '.join(FORMATS)}")
    if FORMATS[suffix] == "nifti":
        write_nifti(path, array, grid)
        return
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_lps_mm.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    sitk.WriteImage(image, str(path), useCompression=suffix in (".nrrd", ".mha"), compressionLevel=1)


def _require_file(path: Path) -> str:
    suffix = image_suffix(path)
    if suffix is None:
        raise UsageError(f"not a volume file; Coxa reads {', '.join(FORMATS)}")
    if not path.is_file():
        raise UnreadableInputError(f"there is no {suffix} file at the path given: check its spelling")
    return suffix
