"""One case of a batch: with the labels and the atlas that belong to it."""

from pathlib import Path

import pytest

from coxa.batch.measure_stage import measure_case
from coxa.errors import InputRefusedError

SCAN = (Path("a.nii.gz"),)


def test_a_scan_without_labels_is_refused_and_not_segmented(tmp_path):
    with pytest.raises(InputRefusedError, match="no label file"):
        measure_case(SCAN, {}, tmp_path, "c", {"backend": "labelmap"})


def test_what_is_measured_with_a_scan_reaches_the_pipeline(tmp_path, monkeypatch):
    given = {}

    def measure_scan(scan, **options):
        given.update(options)
        raise InputRefusedError("far enough")

    monkeypatch.setattr("coxa.io.load_scan", lambda path, allow_gaps, hu_offset: path)
    monkeypatch.setattr("coxa.pipeline.measure_scan", measure_scan)
    monkeypatch.setattr("coxa.io.records.atlas_files.read_atlas", lambda path: f"atlas of {path.name}")
    monkeypatch.setattr("coxa.io.images.label_files.read_labels", lambda path, names: (path.name, names))
    monkeypatch.setattr("coxa.segmentation.backends.labelmap.LabelmapBackend", lambda labels: labels)
    beside = {"labels": tmp_path / "l.nii", "atlas": tmp_path / "shapes.npz"}
    with pytest.raises(InputRefusedError, match="far enough"):
        measure_case(SCAN, beside, tmp_path, "c", {"backend": "labelmap", "label_names": [[3, "hip_left"]]})
    assert given["atlas"] == "atlas of shapes.npz"
    assert given["backend"] == ("l.nii", {3: "hip_left"})
