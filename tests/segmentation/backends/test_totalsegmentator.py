"""TotalSegmentator through its real call signature, without its weights; nothing leaves the machine."""

import importlib.util
import inspect
import json
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from coxa.anatomy import BONES
from coxa.errors import SegmentationError, UsageError
from coxa.geometry.grid import Grid
from coxa.io.images.nifti import read_nifti, read_nifti_header, write_nifti
from coxa.phantom import oblique_grid
from coxa.segmentation import segment
from coxa.segmentation.backends.totalsegmentator import FAST, FULL, segment_totalsegmentator
from tests.segmentation.made_labels import BOXES_LPS_MM, GRID, box, scan


# totalsegmentator.python_api.totalsegmentator as version 2.18.0 declares it; version 2.4.0, the oldest that the extra
# admits, has the first of these parameters.
def totalsegmentator_2_18_0(
    input, output=None, ml=False, nr_thr_resamp=1, nr_thr_saving=6, fast=False, nora_tag="None", preview=False,
    task="total", roi_subset=None, statistics=False, radiomics=False, crop_path=None, body_seg=False,
    force_split=False, output_type="nifti", quiet=False, verbose=False, test=0, skip_saving=False, device="gpu",
    license_number=None, statistics_exclude_masks_at_border=True, no_derived_masks=False, v1_order=False,
    fastest=False, roi_subset_robust=None, stats_aggregation="mean", remove_small_blobs=False,
    statistics_normalized_intensities=False, robust_crop=False, higher_order_resampling_LEGACY=False,
    higher_order_resampling=False, save_probabilities=None, debug=False, report=None, statistics_extra=False,
    save_lowres=False, resampling_order=1, plans="nnUNetPlans", model_size="big",
): ...  # fmt: skip


PARAMETERS_2_18_0 = list(inspect.signature(totalsegmentator_2_18_0).parameters)
PARAMETERS_2_4_0 = PARAMETERS_2_18_0[: PARAMETERS_2_18_0.index("remove_small_blobs")]
CLASSES = {3: "kidney_left", 25: "sacrum", 75: "femur_left", 76: "femur_right", 77: "hip_left", 78: "hip_right"}
INSTALLED = importlib.util.find_spec("totalsegmentator") is not None


class Package:
    """Stands for the installed package: takes exactly its parameters, notes what it sees, draws the bones."""

    def __init__(self, weights, parameters=PARAMETERS_2_18_0):
        kinds = [inspect.Parameter(p, inspect.Parameter.POSITIONAL_OR_KEYWORD) for p in parameters]
        self.signature = inspect.Signature(kinds)
        self.weights = weights
        self.calls = []
        self.draw = self.draw_bones

    def totalsegmentator(self, *positional, **named):
        arguments = self.signature.bind_partial(*positional, **named).arguments
        environment = dict(os.environ)
        config = json.loads((Path(environment["TOTALSEG_HOME_DIR"]) / "config.json").read_text(encoding="utf-8"))
        self.calls.append((arguments, environment, config))
        sys.stdout.write("TotalSegmentator says this on standard output")
        self.draw(**arguments)

    def draw_bones(self, input, output, **_):
        _, grid = read_nifti(input)
        drawn = np.zeros(grid.shape, np.uint8)
        for number, name in CLASSES.items():
            if name in BOXES_LPS_MM:
                drawn[box(grid, BOXES_LPS_MM[name])] = number
        drawn[0, 0, 0] = 3
        write_nifti(output, drawn, grid)


@pytest.fixture
def package(monkeypatch, tmp_path):
    for number in (*FULL.datasets, *FAST.datasets):
        (tmp_path / f"Dataset{number}_TotalSegmentator_part").mkdir(exist_ok=True)
    fake = Package(tmp_path)
    install(monkeypatch, fake)
    return fake


