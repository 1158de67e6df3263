"""One DICOM image to Hounsfield units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.errors import UnreadableInputError, UnsupportedTransferSyntaxError
from coxa.io.dicom.headers import ImageHeader

AIR_HU = -1024
"""What padding becomes, and the lowest value kept."""
HIGHEST_PADDING_HU = -1000.0
"""A declared padding value above this is a tissue value in a wrong header and is not obeyed."""
JPEG_INSTALL_LINE = 'pip install "coxa[jpeg]"'
_PIXEL_TAGS = (
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData"),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)


def decode_hu(header: ImageHeader) -> npt.NDArray[np.int16]:
    """Return the image [j, i] in HU: slope and intercept of this image applied, padding and less set to -1024.

    Raises
    ------
    UnsupportedTransferSyntaxError
        When the decoder of a compressed image is not installed.
    UnreadableInputError
        When the pixel data are damaged.
    """
    stored = _stored_values(header)
    hu: npt.NDArray[np.int16]
    slope, intercept = header.slope or 1.0, header.intercept or 0.0
    if (slope, intercept) == (1.0, 0.0) and stored.dtype == np.int16:
        hu = np.maximum(stored.view(np.int16), np.int16(AIR_HU))
    else:
        values = stored * np.float64(slope)
        values += intercept
        np.clip(np.rint(values, out=values), AIR_HU, np.iinfo(np.int16).max, out=values)
        hu = values.astype(np.int16)
    if header.padding is not None and padding_is_plausible(header):
        low, high = header.padding
        hu[(stored >= low) & (stored <= high)] = AIR_HU
    return hu


def padding_is_plausible(header: ImageHeader) -> bool:
    """Tell whether the declared padding lies below all tissue; True when nothing is declared."""
    if header.padding is None:
        return True
    slope, intercept = header.slope or 1.0, header.intercept or 0.0
    return max(slope * value + intercept for value in header.padding) <= HIGHEST_PADDING_HU


def require_decoder(transfer_syntax: str) -> None:
    """Refuse a transfer syntax that cannot be decoded here.

    Raises
    ------
    UnsupportedTransferSyntaxError
        With the line that installs the decoder.
    """
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    uid = UID(transfer_syntax)
    try:
        available = get_decoder(uid).is_available
    except NotImplementedError as error:
        raise UnsupportedTransferSyntaxError(
            f"the images are stored as '{uid.name}', which cannot be read: export them uncompressed"
        ) from error
    if not available:
        raise UnsupportedTransferSyntaxError(
            f"the images are compressed as '{uid.name}' and its decoder is not installed: {JPEG_INSTALL_LINE}"
        )


def _stored_values(header: ImageHeader) -> npt.NDArray[np.integer]:
    from pydicom import dcmread
    from pydicom.config import disable_value_validation
    from pydicom.pixels import pixel_array
    from pydicom.uid import UID

    require_decoder(header.transfer_syntax)
    columns, rows = header.size
    try:
        with disable_value_validation(), header.source.open() as file:
            dataset = dcmread(file, force=True, specific_tags=list(_PIXEL_TAGS))
            dataset.file_meta.TransferSyntaxUID = UID(header.transfer_syntax)
            stored = pixel_array(dataset, raw=True, index=header.frame)
    except Exception as error:  # every decoder plug-in raises its own kinds
        raise UnreadableInputError(
            f"the pixel data of an image{_place(header)} are damaged: copy the series again from where it came"
        ) from error
    if stored.shape != (rows, columns):
        raise UnreadableInputError(f"an image{_place(header)} does not have the size that its header says")
    return np.asarray(stored)


def _place(header: ImageHeader) -> str:
    return "" if header.position_lps_mm is None else f" at z = {header.position_lps_mm[2]:.1f} mm"
