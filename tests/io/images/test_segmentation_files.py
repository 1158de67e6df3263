"""Label files: names, colours and places as other programs read them."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from coxa import __version__
from coxa.anatomy import LABELS, Side, Status
from coxa.geometry.grid import Grid
from coxa.io.images.segmentation_files import segmentation_to_json, write_segmentation
from coxa.labels import MetalPart, Segmentation, StructureQuality, SurfaceUncertainty
from tests.io.body import OBLIQUE_AXES

GRID = Grid((14, 10, 8), (1.2, 1.0, 2.0), [-8.0, 4.0, 900.0], OBLIQUE_AXES)


def _segmentation() -> Segmentation:
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[1:3, 2:6, 9:13] = 1
    labels[4:7, 3:5, 0:4] = 2
    labels[5, 8, 7] = 6
    quality = (StructureQuality("hip_left", 1.5, True, 310.0, 0.1, Status.WARN, "cut by the border"),)
    return Segmentation(labels, GRID, LABELS, "classic", quality)


@pytest.fixture
def written(tmp_path):
    folder = tmp_path / "输出 1"
    folder.mkdir()
    paths = write_segmentation(folder, _segmentation(), "ab" * 32)
    assert [p.name for p in paths] == ["segmentation.nii.gz", "segmentation.json", "segmentation.seg.nrrd"]
    return folder


def test_labels_are_where_an_independent_reader_looks(written):
    for name in ("segmentation.nii.gz", "segmentation.seg.nrrd"):
        image = sitk.ReadImage(str(written / name))
        assert image.GetPixelIDValue() == sitk.sitkUInt8
        point = GRID.points_from_indices([7, 8, 5])
        assert image[image.TransformPhysicalPointToIndex(point.tolist())] == 6
        assert np.array_equal(sitk.GetArrayFromImage(image), _segmentation().labels)


def test_json_follows_the_contract(written):
    content = json.loads((written / "segmentation.json").read_text(encoding="utf-8"))
    assert content["labels"] == {
        "1": "hip_left",
        "2": "hip_right",
        "3": "sacrum",
        "4": "femur_left",
        "5": "femur_right",
        "6": "metal",
    }
    assert content["input_sha256"] == "ab" * 32
    assert content["software"] == {"name": "coxa", "version": __version__}
    assert content["quality"][0]["status"] == "warn"


def test_slicer_fields(written):
    image = sitk.ReadImage(str(written / "segmentation.seg.nrrd"))
    fields = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    assert fields["Segmentation_MasterRepresentation"] == "Binary labelmap"
    assert [fields[f"Segment{n}_Name"] for n in range(3)] == ["hip_left", "hip_right", "metal"]
    assert [fields[f"Segment{n}_LabelValue"] for n in range(3)] == ["1", "2", "6"]
    assert fields["Segment0_Extent"] == "9 12 2 5 1 2"
    assert fields["Segment2_Extent"] == "7 7 8 8 5 5"
    assert fields["Segment0_Layer"] == "0"
    assert len({fields[f"Segment{n}_ID"] for n in range(3)}) == 3
    colour = [float(c) for c in fields["Segment1_Color"].split()]
    assert len(colour) == 3 and all(0 <= c <= 1 for c in colour)
    assert "Segment3_Name" not in fields


def test_metal_parts_and_surface_uncertainty_are_written_in_full():
    quality = StructureQuality(
        "hip_left", 1.5, False, 310.0, 0.1, Status.OK, None, SurfaceUncertainty(0.4, 0.9), unknown_ml=2.5
    )
    part = MetalPart("screw", Side.LEFT, 1.1, 31.5)
    grid = Grid((2, 2, 2), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
    made = Segmentation(np.zeros(grid.shape, np.uint8), grid, quality=(quality,), metal_parts=(part,))
    content = json.loads(json.dumps(segmentation_to_json(made, "ab" * 32)))
    assert content["quality"][0]["surface_uncertainty"] == {"p50_mm": 0.4, "p90_mm": 0.9}
    assert content["quality"][0]["unknown_ml"] == 2.5
    assert content["metal_parts"] == [{"name": "screw", "side": "left", "volume_ml": 1.1, "length_mm": 31.5}]
