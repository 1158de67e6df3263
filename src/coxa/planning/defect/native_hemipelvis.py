"""The hemipelvis as it was before the disease: the healthy side mirrored, or a shape model's likeness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coxa.anatomy import Side, landmark_name
from coxa.case import Landmarks
from coxa.errors import FitError, InputRefusedError
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.geometry.surface_points import points_of_mesh
from coxa.landmarks.centres.mirrored_hip import mirror_onto, native_head_radius_mm
from coxa.landmarks.centres.shape_fit import fit_shape_model
from coxa.landmarks.centres.shape_model import HipAtlas
from coxa.planning.defect.residual_warp import warped_onto

MIRROR_BIAS_MM = 0.7
"""Of a mirrored hip bone, mm: as below."""
SHAPE_MODEL_BIAS_MM = 1.5
"""90 % half-width of the mean error of such a surface over a whole defect. Mirror: twenty-six defects laid into the hip
bones of ten adults, of which the worst was 0.8 mm off; shape model: few modes follow less well [E]."""


@dataclass(frozen=True, eq=False)
class NativeHemipelvis:
    """The hip bone of the planned side as it was or should be.

    Attributes
    ----------
    mesh : Mesh
        LPS mm.
    residual_mm : float
        Root mean square distance to today's bone away from the acetabulum, over the matched part.
    bias_mm : float
        90 % half-width of the mean error of the surface over a defect.
    method : str
    warning : str or None
        Why it is no native bone, when it only stands in for one: no loss can be measured against it.
    """

    mesh: Mesh
    residual_mm: float
    bias_mm: float
    method: str
    warning: str | None = None


def native_hemipelvis(
    surfaces: Mapping[str, Mesh], landmarks: Landmarks, side: Side, atlas: HipAtlas | None = None
) -> NativeHemipelvis:
    """Return the mirror of the other side when that is native; else the shape model's; else the mirror, with a warning.

    The mirror is the one that carries the native rotation centre across, by trimmed registration without the sockets;
    then it is bent smoothly onto the bone that is left.

    Parameters
    ----------
    surfaces : Mapping[str, Mesh]
        Must hold both hip bones.
    landmarks : Landmarks
    side : Side
        The side to be planned.
    atlas : HipAtlas, optional

    Raises
    ------
    InputRefusedError
        When neither a mirror nor a shape model comes to lie on the bone.
    """
    operated = _why_not_native(landmarks, side.opposite)
    refusals = []
    if operated is not None and atlas is not None:
        try:
            return _from_shape_model(surfaces, landmarks, side, atlas)
        except FitError as refusal:
            refusals.append(str(refusal))
    try:
        return _from_mirror(surfaces, landmarks, side, operated)
    except FitError as refusal:
        refusals.append(str(refusal))
    raise InputRefusedError(
        f"the native {side} hip bone cannot be rebuilt ({'; '.join(refusals)}): give shape models with --atlas, "
        "or a scan that shows more of both hip bones"
    )


def _why_not_native(landmarks: Landmarks, side: Side) -> str | None:
    hip = landmarks.hips.get(side)
    if hip is not None and hip.implant_present:
        found = "has an implant too: its mirror is no native bone"
    elif hip is None or (hip.head is None and not landmarks.points[landmark_name("HRC", side)].status.has_value):
        found = "has no head of its own: its mirror may be no native bone"
    else:
        return None
    return f"the {side} hip {found} (shape models, --atlas, can rebuild it)"


def _from_mirror(
    surfaces: Mapping[str, Mesh], landmarks: Landmarks, side: Side, warning: str | None
) -> NativeHemipelvis:
    mirror = mirror_onto(side, surfaces, landmarks)
    method = (
        f"mirror of the healthy side, trimmed ICP ({mirror.rms_mm:.1f} mm RMS away from the acetabulum), "
        "then deformed smoothly to fit the host bone"
    )
    lender = landmarks.points[landmark_name("HRC_NATIVE", side.opposite)].point
    centre = transform_points(mirror.other_from_side, lender)
    mirrored = surfaces[f"hip_{side.opposite}"].transformed(mirror.other_from_side)
    mesh = warped_onto(mirrored, surfaces[f"hip_{side}"], centre, native_head_radius_mm(landmarks))
    return NativeHemipelvis(mesh, mirror.rms_mm, MIRROR_BIAS_MM, method, warning)


def _from_shape_model(
    surfaces: Mapping[str, Mesh], landmarks: Landmarks, side: Side, atlas: HipAtlas
) -> NativeHemipelvis:
    model = atlas.models[side]
    names = [landmark_name(stem, side) for stem in model.landmarks_mm]
    known = {n: mark.point for n in names if (mark := landmarks.points.get(n)) is not None and mark.status.has_value}
    fit = fit_shape_model(model, side, points_of_mesh(surfaces[f"hip_{side}"]), known)
    method = f"shape model of {atlas.subjects} hip bones ({fit.rms_mm:.1f} mm RMS away from the acetabulum)"
    mesh = model.shape(fit.coefficients).transformed(fit.lps_from_model)
    return NativeHemipelvis(mesh, fit.rms_mm, SHAPE_MODEL_BIAS_MM, method)
