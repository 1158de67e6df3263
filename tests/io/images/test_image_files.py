"""NIfTI, NRRD and MetaImage: signed anatomical truth, and every refusal."""

import gzip
import struct

import numpy as np
import pytest
import SimpleITK as sitk

from coxa.errors import NotCTError, UnreadableInputError, UsageError
from coxa.geometry.grid import Grid
from coxa.io import inspect_scan, load_scan
from coxa.io.images.image_files import FORMATS, read_image, write_volume
from coxa.volume import Volume
from tests.io.body import AXIAL, assert_anatomy, body, oblique_grid, write_body

GRIDS = {
    "LPS": AXIAL,
    "RAS": AXIAL.reoriented((0, 1, 2), (True, True, False)),
    "LAS": AXIAL.reoriented((0, 1, 2), (False, True, False)),
    "SPL": AXIAL.reoriented((2, 1, 0), (False, False, False)),
    "IRA": AXIAL.reoriented((2, 0, 1), (True, True, True)),
    "oblique": oblique_grid(),
    "oblique left-handed": oblique_grid().reoriented((0, 1, 2), (True, False, False)),
}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_anatomy_written_by_an_independent_writer(tmp_path, suffix, grid):
    """SimpleITK writes, we read: left stays left in every storage order."""
    path = tmp_path / f"scan{suffix}"
    sitk.WriteImage(_sitk_image(body(grid)), str(path))
    scan = load_scan(path)
    assert scan.volume.grid.matches(grid, 0.01)
    assert np.array_equal(scan.volume.hu, body(grid).hu)
    assert_anatomy(scan.volume, tolerance_hu=12.0)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_anatomy_read_by_an_independent_reader(tmp_path, suffix, grid):
    """We write, SimpleITK reads: points of the patient index the right voxels."""
    path = tmp_path / f"scan{suffix}"
    write_volume(path, body(grid))
    image = sitk.ReadImage(str(path))
    for point in ((110.0, 10.0, 1030.0), (-110.0, 10.0, 1030.0), (0.0, -60.0, 1030.0)):
        i, j, k = np.rint(grid.indices_from_points(point)).astype(int)
        assert image.TransformPhysicalPointToIndex(point) == (i, j, k)
        assert image[int(i), int(j), int(k)] == body(grid).hu[k, j, i]


@pytest.mark.parametrize("form", ["q", "s"])
def test_ras_on_disk_by_a_hand_made_header(tmp_path, form):
    """First voxel right-posterior-inferior, axes to the left... as NIfTI says it: x grows to the right."""
    grid = GRIDS["RAS"]
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *grid.size, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)
    struct.pack_into("<8f", header, 76, 1.0, *grid.spacing_mm, 0, 0, 0, 0)
    struct.pack_into("<f", header, 108, 352.0)
    header[123] = 2
    # The RAS of voxel (0, 0, 0): 177 mm left and 138 mm posterior of the origin, i.e. x = -177, y = -138.
    start = (-177.0, -138.0, 1000.0)
    if form == "q":
        struct.pack_into("<2h", header, 252, 1, 0)
        struct.pack_into("<6f", header, 256, 0, 0, 0, *start)
    else:
        struct.pack_into("<2h", header, 252, 0, 1)
        rows = np.c_[np.diag([6.0, 6.0, 3.0]), start].ravel()
        struct.pack_into("<12f", header, 280, *rows)
    header[344:348] = b"n+1\0"
    path = tmp_path / "ras.nii"
    path.write_bytes(bytes(header) + np.ascontiguousarray(body(grid).hu).tobytes())
    assert_anatomy(load_scan(path).volume)


def test_the_neighbour_without_gz_is_not_read_instead(tmp_path):
    """SimpleITK, asked for a.nii.gz, silently returns a.nii."""
    other = np.full(AXIAL.shape, 77, dtype=np.int16)
    write_volume(tmp_path / "a.nii", Volume(other, AXIAL))
    write_volume(tmp_path / "a.nii.gz", body())
    assert np.array_equal(load_scan(tmp_path / "a.nii.gz").volume.hu, body().hu)
    assert np.array_equal(read_image(tmp_path / "a.nii")[0], other)


@pytest.mark.parametrize("suffix", FORMATS)
def test_chinese_names_and_spaces(tmp_path, suffix):
    folder = tmp_path / "术前 计划"
    folder.mkdir()
    path = folder / f"骨盆 扫描{suffix}"
    write_volume(path, body())
    assert np.array_equal(load_scan(path).volume.hu, body().hu)
    assert inspect_scan(path).grid.matches(AXIAL)


