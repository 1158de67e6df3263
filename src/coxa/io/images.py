"""Single-file volumes: NIfTI, NRRD and MetaImage in and out, through SimpleITK."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError, UnreadableInputError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.nifti import read_nifti_header, write_nifti
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
_DETACHED = (".nhdr", ".mhd")


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
    import SimpleITK as sitk

    with _private_name(path) as name:
        _require_plain(path, name)
        try:
            image = sitk.ReadImage(name)
        except RuntimeError as error:
            raise _damaged(image_suffix(path) or "") from error
    return sitk.GetArrayFromImage(image), _grid_of(image)


def read_image_grid(path: Path) -> Grid:
    """Read the grid of a volume file without its voxels; raises as :func:`read_image`."""
    with _private_name(path) as name:
        reader = _require_plain(path, name)
    return _grid_of(reader)


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


def _require_plain(path: Path, name: str) -> sitk.ImageFileReader:
    """Refuse files with colour, more dimensions or no orientation; return the reader with the header read."""
    import SimpleITK as sitk

    if FORMATS[image_suffix(path) or ""] == "nifti":
        read_nifti_header(Path(name)).require_readable()
    reader = sitk.ImageFileReader()
    reader.SetFileName(name)
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _damaged(image_suffix(path) or "") from error
    if reader.GetNumberOfComponents() != 1:
        raise NotCTError("the file holds colours or vectors, not Hounsfield units: give the original CT")
    size = list(reader.GetSize())
    while len(size) > 3 and size[-1] == 1:
        size.pop()
    if len(size) != 3:
        raise NotCTError(f"the file has {len(size)} dimensions: give one 3D volume, not a series of them")
    _require_orientation(path, reader)
    return reader


def _require_orientation(path: Path, reader: sitk.ImageFileReader) -> None:
    suffix = image_suffix(path) or ""
    if FORMATS[suffix] == "nrrd":
        space = reader.GetMetaData("NRRD_space") if reader.HasMetaDataKey("NRRD_space") else ""
        known = space.lower().startswith(("left-", "right-", "lps", "ras", "las"))
    elif FORMATS[suffix] == "metaimage":
        with path.open("rb") as file:
            header = file.read(4096).lower()
        known = any(word in header for word in (b"transformmatrix", b"rotation", b"orientation ="))
    else:
        known = True
    if not known:
        raise UnreadableInputError(
            "the file holds no orientation, so left and right are unknown: write it again with its "
            "direction (NRRD: 'space', MetaImage: 'TransformMatrix')"
        )


def _grid_of(image: sitk.Image | sitk.ImageFileReader) -> Grid:
    size = [int(n) for n in image.GetSize()][:3]
    dimension = len(image.GetSize())
    # Single-precision headers (NIfTI) are read back to the decimals that were meant.
    spacing = [round(float(s), 6) for s in image.GetSpacing()[:3]]
    origin = [round(float(x), 4) for x in image.GetOrigin()[:3]]
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)[:3, :3]
    return Grid((size[0], size[1], size[2]), (spacing[0], spacing[1], spacing[2]), np.array(origin), direction)


def _damaged(suffix: str) -> UnreadableInputError:
    # No file name in messages about scans: it may be the patient's.
    return UnreadableInputError(f"the {suffix} file cannot be read: it is damaged or not what its suffix says")


@contextlib.contextmanager
def _private_name(path: Path) -> Iterator[str]:
    """Yield a name under which SimpleITK finds exactly this file.

    Asked for ``a.nii.gz`` SimpleITK silently reads an ``a.nii`` lying beside it, and on some systems it cannot open
    names outside ASCII: both are cured by a link with a plain name in a directory of its own.
    """
    suffix = image_suffix(path)
    if suffix is None:
        raise UsageError(f"not a volume file; Coxa reads {', '.join(FORMATS)}")
    if not path.is_file():
        raise UnreadableInputError(f"there is no {suffix} file at the path given: check its spelling")
    if suffix in _DETACHED:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="coxa-") as folder:
        link = Path(folder) / f"volume{suffix}"
        source = path.resolve()
        try:
            link.symlink_to(source)
        except OSError:
            try:
                os.link(source, link)
            except OSError:
                shutil.copyfile(source, link)
        yield str(link)
