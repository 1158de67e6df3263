"""Single-file volumes in and out: NIfTI by ourselves, NRRD and MetaImage through SimpleITK."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError, UnreadableInputError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.images.nifti import read_nifti, read_nifti_header, write_nifti
from coxa.volume import Volume

if TYPE_CHECKING:
    import SimpleITK as sitk

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
        Damaged, or without an orientation.
    NotCTError
        Colour, or not three-dimensional.
    """
    suffix = _require_file(path)
    if FORMATS[suffix] == "nifti":
        return read_nifti(path)
    import SimpleITK as sitk

    _require_plain(path, suffix)
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise _damaged(suffix) from error
    return sitk.GetArrayFromImage(image), _grid_of(image)


def read_image_grid(path: Path) -> Grid:
    """Read the grid of a volume file without its voxels; raises as :func:`read_image`."""
    suffix = _require_file(path)
    if FORMATS[suffix] == "nifti":
        return read_nifti_header(path).grid()
    return _grid_of(_require_plain(path, suffix))


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


def _require_plain(path: Path, suffix: str) -> sitk.ImageFileReader:
    """Refuse files with colour, more dimensions or no orientation; return the reader with the header read."""
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _damaged(suffix) from error
    if reader.GetNumberOfComponents() != 1:
        raise NotCTError("the file holds colours or vectors, not Hounsfield units: give the original CT")
    size = list(reader.GetSize())
    while len(size) > 3 and size[-1] == 1:
        size.pop()
    if len(size) != 3:
        raise NotCTError(f"the file has {len(size)} dimensions: give one 3D volume, not a series of them")
    _require_orientation(path, suffix, reader)
    return reader


def _require_orientation(path: Path, suffix: str, reader: sitk.ImageFileReader) -> None:
    if FORMATS[suffix] == "nrrd":
        space = reader.GetMetaData("NRRD_space") if reader.HasMetaDataKey("NRRD_space") else ""
        known = space.lower().startswith(("left-", "right-", "lps", "ras", "las"))
    else:
        with path.open("rb") as file:
            header = file.read(4096).lower()
        known = any(word in header for word in (b"transformmatrix", b"rotation", b"orientation ="))
    if not known:
        raise UnreadableInputError(
            "the file holds no orientation, so left and right are unknown: write it again with its "
            "direction (NRRD: 'space', MetaImage: 'TransformMatrix')"
        )


def _grid_of(image: sitk.Image | sitk.ImageFileReader) -> Grid:
    size = [int(n) for n in image.GetSize()][:3]
    dimension = len(image.GetSize())
    spacing = [round(float(s), 6) for s in image.GetSpacing()[:3]]
    origin = [round(float(x), 4) for x in image.GetOrigin()[:3]]
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)[:3, :3]
    return Grid((size[0], size[1], size[2]), (spacing[0], spacing[1], spacing[2]), np.array(origin), direction)


def _damaged(suffix: str) -> UnreadableInputError:
    # No file name in messages about scans: it may be the patient's.
    return UnreadableInputError(f"the {suffix} file cannot be read: it is damaged or not what its suffix says")
