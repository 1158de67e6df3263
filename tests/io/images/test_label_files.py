"""Label files of every maker: names found, unneeded structures left out, what is unclear refused."""

import json
import struct

import numpy as np
import pytest

from coxa.anatomy import LABELS
from coxa.errors import InputRefusedError, SchemaError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.images.image_files import write_array
from coxa.io.images.label_files import read_labels
from coxa.io.images.label_names import TOTALSEGMENTATOR_NAMES, read_names
from coxa.io.images.segmentation_files import write_segmentation
from coxa.labels import Segmentation
from tests.io.body import OBLIQUE_AXES

GRID = Grid((14, 10, 8), (1.2, 1.0, 2.0), [-8.0, 4.0, 900.0], OBLIQUE_AXES)
HIPS = {"hip_left": 7, "hip_right": 9}


def coxas_own() -> Segmentation:
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[1:3, 2:6, 9:13] = 1
    labels[4:7, 3:5, 0:4] = 2
    labels[5, 8, 7] = 6
    return Segmentation(labels, GRID, LABELS)


def foreign(left=7, right=9, dtype=np.uint8):
    """The same bones with somebody else's numbers, and a liver."""
    own = coxas_own().labels
    labels = np.zeros(GRID.shape, dtype=dtype)
    labels[own == 1], labels[own == 2] = left, right
    labels[7, 0:2, 0:2] = 3
    return labels


def assert_both_hips(read):
    own = coxas_own()
    assert read.grid.matches(GRID)
    for name in ("hip_left", "hip_right"):
        assert np.array_equal(read.mask(name), own.mask(name))
    assert set(np.unique(read.labels)) <= {0, 1, 2}


@pytest.mark.parametrize("name", ["segmentation.nii.gz", "segmentation.seg.nrrd"])
def test_what_coxa_wrote(tmp_path, name):
    write_segmentation(tmp_path, coxas_own(), "ab" * 32)
    read = read_labels(tmp_path / name)
    assert np.array_equal(read.labels, coxas_own().labels)
    assert read.names[1] == "hip_left"
    assert read.names[6] == "metal"


@pytest.mark.parametrize(
    "content",
    [
        {"labels": HIPS | {"background": 0, "liver": 3}, "file_ending": ".nii.gz"},
        {"labels": {"0": "background", "7": "hip_left", "9": "hip_right", "3": "liver"}},
        HIPS,
        {"7": "Left hip", "9": "HIP-RIGHT"},
    ],
    ids=["nnU-Net 2", "nnU-Net 1 and Coxa", "simple", "other spelling"],
)
@pytest.mark.parametrize("beside", ["mine.json", "dataset.json"])
def test_names_from_json_beside(tmp_path, content, beside):
    write_array(tmp_path / "mine.nii.gz", foreign(), GRID)
    (tmp_path / beside).write_text(json.dumps(content), encoding="utf-8")
    assert_both_hips(read_labels(tmp_path / "mine.nii.gz"))


def test_the_files_own_json_comes_before_one_for_the_folder(tmp_path):
    write_array(tmp_path / "mine.nii.gz", foreign(), GRID)
    (tmp_path / "mine.json").write_text(json.dumps(HIPS), encoding="utf-8")
    (tmp_path / "segmentation.json").write_text(json.dumps({"hip_left": 9, "hip_right": 7}), encoding="utf-8")
    assert_both_hips(read_labels(tmp_path / "mine.nii.gz"))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii"])
def test_names_in_totalsegmentators_own_header(tmp_path, suffix):
    path = tmp_path / f"total{suffix}"
    write_array(tmp_path / "plain.nii", foreign(78 - 1, 78), GRID)
    table = "".join(
        f'<Label Key="{value}" Red="1.0" Green="0" Blue="0" Alpha="1"><![CDATA[{name}]]></Label>\n'
        for value, name in {3: "liver", 77: "hip_left", 78: "hip_right"}.items()
    )
    xml = f'<?xml version="1.0" encoding="UTF-8"?> <CaretExtension> <VolumeInformation Index="0"> <LabelTable>{table}'
    with_extension(tmp_path / "plain.nii", path, xml + "</LabelTable> </VolumeInformation></CaretExtension>\n   ")
    assert_both_hips(read_labels(path))


def with_extension(plain, path, text):
    import gzip

    raw = plain.read_bytes()
    data = text.encode()
    data += b"\0" * (-(len(data) + 8) % 16)
    header = bytearray(raw[:348])
    struct.pack_into("<f", header, 108, 352 + 8 + len(data))
    content = bytes(header) + b"\1\0\0\0" + struct.pack("<2i", 8 + len(data), 0) + data + raw[352:]
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_a_damaged_table_in_the_header_is_not_passed_over(tmp_path):
    write_array(tmp_path / "plain.nii", foreign(), GRID)
    with_extension(tmp_path / "plain.nii", tmp_path / "t.nii", "<CaretExtension><Label Key='x'/></CaretExtension>")
    with pytest.raises(SchemaError, match="damaged"):
        read_labels(tmp_path / "t.nii")


