"""Shape models out of corresponding surfaces: alignment, acetabular centres, modes, and how well they predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.errors import FitError, InputRefusedError
from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.fits import fit_sphere
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import register_pairs, transform_points
from coxa.geometry.sphere_search import agreeing, find_sphere
from coxa.geometry.surface_points import SurfacePoints, points_of_mesh
from coxa.landmarks.centres.shape_fit import fit_shape_model
from coxa.landmarks.centres.shape_model import HipAtlas, HipShapeModel
from coxa.landmarks.centres.socket_fit import LUNATE
from coxa.landmarks.pelvis import HIP_RULES, find_pelvic_points

MODES = 10
"""More modes than this follow the noise of some thirty subjects; left-out centres get no nearer."""
MIN_SUBJECTS = 5
"""Fewer subjects make no shape model [E]."""
MIN_FACES = 500
"""A hip bone of fewer triangles is too coarse."""
ALIGNMENT_ROUNDS = 5
"""Alignments of all subjects to their mean."""
LUNATE_TOLERANCE_MM = 1.2
"""On the mean shape, which is smooth."""
STATED_SHARE = 0.9
"""The atlas's radius holds the error of this share of the left-out subjects."""
BUILD_STAGES = ("align", "model", "leave one out")


@dataclass(frozen=True, eq=False)
class CorrespondingSurfaces:
    """One bone of many subjects: equal vertex numbers mean equal places.

    Attributes
    ----------
    vertices_lps_mm : ndarray (S, M, 3)
        In each subject's own scan frame; both sides of a subject in the same one.
    faces : ndarray (F, 3)
    """

    vertices_lps_mm: FloatArray
    faces: IntArray


@dataclass(frozen=True, eq=False)
class _Aligned:
    """One side's subjects in the model's frame: vertices (S, M, 3), centres (S, 3), landmarks by stem (S, 3)."""

    vertices_mm: FloatArray
    faces: IntArray
    centres_mm: FloatArray
    landmarks_mm: Mapping[str, FloatArray]


def _quiet(stage: str) -> None:
    """Take no notice of a stage."""


def build_atlas(hips: Mapping[Side, CorrespondingSurfaces], progress: Callable[[str], None] = _quiet) -> HipAtlas:
    """Build shape models of both hip bones and measure how well they predict a left-out subject's centre.

    Parameters
    ----------
    hips : Mapping[Side, CorrespondingSurfaces]
        Both sides, the same subjects in the same order.
    progress : callable
        Hears each of `BUILD_STAGES` as it begins.

    Raises
    ------
    InputRefusedError
        With too few subjects, unequal sides, or surfaces that are not hip bones.
    """
    counts = {len(hips[side].vertices_lps_mm) for side in SIDES}
    if len(counts) > 1 or min(counts) < MIN_SUBJECTS:
        raise InputRefusedError(
            f"an atlas needs the same subjects on both sides, {MIN_SUBJECTS} or more; got {sorted(counts)}"
        )
    if min(len(hips[side].faces) for side in SIDES) < MIN_FACES:
        raise InputRefusedError(f"the surfaces are too coarse for hip bones: {MIN_FACES} triangles are the least")
    progress("align")
    found = _landmarks_of_subjects(hips)
    aligned = {side: _align(hips[side], side, found) for side in SIDES}
    progress("model")
    models = {side: _model(aligned[side]) for side in SIDES}
    progress("leave one out")
    errors = [error for side in SIDES for error in _left_out_errors_mm(aligned[side], side)]
    if len(errors) < MIN_SUBJECTS:
        raise InputRefusedError("too few left-out hip bones can be fitted by the others: do the surfaces correspond?")
    return HipAtlas(models, counts.pop(), float(np.quantile(errors, STATED_SHARE)))


