"""What is exactly so: the content of ``truth.json``, positions in LPS mm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from coxa.anatomy import SIDES, Side
from coxa.geometry.arrays import FloatArray, unit
from coxa.labels import Segmentation
from coxa.phantom.parameters import HipSide, PhantomParameters
from coxa.phantom.reconstruction import OperatedSide
from coxa.phantom.sampling import volume_ml
from coxa.phantom.skeleton import HIP_BOX, VOLUME_STEP_MM, Skeleton
from coxa.phantom.solids import Solid, intersection, union

LABEL_VALUES = {
    "hip_left": 1, "hip_right": 2, "sacrum": 3, "femur_left": 4, "femur_right": 5, "metal": 6, "cement_liner": 7,
}  # fmt: skip
LONG_NAMES = {
    "ASIS": "asis", "AIIS": "aiis", "PSIS": "psis", "PT": "pubic_tubercle", "IS": "ischial_spine",
    "IT": "ischial_tuberosity", "TD": "teardrop", "GT": "greater_trochanter_superior", "LT": "lesser_trochanter",
}  # fmt: skip


def describe(
    parameters: PhantomParameters,
    skeleton: Skeleton,
    sides: Mapping[Side, OperatedSide],
    lps_from_body: FloatArray,
    segmentation: Segmentation,
) -> dict[str, Any]:
    """Return the truth of a phantom as plain JSON values, positions in LPS mm."""
    grid = segmentation.grid
    counts = np.bincount(segmentation.labels.ravel(), minlength=8)
    return {
        "tool": "coxa phantom",
        "version": "1.0",
        "subject": "phantom",
        "scenario_name": parameters.name,
        "seed": parameters.seed,
        "scenario": asdict(parameters),
        "grid": {
            "size_xyz": list(grid.size),
            "spacing_mm": list(grid.spacing_mm),
            "origin_lps_mm": _rounded(grid.origin_lps_mm),
            "direction": _rounded(grid.direction.ravel(), 9),
        },
        "app_frame": _app_frame(skeleton, lps_from_body),
        "landmarks_lps_mm": _landmarks(skeleton, sides, lps_from_body),
        "sides": {
            side.value: _side(parameters, skeleton, sides[side], lps_from_body) for side in SIDES
        },
        "label_values": LABEL_VALUES,
        "label_volumes_in_fov_ml": {
            name: round(float(counts[value]) * grid.voxel_volume_ml, 3) for name, value in LABEL_VALUES.items()
        },
        "bones_without_mesh": [],
        "unlabelled_bone": "fifth lumbar vertebra",
    }  # fmt: skip


def _rounded(values: Any, digits: int = 4) -> list[float]:
    return [round(float(v), digits) + 0.0 for v in np.asarray(values).ravel()]


def _point(lps_from_body: FloatArray, point: FloatArray) -> list[float]:
    return _rounded(lps_from_body[:3, :3] @ point + lps_from_body[:3, 3])


def _app_frame(skeleton: Skeleton, lps_from_body: FloatArray) -> dict[str, Any]:
    lps_from_app = lps_from_body @ skeleton.body_from_app.matrix
    left, posterior, superior, origin = lps_from_app[:3].T
    return {
        "origin_lps_mm": _rounded(origin),
        "left_axis_lps": _rounded(left, 9),
        "posterior_axis_lps": _rounded(posterior, 9),
        "superior_axis_lps": _rounded(superior, 9),
        "definition": "origin mid-ASIS; plane through both ASIS and the mid pubic tubercle",
    }


def _landmarks(
    skeleton: Skeleton, sides: Mapping[Side, OperatedSide], lps_from_body: FloatArray
) -> dict[str, list[float]]:
    """Landmarks of the native bone; those of the femur where the femur is today."""
    marks = {}
    for stem, long_name in LONG_NAMES.items():
        for side in SIDES:
            shift = sides[side].femur_shift if stem in ("GT", "LT") else np.zeros(3)
            point = skeleton.landmarks_mm[f"{stem}_{side.suffix}"] + shift
            marks[f"{long_name}_{side}"] = _point(lps_from_body, point)
    marks["pubic_symphysis"] = _point(lps_from_body, skeleton.landmarks_mm["PSY"])
    marks["sacral_promontory"] = _point(lps_from_body, skeleton.landmarks_mm["SP"])
    return marks


def _side(
    parameters: PhantomParameters, skeleton: Skeleton, operated: OperatedSide, lps_from_body: FloatArray
) -> dict[str, Any]:
    half = operated.half
    wanted: HipSide = getattr(parameters, half.side.value)
    turn = lps_from_body[:3, :3]
    implant = wanted.implant
    return {
        "implant": "none" if implant is None else "tha",
        "native_rotation_centre": {
            "centre_lps_mm": _point(lps_from_body, half.to_body(half.hip.centre)),
            "radius_mm": 0.5 * wanted.shape.head_diameter_mm,
            "source": "definition of the shape",
        },
        "current_rotation_centre": {
            "centre_lps_mm": _point(lps_from_body, operated.centre),
            "source": "native" if implant is None else "prosthetic_head",
        },
        "head_diameter_mm": wanted.shape.head_diameter_mm if implant is None else implant.head_diameter_mm,
        "socket": {
            "diameter_mm": 2 * half.hip.socket_radius_mm,
            "opening_axis_lps": _rounded(turn @ half.to_body(half.hip.opening), 9),
        },
        "measurements": _teardrop_distances(skeleton, operated),
        "femur_shift_lps_mm": _rounded(turn @ operated.femur_shift),
        "bone": _bone(skeleton, operated),
        "cup": _cup(wanted, skeleton, operated, lps_from_body),
        "migration": _migration(wanted, operated, turn),
        "femur": {
            "neck_axis_lps": _rounded(turn @ half.to_body(half.femur.neck_axis), 9),
            "shaft_axis_lps": _rounded(turn @ half.to_body(half.femur.shaft_axis), 9),
            "shaft_point_lps_mm": _point(lps_from_body, half.to_body(half.femur.neck_base) + operated.femur_shift),
            "neck_shaft_angle_deg": wanted.shape.neck_shaft_angle_deg,
            "offset_mm": wanted.shape.femoral_offset_mm,
        },
    }


def _teardrop_distances(skeleton: Skeleton, operated: OperatedSide) -> dict[str, float]:
    """Height and horizontal of the rotation centre from the native teardrops, in the coronal plane of the APP frame."""
    app_from_body = skeleton.body_from_app.inverse()
    drops = {side: app_from_body.points(skeleton.landmarks_mm[f"TD_{side.suffix}"])[[0, 2]] for side in SIDES}
    along = unit(np.r_[drops[Side.LEFT] - drops[Side.RIGHT], 0.0])[:2]
    up = np.array([-along[1], along[0]])
    figures = {}
    side = operated.half.side
    native = operated.half.to_body(operated.half.hip.centre)
    for prefix, centre in (("", operated.centre), ("native_", native)):
        gap = app_from_body.points(centre)[[0, 2]] - drops[side]
        figures[f"{prefix}rotation_centre_height_mm"] = round(float(gap @ up), 4)
        figures[f"{prefix}rotation_centre_horizontal_mm"] = round(abs(float(gap @ along)), 4)
    return figures


def _bone(skeleton: Skeleton, operated: OperatedSide) -> dict[str, float]:
    """Volumes of the hip bone before and after, by counting partial volumes of the exact shapes."""
    half = operated.half
    native = half.in_body(half.hip.solid)
    box = HIP_BOX if half.side is Side.LEFT else np.c_[-HIP_BOX[::-1, 0], HIP_BOX[:, 1:]]

    def lost_to(*removed: Solid) -> float:
        return round(volume_ml(intersection(native, union(*removed)), box, VOLUME_STEP_MM), 3) if removed else 0.0

    total = lost_to(*operated.lost)
    bed = lost_to(*operated.lost[: 0 if operated.cup_axis is None else 1])
    return {
        "native_hip_volume_ml": round(skeleton.hip_volume_ml[half.side], 3),
        "lost_bone_volume_ml": total,
        "lost_to_cup_bed_and_track_ml": bed,
        "lost_to_lytic_lesions_ml": round(total - bed, 3),
    }


def _cup(
    wanted: HipSide, skeleton: Skeleton, operated: OperatedSide, lps_from_body: FloatArray
) -> dict[str, Any] | None:
    if wanted.implant is None or operated.cup_axis is None:
        return None
    turn = lps_from_body[:3, :3]
    return {
        "centre_lps_mm": _point(lps_from_body, operated.centre),
        "opening_axis_lps": _rounded(turn @ operated.cup_axis, 9),
        "outer_diameter_mm": wanted.implant.cup_outer_diameter_mm,
        "shell_mm": wanted.implant.shell_thickness_mm,
        "app": cup_angles(operated.half.side, skeleton.body_from_app.axes @ operated.cup_axis),
        "scanner": cup_angles(operated.half.side, turn @ operated.cup_axis),
    }


def cup_angles(side: Side, axis: FloatArray) -> dict[str, float]:
    """Return the six angles of [Murray 1993] of a cup axis given in (left, posterior, superior)."""
    x, y, z = side.lateral_sign * axis[0], -axis[1], axis[2]
    angles = {
        "radiographic_inclination_deg": np.arctan2(x, -z),
        "radiographic_anteversion_deg": np.arcsin(y),
        "anatomical_inclination_deg": np.arccos(-z),
        "anatomical_anteversion_deg": np.arctan2(y, x),
        "operative_inclination_deg": np.arcsin(x),
        "operative_anteversion_deg": np.arctan2(y, -z),
    }
    return {name: round(float(np.degrees(value)), 6) for name, value in angles.items()}


def _migration(wanted: HipSide, operated: OperatedSide, turn: FloatArray) -> dict[str, Any] | None:
    if wanted.implant is None:
        return None
    lateral, posterior, superior = wanted.implant.migration_mm
    return {
        "vector_lps_mm": _rounded(turn @ operated.femur_shift),
        "app_lateral_anterior_superior_mm": [lateral, -posterior, superior],
        "length_mm": round(float(np.linalg.norm(wanted.implant.migration_mm)), 4),
    }
