"""Surfaces to landmarks: the groups in order, each answer a value or a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.surface_points import SurfacePoints, points_of_mesh
from coxa.landmarks.centres.current_joint import HipEvidence, examine_hip
from coxa.landmarks.centres.native_hips import find_native_hips, find_teardrops
from coxa.landmarks.centres.pelvic_ratios import expected_centre_lps_mm
from coxa.landmarks.centres.shape_model import HipAtlas
from coxa.landmarks.centres.sockets import find_sockets
from coxa.landmarks.constellation.choose import Places
from coxa.landmarks.metal_sides import metal_of_sides
from coxa.landmarks.pelvic_marks import (
    FoundPelvis,
    contradicted_heads,
    find_pelvis,
    judged_together,
    pelvic_landmarks,
    plausible_promontory,
)
from coxa.landmarks.pelvis import CORNERS, NOTHING_PLACED
from coxa.landmarks.placed import placed_landmark
from coxa.landmarks.projected_teardrop import projected_teardrops
from coxa.landmarks.reliability import Surroundings, axes_warning, with_warning
from coxa.landmarks.trochanters import FemoralLandmarks, compared_sides, femoral_landmarks
from coxa.landmarks.weakest_corner import weakest_corner

MIN_SURFACE_POINTS = 200
"""Fewer points are a speck, not a structure."""


def find_landmarks(
    surfaces: Mapping[str, Mesh],
    grid: Grid | None = None,
    atlas: HipAtlas | None = None,
    placed: Mapping[str, FloatArray] = NOTHING_PLACED,
) -> Landmarks:
    """Find every landmark of the contract, with status and reason, and what each hip holds.

    Parameters
    ----------
    surfaces : Mapping[str, Mesh]
        ``hip_left``, ``hip_right``, ``sacrum``, ``femur_left``, ``femur_right``, ``metal``; LPS mm, normals outward.
        Any may be missing or cropped. Left and right come from the names.
    grid : Grid, optional
        The scan's grid: voxel size and edges of the field of view, when known.
    atlas : HipAtlas, optional
        Shape models of the hip bones; one more estimate for a native centre that is not there any more.
    placed : Mapping[str, ndarray (3,)], optional
        Landmarks that a person placed, by contract name, LPS mm: they stand as they are, and everything that depends on
        them follows; where Coxa had found them stays beside.

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
    pelvis = find_pelvis(points, surroundings, placed)
    hips, marks = _examined_hips(points, pelvis, surroundings, placed)
    pelvis = judged_together(pelvis, points, hips, marks, placed)
    marks |= contradicted_heads(pelvis, marks, placed)
    marks |= _placed_over(pelvic_landmarks(pelvis, points, surroundings), points, placed)
    marks |= _placed_over(find_sockets(points, pelvis.points, hips, surroundings), points, placed)
    native = find_native_hips(points, pelvis.points, hips, marks, atlas, pelvis.agreement)
    native = replace(native, landmarks=_placed_over(native.landmarks, points, placed))
    marks |= native.landmarks
    if "SP" not in placed:
        marks["SP"] = plausible_promontory(marks)
    marks |= _placed_over(find_teardrops(surfaces, native, pelvis.points, surroundings), points, placed)
    marks |= projected_teardrops(surfaces, native, pelvis.points, marks, surroundings)
    return _assembled(marks, pelvis, hips)


def _examined_hips(
    points: Mapping[str, SurfacePoints], pelvis: FoundPelvis, surroundings: Surroundings, placed: Places
) -> tuple[dict[Side, HipFindings], dict[str, Landmark]]:
    """Return what each hip holds, with the centres and the landmarks of the femora."""
    metal = metal_of_sides(points)
    hips: dict[Side, HipFindings] = {}
    femora: dict[Side, FemoralLandmarks] = {}
    marks: dict[str, Landmark] = {}
    for side in SIDES:
        evidence = HipEvidence(
            side,
            points.get(f"hip_{side}"),
            points.get(f"femur_{side}"),
            metal.get(side),
            _expected_centre(pelvis, side),
        )
        hips[side], centre = examine_hip(evidence, surroundings)
        marks |= _placed_over({centre.name: centre}, points, placed)
        femora[side] = femoral_landmarks(side, points.get(f"femur_{side}"), marks[centre.name], surroundings)
    marks |= _placed_over(compared_sides(femora), points, placed)
    return hips, marks


def _placed_over(
    found: Mapping[str, Landmark], points: Mapping[str, SurfacePoints], placed: Places
) -> dict[str, Landmark]:
    """Return the landmarks with those that a person placed instead of the found ones."""
    return {
        name: placed_landmark(name, placed[name], points) if name in placed else mark for name, mark in found.items()
    }


def _expected_centre(pelvis: FoundPelvis, side: Side) -> FloatArray | None:
    if pelvis.points is None:
        return None
    return expected_centre_lps_mm(pelvis.points.points_lps_mm, pelvis.points.frame, side)


def _assembled(marks: Mapping[str, Landmark], pelvis: FoundPelvis, hips: Mapping[Side, HipFindings]) -> Landmarks:
    paired = (*PAIRED_LANDMARKS, *PROJECTED_TEARDROPS.values())
    names = [landmark_name(stem, side) for stem in paired for side in SIDES] + list(SINGLE_LANDMARKS)
    by_side = {str(side): hips[side] for side in SIDES}
    if pelvis.points is None:
        return Landmarks({n: marks[n] for n in names}, None, Status.NOT_MEASURABLE, pelvis.reason, by_side)
    frame = pelvis.points.frame.lps_from_app
    against = axes_warning(frame)
    if against is not None:
        marks = {name: with_warning(mark, against) for name, mark in marks.items()}
    if pelvis.lacking_corners:
        why = "; ".join(f"{name}: {marks[name].reason}" for name in pelvis.lacking_corners)
        return Landmarks({n: marks[n] for n in names}, None, Status.NOT_MEASURABLE, why, by_side)
    unreliable = [name for name in CORNERS if marks[name].status is Status.WARN] if against is None else []
    warnings = [f"rests on {', '.join(unreliable)}, which are not reliable"] if unreliable else []
    if against is not None:
        warnings.append(against)
    status = Status.WARN if warnings else Status.OK
    named = {name: marks[name] for name in names}
    return Landmarks(named, frame, status, "; ".join(warnings) or None, by_side, weakest_corner(marks))