def _landmarks_of_subjects(hips: Mapping[Side, CorrespondingSurfaces]) -> list[Mapping[str, FloatArray]]:
    """Find each subject's pelvic landmarks, LPS mm; an empty mapping where no pelvis is seen."""
    found: list[Mapping[str, FloatArray]] = []
    refusal = "no subjects"
    for number in range(len(hips[SIDES[0]].vertices_lps_mm)):
        bones = {side: points_of_mesh(Mesh(hips[side].vertices_lps_mm[number], hips[side].faces)) for side in SIDES}
        try:
            found.append(find_pelvic_points(bones, None).points_lps_mm)
        except FitError as error:
            refusal = str(error)
            found.append({})
    if sum(bool(points) for points in found) < MIN_SUBJECTS:
        raise InputRefusedError(f"the surfaces are not both hip bones of the same subjects in LPS mm: {refusal}")
    return found


def _align(surfaces: CorrespondingSurfaces, side: Side, found: list[Mapping[str, FloatArray]]) -> _Aligned:
    """Lay all subjects on their mean (generalised Procrustes, size kept) and find the acetabular centre of each."""
    vertices = surfaces.vertices_lps_mm
    mean = vertices[0] - vertices[0].mean(0)
    for _ in range(ALIGNMENT_ROUNDS):
        motions = [register_pairs(bone, mean) for bone in vertices]
        laid = np.array([transform_points(motion, bone) for motion, bone in zip(motions, vertices, strict=True)])
        mean = laid.mean(0)
    lunate = _lunate_vertices(Mesh(mean, surfaces.faces))
    landmarks = {
        stem: np.array(
            [
                transform_points(motion, points[landmark_name(stem, side)])
                for motion, points in zip(motions, found, strict=True)
                if landmark_name(stem, side) in points
            ]
        )
        for stem in HIP_RULES
    }
    centres = np.array([fit_sphere(bone[lunate]).centre_lps_mm for bone in laid])
    return _Aligned(laid, surfaces.faces, centres, {stem: places for stem, places in landmarks.items() if len(places)})


def _lunate_vertices(mean: Mesh) -> BoolArray:
    """Tell which vertices (M,) of a mean hip bone are lunate surface: on its concave sphere of a socket's size."""
    bone = points_of_mesh(mean)
    try:
        sphere = find_sphere(bone.points_lps_mm, -bone.normals_lps, LUNATE.radius_mm, LUNATE_TOLERANCE_MM)
    except FitError as refusal:
        raise InputRefusedError(f"the mean of the surfaces has no acetabulum: {refusal}") from None
    place, radius = sphere.centre_lps_mm, sphere.radius_mm
    return agreeing(mean.vertices_lps_mm, -mean.vertex_normals(), place, radius, LUNATE_TOLERANCE_MM)


def _model(aligned: _Aligned) -> HipShapeModel:
    """Return mean and principal modes of vertices and centre together."""
    subjects = len(aligned.vertices_mm)
    # The centre rides along as one more point: among thousands it does not turn the modes.
    whole = np.concatenate([aligned.vertices_mm, aligned.centres_mm[:, None]], axis=1)
    mean = whole.mean(0)
    _, spread, directions = np.linalg.svd((whole - mean).reshape(subjects, -1), full_matrices=False)
    count = min(MODES, subjects - 2)
    modes = (directions[:count] * (spread[:count, None] / np.sqrt(subjects - 1))).reshape(count, -1, 3)
    places = {stem: places.mean(0) for stem, places in aligned.landmarks_mm.items()}
    return HipShapeModel(mean[:-1], aligned.faces, modes[:, :-1], mean[-1], modes[:, -1], places)


def _left_out_errors_mm(aligned: _Aligned, side: Side) -> list[float]:
    """Return how far each subject's centre lies from where the others' model, fitted to its bone, puts it."""
    errors = []
    for number, vertices in enumerate(aligned.vertices_mm):
        others = np.arange(len(aligned.vertices_mm)) != number
        model = _model(
            _Aligned(aligned.vertices_mm[others], aligned.faces, aligned.centres_mm[others], aligned.landmarks_mm)
        )
        bone: SurfacePoints = points_of_mesh(Mesh(vertices, aligned.faces))
        start = {landmark_name(stem, side): place for stem, place in model.landmarks_mm.items()}
        try:
            fit = fit_shape_model(model, side, bone, start)
        except FitError:
            continue
        errors.append(float(np.linalg.norm(fit.centre_lps_mm - aligned.centres_mm[number])))
    return errors
