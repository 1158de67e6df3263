"""``coxa measure``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from coxa.cli.atlas import chosen_atlas
from coxa.cli.backend import chosen_backend
from coxa.cli.console import CommandConsole, command_console
from coxa.cli.destination import require_free_for
from coxa.cli.options import (
    AllowGaps,
    AsJson,
    Atlas,
    Backend,
    CaseId,
    HuOffset,
    LabelNames,
    Labels,
    OutFolder,
    PlacedLandmarks,
    ScanPath,
    Series,
    Verbose,
    Version,
)

if TYPE_CHECKING:
    from coxa.geometry.arrays import FloatArray
    from coxa.io.scan import Scan
    from coxa.landmarks.centres.shape_model import HipAtlas
    from coxa.pipeline import MeasuredScan
    from coxa.segmentation import Backend as SegmentationBackend


def measure(
    scan: ScanPath,
    out: OutFolder,
    series: Series = None,
    allow_gaps: AllowGaps = False,
    hu_offset: HuOffset = 0.0,
    backend: Backend = None,
    labels: Labels = None,
    label_names: LabelNames = None,
    atlas: Atlas = None,
    landmarks: PlacedLandmarks = None,
    case_id: CaseId = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Measure both hips: landmarks, rotation centres, cup angles, with their uncertainty.

    Writes measurements.json and .csv, landmarks.mrk.json, the segmentation and two pictures: qc.png to check them by,
    drr.png with what a surgeon draws on a radiograph.

    $ coxa measure my_ct/ -o result
    """
    with command_console(as_json, verbose) as console:
        from coxa.case_folder import write_measured
        from coxa.cli.summary import measurement_table
        from coxa.io import finished_folder
        from coxa.io.records.case_files import case_to_json
        from coxa.pipeline import MEASURE_STAGES, failed_structures, missing_results

        chosen, shapes = chosen_backend(backend, labels, label_names), chosen_atlas(atlas)
        placed = placed_landmarks(landmarks)
        with console.stages(("load", *MEASURE_STAGES, "write")):
            loaded = load(console, scan, series, allow_gaps, hu_offset)
            require_free_for(out, loaded.sha256)
            measured = measure_loaded(console, loaded, chosen, case_id, shapes, placed)
            console.stage("write")
            with finished_folder(out) as folder:
                write_measured(folder, loaded, measured)
        console.say(measurement_table(measured.case))
        results = {"measurements": case_to_json(measured.case)["measurements"]}
        missing = (*failed_structures(measured.segmentation), *missing_results(measured.case))
        console.close(out, measured.case.warnings, missing, results)


def load(console: CommandConsole, scan: Path, series: str | None, allow_gaps: bool, hu_offset: float = 0.0) -> Scan:
    """Load the scan as the ``load`` stage."""
    from coxa.io import load_scan

    console.stage("load")
    return load_scan(scan, series=series, allow_gaps=allow_gaps, hu_offset=hu_offset)


def measure_loaded(
    console: CommandConsole,
    scan: Scan,
    backend: str | SegmentationBackend,
    case_id: str | None,
    atlas: HipAtlas | None = None,
    placed: Mapping[str, FloatArray] | None = None,
) -> MeasuredScan:
    """Measure a loaded scan."""
    from coxa.pipeline import measure_scan

    return measure_scan(scan, backend=backend, case_id=case_id, atlas=atlas, placed=placed, progress=console.stage)


def placed_landmarks(path: Path | None) -> dict[str, FloatArray] | None:
    """Read the file of ``--landmarks``; None when there is none."""
    if path is None:
        return None
    from coxa.io.records.landmark_files import read_landmarks
    from coxa.landmarks.placed import PLACEABLE

    return read_landmarks(path, PLACEABLE)
