"""``coxa atlas build``, and ``--atlas`` on the commands that use one."""

import json

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.errors import UsageError
from coxa.io.records.atlas_files import write_atlas
from coxa.landmarks.centres.shape_model import HipAtlas, HipShapeModel


@pytest.fixture
def atlas():
    flat = np.zeros((4, 3))
    one = HipShapeModel(flat, np.array([[0, 1, 2]]), np.zeros((1, 4, 3)), np.zeros(3), np.zeros((1, 3)), {})
    return HipAtlas({Side.LEFT: one, Side.RIGHT: one}, 12, 4.25)


@pytest.fixture
def surfaces(tmp_path):
    for side in Side:
        np.savez(tmp_path / f"hip_{side}.npz", vertices=np.zeros((2, 4, 3)), faces=np.array([[0, 1, 2]]))
    return [tmp_path / f"hip_{side}.npz" for side in Side]


def test_build_writes_one_file_and_says_how_good_it_is(coxa, atlas, surfaces, tmp_path, monkeypatch):
    monkeypatch.setattr("coxa.landmarks.centres.atlas_build.build_atlas", lambda hips, progress: atlas)
    result = coxa("atlas", "build", *surfaces, "-o", tmp_path / "made" / "atlas.npz", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["subjects"], document["left_out_error_mm"]) == (12, 4.25)
    assert (tmp_path / "made" / "atlas.npz").is_file()
    again = coxa("atlas", "build", *surfaces, "-o", tmp_path / "made" / "atlas.npz")
    assert again.exit_code == 2
    assert "exists" in again.stderr


def test_build_refuses_what_makes_no_atlas(coxa, surfaces, tmp_path):
    few = coxa("atlas", "build", *surfaces, "-o", tmp_path / "atlas.npz")
    assert few.exit_code == 3
    assert "5 or more" in few.stderr
    assert not (tmp_path / "atlas.npz").exists()
    assert coxa("atlas", "build", *surfaces, "-o", tmp_path / "atlas.json").exit_code == 2


@pytest.mark.parametrize("command", [["measure"], ["plan", "--side", "left"]])
def test_measure_and_plan_use_an_atlas(coxa, faked_stages, atlas, tmp_path, monkeypatch, command):
    used = []

    def measure(scan, *, atlas, **_):
        used.append(atlas)
        raise UsageError("seen enough")

    monkeypatch.setattr("coxa.pipeline.measure_scan", measure)
    write_atlas(tmp_path / "atlas.npz", atlas)
    coxa(*command, "scan.nii", "-o", tmp_path / "out", "--atlas", tmp_path / "atlas.npz")
    coxa(*command, "scan.nii", "-o", tmp_path / "out")
    assert used[0].subjects == 12
    assert used[1] is None


def test_a_wrong_atlas_is_refused_before_the_scan_is_read(coxa, surfaces, tmp_path, monkeypatch):
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: pytest.fail("the scan was read"))
    result = coxa("measure", "scan.nii", "-o", tmp_path / "out", "--atlas", surfaces[0])
    assert result.exit_code == 3
    assert "no atlas" in result.stderr
