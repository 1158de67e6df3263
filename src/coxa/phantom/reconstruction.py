"""A total hip in the phantom: where cup, head and stem stand, and which bone they and the lesions took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.phantom.hip_bone import opening_axis
from coxa.phantom.parameters import HipSide, Implant, LyticLesion
from coxa.phantom.skeleton import Hemipelvis, Skeleton
from coxa.phantom.solids import (
    Solid,
    capsule,
    difference,
    ellipsoid,
    half_space,
    intersection,
    moved,
    sphere,
    tube,
    union,
)


@dataclass(frozen=True, eq=False)
class OperatedSide:
    """One side as it is today, in body coordinates.

    Attributes
    ----------
    half : Hemipelvis
        As it was.
    hip, femur, canal : Solid
        Bones as they are, and the marrow space.
    metals : tuple of (Solid, float)
        Parts with their HU before clipping.
    liner : Solid or None
    lost : tuple of Solid
        What took bone of the hip: bed with track, then lesions; screws are not loss.
    screws : Solid or None
    centre : ndarray (3,)
        Rotation centre today.
    cup_axis : ndarray (3,) or None
        Out of the opening.
    femur_shift : ndarray (3,)
    """

    half: Hemipelvis
    hip: Solid
    femur: Solid
    canal: Solid
    metals: tuple[tuple[Solid, float], ...]
    liner: Solid | None
    lost: tuple[Solid, ...]
    screws: Solid | None
    centre: FloatArray
    cup_axis: FloatArray | None
    femur_shift: FloatArray


TITANIUM_HU, COBALT_CHROME_HU = 5000.0, 9500.0
"""What titanium and cobalt-chrome would measure on an extended scale, HU [E]."""
SCREW_RADIUS_MM = 3.0
"""Of a dome screw, mm."""
RESECTION_ABOVE_BASE_MM = 26.0
"""The neck is cut this far above its base, along the neck's axis, mm."""
FEMUR_BOX = np.array([[35.0, -10.0, -340.0], [175.0, 150.0, -20.0]])
"""Corners of a box that holds the left femur (left, posterior, superior), mm."""


def operate(skeleton: Skeleton, half: Hemipelvis, wanted: HipSide) -> OperatedSide:
    """Return one side after its implant and its lesions."""
    hip, thigh, canal = (half.in_body(s) for s in (half.hip.solid, half.femur.solid, half.femur.canal))
    native = half.to_body(half.hip.centre)
    lesions = tuple(_lesion(lesion, skeleton, half, native) for lesion in wanted.lesions)
    if wanted.implant is None:
        return OperatedSide(
            half, difference(hip, *lesions), thigh, canal, (), None, lesions, None, native, None, np.zeros(3)
        )
    implant = wanted.implant
    shift = _to_body(implant.migration_mm, skeleton, half)
    centre = native + shift
    axis = _to_body(opening_axis(implant.inclination_deg, implant.anteversion_deg), skeleton, half)
    bed = _bed(implant, native, centre, axis)
    cup, liner, screws = _cup(implant, skeleton, half, centre, axis)
    head, stem = _stem(implant, half, shift)
    travel = np.eye(4)
    travel[:3, 3] = -shift
    bone = moved(intersection(thigh, _resection(half)), travel)
    hip_now = difference(hip, bed, *lesions)
    if screws is not None:
        hip_now = difference(hip_now, screws)
    hot = [(cup, TITANIUM_HU), (stem, TITANIUM_HU), (head, COBALT_CHROME_HU)]
    if screws is not None:
        hot.append((screws, TITANIUM_HU))
    return OperatedSide(
        half, hip_now, difference(bone, stem), moved(canal, travel), tuple(hot), liner, (bed, *lesions), screws,
        centre, axis, shift,
    )  # fmt: skip


def _to_body(in_app: object, skeleton: Skeleton, half: Hemipelvis) -> FloatArray:
    """Take a (lateral, posterior, superior) vector of the APP frame to body coordinates."""
    lateral, posterior, superior = np.asarray(in_app, dtype=np.float64)
    return skeleton.body_from_app.vectors([half.sign * lateral, posterior, superior])


def _lesion(lesion: LyticLesion, skeleton: Skeleton, half: Hemipelvis, native: FloatArray) -> Solid:
    centre = native + _to_body(lesion.offset_mm, skeleton, half)
    return ellipsoid(centre, lesion.radii_mm, skeleton.body_from_app.axes)


def _bed(implant: Implant, native: FloatArray, centre: FloatArray, axis: FloatArray) -> Solid:
    """Reamed and worn bone: the shell with its membrane, its track from the native centre, and the way out."""
    radius = 0.5 * implant.cup_outer_diameter_mm + implant.membrane_mm
    insertion_path = capsule(centre, centre + 60.0 * axis, radius, radius + 4.0)
    return union(capsule(native, centre, radius, radius), insertion_path)


def _cup(
    implant: Implant, skeleton: Skeleton, half: Hemipelvis, centre: FloatArray, axis: FloatArray
) -> tuple[Solid, Solid, Solid | None]:
    outer = 0.5 * implant.cup_outer_diameter_mm
    inner = outer - implant.shell_thickness_mm
    face = half_space(centre, axis)
    shell = difference(intersection(sphere(centre, outer), face), sphere(centre, inner))
    liner_face = half_space(centre + 1.5 * axis, axis)
    liner = difference(intersection(sphere(centre, inner), liner_face), sphere(centre, 0.5 * implant.head_diameter_mm))
    if not implant.screws:
        return shell, liner, None
    fan = [(0.15, 0.35, 0.92), (-0.05, 0.75, 0.65), (0.3, 0.05, 0.95)]
    rods = []
    for lateral_posterior_superior in fan[: implant.screws]:
        way = unit(_to_body(lateral_posterior_superior, skeleton, half))
        rods.append(
            capsule(
                centre + (outer - 2.0) * way,
                centre + (outer - 2.0 + implant.screw_length_mm) * way,
                SCREW_RADIUS_MM,
                SCREW_RADIUS_MM,
            )
        )
    return shell, liner, union(*rods)


def _stem(implant: Implant, half: Hemipelvis, shift: FloatArray) -> tuple[Solid, Solid]:
    thigh = half.femur
    centre, base, down = (half.to_body(v) for v in (thigh.head_centre, thigh.neck_base, thigh.shaft_axis))
    centre, base = centre + shift, base + shift
    neck = unit(base - centre)
    head = difference(sphere(centre, 0.5 * implant.head_diameter_mm), capsule(centre, centre + 30.0 * neck, 5.2, 6.2))
    trunnion = capsule(centre, centre + 0.55 * np.linalg.norm(base - centre) * neck, 5.0, 6.0)
    shoulder = centre + 0.5 * (base - centre)
    body = tube(
        [
            (shoulder, 8.5),
            (base + 12.0 * down, 10.0),
            (base + 55.0 * down, 7.5),
            (base + implant.stem_length_mm * down, 4.5),
        ]
    )
    return head, union(trunnion, body, blend=3.0)


def _resection(half: Hemipelvis) -> Solid:
    """Return what stays of the femur: everything beyond the neck cut."""
    base, neck = half.to_body(half.femur.neck_base), half.to_body(half.femur.neck_axis)
    return half_space(base - RESECTION_ABOVE_BASE_MM * neck, -neck)
