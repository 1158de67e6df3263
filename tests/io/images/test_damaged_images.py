"""Volume files that are damaged, absurd or hostile: refused, in the right words; sound ones of all kinds come in."""

import gzip
import os
import struct
import zlib

import numpy as np
import pytest
import SimpleITK as sitk

from coxa.errors import NotCTError, UnreadableInputError
from coxa.geometry.grid import Grid
from coxa.io import inspect_scan, load_scan
from coxa.io.images.image_files import read_image, write_volume
from coxa.io.images.nifti import encode_header
from coxa.volume import Volume
from tests.io.body import AXIAL, body, oblique_grid


def noisy(grid=AXIAL) -> Volume:
    """The body with noise: compressed data in which every bit matters."""
    hu = body(grid).hu + np.random.default_rng(3).integers(-20, 20, grid.shape)
    return Volume(hu.astype(np.int16), grid)


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
def test_a_flipped_bit_never_gives_other_voxels(tmp_path, suffix):
    sound = tmp_path / f"sound{suffix}"
    write_volume(sound, noisy())
    expected, grid = read_image(sound)
    content, random = sound.read_bytes(), np.random.default_rng(11)
    start = len(content) // 10  # behind any header, which has no checksum
    refused = 0
    for at in random.integers(start, len(content), 40):
        broken = bytearray(content)
        broken[at] ^= 1 << random.integers(8)
        path = tmp_path / f"broken{suffix}"
        path.write_bytes(broken)
        try:
            array, where = read_image(path)
        except UnreadableInputError:
            refused += 1
            continue
        assert np.array_equal(array, expected)
        assert where.matches(grid)
    assert refused >= 38


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
def test_a_checksum_alone_that_is_wrong_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_volume(path, noisy())
    content = bytearray(path.read_bytes())
    content[-8 if suffix != ".mha" else -2] ^= 4  # CRC-32 of gzip, Adler-32 of zlib
    path.write_bytes(content)
    with pytest.raises(UnreadableInputError, match="checksum"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha", ".nrrd", ".mhd", ".nhdr"])
def test_a_cut_off_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_volume(path, noisy())
    data = next((p for p in tmp_path.iterdir() if p.suffix in (".raw", ".zraw", ".gz") and p != path), path)
    data.write_bytes(data.read_bytes()[:-500])
    with pytest.raises(UnreadableInputError, match=r"cut off|damaged"):
        read_image(path)


@pytest.mark.parametrize("grid", [AXIAL, oblique_grid()])
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nrrd", ".nhdr"])
def test_what_itk_writes_is_read_as_itk_reads_it(tmp_path, suffix, compressed, grid):
    image = sitk.GetImageFromArray(noisy(grid).hu)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_lps_mm.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image, str(path), compressed)
    array, where = read_image(path)
    assert np.array_equal(array, sitk.GetArrayFromImage(sitk.ReadImage(str(path))))
    assert where.matches(grid, 0.01)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"])
@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_every_type_of_voxel(tmp_path, suffix, dtype):
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / f"a{suffix}"))
    found, _ = read_image(tmp_path / f"a{suffix}")
    assert found.dtype == np.dtype(dtype)
    assert np.array_equal(found, array)


@pytest.mark.parametrize("space", ["right-anterior-superior", "RAS", "left-anterior-superior"])
def test_nrrd_in_other_spaces(tmp_path, space):
    x, y = (1, -1) if space.startswith("left") else (-1, -1)
    header = (
        f"NRRD0004\ntype: short\ndimension: 3\nspace: {space}\nsizes: 60 44 21\nspace directions: ({6 * x},0,0) "
        f"(0,{6 * y},0) (0,0,3)\nendian: big\nencoding: raw\nspace origin: ({-177 * x},{-120 * y},1000)\n\n"
    )
    (tmp_path / "a.nrrd").write_bytes(header.encode() + body().hu.astype(">i2").tobytes())
    array, grid = read_image(tmp_path / "a.nrrd")
    assert np.array_equal(array, body().hu)
    assert grid.matches(AXIAL)


def test_slices_that_a_metaimage_lists(tmp_path):
    write_list(tmp_path)
    array, grid = read_image(tmp_path / "a.mhd")
    assert np.array_equal(array, body().hu)
    assert grid.matches(AXIAL)
    (tmp_path / "7.raw").unlink()
    with pytest.raises(UnreadableInputError, match=r"'7.raw' that the .mhd names is not there"):
        load_scan(tmp_path / "a.mhd")
    (tmp_path / "7.raw").write_bytes(bytes(100))
    with pytest.raises(UnreadableInputError, match="cut off"):
        load_scan(tmp_path / "a.mhd")


