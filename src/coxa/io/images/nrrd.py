"""NRRD in: the header read by ourselves, so that no file can end the program, and every checksum is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError, UnreadableInputError
from coxa.geometry.grid import Grid
from coxa.io.images.packed import BZIP2, GZIP, LARGEST_RATIO, RAW, file_bytes, read_voxels, require_regular, unpacked
from coxa.io.plausible_grid import plausible_grid, require_readable_size

KIND = "NRRD"
LARGEST_HEADER_BYTES = 4 << 20
"""Of a header."""
LARGEST_KEYS = 20_000
"""Fields and free keys of a header."""
_DTYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"), "u8"),
    **{"float": "f4", "double": "f8"},
}
_ENCODINGS = {"raw": RAW, "gzip": GZIP, "gz": GZIP, "bzip2": BZIP2, "bz2": BZIP2}
_LPS_SIGNS = {
    **dict.fromkeys(("left-posterior-superior", "lps"), (1.0, 1.0, 1.0)),
    **dict.fromkeys(("right-anterior-superior", "ras"), (-1.0, -1.0, 1.0)),
    **dict.fromkeys(("left-anterior-superior", "las"), (1.0, -1.0, 1.0)),
}
"""Signs that turn the axes of a NRRD's space into LPS."""
_NO_ORIENTATION = (
    "the file holds no orientation, so left and right are unknown: write it again with its direction (NRRD: 'space', "
    "MetaImage: 'TransformMatrix')"
)


@dataclass(frozen=True, eq=False)
class NrrdHeader:
    """What an NRRD header says.

    Attributes
    ----------
    fields : Mapping[str, str]
        Of the standard, lower case.
    pairs : Mapping[str, str]
        Free keys and values (``key:=value``).
    data_start : int
        Where the bytes after the header begin.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    data_start: int = 0

    def sizes(self) -> list[int]:
        """Return the sizes along all axes, the fastest first.

        Raises
        ------
        UnreadableInputError
            When they are no whole numbers.
        """
        try:
            sizes = [int(word) for word in self.fields["sizes"].split()]
        except (KeyError, ValueError) as error:
            raise _damaged() from error
        if not 1 <= len(sizes) <= 16 or min(sizes) < 1 or self.fields.get("dimension", "").strip() != str(len(sizes)):
            raise _damaged()
        return sizes

    def grid(self) -> Grid:
        """Return the grid in LPS mm.

        Raises
        ------
        NotCTError
            Colours, vectors or not three-dimensional.
        UnreadableInputError
            Without one clear, rectangular orientation.
        """
        sizes, directions = self.sizes(), self._directions()
        if directions and len(directions) != len(sizes):
            raise _damaged()
        if any(vector is None and n > 1 for vector, n in zip(directions, sizes, strict=False)):
            raise NotCTError("the file holds colours or vectors, not Hounsfield units: give the original CT")
        placed = [(n, v) for n, v in zip(sizes, directions or [()] * len(sizes), strict=True) if v is not None]
        if len(placed) != 3:
            raise NotCTError(f"the file has {len(placed)} dimensions: give one 3D volume, not a series of them")
        space = self.fields.get("space", "").lower().removesuffix("-time")
        if space not in _LPS_SIGNS or not directions:
            raise UnreadableInputError(_NO_ORIENTATION)
        signs = np.array(_LPS_SIGNS[space])
        if any(len(vector) != 3 for _, vector in placed):
            raise _damaged()
        columns = np.array([vector for _, vector in placed]).T * signs[:, None]
        spacing = np.linalg.norm(columns, axis=0)
        if not np.isfinite(spacing).all() or spacing.min() <= 0:
            raise UnreadableInputError("the NRRD header declares an impossible voxel spacing: it is damaged")
        origin = np.array(_vector(self.fields.get("space origin", "(0,0,0)")))
        if len(origin) != 3:
            raise _damaged()
        return plausible_grid([n for n, _ in placed], spacing, origin * signs, columns / spacing, KIND)

    def _directions(self) -> list[tuple[float, ...] | None]:
        words = re.findall(r"none|\([^()]*\)", self.fields.get("space directions", ""))
        return [None if word == "none" else _vector(word) for word in words]


def read_nrrd_header(path: Path) -> NrrdHeader:
    """Read a header; raises UnreadableInputError when it is none, damaged, or longer than any scan's."""
    require_regular(path, KIND)
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    with path.open("rb") as file:
        if not file.readline(16).startswith(b"NRRD0"):
            raise _damaged()
        while line := file.readline(LARGEST_HEADER_BYTES):
            text = line.decode("utf-8", errors="replace").strip("\r\n")
            if not text:
                return NrrdHeader(fields, pairs, file.tell())
            if file.tell() > LARGEST_HEADER_BYTES or len(fields) + len(pairs) > LARGEST_KEYS:
                raise UnreadableInputError("the NRRD header is longer than any scan's: the file is damaged")
            if text.startswith("#"):
                continue
            key, separator, value = text.partition(":")
            if value.startswith("="):
                pairs[key] = value[1:]
            elif separator:
                fields[key.strip().lower()] = value.strip()
            if key.strip().lower() in ("data file", "datafile") and value.split()[:1] == ["LIST"]:
                break
        return NrrdHeader(fields, pairs, file.tell())


