"""Commands without the real stages: every scan path leads to a scan of a few voxels."""

import numpy as np
import pytest
from typer.testing import CliRunner

from coxa.anatomy import SIDES
from coxa.cli.app import app
from coxa.io.scan import Scan
from coxa.labels import Segmentation
from coxa.pipeline import MeasuredScan
from coxa.volume import Volume
from tests.cli.tiny_case import GRID, SHA256, case_with, height, horizontal


@pytest.fixture
def coxa():
    """Run the program in this process: ``coxa("measure", scan, "-o", out)``."""
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def tiny_measured():
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[0, 0, 0] = 1
    both = [m for side in SIDES for m in (height(side, 13.0), horizontal(side))]
    return MeasuredScan(Segmentation(labels, GRID), {}, case_with(*both))


@pytest.fixture
def faked_stages(monkeypatch, tiny_measured):
    """Let every command see the tiny scan and its results, whatever path it is given."""
    scan = Scan(Volume(np.zeros(GRID.shape, dtype=np.int16), GRID), SHA256, "nifti", ("thick slices",))
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: scan)
    monkeypatch.setattr("coxa.segmentation.segment", lambda volume, backend: tiny_measured.segmentation)
    monkeypatch.setattr("coxa.pipeline.measure_scan", lambda scan, **_: tiny_measured)
    monkeypatch.setattr("coxa.report.write_qc_picture", lambda path, *_: path.write_bytes(b"png"))