def test_the_reader_leaves_nothing_behind(tmp_path, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    write_volume(tmp_path / "a.nii.gz", body())
    load_scan(tmp_path / "a.nii.gz")
    assert not list(temporary.iterdir())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nii.gz", "tmp"]


def test_slope_and_offset_and_floats(tmp_path):
    image = sitk.Cast(_sitk_image(body()), sitk.sitkFloat32) + 0.25
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    scan = load_scan(tmp_path / "a.nii.gz")
    assert scan.volume.hu.dtype == np.int16
    assert np.array_equal(scan.volume.hu, body().hu)


def test_padding_becomes_air(tmp_path):
    hu = body().hu.copy()
    hu[:, :2] = -2048
    write_volume(tmp_path / "a.nrrd", Volume(hu, AXIAL))
    assert (load_scan(tmp_path / "a.nrrd").volume.hu[:, :2] == -1024).all()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_four_dimensions_are_refused(tmp_path, suffix):
    series = sitk.JoinSeries([_sitk_image(body())] * 2)
    sitk.WriteImage(series, str(tmp_path / f"a{suffix}"))
    with pytest.raises(NotCTError, match="4 dimensions"):
        load_scan(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_colours_are_refused(tmp_path, suffix):
    grey = sitk.Cast(_sitk_image(body()) / 8 + 128, sitk.sitkUInt8)
    sitk.WriteImage(sitk.Compose(grey, grey, grey), str(tmp_path / f"a{suffix}"))
    with pytest.raises(NotCTError, match=r"colours|RGB|dimensions"):
        load_scan(tmp_path / f"a{suffix}")


@pytest.mark.parametrize(
    "change",
    [
        lambda hu: np.clip((hu + 1000) // 8, 0, 255).astype(np.uint8),
        lambda hu: (hu + 1024).astype(np.uint16),
        lambda hu: (hu - 1024).astype(np.int16),
        lambda hu: np.clip(hu, -1000, 150),
        lambda hu: (hu / 1000.0).astype(np.float32),
        lambda hu: np.where(hu > 500, np.nan, hu).astype(np.float32),
    ],
    ids=["8-bit picture", "offset by 1024", "offset twice", "no bone", "normalised", "not a number"],
)
def test_values_that_are_not_hounsfield_units_are_refused(tmp_path, change):
    image = sitk.GetImageFromArray(change(body().hu.astype(np.int16)))
    image.CopyInformation(_sitk_image(body()))
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    with pytest.raises(NotCTError):
        load_scan(tmp_path / "a.nii.gz")


def test_nifti_without_orientation_is_refused(tmp_path):
    path = _nifti(tmp_path, lambda raw: struct.pack_into("<2h", raw, 252, 0, 0))
    with pytest.raises(UnreadableInputError, match="left and right are unknown"):
        load_scan(path)


def test_nifti_whose_two_orientations_disagree_is_refused(tmp_path):
    path = _nifti(tmp_path, lambda raw: struct.pack_into("<4f", raw, 280, -6.0, 0.0, 0.0, 177.0))
    load_scan(path)  # that is what was there already
    path = _nifti(tmp_path, lambda raw: struct.pack_into("<4f", raw, 280, 6.0, 0.0, 0.0, -177.0))
    with pytest.raises(UnreadableInputError, match="qform and sform"):
        load_scan(path)


def test_nrrd_without_space_is_refused(tmp_path):
    voxels = body().hu.astype("<i2").tobytes()
    text = "NRRD0004\ntype: short\ndimension: 3\nsizes: 60 44 21\nspacings: 6 6 3\nendian: little\nencoding: raw\n\n"
    (tmp_path / "a.nrrd").write_bytes(text.encode() + voxels)
    with pytest.raises(UnreadableInputError, match="no orientation"):
        load_scan(tmp_path / "a.nrrd")


def test_nrrd_in_ras_is_turned(tmp_path):
    """Slicer's older files are RAS: x and y of origin and directions change sign."""
    grid = AXIAL
    text = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: right-anterior-superior\nsizes: 60 44 21\n"
        "space directions: (-6,0,0) (0,-6,0) (0,0,3)\nkinds: domain domain domain\nendian: little\nencoding: raw\n"
        "space origin: (177,120,1000)\n\n"
    )
    (tmp_path / "a.nrrd").write_bytes(text.encode() + body(grid).hu.astype("<i2").tobytes())
    scan = load_scan(tmp_path / "a.nrrd")
    assert scan.volume.grid.matches(AXIAL)
    assert_anatomy(scan.volume)


def test_metaimage_without_matrix_is_refused(tmp_path):
    text = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = 60 44 21\n"
        "ElementSpacing = 6 6 3\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    (tmp_path / "a.mha").write_bytes(text.encode() + body().hu.astype("<i2").tobytes())
    with pytest.raises(UnreadableInputError, match="no orientation"):
        load_scan(tmp_path / "a.mha")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("keep", [0, 100, 0.6])
def test_damaged_files_are_refused(tmp_path, suffix, keep):
    path = tmp_path / f"a{suffix}"
    write_volume(path, body())
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    with pytest.raises((UnreadableInputError, NotCTError)):
        load_scan(path)


@pytest.mark.parametrize(("suffix", "voxels"), [(".mhd", ".raw"), (".nhdr", ".raw.gz")])
def test_a_cut_off_file_of_voxels_beside_the_header_is_refused(tmp_path, suffix, voxels):
    write_volume(tmp_path / f"a{suffix}", body())
    (beside,) = [p for p in tmp_path.iterdir() if p.suffix != suffix]
    beside.write_bytes(beside.read_bytes()[: beside.stat().st_size // 2])
    with pytest.raises((UnreadableInputError, NotCTError)):
        load_scan(tmp_path / f"a{suffix}")


def test_a_changed_byte_in_a_compressed_nifti_is_noticed(tmp_path):
    path = tmp_path / "a.nii.gz"
    write_volume(path, body())
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # of the check sum itself
    path.write_bytes(content)
    with pytest.raises(UnreadableInputError, match="damaged"):
        load_scan(path)


def test_writing_the_same_volume_gives_the_same_bytes(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        write_volume(tmp_path / name, body())
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_unknown_suffix(tmp_path):
    with pytest.raises(UsageError, match="does not name a volume format"):
        write_volume(tmp_path / "a.tif", body())


def test_a_single_precision_header_reads_back_to_the_decimals_meant(tmp_path):
    grid = Grid((60, 44, 21), (5.703, 5.703, 3.0), [-170.1, -120.3671, 1000.7], np.eye(3))
    write_volume(tmp_path / "a.nii.gz", body(grid))
    assert load_scan(tmp_path / "a.nii.gz").volume.grid.spacing_mm == (5.703, 5.703, 3.0)
    assert load_scan(tmp_path / "a.nii.gz").volume.grid.origin_lps_mm.tolist() == [-170.1, -120.3671, 1000.7]


def test_fingerprint_is_the_same_from_every_format(tmp_path):
    grid = oblique_grid()
    write_body(tmp_path / "dicom", grid)
    expected = load_scan(tmp_path / "dicom").sha256
    for suffix in FORMATS:
        write_volume(tmp_path / f"a{suffix}", body(grid))
        assert load_scan(tmp_path / f"a{suffix}").sha256 == expected
    turned = body(grid).nearest_lps()
    axes, flips = (1, 2, 0), (True, False, True)
    write_volume(
        tmp_path / "turned.nrrd", Volume(_reoriented(turned.hu, axes, flips), turned.grid.reoriented(axes, flips))
    )
    assert load_scan(tmp_path / "turned.nrrd").sha256 == expected


def test_fingerprint_tells_voxels_and_places_apart(tmp_path):
    seen = set()
    for n, shift_mm in enumerate((0.0, 0.0, 0.5)):
        hu = body().hu.copy()
        hu[0, 0, 0] += n == 1
        grid = Grid(AXIAL.size, AXIAL.spacing_mm, np.add(AXIAL.origin_lps_mm, [shift_mm, 0.0, 0.0]), AXIAL.direction)
        write_volume(tmp_path / "a.nii", Volume(hu, grid))
        seen.add(load_scan(tmp_path / "a.nii").sha256)
    assert len(seen) == 3


def _reoriented(array, axes, flips):
    from coxa.volume import reorient_array

    return np.ascontiguousarray(reorient_array(array, axes, flips))


def _nifti(folder, change):
    path = folder / "a.nii.gz"
    write_volume(path, body())
    raw = bytearray(gzip.decompress(path.read_bytes()))
    change(raw)
    path.write_bytes(gzip.compress(bytes(raw)))
    return path


def _sitk_image(volume: Volume) -> sitk.Image:
    image = sitk.GetImageFromArray(volume.hu)
    image.SetSpacing(volume.grid.spacing_mm)
    image.SetOrigin(volume.grid.origin_lps_mm.tolist())
    image.SetDirection(volume.grid.direction.ravel().tolist())
    return image