def install(monkeypatch, fake):
    modules = {
        "totalsegmentator": {},
        "totalsegmentator.python_api": {"totalsegmentator": fake.totalsegmentator},
        "totalsegmentator.map_to_binary": {"class_map": {"total": CLASSES}},
        "totalsegmentator.config": {"get_weights_dir": lambda: fake.weights},
    }
    for name, content in modules.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.skipif(not INSTALLED, reason="TotalSegmentator is not installed; its recorded parameters are tested")
def test_the_installed_package_takes_these_arguments():
    from totalsegmentator.config import get_weights_dir
    from totalsegmentator.map_to_binary import class_map
    from totalsegmentator.python_api import totalsegmentator

    parameters = inspect.signature(totalsegmentator).parameters
    assert {"input", "output", "ml", "task", "quiet", "device", *FULL.arguments, *FAST.arguments} <= set(parameters)
    assert {number: class_map["total"][number] for number in CLASSES} == CLASSES
    assert get_weights_dir()


@pytest.mark.parametrize("parameters", [PARAMETERS_2_4_0, PARAMETERS_2_18_0], ids=["2.4.0", "2.18.0"])
@pytest.mark.parametrize("model", ["totalsegmentator", "totalsegmentator-fast"])
def test_the_call_is_one_that_the_package_takes(monkeypatch, package, parameters, model):
    fake = Package(package.weights, parameters)
    install(monkeypatch, fake)
    found = segment(scan(), model)
    assert found.backend == model
    ((arguments, _, _),) = fake.calls
    assert arguments["ml"] is True
    assert (arguments["task"], arguments["device"], arguments["quiet"]) == ("total", "cpu", True)
    assert arguments.get("fast", False) == (model == "totalsegmentator-fast")
    assert arguments.get("roi_subset_robust") == (list(BONES) if model == "totalsegmentator" else None)


def test_the_device_is_the_callers_choice(package):
    segment_totalsegmentator(scan(), FAST, device="gpu:1")
    assert package.calls[0][0]["device"] == "gpu:1"


def test_the_package_sees_the_scan_in_ras(package):
    """The one dense voxel in the patient's left, back and top has negative x, negative y and positive z in RAS."""
    seen = {}

    def draw(input, output, **_):
        header = read_nifti_header(input)
        array, _ = read_nifti(input)
        k, j, i = np.argwhere(array == 1999)[0]
        for form in (header.ras_from_ijk_q, header.ras_from_ijk_s):
            seen[len(seen)] = (form @ [i, j, k, 1])[:3]
        package.draw_bones(input, output)

    package.draw = draw
    volume = scan()
    hu = volume.hu.copy()
    at = GRID.points_from_indices([90, 45, 60])
    assert (at > 0).all()
    hu[60, 45, 90] = 1999
    segment(type(volume)(hu, GRID), "totalsegmentator-fast")
    assert len(seen) == 2
    for ras_mm in seen.values():
        assert ras_mm == pytest.approx(at * [-1, -1, 1], abs=1e-3)


@pytest.mark.parametrize(
    "grid",
    [
        GRID,
        Grid((100, 50, 70), (3.0, 3.0, 3.0), [148.5, 73.5, -100.0], np.diag([-1.0, -1.0, 1.0])),
        Grid((70, 100, 50), (3.0, 3.0, 3.0), [-148.5, -73.5, 107.0], np.array([[0, 1.0, 0], [0, 0, 1], [-1, 0, 0]])),
        oblique_grid(Grid((120, 80, 90), (3.0, 3.0, 3.0), [-178.0, -118.0, -135.0], np.eye(3)), (6.0, -4.0, 8.0)),
    ],
    ids=["LPS", "RAS", "sagittal", "oblique"],
)
def test_left_stays_left_on_any_grid(package, grid):
    found = segment(scan(grid), "totalsegmentator")
    assert found.grid is grid or found.grid.matches(grid)
    for name in BONES:
        drawn = box(grid, BOXES_LPS_MM[name])
        # NIfTI's single precision may move a voxel that lies exactly on a box's face across it.
        assert np.count_nonzero(found.mask(name) != drawn) <= 1e-3 * drawn.sum()
        k, j, i = np.nonzero(found.mask(name))
        x_mm = grid.points_from_indices(np.stack([i, j, k], axis=1))[:, 0].mean()
        assert {"left": x_mm > 50, "right": x_mm < -50, "sacrum": abs(x_mm) < 5}[name.split("_")[-1]]


