"""One DICOM image to Hounsfield units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.errors import DecoderError, UnreadableInputError
from coxa.geometry.arrays import BoolArray
from coxa.io.dicom.decoding import decode_stored
from coxa.io.dicom.headers import ImageHeader

AIR_HU = -1024
"""What padding becomes, and the lowest value kept."""
HIGHEST_PADDING_HU = -1000.0
"""Declared padding up to this value is air wherever it is."""
BEYOND_ANY_HU = 30_000.0
"""Declared padding above this value is air wherever it is: no tissue and no metal is stored so."""
WRAPPED_HU = -8000.0
"""Scanners write no air below this; metal whose values overflowed 16 bits is there."""


def decode_hu(header: ImageHeader) -> npt.NDArray[np.int16]:
    """Return the image [j, i] in HU: padding and less than -1024 set to that; raises as :func:`decode_slice`."""
    return decode_slice(header)[0]


def decode_slice(header: ImageHeader) -> tuple[npt.NDArray[np.int16], int]:
    """Return the image [j, i] in HU, its padding air, and how many pixels are metal whose values overflowed.

    Raises
    ------
    UnsupportedTransferSyntaxError
        When the decoder of a compressed image is not installed.
    DecoderError
        When the decoder fails by a fault of its own.
    UnreadableInputError
        When the pixel data are damaged.
    """
    stored = stored_values(header)
    hu: npt.NDArray[np.int16]
    slope, intercept = _rescaling(header)
    if (slope, intercept) == (1.0, 0.0) and stored.dtype == np.int16:
        hu = np.maximum(stored.view(np.int16), np.int16(AIR_HU))
    else:
        values = stored * np.float64(slope)
        values += intercept
        np.clip(np.rint(values, out=values), AIR_HU, np.iinfo(np.int16).max, out=values)
        hu = values.astype(np.int16)
    if header.padding is not None:
        hu[_padding(stored, header)] = AIR_HU
    return hu, _count_wrapped(header, stored)


def stored_values(header: ImageHeader) -> npt.NDArray[np.integer]:
    """Return the pixels [j, i] as they are stored; raises as :func:`decode_hu`."""
    columns, rows = header.size
    try:
        stored = decode_stored(header.source, header.transfer_syntax, header.frame)
    except DecoderError as error:
        raise DecoderError(f"an image{_place(header)}: {error}") from error.__cause__
    except UnreadableInputError as error:
        raise UnreadableInputError(
            f"the pixel data of an image{_place(header)} are damaged{error}"
        ) from error.__cause__
    if stored.shape != (rows, columns):
        raise UnreadableInputError(f"an image{_place(header)} does not have the size that its header says")
    return stored


def padding_is_certain(header: ImageHeader) -> bool:
    """Tell whether the declared padding can be no tissue and no metal; True when nothing is declared."""
    if header.padding is None:
        return True
    low, high = _padding_hu(header)
    return high <= HIGHEST_PADDING_HU or low >= BEYOND_ANY_HU


def _count_wrapped(header: ImageHeader, stored: npt.NDArray[np.integer]) -> int:
    slope, intercept = _rescaling(header)
    below = stored < (WRAPPED_HU - intercept) / slope
    if header.padding is not None:
        below &= ~((stored >= header.padding[0]) & (stored <= header.padding[1]))
    # Padding that is not declared fills the corners.
    return 0 if below[0, 0] or below[-1, -1] else int(below.sum())


def _padding(stored: npt.NDArray[np.integer], header: ImageHeader) -> BoolArray:
    """Return which pixels are padding: all of the declared value, or, of a tissue's value, those outside the body."""
    low, high = header.padding or (0, -1)
    same: BoolArray = (stored >= low) & (stored <= high)
    if padding_is_certain(header):
        return same
    from scipy.ndimage import label

    regions, _ = label(same)
    corners = {int(regions[j, i]) for j in (0, -1) for i in (0, -1)} - {0}
    return np.isin(regions, list(corners))


def _padding_hu(header: ImageHeader) -> tuple[float, float]:
    slope, intercept = _rescaling(header)
    low, high = (slope * value + intercept for value in header.padding or (0, 0))
    return low, high


def _rescaling(header: ImageHeader) -> tuple[float, float]:
    return 1.0 if header.slope is None else header.slope, 0.0 if header.intercept is None else header.intercept


def _place(header: ImageHeader) -> str:
    return "" if header.position_lps_mm is None else f" at z = {header.position_lps_mm[2]:.1f} mm"