def write_list(folder) -> None:
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -177 -120 1000\nElementSpacing = 6 6 3\nDimSize = 60 44 21\n"
        "ElementType = MET_SHORT\nElementDataFile = LIST\n"
    )
    for n, plane in enumerate(body().hu):
        (folder / f"{n}.raw").write_bytes(plane.astype("<i2").tobytes())
    (folder / "a.mhd").write_text(header + "\n".join(f"{n}.raw" for n in range(21)) + "\n", encoding="ascii")


def test_the_raw_file_that_is_missing_is_named(tmp_path):
    write_volume(tmp_path / "a.mhd", body())
    raw = next(p for p in tmp_path.iterdir() if p.suffix in (".raw", ".zraw"))
    raw.unlink()
    for call in (load_scan, inspect_scan):
        with pytest.raises(UnreadableInputError, match=f"'{raw.name}' that the .mhd names is not there"):
            call(tmp_path / "a.mhd")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("ElementSpacing = 6 6 3", "ElementSpacing = 1e9 1e9 1e9", "impossible voxel spacing"),
        ("ElementSpacing = 6 6 3", "ElementSpacing = 6 6 0", "impossible voxel spacing"),
        ("ElementSpacing = 6 6 3", "ElementSpacing = 6 6 -3", "impossible voxel spacing"),
        ("ElementSpacing = 6 6 3", "ElementSpacing = nan 6 3", "no proper 'ElementSpacing'"),
        ("ElementSpacing = 6 6 3\n", "", "does not say the voxel spacing"),
        ("DimSize = 60 44 21", "DimSize = 60 44 0", "impossible size"),
        ("ElementSpacing = 6 6 3\nDimSize = 60 44 21", "ElementSpacing = 6 6 15\nDimSize = 60 44 201", "3.0 m of body"),
        ("1 0 0 0 1 0 0 0 1", "1 0.2 0 0 1 0 0 0 1", "not at right angles"),
        ("1 0 0 0 1 0 0 0 1", "0 0 0 0 1 0 0 0 1", "not at right angles"),
        ("Offset = -177", "Offset = 1e8", "declares a place"),
        ("NDims = 3", "NDims = 99", "cannot be read"),
        ("NDims = 3", "NDims = 1000000000000", "cannot be read"),
        ("DimSize = 60 44 21", "DimSize = 60000 44000 21000", "impossible|longer than any|cut off"),
        ("ElementType = MET_SHORT", "ElementType = MET_NONE", "unusual type"),
    ],
)
def test_absurd_metaimages(tmp_path, old, new, reason):
    write_list(tmp_path)
    path = tmp_path / "a.mhd"
    text = path.read_text(encoding="ascii")
    assert old in text
    path.write_text(text.replace(old, new), encoding="ascii")
    for call in (load_scan, inspect_scan):
        with pytest.raises(UnreadableInputError, match=reason):
            call(path)


@pytest.mark.parametrize(
    ("start", "values", "reason"),
    [
        (256, (float("nan"),) * 3, "that is none"),
        (256, (3.0, 0.0, 0.0), "that is none"),
        (80, (0.0, 6.0, 3.0), "spacing of 0 or less"),
        (80, (-6.0, 6.0, 3.0), "spacing of 0 or less"),
        (108, (float("inf"), 1.0, 0.0), "impossible offset"),
        (108, (352.0, 1.0, float("nan")), "impossible offset or scale"),
        (108, (1e12, 1.0, 0.0), "impossible offset"),
    ],
)
def test_absurd_niftis(tmp_path, start, values, reason):
    header = bytearray(encode_header(AXIAL, np.dtype(np.int16)))
    struct.pack_into("<2h", header, 252, 1, 0)  # by quaternion
    struct.pack_into("<3f", header, start, *values)
    (tmp_path / "a.nii").write_bytes(bytes(header) + body().hu.tobytes())
    with pytest.raises(UnreadableInputError, match=reason):
        load_scan(tmp_path / "a.nii")


def test_a_header_that_declares_more_than_the_file_holds_costs_no_memory(tmp_path):
    big = Grid((4000, 1500, 400), (0.2, 0.2, 0.5), [0.0, 0.0, 0.0], np.eye(3))
    header = encode_header(big, np.dtype(np.int16))
    (tmp_path / "a.nii").write_bytes(header + bytes(1000))
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(header + bytes(1000)))
    for name in ("a.nii", "a.nii.gz"):
        with pytest.raises(UnreadableInputError, match=r"declares 4800 MB of voxels"):
            load_scan(tmp_path / name)


