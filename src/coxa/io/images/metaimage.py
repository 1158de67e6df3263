"""MetaImage (``.mha``, ``.mhd``) in: read by ourselves, with the checksum of compressed voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.errors import NotCTError, UnreadableInputError
from coxa.geometry.grid import Grid
from coxa.io.images.packed import LARGEST_RATIO, RAW, ZLIB, file_bytes, read_voxels, require_regular, unpacked
from coxa.io.plausible_grid import plausible_grid, require_readable_size

KIND = "MetaImage"
LARGEST_HEADER_BYTES = 1 << 20
"""Of a header."""
LARGEST_DIMENSIONS = 10
"""As MetaIO allows."""
LARGEST_FILES = 10_000
"""Slices that a header may list."""
_DTYPES = {
    **{"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4"},
    **{"MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8"},
}
_LOCAL, _LIST = "LOCAL", "LIST"


@dataclass(frozen=True, eq=False)
class MetaHeader:
    """What a MetaImage header says.

    Attributes
    ----------
    fields : Mapping[str, str]
        By key as written.
    files : tuple of str
        The slices' files that stand in the header after ``LIST``.
    data_start : int
        Where the bytes after the header begin.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    data_start: int = 0

    def grid(self) -> Grid:
        """Return the grid in LPS mm.

        Raises
        ------
        NotCTError
            Colours, vectors or not three-dimensional.
        UnreadableInputError
            Without orientation, damaged, or of an impossible geometry.
        """
        count = self._whole("NDims", 0)
        if not 1 <= count <= LARGEST_DIMENSIONS:
            raise damaged()
        if self._whole("ElementNumberOfChannels", 1) != 1:
            raise NotCTError("the file holds colours or vectors, not Hounsfield units: give the original CT")
        size = [int(n) for n in self._numbers(("DimSize",), count)]
        beyond = [n for n in size[3:] if n != 1]
        if count < 3 or beyond:
            raise NotCTError(f"the file has {3 + len(beyond) if beyond else count} dimensions: give one 3D volume")
        matrix = self._numbers(("TransformMatrix", "Rotation", "Orientation"), count * count)
        if not matrix:
            raise UnreadableInputError(
                "the file holds no orientation, so left and right are unknown: write it again with its direction "
                "(NRRD: 'space', MetaImage: 'TransformMatrix')"
            )
        # Each row is the direction of one index axis.
        direction = np.array(matrix).reshape(count, count)[:3, :3].T
        origin = self._numbers(("Offset", "Position", "Origin"), count) or [0.0] * count
        spacing = self._numbers(("ElementSpacing", "ElementSize"), count)
        if not spacing:
            raise UnreadableInputError("the MetaImage header does not say the voxel spacing: write it again")
        return plausible_grid(size[:3], spacing[:3], origin[:3], direction, KIND)

    def is_true(self, *keys: str) -> bool:
        """Tell whether one of the keys is there and true."""
        return any(self.fields.get(key, "")[:1].lower() in ("t", "y", "1") for key in keys)

    def _numbers(self, keys: tuple[str, ...], count: int) -> list[float]:
        written = next((self.fields[key] for key in keys if key in self.fields), None)
        if written is None:
            return []
        try:
            numbers = [float(word) for word in written.split()]
        except ValueError as error:
            raise damaged() from error
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise UnreadableInputError(f"the MetaImage header holds no proper '{keys[0]}': it is damaged")
        return numbers

    def _whole(self, key: str, default: int) -> int:
        try:
            return int(self.fields.get(key, default))
        except ValueError as error:
            raise damaged() from error


def read_metaimage_header(path: Path) -> MetaHeader:
    """Read a header; raises UnreadableInputError when it is none, or damaged."""
    require_regular(path, KIND)
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while (line := file.readline(4096)) and file.tell() <= LARGEST_HEADER_BYTES:
            text = line.decode("utf-8", errors="replace")
            if not text.strip():
                continue
            separator = next((mark for mark in text if mark in "=:"), None)
            if separator is None:
                raise damaged()
            key, _, value = text.partition(separator)
            fields[key.strip()] = value.strip()
            if key.strip() == "ElementDataFile":
                files = _listed(file.read(LARGEST_HEADER_BYTES)) if value.split()[:1] == [_LIST] else ()
                return MetaHeader(fields, files, file.tell())
    raise damaged()


def read_metaimage(path: Path) -> tuple[npt.NDArray[np.generic], Grid]:
    """Read voxels [k, j, i] and the grid in LPS mm; raises as :meth:`MetaHeader.grid`."""
    header = read_metaimage_header(path)
    grid = header.grid()
    name = _DTYPES.get(header.fields.get("ElementType", ""))
    if name is None or not (header.is_true("BinaryData") or "BinaryData" not in header.fields):
        raise UnreadableInputError("the MetaImage holds voxels as text or of an unusual type: write it again as binary")
    dtype = np.dtype((">" if header.is_true("BinaryDataByteOrderMSB", "ElementByteOrderMSB") else "<") + name)
    encoding = ZLIB if header.is_true("CompressedData") else RAW
    parts = _data_files(path, header)
    if len(parts) == 1:
        return _read(parts[0], header, grid.shape, dtype, encoding), grid
    if len(parts) != grid.size[2] or encoding != RAW:
        raise UnreadableInputError(
            f"the .mhd lists {len(parts)} files for {grid.size[2]} slices: copy them all, or write one .mha"
        )
    require_readable_size(grid.size, dtype.itemsize, sum(require_regular(part, KIND) for part in parts), KIND)
    return np.stack([_read(part, header, grid.shape[1:], dtype, encoding) for part in parts]), grid


def _read(
    path: Path, header: MetaHeader, shape: tuple[int, ...], dtype: np.dtype[np.generic], encoding: str
) -> npt.NDArray[np.generic]:
    skip = header._whole("HeaderSize", 0)
    with path.open("rb") as file:
        local = header.fields["ElementDataFile"].upper() == _LOCAL
        file.seek(header.data_start if local else max(skip, 0))
        needed = require_readable_size(shape, dtype.itemsize, file_bytes(file) * LARGEST_RATIO[encoding], KIND)
        if skip < 0 and encoding == RAW:
            file.seek(-needed, 2)
        with unpacked(file, encoding) as stream:
            return read_voxels(stream, shape, dtype, KIND)


def _data_files(path: Path, header: MetaHeader) -> list[Path]:
    name = header.fields["ElementDataFile"]
    if name.upper() == _LOCAL:
        return [path]
    if name.split()[:1] != [_LIST] and "%" in name:
        raise UnreadableInputError("the .mhd numbers its data files by a pattern: write one .mha")
    names = header.files if name.split()[:1] == [_LIST] else (name,)
    parts = [path.parent / part for part in names]
    absent = [part.name for part in parts if not part.is_file()]
    if absent or not parts:
        listed = f"'{absent[0]}'" + (f" and {len(absent) - 1} more" if len(absent) > 1 else "") if absent else "none"
        raise UnreadableInputError(f"the data file {listed} that the .mhd names is not there: copy all of them")
    for part in parts:
        require_regular(part, f"{KIND} data")
    return parts


def _listed(rest: bytes) -> tuple[str, ...]:
    names = tuple(name.strip() for name in rest.decode("utf-8", errors="replace").splitlines() if name.strip())
    if len(names) > LARGEST_FILES:
        raise damaged()
    return names


def damaged() -> UnreadableInputError:
    """Return the refusal; no file name in messages about scans, it may be the patient's."""
    return UnreadableInputError("the MetaImage file cannot be read: it is damaged or not what its suffix says")
