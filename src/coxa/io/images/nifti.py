"""NIfTI-1 in and out: the RAS side of the door.

NIfTI axes are RAS, ours are LPS: the flip of x and y happens in this file and nowhere else. The voxels are read here
too: SimpleITK returns a file that was cut off as if it were whole, and ``a.nii`` when ``a.nii.gz`` beside it is asked.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError, UnreadableInputError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.io.images.packed import GZIP, LARGEST_RATIO, RAW, read_voxels, require_regular
from coxa.io.plausible_grid import plausible_grid, require_readable_size

RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""NIfTI counts right and anterior from the other end."""
COMPRESSION_LEVEL = 1
"""zlib level of written ``.nii.gz``: higher levels cost seconds and save little on CT."""
FORM_TOLERANCE_MM = 1.0
"""Largest distance by which qform and sform may place one voxel apart; a half turn loses 0.3 mrad in the qform."""
KIND = "NIfTI"
QUATERNION_TOLERANCE = 1e-3
"""By how much single precision may make a rotation's quaternion longer than 1."""
LARGEST_OFFSET_BYTES = 64 << 20
"""Voxels begin before this, whatever extensions stand before them."""

_DATATYPES = {
    **{2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8"},
    **{256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"},
}
"""NIfTI-1 codes of the voxel types that are read, as NumPy names them."""
_CODES = {np.dtype(name): code for code, name in _DATATYPES.items()}
_COLOUR_DATATYPES = {128: "RGB", 2304: "RGBA", 32: "complex", 1792: "complex"}
"""NIfTI-1 codes that are no scan of one value a voxel."""
_MM_OF_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""NIfTI-1 codes of the unit of length, in mm: not stated, m, mm, micrometres."""
_HEADER_BYTES = 348
"""Length of a NIfTI-1 header."""
_UNREADABLE = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """What a NIfTI-1 header says.

    Attributes
    ----------
    size : tuple of int
        Voxels along every axis that is declared, trailing ones removed beyond the third.
    datatype : int
        NIfTI code.
    order : str
        ``<`` or ``>``.
    offset : int
        Where the voxels begin.
    slope, intercept : float
        Value = slope * stored + intercept.
    ras_from_ijk_q, ras_from_ijk_s : ndarray (4, 4) or None
        Affines in mm; None when the form's code is 0.
    """

    size: tuple[int, ...]
    datatype: int
    order: str
    offset: int
    slope: float
    intercept: float
    ras_from_ijk_q: FloatArray | None
    ras_from_ijk_s: FloatArray | None

    def grid(self) -> Grid:
        """Return the grid in LPS mm.

        Raises
        ------
        NotCTError
            Colour, complex or not three-dimensional.
        UnreadableInputError
            No orientation, two that disagree, or a sheared one.
        """
        if self.datatype not in _DATATYPES:
            kind = _COLOUR_DATATYPES.get(self.datatype, f"type {self.datatype}")
            raise NotCTError(f"the NIfTI holds {kind} voxels, not Hounsfield units: give the original CT")
        if len(self.size) != 3:
            raise NotCTError(f"the NIfTI has {len(self.size)} dimensions: give one 3D volume, not a series of them")
        lps_from_ijk = RAS_FROM_LPS @ self._ras_from_ijk()
        spacing = np.linalg.norm(lps_from_ijk[:3, :3], axis=0)
        if not np.isfinite(lps_from_ijk).all() or spacing.min() <= 0 or min(self.size) < 1:
            raise UnreadableInputError("the NIfTI header holds an impossible size or voxel spacing: it is damaged")
        return plausible_grid(self.size, spacing, lps_from_ijk[:3, 3], lps_from_ijk[:3, :3] / spacing, KIND)

    def _ras_from_ijk(self) -> FloatArray:
        q, s = self.ras_from_ijk_q, self.ras_from_ijk_s
        if q is not None and s is not None:
            corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
            corners[:, :3] *= np.array(self.size) - 1
            apart_mm = float(np.abs(corners @ (q - s).T).max())
            if apart_mm > FORM_TOLERANCE_MM:
                raise UnreadableInputError(
                    f"the NIfTI's qform and sform place the same voxel {apart_mm:.1f} mm apart: correct the header "
                    "(set both to the scanner's orientation) or convert the DICOM series again"
                )
        best = q if s is None else s
        if best is None:
            raise UnreadableInputError(
                "the NIfTI header holds no orientation (qform_code and sform_code are 0), so left and right are "
                "unknown: convert the DICOM series again with a tool that writes it"
            )
        return best


def read_nifti_header(path: Path) -> NiftiHeader:
    """Read the header of a ``.nii`` or ``.nii.gz`` file.

    Raises
    ------
    UnreadableInputError
        Not a NIfTI-1 file, or damaged.
    """
    with _opened(path) as file:
        return _parse_header(file.read(_HEADER_BYTES))


def read_nifti_extensions(path: Path) -> bytes:
    """Return what stands between a NIfTI's header and its voxels, as stored; empty without any extension.

    Raises
    ------
    UnreadableInputError
        Not a NIfTI-1 file, or damaged.
    """
    with _opened(path) as file:
        header = _parse_header(file.read(_HEADER_BYTES))
        return file.read(header.offset - _HEADER_BYTES)


def read_nifti(path: Path) -> tuple[npt.NDArray[np.generic], Grid]:
    """Read voxels [k, j, i], slope and intercept applied, and the grid in LPS mm.

    Raises
    ------
    UnreadableInputError
        Damaged, cut off, or without one clear orientation.
    NotCTError
        Colour, complex or not three-dimensional.
    """
    with _opened(path) as file:
        header = _parse_header(file.read(_HEADER_BYTES))
        grid = header.grid()
        file.read(header.offset - _HEADER_BYTES)
        dtype = np.dtype(header.order + _DATATYPES[header.datatype])
        ratio = LARGEST_RATIO[GZIP if path.name.lower().endswith(".gz") else RAW]
        require_readable_size(grid.size, dtype.itemsize, path.stat().st_size * ratio, KIND)
        array = read_voxels(file, grid.shape, dtype, KIND)
    if (header.slope, header.intercept) == (1.0, 0.0):
        return array, grid
    return array.astype(np.float32) * np.float32(header.slope) + np.float32(header.intercept), grid


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    require_regular(path, KIND)
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except _UNREADABLE as error:
        raise UnreadableInputError("the NIfTI file is damaged or cut off: copy it again from where it came") from error


def _parse_header(raw: bytes) -> NiftiHeader:
    order = "<" if raw[:4] == struct.pack("<i", _HEADER_BYTES) else ">"
    if len(raw) < _HEADER_BYTES or raw[:4] != struct.pack(order + "i", _HEADER_BYTES) or raw[344:347] != b"n+1":
        raise UnreadableInputError("the file is not a single-file NIfTI-1, or is damaged: convert it to NIfTI-1")
    dim = struct.unpack(order + "8h", raw[40:56])
    pixdim = struct.unpack(order + "8f", raw[76:108])
    offset, slope, intercept = struct.unpack(order + "3f", raw[108:120])
    if not np.isfinite(slope) or slope == 0.0:  # the format's way to say that nothing is scaled
        slope, intercept = 1.0, 0.0
    if not 0 <= offset <= LARGEST_OFFSET_BYTES or not np.isfinite(intercept):
        raise UnreadableInputError("the NIfTI header holds an impossible offset or scale: it is damaged")
    size = list(dim[1 : 1 + max(0, min(dim[0], 7))])
    while len(size) > 3 and size[-1] <= 1:
        size.pop()
    q_code, s_code = struct.unpack(order + "2h", raw[252:256])
    unit_mm = np.diag([*[_MM_OF_UNIT.get(raw[123] & 7, 1.0)] * 3, 1.0])
    rows = np.array(struct.unpack(order + "12f", raw[280:328])).reshape(3, 4)
    quaternion = struct.unpack(order + "6f", raw[256:280])
    affine_q = _affine_of_quaternion(quaternion, pixdim) if q_code > 0 else None
    return NiftiHeader(
        size=tuple(size),
        datatype=struct.unpack(order + "h", raw[70:72])[0],
        order=order,
        offset=max(int(offset), _HEADER_BYTES),
        slope=slope,
        intercept=intercept,
        ras_from_ijk_q=None if affine_q is None else unit_mm @ affine_q,
        ras_from_ijk_s=unit_mm @ np.vstack([rows, [0, 0, 0, 1]]) if s_code > 0 else None,
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
    if array.dtype not in _CODES:
        raise ValueError(f"voxels of type {array.dtype} cannot be written: NIfTI has no code for them")
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
    struct.pack_into("<2h", header, 70, _CODES[np.dtype(dtype)], dtype.itemsize * 8)
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
    lengths = pixdim[1:4]
    if not np.isfinite((*quaternion, *lengths)).all() or b * b + c * c + d * d > 1.0 + QUATERNION_TOLERANCE:
        raise UnreadableInputError("the NIfTI header holds a rotation (qform) that is none: it is damaged")
    if min(lengths) <= 0:
        raise UnreadableInputError("the NIfTI header declares a voxel spacing of 0 or less: convert the series again")
    w = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    scale = np.array(pixdim[1:4]) * np.array([1.0, 1.0, -1.0 if pixdim[0] < 0 else 1.0])
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_quat([b, c, d, w]).as_matrix() * scale
    affine[:3, 3] = quaternion[3:]
    return affine
