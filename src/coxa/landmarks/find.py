"""Surfaces to landmarks: the groups in order, each answer a value or a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import (
    BONES,
    METAL,
    PAIRED_LANDMARKS,
    PROJECTED_TEARDROPS,
    SIDES,
    SINGLE_LANDMARKS,
    Landmark,
    Side,
    Status,
    landmark_name,
)
from coxa.case import HipFindings, Landmarks
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.surface_points import SurfacePoints, points_of_mesh
from coxa.landmarks.centres.current_joint import HipEvidence, examine_hip
from coxa.landmarks.centres.native_hips import find_native_hips, find_teardrops
from coxa.landmarks.centres.pelvic_ratios import expected_centre_lps_mm
from coxa.landmarks.centres.shape_model import HipAtlas
from coxa.landmarks.centres.sockets import find_sockets
from coxa.landmarks.femur import femur_axes, trochanters
from coxa.landmarks.metal_sides import metal_of_sides
from coxa.landmarks.pelvis import FRAME_STEMS, PelvicPoints, cut_off, find_pelvic_points
from coxa.landmarks.projected_teardrop import projected_teardrops
from coxa.landmarks.reliability import Surroundings, axes_warning, with_warning

MIN_SURFACE_POINTS = 200
"""Fewer points are a speck, not a structure."""
MAX_PROMONTORY_FROM_HIPS_MM = 113.0
"""A sacral promontory farther from the hips than this is not believed; ten adults of [Fischer 2023]: 77 to 108 mm."""
PELVIC_STEMS = ("ASIS", "AIIS", "PSIS", "PT", "IS", "IT")
PELVIC_METHOD = "outermost cap of its region in the anterior pelvic frame, iterated"


@dataclass(frozen=True, eq=False)
class _Pelvis:
    found: PelvicPoints | None
    reason: str | None
    cut_off: tuple[str, ...] = ()


CUT_OFF = "the bone is cut by the edge of the field of view where it reaches as far out: it may lie beyond"


def find_landmarks(surfaces: Mapping[str, Mesh], grid: Grid | None = None, atlas: HipAtlas | None = None) -> Landmarks:
    """Find every landmark of the contract, with status and reason, and what each hip holds.

    Parameters
    ----------
    surfaces : Mapping[str, Mesh]
        ``hip_left``, ``hip_right``, ``sacrum``, ``femur_left``, ``femur_right``, ``metal``; LPS mm, normals outward.
        Any may be missing or cropped. Left and right come from the names.
    grid : Grid, optional
        The scan's grid: voxel size and edges of the field of view, when known.
    atlas : HipAtlas, optional
        Shape models of the hip bones; one more rung for a native centre that is not there any more.

    Returns
    -------
    Landmarks
        Every contract name is present, found or not.
    """
    points = {
        name: cloud
        for name in (*BONES, METAL)
        if name in surfaces and len((cloud := points_of_mesh(surfaces[name])).points_lps_mm) >= MIN_SURFACE_POINTS
    }
    surroundings = Surroundings.of(grid, points.get(METAL))
    pelvis = _pelvis_of(points, surroundings)
    marks = _pelvic_landmarks(pelvis, points, surroundings)
    metal = metal_of_sides(points)
    hips: dict[Side, HipFindings] = {}
    for side in SIDES:
        evidence = HipEvidence(
            side,
            points.get(f"hip_{side}"),
            points.get(f"femur_{side}"),
            metal.get(side),
            _expected_centre(pelvis, side),
        )
        hips[side], centre = examine_hip(evidence, surroundings)
        marks[centre.name] = centre
        marks |= _femoral_landmarks(side, points.get(f"femur_{side}"), centre, surroundings)
    marks |= find_sockets(points, pelvis.found, hips, surroundings)
    native = find_native_hips(points, pelvis.found, hips, marks, atlas)
    marks |= native.landmarks
    marks["SP"] = _plausible_promontory(marks)
    marks |= find_teardrops(surfaces, native, pelvis.found, surroundings)
    marks |= projected_teardrops(surfaces, native, pelvis.found, marks, surroundings)
    return _assembled(marks, pelvis, hips)


def _pelvis_of(points: Mapping[str, SurfacePoints], surroundings: Surroundings) -> _Pelvis:
    absent = [f"hip_{side}" for side in SIDES if f"hip_{side}" not in points]
    if absent:
        return _Pelvis(None, f"no surface of {' and '.join(absent)}: the anterior pelvic plane needs both hip bones")
    hips = {side: points[f"hip_{side}"] for side in SIDES}
    try:
        found = find_pelvic_points(hips, points.get("sacrum"))
    except FitError as refusal:
        return _Pelvis(None, str(refusal))
    cut = {side: hip.where(surroundings.at_edge(hip.points_lps_mm)) for side, hip in hips.items()}
    beyond = cut_off(cut, found)
    lost = [name for name in beyond if name.split("_")[0] in FRAME_STEMS]
    if lost:
        return _Pelvis(None, f"{' and '.join(lost)}: {CUT_OFF}; the anterior pelvic plane needs it")
    kept = {name: place for name, place in found.points_lps_mm.items() if name not in beyond}
    return _Pelvis(replace(found, points_lps_mm=kept), None, beyond)


def _pelvic_landmarks(
    pelvis: _Pelvis, points: Mapping[str, SurfacePoints], surroundings: Surroundings
) -> dict[str, Landmark]:
    names = [landmark_name(stem, side) for stem in PELVIC_STEMS for side in SIDES] + list(SINGLE_LANDMARKS)
    marks = {}
    for name in names:
        place = None if pelvis.found is None else pelvis.found.points_lps_mm.get(name)
        if place is not None:
            method = "middle between the facing pubic surfaces" if name == "PSY" else PELVIC_METHOD
            marks[name] = surroundings.surface_landmark(name, place, method)
        elif name in pelvis.cut_off:
            marks[name] = Landmark.missing(name, CUT_OFF)
        elif name == "SP" and "sacrum" not in points:
            marks[name] = Landmark.missing(name, "no surface of the sacrum")
        else:
            marks[name] = Landmark.missing(name, pelvis.reason or "its region holds no bone: out of view or destroyed")
    return marks


def _plausible_promontory(marks: Mapping[str, Landmark]) -> Landmark:
    """Return the promontory, or why it is none: a sacrum that took the fifth lumbar vertebra along reaches too far."""
    promontory, left, right = (marks[name] for name in ("SP", "HRC_NATIVE_L", "HRC_NATIVE_R"))
    if not all(mark.status.has_value for mark in (promontory, left, right)):
        return promontory
    axis = unit(left.point - right.point)
    offset = promontory.point - right.point
    distance = float(np.linalg.norm(offset - (offset @ axis) * axis))
    if distance <= MAX_PROMONTORY_FROM_HIPS_MM:
        return promontory
    return Landmark.missing(
        "SP",
        f"the point found lies {distance:.0f} mm from the axis through both hips: "
        "the sacrum's surface seems to include the fifth lumbar vertebra",
    )


def _expected_centre(pelvis: _Pelvis, side: Side) -> FloatArray | None:
    if pelvis.found is None:
        return None
    return expected_centre_lps_mm(pelvis.found.points_lps_mm, pelvis.found.frame, side)


def _femoral_landmarks(
    side: Side, femur: SurfacePoints | None, centre: Landmark, surroundings: Surroundings
) -> dict[str, Landmark]:
    names = [landmark_name(stem, side) for stem in ("GT", "LT")]
    reason = None
    if femur is None:
        reason = f"no surface of femur_{side}"
    elif centre.position_lps_mm is None:
        reason = f"needs the rotation centre: {centre.reason}"
    else:
        try:
            axes = femur_axes(femur, centre.point, side)
            apices = trochanters(femur, centre.point, axes)
        except FitError as refusal:
            reason = str(refusal)
    if reason is not None or femur is None:
        return {name: Landmark.missing(name, reason or "") for name in names}
    method = "outermost cap in the femur's frame"
    short = axes.short_shaft_reach_mm
    warning = None if short is None else f"little shaft to orient the femur by: {short:.0f} mm below the head"
    return {
        name: Landmark.missing(name, "the trochanter is not in view")
        if place is None
        else surroundings.surface_landmark(name, place, method, warning)
        for name, place in zip(names, apices, strict=True)
    }


def _assembled(marks: Mapping[str, Landmark], pelvis: _Pelvis, hips: Mapping[Side, HipFindings]) -> Landmarks:
    paired = (*PAIRED_LANDMARKS, *PROJECTED_TEARDROPS.values())
    names = [landmark_name(stem, side) for stem in paired for side in SIDES] + list(SINGLE_LANDMARKS)
    unreliable = [name for name in ("ASIS_L", "ASIS_R", "PT_L", "PT_R") if marks[name].status is Status.WARN]
    by_side = {str(side): hips[side] for side in SIDES}
    if pelvis.found is None:
        return Landmarks({n: marks[n] for n in names}, None, Status.NOT_MEASURABLE, pelvis.reason, by_side)
    frame = pelvis.found.frame.lps_from_app
    against = axes_warning(frame)
    warnings = [f"rests on {', '.join(unreliable)}, which are not reliable"] if unreliable else []
    if against is not None:
        marks = {name: with_warning(mark, against) for name, mark in marks.items()}
        warnings.append(against)
    status = Status.WARN if warnings else Status.OK
    return Landmarks({name: marks[name] for name in names}, frame, status, "; ".join(warnings) or None, by_side)
