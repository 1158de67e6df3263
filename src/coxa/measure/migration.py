"""How far the rotation centre has moved from where it was: HRC minus HRC_NATIVE in the APP frame."""

from __future__ import annotations

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.frames import Frame
from coxa.measure.propagation import Points, Quantity, chosen, derive, frame_of

DEFINITION = "current minus native rotation centre, {} component in the APP frame; {} positive"


def migration_measurements(landmarks: Landmarks) -> list[Measurement]:
    """Return the migration components of both sides: superior, lateral (on both sides), posterior positive."""
    return [row for side in SIDES for row in _of_side(landmarks, side)]


def _of_side(landmarks: Landmarks, side: Side) -> list[Measurement]:
    today, native = landmark_name("HRC", side), landmark_name("HRC_NATIVE", side)
    rows = []
    for name, axis, sign in (("superior", 2, 1.0), ("lateral", 0, side.lateral_sign), ("posterior", 1, 1.0)):
        quantity = Quantity(side, f"migration_{name}", "mm", Frame.APP, DEFINITION.format(name, name))
        if not landmarks.hips[side].implant_present and landmarks.points[today].status.has_value:
            rows.append(quantity.missing("native hip: the current rotation centre is the native one"))
            continue

        def component(points: Points, axis: int = axis, sign: float = sign) -> float:
            return sign * float((points[today] - points[native]) @ frame_of(points, Frame.APP).axes[axis])

        rows.append(derive(quantity, chosen(landmarks.points, today, native), component))
    return rows
