"""A measured case in files: ``measurements.json``, ``measurements.csv``, ``landmarks.mrk.json``."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from coxa import __version__
from coxa.anatomy import Estimate, Landmark, Status
from coxa.case import FittedCup, HipFindings, Landmarks, MeasuredCase, Measurement, WeakestCorner
from coxa.errors import SchemaError, UnreadableInputError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.fits import FittedSphere
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.grid import Grid
from coxa.io.outputs import write_json
from coxa.io.records.landmark_files import landmarks_to_markups

SCHEMA = "coxa.measurements/1"
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
DECIMALS_MM = 6
DECIMALS_DIRECTION = 12


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
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SchemaError(f"'{path.name}' is not JSON: {error}") from error
    return case_from_json(content)


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


def case_from_json(content: Mapping[str, Any]) -> MeasuredCase:
    """Build the case from the content of ``measurements.json``.

    Raises
    ------
    SchemaError
        When the content does not follow ``coxa.measurements/1``.
    """
    if not isinstance(content, Mapping) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, Mapping) else None
        raise SchemaError(f"the file says schema '{found}', '{SCHEMA}' is needed: give a measurements.json of Coxa")
    try:
        return MeasuredCase(
            case_id=content["case_id"],
            input_sha256=content["input"]["sha256"],
            grid=grid_from_json(content["input"]["grid"]),
            warnings=tuple(content["input"]["warnings"]),
            landmarks=_landmarks_from_json(content),
            measurements=tuple(measurement_from_json(m) for m in content["measurements"]),
        )
    except KeyError as error:
        raise SchemaError(f"the file says '{SCHEMA}' but has no entry {error}: write it again with Coxa") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise SchemaError(f"the file says '{SCHEMA}' but does not follow it: {error}") from error


def grid_to_json(grid: Grid) -> dict[str, Any]:
    """Return size, spacing, origin and the direction's nine numbers (row by row; columns are the axes i, j, k)."""
    return {
        "size": list(grid.size),
        "spacing_mm": [round(s, DECIMALS_MM) for s in grid.spacing_mm],
        "origin_lps_mm": _numbers(grid.origin_lps_mm),
        "direction": _numbers(grid.direction.ravel(), DECIMALS_DIRECTION),
    }


def grid_from_json(content: Mapping[str, Any]) -> Grid:
    """Undo :func:`grid_to_json`; KeyError, TypeError or ValueError when the content is not a grid."""
    size, spacing = content["size"], content["spacing_mm"]
    direction = np.array(content["direction"], dtype=np.float64).reshape(3, 3)
    return Grid(tuple(size), tuple(spacing), np.array(content["origin_lps_mm"], dtype=np.float64), direction)


def _frames_to_json(landmarks: Landmarks) -> dict[str, Any]:
    app, status, reason = landmarks.lps_from_app, str(landmarks.app_status), landmarks.app_reason
    table = None if app is None else RigidTransform.from_axes(np.eye(3), app.origin, Frame.LPS, Frame.TABLE)
    functional = None if app is None else functional_frame(app)
    frames = {"app": app, "functional": functional, "table": table}
    content: dict[str, Any] = {
        name: {
            f"lps_from_{name}": None if t is None else [_numbers(row, DECIMALS_DIRECTION) for row in t.matrix],
            "status": status,
            "reason": reason,
        }
        for name, t in frames.items()
    }
    if landmarks.weakest_corner is not None:
        content["app"]["weakest_corner"] = asdict(landmarks.weakest_corner)
    return content


def _landmarks_from_json(content: Mapping[str, Any]) -> Landmarks:
    app = content["frames"]["app"]
    matrix = app["lps_from_app"]
    return Landmarks(
        points={name: _landmark_from_json(name, point) for name, point in content["landmarks"].items()},
        lps_from_app=None if matrix is None else RigidTransform(np.array(matrix), Frame.LPS, Frame.APP),
        app_status=Status(app["status"]),
        app_reason=app.get("reason"),
        hips={side: _hip_from_json(hip) for side, hip in content.get("hips", {}).items()},
        weakest_corner=WeakestCorner(**app["weakest_corner"]) if "weakest_corner" in app else None,
    )


def _landmark_to_json(point: Landmark) -> dict[str, Any]:
    content: dict[str, Any] = {
        "position_lps_mm": None if point.position_lps_mm is None else _numbers(point.position_lps_mm),
        "uncertainty_mm": point.uncertainty_mm,
        "status": str(point.status),
        "method": point.method,
        "reason": point.reason,
    }
    if point.estimates:
        content["rungs"] = [_estimate_to_json(estimate, point) for estimate in point.estimates]
    if point.automatic_lps_mm is not None:
        content["automatic_position_lps_mm"] = _numbers(point.automatic_lps_mm)
    return content


def _landmark_from_json(name: str, content: Mapping[str, Any]) -> Landmark:
    estimates = tuple(_estimate_from_json(estimate) for estimate in content.get("rungs", ()))
    known = {key: value for key, value in content.items() if key not in ("rungs", "automatic_position_lps_mm")}
    automatic = content.get("automatic_position_lps_mm")
    return Landmark(
        name,
        **{**known, "status": Status(content["status"])},
        estimates=estimates,
        automatic_lps_mm=None if automatic is None else np.array(automatic, dtype=np.float64),
    )


def _estimate_to_json(estimate: Estimate, landmark: Landmark) -> dict[str, Any]:
    chosen = landmark.position_lps_mm
    apart = None if chosen is None else estimate.apart_mm(chosen)
    return {
        "rung": estimate.name,
        "chosen": estimate.chosen,
        "position_lps_mm": None if estimate.position_lps_mm is None else _numbers(estimate.position_lps_mm),
        "uncertainty_mm": estimate.uncertainty_mm,
        "apart_from_chosen_mm": None if apart is None else round(apart, DECIMALS_MM),
        "method": estimate.method,
        "reason": estimate.reason,
    }


def _estimate_from_json(content: Mapping[str, Any]) -> Estimate:
    known = {field.name: content[field.name] for field in fields(Estimate) if field.name != "name"}
    return Estimate(content["rung"], **known)


def measurement_from_json(content: Mapping[str, Any]) -> Measurement:
    """Build one measurement; a missing key raises KeyError."""
    known = {field.name: content[field.name] for field in fields(Measurement)}
    return Measurement(**{**known, "status": Status(content["status"])})


def _hip_to_json(hip: HipFindings) -> dict[str, Any]:
    return {
        "implant_present": bool(hip.implant_present),
        "head": None if hip.head is None else _record(hip.head),
        "cup": None if hip.cup is None else _record(hip.cup),
        "reason": hip.reason,
    }


def _hip_from_json(content: Mapping[str, Any]) -> HipFindings:
    head, cup = content["head"], content["cup"]
    return HipFindings(
        implant_present=content["implant_present"],
        head=None if head is None else FittedSphere(**_with_arrays(head)),
        cup=None if cup is None else FittedCup(**_with_arrays(cup)),
        reason=content["reason"],
    )


def _record(value: FittedSphere | FittedCup) -> dict[str, Any]:
    """Return the fields of a fit; arrays become lists."""
    record = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: _numbers(x) if isinstance(x, np.ndarray) else x for name, x in record.items()}


def _with_arrays(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.array(x, dtype=np.float64) if isinstance(x, list) else x for name, x in record.items()}


def _numbers(values: FloatArray, decimals: int = DECIMALS_MM) -> list[float]:
    return [round(float(x), decimals) + 0.0 for x in values]
