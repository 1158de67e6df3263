"""The embedded sample scans are what the phantom makes today.

Truth must agree to 0.001: it comes from double precision. Voxels may differ by one HU where single-precision sines
and exponentials of another processor round the other way, a streak's nearest projection bin may flip at a tie, and a
voxel centre may lie on a surface to within that rounding; hence the small shares below instead of equality. NumPy
may also change its random stream with a release (NEP 19): then make the samples again as SOURCE.md says.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from coxa.io import load_scan
from coxa.io.images.image_files import read_image
from coxa.phantom import SAMPLES, simulate

FOLDER = Path(__file__).parents[2] / "sample_ct"
NAMES = [pytest.param("native", marks=pytest.mark.slow), "revision_left"]


def flat(value, path=""):
    """Every leaf of a JSON value with its path."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in flat(item, f"{path}/{key}")]
    if isinstance(value, list):
        return [leaf for n, item in enumerate(value) for leaf in flat(item, f"{path}/{n}")]
    return [(path, value)]


@pytest.mark.parametrize("name", NAMES)
def test_sample_is_what_the_phantom_makes(name):
    made = simulate(SAMPLES[name])
    stored = load_scan(FOLDER / name).volume
    assert stored.grid.matches(made.volume.grid)
    gap = np.abs(stored.hu.astype(int) - made.volume.hu)
    assert (gap > 1).mean() < 1e-4
    labels, grid = read_image(FOLDER / name / "labels.nii.gz")
    assert grid.matches(made.segmentation.grid)
    assert (labels != made.segmentation.labels).mean() < 1e-5
    truth = flat(json.loads((FOLDER / name / "truth.json").read_text(encoding="utf-8")))
    again = flat(json.loads(json.dumps(made.truth)))
    assert [path for path, _ in truth] == [path for path, _ in again]
    for (path, old), (_, new) in zip(truth, again, strict=True):
        slack = 0.05 if "volume" in path else 0.001
        assert new == (pytest.approx(old, abs=slack) if isinstance(old, float) else old), path


def test_samples_are_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= 15e6


@pytest.mark.parametrize("name", list(SAMPLES))
def test_sample_says_nothing_of_a_person(name):
    from pydicom import dcmread

    header = dcmread(next((FOLDER / name / "dicom").glob("*.dcm")), stop_before_pixels=True)
    assert header.PatientName == "PHANTOM" == header.PatientID
    assert not header.PatientBirthDate and not header.StudyDate
