"""Reading headers within bounds: a few thousand elements, and no more inflated bytes than a scan has."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MOST_ELEMENTS = 20_000
"""Headers of scanners have some hundred elements at their top level."""
LARGEST_INFLATED_BYTES = 1 << 30
"""Of one deflated dataset."""
_FIRST_PIXELS = 0x7FE00008
"""Tag from which pixel data begin."""
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_header_elements(file: IO[bytes], keywords: Sequence[str]) -> Dataset:
    """Read those elements of a header, up to the pixels.

    Raises
    ------
    ValueError
        When there is no end of elements; the other errors of :data:`coxa.io.dicom.values.DAMAGE` when it is damaged.
    """
    from pydicom.datadict import tag_for_keyword
    from pydicom.filereader import read_partial
    from pydicom.tag import Tag

    count = 0

    def at_pixels(tag: Any, _vr: str | None, _length: int) -> bool:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS:
            raise ValueError("more elements than any header has")
        return int(tag) >= _FIRST_PIXELS

    tags = [Tag(tag_for_keyword(keyword) or 0) for keyword in keywords]
    return read_partial(file, stop_when=at_pixels, force=True, specific_tags=tags)


def require_modest_inflation(file: IO[bytes]) -> None:
    """Refuse a deflated dataset that inflates beyond any scan; the file is left where it begins.

    Raises
    ------
    ValueError
        When it does; zlib.error when it is damaged.
    """
    start = file.read(1024)
    file.seek(0)
    if _DEFLATED not in start or start[128:136] != b"DICM\x02\0\0\0":
        return
    file.seek(144 + struct.unpack("<I", start[140:144])[0])
    unpacker, inflated = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while not unpacker.eof and (packed := unpacker.unconsumed_tail or file.read(1 << 16)):
        inflated += len(unpacker.decompress(packed, 1 << 22))
        if inflated > LARGEST_INFLATED_BYTES:
            raise ValueError("it inflates to more than any scan")
    file.seek(0)
