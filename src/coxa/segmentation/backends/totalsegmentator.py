"""TotalSegmentator as a back-end: the installed package with the user's weights; nothing is sent, nothing fetched.

The package reports each run to its makers and downloads what weights it misses. Neither happens here: it runs
with a home folder of its own in which reports are off, and without a way to the network.

Scan and labels are exchanged as NIfTI files in a temporary folder. SimpleITK writes and reads them in LPS, so that no
axis is turned over by hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from coxa.anatomy import BONES, LABELS, Status
from coxa.errors import SegmentationError, UsageError
from coxa.labels import Segmentation
from coxa.segmentation.backends.labelmap import LabelmapBackend
from coxa.segmentation.backends.onto_grid import grid_of, image_on
from coxa.volume import Volume

INSTALL = 'pip install "coxa[totalsegmentator]"'
TASK = "total"
"""The package's task that holds pelvis and femora in CT."""
NOWHERE = "http://127.0.0.1:9"
"""A proxy that answers nobody: port 9 discards what it gets, and is closed on ordinary machines."""
OFFLINE: Mapping[str, str] = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), NOWHERE),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}


@dataclass(frozen=True)
class Model:
    """A trained model of the package.

    Attributes
    ----------
    name : str
        As the back-end is called.
    arguments : Mapping[str, Any]
        Of ``totalsegmentator`` beyond those that every run has.
    datasets : tuple of int
        nnU-Net numbers of the weights that it loads.
    downloads : tuple of str
        Tasks of the package's own ``totalseg_download_weights`` that bring them.
    """

    name: str
    arguments: Mapping[str, Any]
    datasets: tuple[int, ...]
    downloads: tuple[str, ...]


FULL = Model(
    "totalsegmentator", {"roi_subset_robust": list(BONES)}, (291, 292, 293, 294, 295, 297), ("total", "total_fast")
)
"""1.5 mm; the 3 mm model finds the region first, which saves most of the time."""
FAST = Model("totalsegmentator-fast", {"fast": True}, (297,), ("total_fast",))
"""3 mm: too coarse for a joint space, enough to try it out."""


def segment_totalsegmentator(volume: Volume, model: Model = FULL, device: str = "cpu") -> Segmentation:
    """Segment with TotalSegmentator, then check and complete its labels as any others.

    Parameters
    ----------
    volume : Volume
    model : Model
    device : str
        As the package calls it: ``cpu``, ``gpu``, ``gpu:1`` or ``mps``.

    Raises
    ------
    UsageError
        When the package or its weights are not on this machine; the message has the line that brings them.
    SegmentationError
        When the package fails, or its labels do not fit the scan.
    """
    run, classes, weights = _package()
    _require_weights(weights, model)
    with tempfile.TemporaryDirectory(prefix="coxa-") as scratch:
        given = _predict(run, classes, volume, Path(scratch), {**model.arguments, "device": device}, weights)
    return LabelmapBackend(given, model.name, Status.FAILED)(volume)


def _package() -> tuple[Callable[..., Any], Mapping[int, str], Path]:
    """Return the package's function, the names of its classes, and where it keeps weights."""
    try:
        api, config, classes = (
            import_module(f"totalsegmentator.{name}") for name in ("python_api", "config", "map_to_binary")
        )
    except ImportError as error:
        missing = (
            "is not installed" if error.name == "totalsegmentator" else f"cannot be loaded ({error.name} is missing)"
        )
        raise UsageError(f"TotalSegmentator {missing}: {INSTALL}") from error
    return api.totalsegmentator, classes.class_map[TASK], Path(config.get_weights_dir())


def _require_weights(folder: Path, model: Model) -> None:
    """Refuse when weights are missing: the package would fetch them (over a gigabyte) without asking."""
    missing = [str(number) for number in model.datasets if not any(folder.glob(f"Dataset{number}_*"))]
    if missing:
        lines = " and ".join(f"'totalseg_download_weights -t {task}'" for task in model.downloads)
        raise UsageError(
            f"TotalSegmentator's weights are not all on this machine (missing: datasets {', '.join(missing)}), and "
            f"Coxa downloads nothing: run {lines} once, or let TOTALSEG_WEIGHTS_PATH name the folder that holds them"
        )


def _predict(
    run: Callable[..., Any],
    classes: Mapping[int, str],
    volume: Volume,
    scratch: Path,
    arguments: Mapping[str, Any],
    weights: Path,
) -> Segmentation:
    scan, labels = scratch / "scan.nii", scratch / "labels.nii"
    sitk.WriteImage(image_on(volume.hu, volume.grid), str(scan))
    try:
        # What the package prints would spoil the one JSON document on standard output.
        with _sealed(scratch, weights), contextlib.redirect_stdout(sys.stderr):
            run(input=scan, output=labels, ml=True, task=TASK, quiet=True, **arguments)
        image = sitk.ReadImage(str(labels))
    except (OSError, RuntimeError, ValueError, SystemExit) as error:
        raise SegmentationError(
            f"TotalSegmentator failed ({type(error).__name__}; -v shows where): see that it runs by itself on this "
            "machine, with its weights complete and without network"
        ) from error
    table = np.zeros(max(classes) + 1, dtype=np.uint8)
    own = {name: value for value, name in LABELS.items() if name in BONES}
    for number, name in classes.items():
        table[number] = own.get(name, 0)
    bones = table[sitk.GetArrayFromImage(image).astype(np.uint8)]
    return Segmentation(bones, grid_of(image), {value: name for name, value in own.items()})


@contextlib.contextmanager
def _sealed(home: Path, weights: Path) -> Iterator[None]:
    """While the block runs, the package sees its weights, a home where reports are off, and no network."""
    content = {
        "totalseg_id": "",
        "send_usage_stats": False,
        "prediction_counter": 0,
        "statistics_disclaimer_shown": True,
    }
    (home / "config.json").write_text(json.dumps(content), encoding="utf-8")
    changed = {**OFFLINE, "TOTALSEG_HOME_DIR": str(home), "TOTALSEG_WEIGHTS_PATH": str(weights)}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
