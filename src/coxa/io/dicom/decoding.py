"""Pixel data to stored values: what is the file's damage, and what is the fault of a decoder."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from coxa.errors import DecoderError, UnreadableInputError, UnsupportedTransferSyntaxError
from coxa.io.dicom.find import Source
from coxa.io.dicom.values import DAMAGE

JPEG_INSTALL_LINE = 'pip install "coxa[jpeg]"'
REINSTALL_LINE = 'pip install --force-reinstall "coxa[jpeg]"'
_FAULTS_OF_A_LIBRARY = (ImportError, NameError, AssertionError)
"""What a decoder that is broken or half installed raises; those that meet damaged data raise all others, GDCM an
AttributeError and Pillow an OSError among them."""
_PIXEL_TAGS = (
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData"),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)


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


def decode_stored(source: Source, transfer_syntax: str, frame: int) -> npt.NDArray[np.integer]:
    """Return one image [j, i] as stored.

    Raises
    ------
    UnsupportedTransferSyntaxError
        No decoder.
    DecoderError
        When every decoder fails by a fault of its own; the message has the cause and the install line.
    UnreadableInputError
        When the data are damaged. The text is the end of a sentence that says which image.
    MemoryError
        When there is not enough of it, whoever noticed.
    """
    from pydicom import dcmread
    from pydicom.config import disable_value_validation
    from pydicom.pixels import pixel_array
    from pydicom.uid import UID

    require_decoder(transfer_syntax)
    compressed = UID(transfer_syntax).is_compressed
    with _decoder_faults() as faults, disable_value_validation(), source.open() as file:
        try:
            dataset = dcmread(file, force=True, specific_tags=list(_PIXEL_TAGS))
            dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
            return np.asarray(pixel_array(dataset, raw=True, index=frame))
        except (*DAMAGE, RuntimeError) as error:
            cause = _memory_among(faults) or error
            if isinstance(cause, MemoryError):
                raise cause from error
            if faults and all(isinstance(fault, _FAULTS_OF_A_LIBRARY) for fault in faults):
                kinds = ", ".join(dict.fromkeys(f"{type(fault).__name__}: {fault}" for fault in faults))
                raise DecoderError(
                    f"the decoder of '{UID(transfer_syntax).name}' is broken ({kinds}), the scan need not be: "
                    f"{REINSTALL_LINE}"
                ) from faults[0]
            advice = ": copy the series again from where it came"
            other = f"; where other series fail too, renew the decoder: {REINSTALL_LINE}" if compressed else ""
            raise UnreadableInputError(advice + other) from error


@contextmanager
def _decoder_faults() -> Iterator[list[BaseException]]:
    """Collect what decoders raise: pydicom logs each and raises one text for all. Nothing of it is shown."""
    faults: list[BaseException] = []

    class _Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1] is not None:
                faults.append(record.exc_info[1])

    logger, collector = logging.getLogger("pydicom"), _Collector()
    propagated = logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield faults
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagated


def _memory_among(faults: list[BaseException]) -> MemoryError | None:
    return next((fault for fault in faults if isinstance(fault, MemoryError)), None)
