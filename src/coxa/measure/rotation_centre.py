"""Height and horizontal position of the rotation centre, today's and native, in both anatomical frames."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.anatomy import SIDES, Landmark, Side, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.frames import Frame
from coxa.geometry.mesh import Mesh
from coxa.measure.coronal import crossing_at_height, height_over_line, line_and_up
from coxa.measure.kohler import kohler_points
from coxa.measure.propagation import ANATOMICAL_FRAMES, Points, Quantity, chosen, derive, frame_of

_PLANE = "in the coronal plane of the frame"
HEIGHT = f"distance of the rotation centre above the line through both inferior teardrops, {_PLANE}; superior positive"
HORIZONTAL = (
    "distance of the rotation centre from the perpendicular of the inter-teardrop line through the teardrop of the "
    f"same side, {_PLANE}"
)
INTER_ISCHIAL = (
    f"distance of the rotation centre above the line through both ischial tuberosities, {_PLANE}; superior positive"
)
KOHLER = f"horizontal distance of the rotation centre from the ilio-ischial (Köhler) line, {_PLANE}; lateral positive"
CENTRES = (("", "HRC"), ("native_", "HRC_NATIVE"), ("socket_", "SOCKET"))
"""First word of the metric's name, and the landmark: today's centre, the native one, the bony socket's own."""
MIDLINE = "distance of the rotation centre from the sagittal plane of the frame through the symphysis; lateral positive"


def rotation_centre_measurements(landmarks: Landmarks, surfaces: Mapping[str, Mesh]) -> list[Measurement]:
    """Return all centre positions of both sides in the APP and functional frames."""
    rows = []
    for side in SIDES:
        kohler = kohler_points(
            surfaces.get(f"hip_{side}"),
            landmarks.points[landmark_name("HRC_NATIVE", side)],
            landmarks.lps_from_app,
            side,
        )
        for frame in ANATOMICAL_FRAMES:
            for prefix, stem in CENTRES:
                rows += _over_teardrops(landmarks, side, frame, prefix, stem)
            rows += _variants(landmarks, side, frame, kohler)
    return rows


def _over_teardrops(landmarks: Landmarks, side: Side, frame: Frame, prefix: str, stem: str) -> list[Measurement]:
    centre, own = landmark_name(stem, side), landmark_name("TD", side)
    inputs = chosen(landmarks.points, "TD_L", "TD_R", centre)

    def height(points: Points) -> float:
        return height_over_line(points[centre], points["TD_L"], points["TD_R"], frame_of(points, frame))

    def horizontal(points: Points) -> float:
        u, _ = line_and_up(points["TD_L"], points["TD_R"], frame_of(points, frame))
        return abs(float((points[centre] - points[own]) @ u))

    # Which of several methods the native centre comes from belongs beside its numbers.
    method = f"from landmarks; centre: {landmarks.points[centre].method}" if prefix else "from landmarks"
    return [
        derive(Quantity(side, f"{prefix}rotation_centre_height", "mm", frame, HEIGHT, method), inputs, height),
        derive(
            Quantity(side, f"{prefix}rotation_centre_horizontal", "mm", frame, HORIZONTAL, method), inputs, horizontal
        ),
    ]


def _variants(landmarks: Landmarks, side: Side, frame: Frame, kohler: Mapping[str, Landmark]) -> list[Measurement]:
    centre = landmark_name("HRC", side)

    def over_ischia(points: Points) -> float:
        return height_over_line(points[centre], points["IT_L"], points["IT_R"], frame_of(points, frame))

    def from_kohler(points: Points) -> float:
        line = crossing_at_height(
            points["KOHLER_UPPER"], points["KOHLER_LOWER"], points[centre], frame_of(points, frame)
        )
        return -side.lateral_sign * line

    def from_midline(points: Points) -> float:
        left = frame_of(points, frame).axes[0]
        return side.lateral_sign * float((points[centre] - points["PSY"]) @ left)

    def quantity(name: str, definition: str) -> Quantity:
        return Quantity(side, f"rotation_centre_{name}", "mm", frame, definition)

    marks = landmarks.points
    return [
        derive(quantity("height_inter_ischial", INTER_ISCHIAL), chosen(marks, "IT_L", "IT_R", centre), over_ischia),
        derive(quantity("horizontal_kohler", KOHLER), {**chosen(marks, centre), **kohler}, from_kohler),
        derive(quantity("midline_distance", MIDLINE), chosen(marks, "PSY", centre), from_midline),
    ]
