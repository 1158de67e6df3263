"""What ``coxa inspect`` knows of an input: its series, which one would be used and why. No identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from coxa.geometry.grid import Grid
from coxa.io.records.case_files import grid_to_json


@dataclass(frozen=True)
class SeriesSummary:
    """One series as it is listed.

    ``number`` is what ``--series`` takes. ``size`` is (columns, rows); ``spacing_mm`` in-plane (along i, j), None when
    unknown; ``pitch_mm`` the step between slices; ``extent_mm`` the length along the slice normal. ``excluded`` says
    why it is passed over, ``problem`` what loading it would stumble over, ``score`` its points as a candidate.
    """

    number: int
    modality: str
    slices: int
    size: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    pitch_mm: float | None
    extent_mm: float | None
    orientation: str
    kernel: str
    slice_thickness_mm: str
    pelvis_mm: float | None
    score: float | None
    excluded: str | None
    problem: str | None


@dataclass(frozen=True, eq=False)
class Inspection:
    """The answer of ``inspect_scan``.

    Attributes
    ----------
    format : str
        ``dicom``, ``nifti``, ``nrrd`` or ``metaimage``.
    series : tuple of SeriesSummary
        Empty for single-file volumes.
    chosen : int or None
        Number of the series that would be used; None for single-file volumes, or when none can be.
    reason : str
        Why that one, or why none.
    grid : Grid or None
        Of what would be loaded; None when loading would be refused.
    warnings : tuple of str
    skipped : Mapping[str, int]
        Files passed over, by kind.
    """

    format: str
    series: tuple[SeriesSummary, ...]
    chosen: int | None
    reason: str
    grid: Grid | None
    warnings: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


def inspection_to_json(inspection: Inspection) -> dict[str, Any]:
    """Return the inspection as plain JSON values."""
    return {
        "format": inspection.format,
        "series": [asdict(summary) for summary in inspection.series],
        "chosen": inspection.chosen,
        "reason": inspection.reason,
        "grid": None if inspection.grid is None else grid_to_json(inspection.grid),
        "warnings": list(inspection.warnings),
        "skipped": dict(inspection.skipped),
    }
