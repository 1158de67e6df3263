"""The stage that a batch runs by default: what ``coxa measure`` does with one scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURE_STAGE = "coxa.batch.measure_stage:measure_case"
"""How a batch refers to :func:`measure_case`: a child process imports it by this name."""


@dataclass(frozen=True)
class StageOutcome:
    """What a stage says of a case besides the files it wrote."""

    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def measure_case(paths: tuple[Path, ...], folder: Path, case_id: str, parameters: Mapping[str, Any]) -> StageOutcome:
    """Load, measure and write one case into an empty folder.

    Parameters
    ----------
    paths : tuple of Path
        One scan, or the DICOM files of one study.
    folder : Path
    case_id : str
    parameters : mapping
        ``backend`` and ``allow_gaps``.

    Raises
    ------
    CoxaError
        When the scan is refused.
    """
    from coxa.case_folder import write_measured
    from coxa.io import load_scan
    from coxa.pipeline import measure_scan, missing_results

    scan = load_scan(paths[0] if len(paths) == 1 else paths, allow_gaps=bool(parameters.get("allow_gaps", False)))
    measured = measure_scan(scan, backend=str(parameters.get("backend", "classic")), case_id=case_id)
    write_measured(folder, scan, measured)
    return StageOutcome(missing_results(measured.case), tuple(measured.case.warnings))
