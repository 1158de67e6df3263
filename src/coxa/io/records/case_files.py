"""A measured case in files: ``measurements.json``, ``measurements.csv``, ``landmarks.mrk.json``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from coxa import __version__
from coxa.anatomy import Estimate, Landmark, Status
from coxa.case import FittedCup, HipFindings, Landmarks, MeasuredCase, Measurement, WeakestCorner
from coxa.geometry.arrays import ArrayShape, FloatArray, Matrix4x4, Vector3
from coxa.geometry.fits import FittedSphere
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.grid import Grid
from coxa.io.json_files import read_json
from coxa.io.outputs import write_json
from coxa.io.records.landmark_markups import DECIMALS_DIRECTION, DECIMALS_MM, landmarks_to_markups, rounded
from coxa.io.records.structure import StrictConverter, require_schema

SCHEMA = "coxa.measurements/1"
CASE_NAME = "measurements.json"
CSV_COLUMNS = (
    "case_id",
    "side",
    "metric",
    "value",
    "unit",
    "frame",
    "definition",
    "status",
    "reason",
    "uncertainty",
    "method",
    "software_version",
)


def write_case(folder: Path, case: MeasuredCase) -> list[Path]:
    """Write ``measurements.json``, ``measurements.csv`` and ``landmarks.mrk.json`` into an existing folder."""
    json_path, csv_path, markups_path = (
        folder / name for name in ("measurements.json", "measurements.csv", "landmarks.mrk.json")
    )
    write_json(json_path, case_to_json(case))
    write_measurements_csv(csv_path, [case])
    write_json(markups_path, landmarks_to_markups(case.landmarks))
    return [json_path, csv_path, markups_path]


def read_case(path: Path) -> MeasuredCase:
    """Read ``measurements.json`` back.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    SchemaError
        When it does not follow ``coxa.measurements/1``.
    """
    return case_from_json(read_json(path, "give a measurements.json of Coxa"), path.name)


def write_measurements_csv(path: Path, cases: list[MeasuredCase]) -> None:
    """Write one row a measurement; a value that could not be measured is an empty cell with status and reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS, lineterminator="\n")
        writer.writeheader()
        for case in cases:
            for measurement in case.measurements:
                row = asdict(measurement) | {"case_id": case.case_id, "software_version": __version__}
                writer.writerow(row | {"status": str(measurement.status)})


def case_to_json(case: MeasuredCase) -> dict[str, Any]:
    """Return the content of ``measurements.json``."""
    return {
        "schema": SCHEMA,
        "case_id": case.case_id,
        "software": {"name": "coxa", "version": __version__},
        "input": {
            "sha256": case.input_sha256,
            "grid": grid_to_json(case.grid),
            "warnings": list(case.warnings),
        },
        "frames": _frames_to_json(case.landmarks),
        "landmarks": {name: _landmark_to_json(point) for name, point in case.landmarks.points.items()},
        "hips": {side: _hip_to_json(hip) for side, hip in case.landmarks.hips.items()},
        "measurements": [measurement_to_json(m) for m in case.measurements],
    }


def measurement_to_json(measurement: Measurement) -> dict[str, Any]:
    """Return one measurement as the contract's files hold it."""
    return asdict(measurement) | {"status": str(measurement.status)}


def case_from_json(content: Mapping[str, Any], file: str = CASE_NAME) -> MeasuredCase:
    """Build the case from the content of ``measurements.json``.

    Parameters
    ----------
    content : Mapping[str, Any]
    file : str
        Name for messages.

    Raises
    ------
    SchemaError
        When the content does not follow ``coxa.measurements/1``; it names the file and the field.
    """
    require_schema(content, SCHEMA, file)
    found = _converter().read(_with_names(content), _CaseFile, file)
    app = found.frames.app
    landmarks = Landmarks(found.landmarks, app.lps_from_app, app.status, app.reason, found.hips, app.weakest_corner)
    scan = found.input
    return MeasuredCase(found.case_id, scan.sha256, scan.grid, scan.warnings, landmarks, found.measurements)


def _with_names(content: Mapping[str, Any]) -> dict[str, Any]:
    """Put the name of each landmark, which is its key, into its record."""
    points = content.get("landmarks")
    if not isinstance(points, Mapping):
        return dict(content)
    named = {name: {**point, "name": name} if isinstance(point, Mapping) else point for name, point in points.items()}
    return {**content, "landmarks": named}


