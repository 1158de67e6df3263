"""The teardrop on an AP radiograph against the teardrop in space, and the rotation centre measured from it.

How far the two definitions lie apart says how well the teardrop is defined on this pelvis.
"""

from __future__ import annotations

from collections.abc import Mapping

from coxa.anatomy import PROJECTED_TEARDROPS, SIDES, Landmark, Side, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.frames import Frame
from coxa.measure.coronal import height_over_line, line_and_up
from coxa.measure.propagation import ANATOMICAL_FRAMES, Points, Quantity, chosen, derive, frame_of

_ON_RADIOGRAPH = "the teardrops' apices on the AP projection of the frame"
APART = "apex of the teardrop on the AP projection of the frame minus the inferior teardrop in space, {0}; {0} positive"
HEIGHT = f"distance of the rotation centre above the line through {_ON_RADIOGRAPH}; superior positive"
HORIZONTAL = (
    "distance of the rotation centre from the perpendicular, through the apex of the same side, "
    f"of the line through {_ON_RADIOGRAPH}"
)


def teardrop_projection_measurements(landmarks: Landmarks) -> list[Measurement]:
    """Return both sides' differences between the definitions and positions of the centre, in both frames."""
    names = [landmark_name(stem, side) for stem in PROJECTED_TEARDROPS.values() for side in SIDES]
    marks = {**{name: Landmark.missing(name, "not searched for") for name in names}, **landmarks.points}
    rows = []
    for frame in ANATOMICAL_FRAMES:
        for side in SIDES:
            rows += _apart(marks, side, frame)
            rows += _of_centre(marks, side, frame)
    return rows


def _apart(marks: Mapping[str, Landmark], side: Side, frame: Frame) -> list[Measurement]:
    name, in_space = landmark_name(PROJECTED_TEARDROPS[frame], side), landmark_name("TD", side)
    inputs = chosen(marks, in_space, name)
    rows = []
    for word, axis, sign in (("superior", 2, 1.0), ("lateral", 0, side.lateral_sign)):

        def component(points: Points, axis: int = axis, sign: float = sign) -> float:
            return sign * float((points[name] - points[in_space]) @ frame_of(points, frame).axes[axis])

        quantity = Quantity(side, f"teardrop_drr_minus_3d_{word}", "mm", frame, APART.format(word))
        rows.append(derive(quantity, inputs, component))
    return rows


def _of_centre(marks: Mapping[str, Landmark], side: Side, frame: Frame) -> list[Measurement]:
    centre, own = landmark_name("HRC", side), landmark_name(PROJECTED_TEARDROPS[frame], side)
    left, right = (landmark_name(PROJECTED_TEARDROPS[frame], each) for each in (Side.LEFT, Side.RIGHT))
    inputs = chosen(marks, left, right, centre)

    def height(points: Points) -> float:
        return height_over_line(points[centre], points[left], points[right], frame_of(points, frame))

    def horizontal(points: Points) -> float:
        u, _ = line_and_up(points[left], points[right], frame_of(points, frame))
        return abs(float((points[centre] - points[own]) @ u))

    return [
        derive(Quantity(side, "rotation_centre_height_drr_teardrop", "mm", frame, HEIGHT), inputs, height),
        derive(Quantity(side, "rotation_centre_horizontal_drr_teardrop", "mm", frame, HORIZONTAL), inputs, horizontal),
    ]
