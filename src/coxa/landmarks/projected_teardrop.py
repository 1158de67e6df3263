"""The teardrop as an AP radiograph of a frame shows it: the lower apex of the U that fossa floor and plate draw.

Rays along the frame's posterior axis draw a line where they graze bone. They graze the free lower end of the medial
acetabular wall where its height hardly changes from one coronal slice to the next, so the apex is where half of the
slices' ends crowd in the narrowest band of heights. The slices lie square to the rays: with the pelvis tilted, another
part of the end is grazed, and the apex is another point.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import PROJECTED_TEARDROPS, SIDES, Landmark, Side, Status, landmark_name
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.landmarks.centres.native_hips import NativeHips
from coxa.landmarks.pelvis import PelvicPoints
from coxa.landmarks.reliability import WARNING_FACTOR, Surroundings
from coxa.landmarks.teardrop import free_ends

SLAB_HALF_MM = 9.0
"""Antero-posterior reach of the search about the teardrop in space: the whole notch [E]."""
MIN_GRAZED = 8
"""Fewer slices in which the wall ends freely show no apex [E]."""
APEX_UNCERTAINTY_MM = 3.0
"""As the teardrop in space: no rated truth, the spread between the two sides instead."""
MAX_APART_MM = 6.0
"""Farther from the teardrop in space, in the picture, the rays graze another piece of bone [E]."""
METHOD = "where rays along the posterior axis of the {} frame graze the lower end of the medial acetabular wall"


def find_projected_teardrop(
    hip: Mesh,
    native_centre_lps_mm: FloatArray,
    head_radius_mm: float,
    teardrop_lps_mm: FloatArray,
    lps_from_frame: RigidTransform,
    side: Side,
) -> FloatArray | None:
    """Return the teardrop's apex in the AP projection of a frame as an LPS point (3,), in the depth that casts it.

    None when the wall does not end above the foramen.

    Parameters
    ----------
    hip : Mesh
        The hip bone of this side.
    native_centre_lps_mm : ndarray (3,)
    head_radius_mm : float
    teardrop_lps_mm : ndarray (3,)
        In space: the rays are searched in front of it and behind it.
    lps_from_frame : RigidTransform
        ``lps_from_app`` or ``lps_from_functional``: the rays run along its posterior axis.
    side : Side
    """
    level = float((teardrop_lps_mm - native_centre_lps_mm) @ lps_from_frame.axes[1])
    slab = (level - SLAB_HALF_MM, level + SLAB_HALF_MM)
    ends = free_ends(hip, native_centre_lps_mm, head_radius_mm, lps_from_frame, side, slab)
    if len(ends) < MIN_GRAZED:
        return None
    half = len(ends) // 2
    rising = ends[np.argsort(ends[:, 2])]
    bands_mm = rising[half - 1 :, 2] - rising[: len(ends) - half + 1, 2]
    first = int(np.argmin(bands_mm))
    return native_centre_lps_mm + lps_from_frame.vectors(rising[first : first + half].mean(0))


def projected_teardrops(
    surfaces: Mapping[str, Mesh],
    native: NativeHips,
    pelvis: PelvicPoints | None,
    marks: Mapping[str, Landmark],
    surroundings: Surroundings,
) -> dict[str, Landmark]:
    """Find both teardrops on the AP projections of both anatomical frames.

    A side that borrowed its teardrop in space from the other one borrows the projected one too.

    Parameters
    ----------
    surfaces : Mapping[str, Mesh]
    native : NativeHips
    pelvis : PelvicPoints or None
    marks : Mapping[str, Landmark]
        With ``TD`` of both sides.
    surroundings : Surroundings
    """
    found = {}
    for frame, stem in PROJECTED_TEARDROPS.items():
        lps_from_frame = _frame(pelvis, frame)
        own = {side: _own(side, surfaces, native, marks, lps_from_frame) for side in SIDES}
        for side in SIDES:
            name = landmark_name(stem, side)
            in_space = marks[landmark_name("TD", side)]
            if lps_from_frame is None or in_space.position_lps_mm is None:
                found[name] = Landmark.missing(name, f"needs {in_space.name}: {in_space.reason}")
            elif _is_lent(side, native, marks):
                found[name] = _lent(name, own[side.opposite], native.mirrors[side].other_from_side, in_space)
            else:
                found[name] = _seen(name, own[side], lps_from_frame, in_space, surroundings)
    return found


def _frame(pelvis: PelvicPoints | None, frame: str) -> RigidTransform | None:
    if pelvis is None:
        return None
    lps_from_app = pelvis.frame.lps_from_app
    return functional_frame(lps_from_app) if frame == Frame.FUNCTIONAL else lps_from_app


def _own(
    side: Side,
    surfaces: Mapping[str, Mesh],
    native: NativeHips,
    marks: Mapping[str, Landmark],
    lps_from_frame: RigidTransform | None,
) -> FloatArray | None:
    centre = native.landmarks[landmark_name("HRC_NATIVE", side)].position_lps_mm
    teardrop = marks[landmark_name("TD", side)].position_lps_mm
    hip = surfaces.get(f"hip_{side}")
    if centre is None or teardrop is None or hip is None or lps_from_frame is None:
        return None
    return find_projected_teardrop(hip, centre, native.head_radius_mm, teardrop, lps_from_frame, side)


def _is_lent(side: Side, native: NativeHips, marks: Mapping[str, Landmark]) -> bool:
    mirror, lender = native.mirrors.get(side), marks[landmark_name("TD", side.opposite)].position_lps_mm
    if mirror is None or lender is None:
        return False
    return bool(np.allclose(marks[landmark_name("TD", side)].point, transform_points(mirror.other_from_side, lender)))


def _lent(name: str, lender: FloatArray | None, other_from_side: FloatArray, in_space: Landmark) -> Landmark:
    if lender is None:
        return Landmark.missing(name, f"{in_space.reason}, and the other side's shows no apex to mirror")
    place = transform_points(other_from_side, lender)
    return Landmark(name, place, in_space.uncertainty_mm, Status.WARN, in_space.method, in_space.reason)


def _seen(
    name: str, place: FloatArray | None, lps_from_frame: RigidTransform, in_space: Landmark, surroundings: Surroundings
) -> Landmark:
    if place is None:
        return Landmark.missing(name, "the medial wall shows no lower end along these rays")
    apart = lps_from_frame.inverse().vectors(place - in_space.point)
    apart_mm = float(np.hypot(apart[0], apart[2]))
    if apart_mm > MAX_APART_MM:
        return Landmark.missing(name, f"what the rays graze lies {apart_mm:.0f} mm from {in_space.name}: another edge")
    uncertainty = surroundings.widened(APEX_UNCERTAINTY_MM)
    warning = surroundings.unreliable_at(place) or (in_space.reason if in_space.status is Status.WARN else None)
    method = METHOD.format(lps_from_frame.source)
    if warning is None:
        return Landmark(name, place, uncertainty, Status.OK, method)
    return Landmark(name, place, WARNING_FACTOR * uncertainty, Status.WARN, method, warning)