@dataclass(frozen=True)
class _Input:
    sha256: str
    grid: Grid
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _AppFrame:
    lps_from_app: RigidTransform | None
    status: Status
    reason: str | None = None
    weakest_corner: WeakestCorner | None = None


@dataclass(frozen=True)
class _Frames:
    """Functional and table frame follow from this one."""

    app: _AppFrame


@dataclass(frozen=True)
class _CaseFile:
    """``measurements.json`` as it is laid out."""

    case_id: str
    input: _Input
    frames: _Frames
    landmarks: Mapping[str, Landmark]
    measurements: tuple[Measurement, ...]
    hips: Mapping[str, HipFindings] = field(default_factory=dict)


@dataclass(frozen=True)
class _GridEntry:
    """A grid as :func:`grid_to_json` lays it out: its direction's nine numbers in a row."""

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_lps_mm: Vector3
    direction: Annotated[FloatArray, ArrayShape((9,))]


@cache
def _converter() -> StrictConverter:
    converter = StrictConverter(
        keys={
            Landmark: {"estimates": "rungs", "automatic_lps_mm": "automatic_position_lps_mm"},
            Estimate: {"name": "rung"},
        }
    )

    def grid(content: object) -> Grid:
        entry = converter.structure(content, _GridEntry)
        return Grid(entry.size, entry.spacing_mm, entry.origin_lps_mm, entry.direction.reshape(3, 3))

    converter.register(Grid, grid)
    converter.register(
        RigidTransform, lambda content: RigidTransform(converter.structure(content, Matrix4x4), Frame.LPS, Frame.APP)
    )
    return converter


def grid_to_json(grid: Grid) -> dict[str, Any]:
    """Return size, spacing, origin and the direction's nine numbers (row by row; columns are the axes i, j, k)."""
    return {
        "size": list(grid.size),
        "spacing_mm": [round(s, DECIMALS_MM) for s in grid.spacing_mm],
        "origin_lps_mm": rounded(grid.origin_lps_mm),
        "direction": rounded(grid.direction.ravel(), DECIMALS_DIRECTION),
    }


def _frames_to_json(landmarks: Landmarks) -> dict[str, Any]:
    app, status, reason = landmarks.lps_from_app, str(landmarks.app_status), landmarks.app_reason
    table = None if app is None else RigidTransform.from_axes(np.eye(3), app.origin, Frame.LPS, Frame.TABLE)
    functional = None if app is None else functional_frame(app)
    frames = {"app": app, "functional": functional, "table": table}
    content: dict[str, Any] = {
        name: {
            f"lps_from_{name}": None if t is None else [rounded(row, DECIMALS_DIRECTION) for row in t.matrix],
            "status": status,
            "reason": reason,
        }
        for name, t in frames.items()
    }
    if landmarks.weakest_corner is not None:
        content["app"]["weakest_corner"] = asdict(landmarks.weakest_corner)
    return content


def _landmark_to_json(point: Landmark) -> dict[str, Any]:
    content: dict[str, Any] = {
        "position_lps_mm": None if point.position_lps_mm is None else rounded(point.position_lps_mm),
        "uncertainty_mm": point.uncertainty_mm,
        "status": str(point.status),
        "method": point.method,
        "reason": point.reason,
    }
    if point.estimates:
        content["rungs"] = [_estimate_to_json(estimate, point) for estimate in point.estimates]
    if point.automatic_lps_mm is not None:
        content["automatic_position_lps_mm"] = rounded(point.automatic_lps_mm)
    return content


def _estimate_to_json(estimate: Estimate, landmark: Landmark) -> dict[str, Any]:
    chosen = landmark.position_lps_mm
    apart = None if chosen is None else estimate.apart_mm(chosen)
    return {
        "rung": estimate.name,
        "chosen": estimate.chosen,
        "position_lps_mm": None if estimate.position_lps_mm is None else rounded(estimate.position_lps_mm),
        "uncertainty_mm": estimate.uncertainty_mm,
        "apart_from_chosen_mm": None if apart is None else round(apart, DECIMALS_MM),
        "method": estimate.method,
        "reason": estimate.reason,
    }


def _hip_to_json(hip: HipFindings) -> dict[str, Any]:
    return {
        "implant_present": bool(hip.implant_present),
        "head": None if hip.head is None else _record(hip.head),
        "cup": None if hip.cup is None else _record(hip.cup),
        "reason": hip.reason,
    }


def _record(value: FittedSphere | FittedCup) -> dict[str, Any]:
    """Return the fields of a fit; arrays become lists."""
    record = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: rounded(x) if isinstance(x, np.ndarray) else x for name, x in record.items()}
