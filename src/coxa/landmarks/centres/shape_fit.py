"""A shape model laid on what is intact of a hip bone; the acetabulum is left out, and then read off the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from coxa.anatomy import Estimate, Side, landmark_name
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.registration import register_pairs, transform_points, trim_pairs, turn_and_shift
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.centres.shape_model import HipAtlas, HipShapeModel

SOCKET_REACH_MM = 42.0
"""Model surface this close to the acetabular centre is taken for destroyed."""
KEEP_FRACTION = 0.8
"""Share of the model's points, closest first, that takes part: spurs, holes and what is out of view stay out."""
MAX_DISTANCE_MM = 25.0
"""Bone farther from the model is not matched with it, mm."""
SURFACE_NOISE_MM = 2.0
"""What few modes cannot follow: standard deviation of a point's distance to the fitted model."""
INDEPENDENT_POINTS = 150.0
"""Neighbouring points miss together: so many count as independent, whatever their number."""
POINT_STEP = 4
"""One in so many model vertices drives the fit."""
THINNING_MM2 = 4.0
"""One point of the bone takes part for so much area, mm2."""
ROUNDS = 40
"""Most matchings of model and bone."""
SETTLED = 0.01
"""The fit stands still when no mode changes by more."""
MAX_MISS_MM = 2.5
"""Root mean square of the miss, mm, beyond which a fit is none."""
MIN_MATCHED = 0.4
"""A fit that misses by more, or of which less found bone, is no fit [E]."""
LUNATE_FOR_HEAD_MM = 2.0
"""90 % radius of head centre about the centre of the lunate surface."""


@dataclass(frozen=True, eq=False)
class ShapeFit:
    """A shape model on a bone.

    Attributes
    ----------
    centre_lps_mm : ndarray (3,)
        The model's acetabular centre.
    coefficients : ndarray (K,)
        In standard deviations.
    lps_from_model : ndarray (4, 4)
    rms_mm : float
        Point-to-plane, over the matched part.
    matched_fraction : float
        Share of the model away from its socket that found bone.
    """

    centre_lps_mm: FloatArray
    coefficients: FloatArray
    lps_from_model: FloatArray
    rms_mm: float
    matched_fraction: float


def estimate_from_shape_model(
    atlas: HipAtlas, side: Side, hip: SurfacePoints, landmarks_lps_mm: Mapping[str, FloatArray]
) -> Estimate:
    """Return the acetabular centre of the atlas's model fitted to a hip bone without its acetabulum."""
    try:
        fit = fit_shape_model(atlas.models[side], side, hip, landmarks_lps_mm)
    except FitError as refusal:
        return Estimate.missing("shape_model", str(refusal))
    uncertainty = float(np.hypot(atlas.left_out_error_mm, LUNATE_FOR_HEAD_MM))
    method = (
        f"shape model of {atlas.subjects} hip bones on the bone away from the acetabulum "
        f"({fit.rms_mm:.1f} mm RMS over {fit.matched_fraction:.0%} of it)"
    )
    return Estimate("shape_model", fit.centre_lps_mm, uncertainty, method, "estimated from a statistical shape model")


def fit_shape_model(
    model: HipShapeModel, side: Side, hip: SurfacePoints, landmarks_lps_mm: Mapping[str, FloatArray]
) -> ShapeFit:
    """Fit pose and modes of a model to a hip bone: trimmed point-to-plane ICP with a normal prior on the modes.

    Each round minimises sum w r^2 / s^2 + sum b^2 over pose and coefficients b, where r are the distances of the
    kept model points to the planes of their partners, s the noise and w spreads `INDEPENDENT_POINTS` over them.

    Raises
    ------
    FitError
        When too few landmarks are there to begin, or the model does not come to lie on the bone.
    """
    target = hip.thinned(THINNING_MM2)
    tree = cKDTree(target.points_lps_mm)
    lps_from_model = _start(model, side, landmarks_lps_mm)
    coefficients = np.zeros(len(model.vertex_modes_mm))
    used = np.flatnonzero(model.away_from_socket(SOCKET_REACH_MM))[::POINT_STEP]
    rms, fraction = np.inf, 0.0
    for _ in range(ROUNDS):
        points, normals, modes = _placed(model, coefficients, lps_from_model, used)
        distance, partner = tree.query(points, distance_upper_bound=MAX_DISTANCE_MM)
        kept = trim_pairs(distance, partner, normals, target.normals_lps, KEEP_FRACTION)
        fraction = len(kept) / len(used)
        if fraction < MIN_MATCHED:
            raise FitError(f"only {fraction:.0%} of the shape model finds bone")
        facing, aim = target.normals_lps[partner[kept]], target.points_lps_mm[partner[kept]]
        miss = np.einsum("ij,ij->i", aim - points[kept], facing)
        rms = float(np.sqrt(np.mean(miss**2)))
        step = _step(points[kept], facing, miss, modes[:, kept], coefficients)
        lps_from_model = turn_and_shift(step[:6], points[kept].mean(0)) @ lps_from_model
        coefficients = coefficients + step[6:]
        if np.abs(step[3:]).max() < SETTLED:
            break
    if rms > MAX_MISS_MM:
        raise FitError(f"the shape model misses the bone by {rms:.1f} mm RMS: it does not fit this hip bone")
    centre = transform_points(lps_from_model, model.centre(coefficients))
    return ShapeFit(centre, coefficients, lps_from_model, rms, fraction)


def _start(model: HipShapeModel, side: Side, landmarks_lps_mm: Mapping[str, FloatArray]) -> FloatArray:
    """Lay the mean's landmarks on those that were found; (4, 4)."""
    found = {stem: landmark_name(stem, side) for stem in model.landmarks_mm}
    stems = [stem for stem, name in found.items() if name in landmarks_lps_mm]
    if len(stems) < 3:
        raise FitError(f"a shape model needs three landmarks of the hip bone to begin with, {len(stems)} are found")
    return register_pairs(
        np.array([model.landmarks_mm[stem] for stem in stems]),
        np.array([landmarks_lps_mm[found[stem]] for stem in stems]),
    )


def _placed(
    model: HipShapeModel, coefficients: FloatArray, lps_from_model: FloatArray, used: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return points (N, 3), normals (N, 3) and modes (K, N, 3) of the used vertices where the model lies, LPS."""
    shape, turn = model.shape(coefficients), lps_from_model[:3, :3].T
    points = transform_points(lps_from_model, shape.vertices_lps_mm[used])
    return points, shape.vertex_normals()[used] @ turn, model.vertex_modes_mm[:, used] @ turn


def _step(
    points: FloatArray, facing: FloatArray, miss_mm: FloatArray, modes: FloatArray, coefficients: FloatArray
) -> FloatArray:
    """Return rotation vector, shift and change of the coefficients, (6 + K,)."""
    rows = np.c_[np.cross(points - points.mean(0), facing), facing, np.einsum("kij,ij->ik", modes, facing)]
    weight = INDEPENDENT_POINTS / len(points) / SURFACE_NOISE_MM**2
    normal_matrix, right = weight * rows.T @ rows, weight * rows.T @ miss_mm
    prior = np.arange(6, len(right))
    normal_matrix[prior, prior] += 1.0
    right[6:] -= coefficients
    return np.asarray(np.linalg.solve(normal_matrix, right))
