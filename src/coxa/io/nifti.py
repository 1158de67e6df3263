"""NIfTI-1 headers: the RAS side of the door, and a fast writer.

NIfTI axes are RAS, ours are LPS: the flip of x and y happens in this file and nowhere else when writing; when
reading, SimpleITK does it and this file only looks for headers that SimpleITK would have to guess at.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError, UnreadableInputError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid

RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
COMPRESSION_LEVEL = 1
"""zlib level of written ``.nii.gz``: higher levels cost seconds and save little on CT."""
FORM_TOLERANCE_MM = 0.1
"""Largest distance by which qform and sform may place one voxel apart."""

_DATATYPES = {"uint8": 2, "int16": 4, "int32": 8, "float32": 16, "uint16": 512}
_COLOUR_DATATYPES = {128: "RGB", 2304: "RGBA", 32: "complex", 1792: "complex"}
_HEADER_BYTES = 348


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """What decides whether a NIfTI file can be read without guessing.

    Attributes
    ----------
    size : tuple of int
        Voxels along every axis that the header declares, trailing ones removed beyond the third.
    datatype : int
        NIfTI code.
    ras_from_ijk_q, ras_from_ijk_s : ndarray (4, 4) or None
        Affines in mm; None when the form's code is 0.
    """

    size: tuple[int, ...]
    datatype: int
    ras_from_ijk_q: FloatArray | None
    ras_from_ijk_s: FloatArray | None

    def require_readable(self) -> None:
        """Refuse what has no single meaning as a CT volume.

        Raises
        ------
        NotCTError
            Colour, complex or more than three dimensions.
        UnreadableInputError
            No orientation, or two that disagree.
        """
        if self.datatype in _COLOUR_DATATYPES:
            kind = _COLOUR_DATATYPES[self.datatype]
            raise NotCTError(f"the NIfTI holds {kind} voxels, not Hounsfield units: give the original CT")
        if len(self.size) != 3:
            raise NotCTError(f"the NIfTI has {len(self.size)} dimensions: give one 3D volume, not a series of them")
        if self.ras_from_ijk_q is None and self.ras_from_ijk_s is None:
            raise UnreadableInputError(
                "the NIfTI header holds no orientation (qform_code and sform_code are 0), so left and right are "
                "unknown: convert the DICOM series again with a tool that writes it"
            )
        if self.ras_from_ijk_q is not None and self.ras_from_ijk_s is not None:
            corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
            corners[:, :3] *= np.array(self.size) - 1
            apart_mm = float(np.abs(corners @ (self.ras_from_ijk_q - self.ras_from_ijk_s).T).max())
            if apart_mm > FORM_TOLERANCE_MM:
                raise UnreadableInputError(
                    f"the NIfTI's qform and sform place the same voxel {apart_mm:.1f} mm apart: correct the header "
                    "(set both to the scanner's orientation) or convert the DICOM series again"
                )


def read_nifti_header(path: Path) -> NiftiHeader:
    """Read the header of a ``.nii`` or ``.nii.gz`` file.

    Raises
    ------
    UnreadableInputError
        Not a NIfTI-1 file, or damaged.
    """
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            raw = file.read(_HEADER_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableInputError("the NIfTI file is damaged: its compressed data cannot be read") from error
    order = "<" if raw[:4] == struct.pack("<i", _HEADER_BYTES) else ">"
    if len(raw) < _HEADER_BYTES or raw[:4] != struct.pack(order + "i", _HEADER_BYTES):
        raise UnreadableInputError("the file is not NIfTI-1, or is damaged")
    dim = struct.unpack(order + "8h", raw[40:56])
    pixdim = struct.unpack(order + "8f", raw[76:108])
    size = list(dim[1 : 1 + max(0, min(dim[0], 7))])
    while len(size) > 3 and size[-1] <= 1:
        size.pop()
    q_code, s_code = struct.unpack(order + "2h", raw[252:256])
    quaternion = struct.unpack(order + "6f", raw[256:280])
    rows = np.array(struct.unpack(order + "12f", raw[280:328])).reshape(3, 4)
    return NiftiHeader(
        size=tuple(size),
        datatype=struct.unpack(order + "h", raw[70:72])[0],
        ras_from_ijk_q=_affine_of_quaternion(quaternion, pixdim) if q_code > 0 else None,
        ras_from_ijk_s=np.vstack([rows, [0, 0, 0, 1]]) if s_code > 0 else None,
    )


def write_nifti(path: Path, array: npt.NDArray[np.generic], grid: Grid) -> None:
    """Write an array [k, j, i] as ``.nii`` or ``.nii.gz``; the same input gives the same bytes.

    Raises
    ------
    ValueError
        When the array does not fit the grid or NIfTI has no code for its type.
    """
    if array.shape != grid.shape:
        raise ValueError(f"voxels {array.shape} do not fit the grid {grid.shape} (order k, j, i)")
    if array.dtype.name not in _DATATYPES:
        raise ValueError(f"voxels of type {array.dtype} cannot be written; use one of {sorted(_DATATYPES)}")
    with path.open("wb") as raw:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile("", "wb", COMPRESSION_LEVEL, raw, mtime=0) as packed:
                packed.write(encode_header(grid, array.dtype))
                for plane in array:
                    packed.write(_plane_bytes(plane))
        else:
            raw.write(encode_header(grid, array.dtype))
            for plane in array:
                raw.write(_plane_bytes(plane))


def encode_header(grid: Grid, dtype: np.dtype[np.generic]) -> bytes:
    """Return the 352 bytes that stand before the voxels; qform and sform say the same."""
    ras_from_ijk = RAS_FROM_LPS @ grid.lps_from_ijk
    b, c, d, qfac = _quaternion(ras_from_ijk[:3, :3] / np.array(grid.spacing_mm))
    header = bytearray(_HEADER_BYTES + 4)
    struct.pack_into("<i", header, 0, _HEADER_BYTES)
    struct.pack_into("<8h", header, 40, 3, *grid.size, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, _DATATYPES[dtype.name], dtype.itemsize * 8)
    struct.pack_into("<8f", header, 76, qfac, *grid.spacing_mm, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, _HEADER_BYTES + 4, 1.0, 0.0)
    header[123] = 2  # millimetres
    struct.pack_into("<2h", header, 252, 1, 1)
    struct.pack_into("<6f", header, 256, b, c, d, *ras_from_ijk[:3, 3])
    struct.pack_into("<12f", header, 280, *ras_from_ijk[:3].ravel())
    header[344:348] = b"n+1\0"
    return bytes(header)


def _plane_bytes(plane: npt.NDArray[np.generic]) -> memoryview:
    return np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("<")).data


def _quaternion(direction: FloatArray) -> tuple[float, float, float, float]:
    from scipy.spatial.transform import Rotation

    qfac = 1.0 if np.linalg.det(direction) > 0 else -1.0
    x, y, z, w = Rotation.from_matrix(direction * np.array([1.0, 1.0, qfac])).as_quat()
    sign = 1.0 if w >= 0 else -1.0
    return float(sign * x), float(sign * y), float(sign * z), qfac


def _affine_of_quaternion(quaternion: tuple[float, ...], pixdim: tuple[float, ...]) -> FloatArray:
    from scipy.spatial.transform import Rotation

    b, c, d = quaternion[:3]
    w = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    scale = np.array(pixdim[1:4]) * np.array([1.0, 1.0, -1.0 if pixdim[0] < 0 else 1.0])
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_quat([b, c, d, w]).as_matrix() * scale
    affine[:3, 3] = quaternion[3:]
    return affine
