"""Voxels out of a file, raw or compressed: all of them, with their checksum, and no more than declared."""

from __future__ import annotations

import bz2
import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from coxa.errors import UnreadableInputError

RAW, GZIP, BZIP2, ZLIB = "raw", "gzip", "bzip2", "zlib"
LARGEST_RATIO = {RAW: 1, GZIP: 1032, ZLIB: 1032, BZIP2: 50_000}
"""The most that a byte of such a file can unpack to."""
LARGEST_REST_BYTES = 16 << 20
"""More than this behind the voxels is no padding."""
_BLOCK = 1 << 20
"""Bytes read at once."""
_BROKEN = (OSError, EOFError, zlib.error, ValueError)


def require_regular(path: Path, kind: str) -> int:
    """Return the size of a file in bytes.

    Raises
    ------
    UnreadableInputError
        When it is absent, or a pipe or device, from which no end can be expected.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"the {kind} file is not there or cannot be opened: check its path") from error
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableInputError(f"the {kind} is no ordinary file but a folder, pipe or device: give a file")
    return found.st_size


@contextmanager
def unpacked(file: IO[bytes], encoding: str) -> Iterator[IO[bytes]]:
    """Yield a stream of the unpacked bytes from where the file stands."""
    if encoding == GZIP:
        with gzip.GzipFile(fileobj=file) as stream:
            yield cast(IO[bytes], stream)
    elif encoding == BZIP2:
        with bz2.BZ2File(file) as stream:
            yield cast(IO[bytes], stream)
    elif encoding == ZLIB:
        yield cast(IO[bytes], _ZlibStream(file))
    else:
        yield file


def read_voxels(
    stream: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[np.generic], kind: str
) -> npt.NDArray[np.generic]:
    """Read voxels plane by plane, then to the end of the stream, where its checksum stands.

    Raises
    ------
    UnreadableInputError
        When there are too few, far too many, or the checksum is another.
    """
    array = np.empty(shape, dtype=dtype)
    try:
        for plane in array if array.ndim > 2 else array[None]:
            data = _exactly(stream, plane.nbytes)
            if len(data) != plane.nbytes:
                raise UnreadableInputError(f"the {kind} file is cut off: copy it again from where it came")
            plane[...] = np.frombuffer(data, dtype=dtype).reshape(plane.shape)
        rest = 0
        while block := stream.read(_BLOCK):
            rest += len(block)
            if rest > LARGEST_REST_BYTES:
                raise UnreadableInputError(f"the {kind} file holds far more than its header declares: it is damaged")
    except _BROKEN as error:
        raise UnreadableInputError(
            f"the {kind} file is damaged (its checksum or its compression does not hold): copy it again from where "
            "it came"
        ) from error
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def file_bytes(file: IO[bytes]) -> int:
    """Return how many bytes stand between here and the end of an open file."""
    return os.fstat(file.fileno()).st_size - file.tell()


def _exactly(stream: IO[bytes], count: int) -> bytes:
    parts, wanted = [], count
    while wanted > 0 and (block := stream.read(wanted)):
        parts.append(block)
        wanted -= len(block)
    return b"".join(parts)


class _ZlibStream:
    """A zlib or gzip stream (MetaImage writes either) whose end and checksum are demanded."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._unpacker, self._ended = file, zlib.decompressobj(47), False

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; none at the end."""
        while not self._ended:
            packed = self._unpacker.unconsumed_tail or self._file.read(_BLOCK)
            if not packed:
                raise EOFError("the compressed data end early")
            data = self._unpacker.decompress(packed, count)
            self._ended = self._unpacker.eof
            if data:
                return data
        return b""
