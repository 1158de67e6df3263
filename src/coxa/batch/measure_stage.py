"""The stage that a batch runs by default: what ``coxa measure`` does with one scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coxa.errors import InputRefusedError

if TYPE_CHECKING:
    from coxa.segmentation import Backend

LABELMAP = "labelmap"
MEASURE_STAGE = "coxa.batch.measure_stage:measure_case"
"""How a batch refers to :func:`measure_case`: a child process imports it by this name."""


@dataclass(frozen=True)
class StageOutcome:
    """What a stage says of a case besides the files it wrote."""

    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def measure_case(
    paths: tuple[Path, ...], beside: Mapping[str, Path], folder: Path, case_id: str, parameters: Mapping[str, Any]
) -> StageOutcome:
    """Load, measure and write one case into an empty folder.

    Parameters
    ----------
    paths : tuple of Path
        One scan, or the DICOM files of one study.
    beside : mapping
        ``labels`` and ``atlas``, where there are any.
    folder : Path
    case_id : str
    parameters : mapping
        ``backend``, ``allow_gaps`` and ``hu_offset``; ``label_names``, pairs of value and name, or None.

    Raises
    ------
    CoxaError
        When the scan is refused, or labels were asked for and this scan has none.
    """
    from coxa.case_folder import write_measured
    from coxa.io import load_scan
    from coxa.io.records.atlas_files import read_atlas
    from coxa.io.records.landmark_files import read_landmarks
    from coxa.landmarks.placed import PLACEABLE
    from coxa.pipeline import failed_structures, measure_scan, missing_results

    backend = _backend(beside, parameters)
    scan = load_scan(
        paths[0] if len(paths) == 1 else paths,
        allow_gaps=bool(parameters.get("allow_gaps", False)),
        hu_offset=float(parameters.get("hu_offset", 0.0)),
    )
    atlas = read_atlas(beside["atlas"]) if "atlas" in beside else None
    placed = read_landmarks(beside["landmarks"], PLACEABLE) if "landmarks" in beside else None
    measured = measure_scan(scan, backend=backend, case_id=case_id, atlas=atlas, placed=placed)
    write_measured(folder, scan, measured)
    return StageOutcome(
        (*failed_structures(measured.segmentation), *missing_results(measured.case)), tuple(measured.case.warnings)
    )


def _backend(beside: Mapping[str, Path], parameters: Mapping[str, Any]) -> str | Backend:
    name = str(parameters.get("backend", "classic"))
    if name != LABELMAP:
        return name
    from coxa.io.images.label_files import read_labels
    from coxa.segmentation.backends.labelmap import LabelmapBackend

    if "labels" not in beside:
        raise InputRefusedError("the folder of --labels holds no label file named as this scan is")
    names = parameters.get("label_names")
    return LabelmapBackend(read_labels(beside["labels"], None if names is None else dict(names)))
