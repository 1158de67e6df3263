"""Compressed slices give the same voxels; a missing decoder says what to install."""

import numpy as np
import pydicom
import pytest
from pydicom.pixels import get_decoder
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from coxa.errors import UnsupportedTransferSyntaxError
from coxa.io import inspect_scan, load_scan
from coxa.io.dicom.decoding import JPEG_INSTALL_LINE
from tests.io.body import body, write_body


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_by_the_core_plug_ins(tmp_path, syntax):
    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax)
        dataset.save_as(path)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless])
def test_compressed_by_jpeg_of_the_extra(tmp_path, syntax):
    gdcm = pytest.importorskip("gdcm", reason=f"needs the extra: {JPEG_INSTALL_LINE}")
    _compress_with_gdcm(gdcm, write_body(tmp_path), syntax)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_encodings_without_compression_of_pixels(tmp_path, syntax):
    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


def test_big_endian(tmp_path):
    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        swapped = pydicom.Dataset()
        for element in dataset:
            swapped.add(element)
        swapped.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
        swapped.file_meta = dataset.file_meta
        swapped.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        swapped.save_as(path, implicit_vr=False, little_endian=False, enforce_file_format=True)
    assert np.array_equal(load_scan(tmp_path).volume.hu, body().hu)


def test_missing_decoder_is_refused_with_the_install_line(tmp_path, monkeypatch):
    gdcm = pytest.importorskip("gdcm", reason=f"needs the extra: {JPEG_INSTALL_LINE}")
    _compress_with_gdcm(gdcm, write_body(tmp_path), JPEGLosslessSV1)
    monkeypatch.setattr(get_decoder(JPEGLosslessSV1), "_available", {})
    with pytest.raises(UnsupportedTransferSyntaxError) as error:
        load_scan(tmp_path)
    assert 'pip install "coxa[jpeg]"' in str(error.value)
    inspection = inspect_scan(tmp_path)
    assert inspection.grid is None
    assert any(JPEG_INSTALL_LINE in warning for warning in inspection.warnings)


def test_a_syntax_nobody_decodes(tmp_path):
    for path in write_body(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"  # MPEG-4 video
        dataset.PixelData = pydicom.encaps.encapsulate([b"video!"])
        dataset["PixelData"].is_undefined_length = True
        dataset.save_as(path)
    with pytest.raises(UnsupportedTransferSyntaxError, match="export them uncompressed"):
        load_scan(tmp_path)


def _compress_with_gdcm(gdcm, paths, syntax) -> None:
    kind = {
        JPEGLosslessSV1: gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        JPEGLSLossless: gdcm.TransferSyntax.JPEGLSLossless,
    }[syntax]
    for path in paths:
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(kind))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax
