"""Which back-end the options ask for, and labels from a file through the whole command."""

import json

import numpy as np
import pytest

from coxa.cli.backend import chosen_backend
from coxa.errors import SchemaError, UsageError
from coxa.io.images.image_files import read_image, write_array
from coxa.io.scan import Scan
from coxa.labels import Segmentation
from coxa.segmentation import BACKENDS
from tests.cli.tiny_case import SHA256
from tests.segmentation.made_labels import GRID, labels, scan

NUMBERS = {"femur_right": 1, "hip_left": 2, "sacrum": 3, "hip_right": 4, "femur_left": 5, "liver": 6}


@pytest.fixture
def label_file(tmp_path):
    """As nnU-Net leaves it: its own numbers, dataset.json beside."""
    folder = tmp_path / "nnU-Net 预测"
    folder.mkdir()
    array = np.zeros(GRID.shape, np.uint8)
    for name, number in NUMBERS.items():
        array[labels().mask(name)] = number
    array[0:2, 0:2, 0:2] = NUMBERS["liver"]
    write_array(folder / "case_001.nii.gz", array, GRID)
    (folder / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **NUMBERS}}), encoding="utf-8")
    return folder / "case_001.nii.gz"


@pytest.fixture
def box_scan(monkeypatch):
    loaded = Scan(scan(), SHA256, "nifti")
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: loaded)


def test_the_default_is_classic():
    assert chosen_backend(None, None, None) == "classic"
    assert chosen_backend("totalsegmentator", None, None) == "totalsegmentator"


@pytest.mark.parametrize(
    ("name", "with_file", "names", "message"),
    [
        ("classic", True, None, "leave one of the two out"),
        ("totalsegmentator", True, None, "leave one of the two out"),
        (None, False, "names.json", "--labels"),
        ("labelmap", False, "names.json", "--labels"),
    ],
)
def test_options_that_contradict_each_other(label_file, name, with_file, names, message):
    with pytest.raises(UsageError, match=message):
        chosen_backend(name, label_file if with_file else None, names)


def test_published_names_are_asked_for_by_a_word(label_file):
    array = read_image(label_file)[0]
    numbers = np.zeros(256, np.uint8)
    numbers[list(NUMBERS.values())[:5]] = [76, 77, 25, 78, 75]
    write_array(label_file, numbers[array], GRID)
    found = chosen_backend("labelmap", label_file, "totalsegmentator")(scan())
    assert np.array_equal(found.labels, labels().labels)


@pytest.mark.parametrize("option", [["--labels"], ["--segmentation"], ["--backend", "labelmap", "--labels"]])
def test_segment_takes_labels_of_another_maker(coxa, box_scan, label_file, tmp_path, option):
    result = coxa("segment", "scan.nii", "-o", tmp_path / "out", *option, label_file)
    assert result.exit_code == 0, result.output
    written, grid = read_image(tmp_path / "out" / "segmentation.nii.gz")
    assert grid.matches(GRID)
    assert np.array_equal(written, labels().labels)
    content = json.loads((tmp_path / "out" / "segmentation.json").read_text(encoding="utf-8"))
    assert content["backend"] == "labelmap"
    assert content["labels"]["1"] == "hip_left"
    hip = {q["name"]: q for q in content["quality"]}["hip_left"]
    assert hip["status"] == "warn"  # a box is no hip bone, and a person may overrule the check that says so
    assert {f["check"] for f in hip["findings"] if f["status"] == "warn"} >= {"volume in its extent"}


@pytest.mark.parametrize("command", [["measure"], ["plan", "--side", "left"]])
def test_measure_and_plan_take_them_too(coxa, box_scan, label_file, tmp_path, monkeypatch, command):
    used = []

    def measure(scan, *, backend, **_):
        used.append(backend(scan.volume))
        raise UsageError("seen enough")

    monkeypatch.setattr("coxa.pipeline.measure_scan", measure)
    coxa(*command, "scan.nii", "-o", tmp_path / "out", "--labels", label_file)
    (segmentation,) = used
    assert isinstance(segmentation, Segmentation)
    assert np.array_equal(segmentation.labels, labels().labels)


def test_swapped_names_are_refused_and_nothing_is_written(coxa, box_scan, label_file, tmp_path):
    swapped = NUMBERS | {"hip_left": 4, "hip_right": 2, "femur_left": 1, "femur_right": 5}
    (tmp_path / "names.json").write_text(json.dumps(swapped), encoding="utf-8")
    arguments = ("--labels", label_file, "--label-names", tmp_path / "names.json")
    result = coxa("segment", "scan.nii", "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 3
    assert "left and right are swapped" in result.stderr
    assert not (tmp_path / "out").exists()


def test_names_that_cannot_be_read_are_refused_before_the_scan_is(coxa, label_file, tmp_path, monkeypatch):
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: pytest.fail("the scan was loaded"))
    with pytest.raises(SchemaError):
        chosen_backend(None, label_file, str(tmp_path / "nothing.json"))
    arguments = ("--labels", label_file, "--label-names", tmp_path / "nothing.json")
    assert coxa("segment", "scan.nii", "-o", tmp_path / "out", *arguments).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--backend", "labelmap"], "--labels"), (["--backend", "oracle"], "Choose one of: classic, labelmap")],
)
def test_a_back_end_that_cannot_be_had_is_wrong_usage(coxa, box_scan, tmp_path, arguments, message):
    result = coxa("segment", "scan.nii", "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_help_names_every_back_end(coxa):
    text = " ".join(coxa("segment", "--help").stdout.replace("│", " ").split())
    for name in BACKENDS:
        assert name in text