def read_nrrd(path: Path) -> tuple[npt.NDArray[np.generic], Grid]:
    """Read voxels [k, j, i] and the grid in LPS mm; raises as :meth:`NrrdHeader.grid`."""
    header = read_nrrd_header(path)
    grid = header.grid()
    encoding = _ENCODINGS.get(header.fields.get("encoding", "").lower())
    name = _DTYPES.get(header.fields.get("type", "").lower())
    if name is None or encoding is None:
        raise UnreadableInputError(
            "the NRRD holds voxels of an unusual type or encoding: write it again with raw or gzip encoding"
        )
    order = {"big": ">", "little": "<"}.get(header.fields.get("endian", "").lower(), "<" if name[1] == "1" else "")
    if not order:
        raise UnreadableInputError("the NRRD header does not say the order of bytes ('endian'): write it again")
    data, start = _data_file(path, header)
    require_regular(data, f"{KIND} data")
    with data.open("rb") as file:
        file.seek(start)
        for _ in range(_skip(header, "line skip")):
            file.readline(1 << 20)
        dtype = np.dtype(order + name)
        available = file_bytes(file) * LARGEST_RATIO[encoding]
        needed = require_readable_size(grid.size, dtype.itemsize, available, KIND)
        skip = _skip(header, "byte skip")
        if skip < 0 and encoding == RAW:
            file.seek(-needed, 2)
        with unpacked(file, encoding) as stream:
            if skip > 0:
                stream.read(skip)
            return read_voxels(stream, grid.shape, dtype, KIND), grid


def _data_file(path: Path, header: NrrdHeader) -> tuple[Path, int]:
    name = header.fields.get("data file", header.fields.get("datafile"))
    if name is None:
        return path, header.data_start
    if name.split()[:1] == ["LIST"] or "%" in name:
        raise UnreadableInputError("the NRRD is spread over several data files: write it again as one file")
    data = path.parent / name
    if not data.is_file():
        raise UnreadableInputError(
            f"the data file '{Path(name).name}' that the .nhdr names is not beside it: copy both"
        )
    return data, 0


def _skip(header: NrrdHeader, name: str) -> int:
    words = header.fields.get(name, header.fields.get(name.replace(" ", ""), "0"))
    try:
        count = int(words)
    except ValueError as error:
        raise _damaged() from error
    if not -1 <= count <= LARGEST_HEADER_BYTES:
        raise _damaged()
    return count


def _vector(words: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in words.strip().strip("()").split(","))
    except ValueError as error:
        raise _damaged() from error


def _damaged() -> UnreadableInputError:
    return UnreadableInputError("the .nrrd file cannot be read: it is damaged or not what its suffix says")