def test_published_numbers_when_the_user_says_so(tmp_path):
    """TotalSegmentator 2, task total: hip_left 77, hip_right 78."""
    write_array(tmp_path / "total.nii.gz", foreign(77, 78), GRID)
    assert_both_hips(read_labels(tmp_path / "total.nii.gz", TOTALSEGMENTATOR_NAMES))


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_values_beyond_255_and_any_type(tmp_path, dtype):
    write_array(tmp_path / "mine.nii.gz", foreign(1000, 2000, dtype), GRID)
    assert_both_hips(read_labels(tmp_path / "mine.nii.gz", {1000: "hip_left", 2000: "hip_right"}))


def test_parts_of_the_metal_keep_their_names(tmp_path):
    write_array(tmp_path / "mine.nii.gz", foreign(), GRID)
    read = read_labels(tmp_path / "mine.nii.gz", {7: "hip_left", 9: "hip_right", 3: "cup_left"})
    assert {read.names[value] for value in np.unique(read.labels) if value} == {"hip_left", "hip_right", "cup_left"}
    assert (read.labels[7, 0:2, 0:2] == 11).all()


@pytest.mark.parametrize("values", [[0.5], [np.nan], [-1], [70000]])
def test_values_that_are_no_labels_are_refused(tmp_path, values):
    array = foreign().astype(np.float32)
    array[0, 0, 0] = values[0]
    write_array(tmp_path / "mine.nii", array, GRID)
    with pytest.raises(InputRefusedError, match=r"not (whole )?labels"):
        read_labels(tmp_path / "mine.nii", {7: "hip_left", 9: "hip_right"})


def test_labels_without_names_are_refused_with_an_example(tmp_path):
    write_array(tmp_path / "mine.nii.gz", foreign(), GRID)
    with pytest.raises(SchemaError, match=r'no names.*--label-names.*"hip_left": 1'):
        read_labels(tmp_path / "mine.nii.gz")


def test_names_without_hip_bones_are_refused(tmp_path):
    write_array(tmp_path / "mine.nii.gz", foreign(), GRID)
    with pytest.raises(SchemaError, match="name both hip bones; they name hip_left, liver"):
        read_labels(tmp_path / "mine.nii.gz", {7: "hip_left", 3: "liver"})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"labels": []}',
        '{"labels": {"one": "sacrum"}}',
        '{"labels": {"1": 5}}',
        '{"labels": {"hip_left": -1}}',
        '{"labels": {"hip_left": true}}',
        '{"labels": {"hip_left": [1, 2]}}',
        '{"labels": {"1": "hip_left", "2": "left hip"}}',
        '{"labels": {"hip_left": 1, "hip_right": 1}}',
    ],
)
def test_malformed_names_are_refused(tmp_path, text):
    (tmp_path / "names.json").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError):
        read_names(tmp_path / "names.json")


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "total segmentator"
    folder.mkdir()
    for name, value in {"hip_left": 7, "hip_right": 9, "liver": 3}.items():
        write_array(folder / f"{name}.nii.gz", (foreign() == value).astype(np.uint8), GRID)
    (folder / "statistics.json").write_text("{}", encoding="utf-8")
    return folder


def test_a_folder_of_masks(masks):
    assert_both_hips(read_labels(masks))


def test_a_folder_without_bones_is_refused(masks):
    (masks / "hip_right.nii.gz").unlink()
    with pytest.raises(SchemaError, match="both hip bones"):
        read_labels(masks)


def test_masks_that_overlap_are_refused(masks):
    write_array(masks / "hip_right.nii.gz", (foreign() == 7).astype(np.uint8), GRID)
    with pytest.raises(InputRefusedError, match="32 voxels belong to the masks of both hip_right and hip_left"):
        read_labels(masks)


def test_masks_on_different_grids_are_refused(masks):
    moved = Grid(GRID.size, GRID.spacing_mm, GRID.origin_lps_mm + np.array([0.0, 0.0, 0.5]), GRID.direction)
    write_array(masks / "hip_right.nii.gz", (foreign() == 9).astype(np.uint8), moved)
    with pytest.raises(InputRefusedError, match="another grid"):
        read_labels(masks)


def test_names_for_a_folder_are_refused(masks):
    with pytest.raises(UsageError, match="leave --label-names out"):
        read_labels(masks, TOTALSEGMENTATOR_NAMES)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"hip_left": 7, "hip_right": 9, "hip_left": 9}', '{"' + "9" * 5_000 + '": "hip_left"}', "{"],
    ids=["deep", "twice", "digits", "truncated"],
)
def test_names_from_a_json_that_is_none_are_refused(tmp_path, text):
    write_array(tmp_path / "mine.nii.gz", foreign(), GRID)
    (tmp_path / "mine.json").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError):
        read_labels(tmp_path / "mine.nii.gz")