def test_a_volume_too_large_is_refused_before_it_is_read(tmp_path):
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"
        "Offset = 0 0 0\nElementSpacing = 0.2 0.2 0.5\nDimSize = 4000 1500 400\nElementType = MET_SHORT\n"
        "ElementDataFile = LOCAL\n"
    )
    packed = zlib.compress(bytes(1 << 20)) + bytes(5 << 20)
    (tmp_path / "a.mha").write_bytes(header.encode() + packed)
    with pytest.raises(UnreadableInputError, match=r"2.4 thousand million voxels, and Coxa reads up to 1.1"):
        load_scan(tmp_path / "a.mha")


def test_a_header_of_endless_keys(tmp_path):
    keys = "".join(f"key{n}:=x\n" for n in range(200_000))
    (tmp_path / "a.nrrd").write_text("NRRD0004\ntype: short\n" + keys, encoding="ascii")
    with pytest.raises(UnreadableInputError, match="longer than any"):
        load_scan(tmp_path / "a.nrrd")


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii.gz"])
def test_a_name_that_is_no_text(tmp_path, suffix):
    write_volume(tmp_path / f"a{suffix}", body())
    strange = os.fsencode(tmp_path) + b"/\xff\xfe" + suffix.encode()
    os.rename(tmp_path / f"a{suffix}", strange)  # noqa: PTH104 - bytes
    assert np.array_equal(load_scan(os.fsdecode(strange)).volume.hu, body().hu)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii.gz", ".nii"])
def test_a_pipe_is_no_file(tmp_path, suffix):
    os.mkfifo(tmp_path / f"a{suffix}")
    with pytest.raises(UnreadableInputError):
        load_scan(tmp_path / f"a{suffix}")


def test_colours_are_no_hounsfield_units(tmp_path):
    colours = sitk.GetImageFromArray(np.zeros((3, 4, 5, 3), dtype=np.uint8), isVector=True)
    for name in ("a.nrrd", "a.mha"):
        sitk.WriteImage(colours, str(tmp_path / name))
        with pytest.raises(NotCTError, match="colours or vectors"):
            load_scan(tmp_path / name)


def test_metaimage_headers_as_people_and_other_programs_write_them(tmp_path):
    write_volume(tmp_path / "a.mhd", body())
    expected, _ = read_image(tmp_path / "a.mhd")
    header = (tmp_path / "a.mhd").read_text(encoding="utf-8")
    loose = (
        header.replace("\n", "\n\n", 2).replace("NDims = 3", "NDims: 3").replace("BinaryData = True", "BinaryData = T")
    )
    (tmp_path / "b.mhd").write_text(loose, encoding="utf-8")
    assert loose != header and np.array_equal(read_image(tmp_path / "b.mhd")[0], expected)
    raw = next(p for p in tmp_path.iterdir() if p.suffix in (".raw", ".zraw"))
    if raw.suffix == ".raw":
        big = np.fromfile(raw, dtype="<i2").astype(">i2")
        (tmp_path / "big.raw").write_bytes(big.tobytes())
        turned = header.replace(raw.name, "big.raw").replace("ByteOrderMSB = False", "ByteOrderMSB = T")
        (tmp_path / "c.mhd").write_text(turned, encoding="utf-8")
        assert np.array_equal(read_image(tmp_path / "c.mhd")[0], expected)


@pytest.mark.parametrize("scale", [(0.0, float("nan")), (float("nan"), 0.0), (0.0, 5.0)])
def test_a_nifti_that_says_nothing_is_scaled_is_not_scaled(tmp_path, scale):
    write_volume(tmp_path / "a.nii", body())
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<2f", content, 112, *scale)
    (tmp_path / "b.nii").write_bytes(content)
    assert np.array_equal(read_image(tmp_path / "b.nii")[0], body().hu)


def test_a_data_file_whose_name_begins_like_the_keyword_is_read(tmp_path):
    write_volume(tmp_path / "a.nhdr", body())
    header = (tmp_path / "a.nhdr").read_text(encoding="utf-8")
    data = next(p for p in tmp_path.iterdir() if p.suffix != ".nhdr")
    data.rename(tmp_path / f"listing{data.suffix}")
    (tmp_path / "a.nhdr").write_text(header.replace(data.name, f"listing{data.suffix}"), encoding="utf-8")
    assert np.array_equal(read_image(tmp_path / "a.nhdr")[0], body().hu)