def test_labels_of_the_package_are_checked_like_any_other(package):
    def mirrored(input, output, **_):
        package.draw_bones(input, output)
        array, grid = read_nifti(output)
        write_nifti(output, np.ascontiguousarray(array[:, :, ::-1]), grid)

    package.draw = mirrored
    with pytest.raises(SegmentationError, match="left and right are swapped"):
        segment(scan(), "totalsegmentator")


def test_no_report_no_network_and_no_trace(package, monkeypatch):
    """The package reports runs unless its config says no, and fetches through what requests takes for a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.hospital:8080")
    monkeypatch.setenv("NO_PROXY", "github.com")
    monkeypatch.delenv("TOTALSEG_HOME_DIR", raising=False)
    before = dict(os.environ)
    segment(scan(), "totalsegmentator")
    ((arguments, environment, config),) = package.calls
    assert config["send_usage_stats"] is False
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        assert environment[name] == "http://127.0.0.1:9"
    assert environment["NO_PROXY"] == environment["no_proxy"] == ""
    assert environment["TOTALSEG_WEIGHTS_PATH"] == str(package.weights)
    assert dict(os.environ) == before
    assert not Path(arguments["input"]).parent.exists()


def test_a_request_goes_nowhere_while_sealed(package):
    requests = pytest.importorskip("requests", reason="the package's own network library")

    def fetch(input, output, **_):
        requests.get("https://github.com/wasserth/TotalSegmentator/releases/download/x.zip", timeout=5)

    package.draw = fetch
    with pytest.raises(SegmentationError, match="TotalSegmentator failed") as caught:
        segment(scan(), "totalsegmentator")
    assert isinstance(caught.value.__cause__, requests.exceptions.ProxyError)


@pytest.mark.parametrize(
    ("model", "present", "missing"),
    [("totalsegmentator", (291, 292, 293, 294, 295), "297"), ("totalsegmentator-fast", (291,), "297")],
)
def test_missing_weights_are_refused_before_the_package_would_fetch_them(tmp_path, package, model, present, missing):
    package.weights = tmp_path / "weights"
    for number in present:
        (package.weights / f"Dataset{number}_TotalSegmentator").mkdir(parents=True)
    with pytest.raises(UsageError, match=rf"missing: datasets {missing}\).*totalseg_download_weights -t total_fast"):
        segment(scan(), model)
    assert package.calls == []


@pytest.mark.parametrize("failure", [RuntimeError("CUDA out of memory"), OSError("disk full"), SystemExit(1)])
def test_a_failing_package_is_a_refusal_with_advice(package, failure):
    def fail(**_):
        raise failure

    package.draw = fail
    before = dict(os.environ)
    with pytest.raises(SegmentationError, match=f"TotalSegmentator failed .{type(failure).__name__}"):
        segment(scan(), "totalsegmentator")
    assert dict(os.environ) == before


def test_what_the_package_prints_stays_out_of_standard_output(package, capsys):
    segment(scan(), "totalsegmentator")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "TotalSegmentator says" in captured.err


def test_without_the_package_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "totalsegmentator", None)
    monkeypatch.delitem(sys.modules, "totalsegmentator.python_api", raising=False)
    with pytest.raises(UsageError, match=r'pip install "coxa\[totalsegmentator\]"'):
        segment(scan(), "totalsegmentator")


def test_a_broken_package_names_what_it_lacks(monkeypatch):
    monkeypatch.setitem(sys.modules, "totalsegmentator", types.ModuleType("totalsegmentator"))

    def load(name):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("coxa.segmentation.backends.totalsegmentator.import_module", load)
    with pytest.raises(UsageError, match="torch is missing"):
        segment(scan(), "totalsegmentator")
