"""The whole native skeleton with its landmarks, before anybody lay down or was operated on.

Body coordinates: x to the patient's left, y posterior, z superior, mm, origin near mid-ASIS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import Frame, RigidTransform, app_frame
from coxa.phantom.extrema import Region, climb, furthest_point
from coxa.phantom.femur import Femur, femur
from coxa.phantom.hip_bone import HipBone, hip_bone
from coxa.phantom.parameters import HemipelvisShape
from coxa.phantom.sacrum import lumbar_vertebra, sacrum
from coxa.phantom.sampling import volume_ml
from coxa.phantom.solids import Solid, difference, moved, offset

SACROILIAC_GAP_MM = 2.5
"""Between sacrum and iliac bones, mm."""
FACET_GAP_MM = 2.5
"""Between sacrum and fifth lumbar vertebra, mm."""
FRAME_TOLERANCE_MM = 0.005
"""The anterior pelvic plane stands when no corner moves by more, mm."""
VOLUME_STEP_MM = 2.0
"""Lattice for volumes: 0.2 % on a hip bone, 0.5 % on a defect, against 0.8 mm."""

HIP_BOX = np.array([[-4.0, -20.0, -150.0], [160.0, 165.0, 82.0]])
"""Holds a hip bone in hemipelvis coordinates."""


@dataclass(frozen=True, eq=False)
class Hemipelvis:
    """Hip bone and femur of one side, in body coordinates once mirrored by ``sign`` along x."""

    side: Side
    hip: HipBone
    femur: Femur

    @property
    def sign(self) -> float:
        """+1 on the left, -1 on the right."""
        return self.side.lateral_sign

    def to_body(self, vector: FloatArray) -> FloatArray:
        """Take a point or direction (3,) of the hemipelvis to body coordinates."""
        return np.asarray(vector * np.array([self.sign, 1.0, 1.0]))

    def in_body(self, solid: Solid) -> Solid:
        """Return a solid of the hemipelvis in body coordinates."""
        return solid if self.sign > 0 else moved(solid, np.diag([-1.0, 1.0, 1.0, 1.0]))


@dataclass(frozen=True, eq=False)
class Skeleton:
    """All native bones.

    Attributes
    ----------
    halves : Mapping[Side, Hemipelvis]
    sacrum, vertebra : Solid
    body_from_app : RigidTransform
    landmarks_mm : Mapping[str, ndarray (3,)]
        By contract name, body coordinates.
    hip_volume_ml : Mapping[Side, float]
    """

    halves: Mapping[Side, Hemipelvis]
    sacrum: Solid
    vertebra: Solid
    body_from_app: RigidTransform
    landmarks_mm: Mapping[str, FloatArray]
    hip_volume_ml: Mapping[Side, float]


@lru_cache(maxsize=8)
def build_skeleton(left: HemipelvisShape, right: HemipelvisShape) -> Skeleton:
    """Build bones and landmarks for two sides; remembered, since many phantoms share their shapes."""
    halves = {}
    for side, shape in ((Side.LEFT, left), (Side.RIGHT, right)):
        hip = hip_bone(shape)
        halves[side] = Hemipelvis(side, hip, femur(shape, hip.centre))
    wings = [offset(half.in_body(half.hip.solid), SACROILIAC_GAP_MM) for half in halves.values()]
    middle = difference(sacrum(), *wings, blend=1.0)
    vertebra = difference(lumbar_vertebra(), offset(sacrum(), FACET_GAP_MM))
    frame = _anterior_plane(halves)
    volumes = {side: volume_ml(half.hip.solid, HIP_BOX, VOLUME_STEP_MM) for side, half in halves.items()}
    return Skeleton(halves, middle, vertebra, frame, _landmarks(halves, middle, frame), volumes)


# Landmarks of a hemipelvis: direction and box in (lateral, posterior, superior) of the APP frame.
ANTERIOR, POSTERIOR, INFERIOR = (0.0, -1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
ASIS_REGION = Region((90.0, -8.0, -22.0), (140.0, 16.0, 22.0))
"""Where the ASIS is looked for, mm."""
TUBERCLE_REGION = Region((12.0, -8.0, -110.0), (42.0, 16.0, -78.0))
"""Where the pubic tubercle is looked for, mm."""
HIP_LANDMARKS: Mapping[str, tuple[tuple[float, float, float], Region]] = {
    "AIIS": (ANTERIOR, Region((80.0, 4.0, -48.0), (112.0, 32.0, -29.0))),
    "PSIS": (POSTERIOR, Region((30.0, 125.0, 4.0), (66.0, 152.0, 36.0))),
    "IS": ((-0.70710678, 0.70710678, 0.0), Region((40.0, 92.0, -84.0), (66.0, 120.0, -62.0))),
    "IT": (INFERIOR, Region((25.0, 55.0, -148.0), (80.0, 110.0, -115.0))),
}
"""Of each landmark, the direction in which it is the extreme point and where it is looked for, mm."""


def _anterior_plane(halves: Mapping[Side, Hemipelvis]) -> RigidTransform:
    """Pick ASIS and tubercles, rotate into the frame they make, pick again until nothing moves."""
    frame = RigidTransform.from_axes(np.eye(3), np.zeros(3), target="body")
    picks = [(halves[side], region) for region in (ASIS_REGION, TUBERCLE_REGION) for side in SIDES]
    corners = np.array([_pick(half, half.hip.solid, frame, ANTERIOR, region) for half, region in picks])
    for _ in range(12):
        last = corners
        frame = RigidTransform(app_frame(*corners).matrix, "body", Frame.APP)
        corners = np.array(
            [
                _pick(half, half.hip.solid, frame, ANTERIOR, region, start)
                for (half, region), start in zip(picks, last, strict=True)
            ]
        )
        if np.abs(corners - last).max() < FRAME_TOLERANCE_MM:
            break
    return frame


def _pick(
    half: Hemipelvis,
    solid: Solid,
    body_from_app: RigidTransform,
    direction: tuple[float, float, float],
    region: Region,
    start: FloatArray | None = None,
) -> FloatArray:
    """Return the extreme point of a hemipelvis solid in body coordinates; direction and box in its APP axes.

    With ``start`` (body coordinates) the search is local.
    """
    mirror = np.diag([half.sign, 1.0, 1.0, 1.0])
    half_from_app = mirror @ body_from_app.matrix @ mirror
    turned = moved(solid, half_from_app)
    if start is None:
        point = furthest_point(turned, direction, region)
    else:
        app_from_half = np.linalg.inv(half_from_app)
        point = climb(turned, direction, app_from_half[:3, :3] @ half.to_body(start) + app_from_half[:3, 3], region)
    return half.to_body(half_from_app[:3, :3] @ point + half_from_app[:3, 3])


def _landmarks(halves: Mapping[Side, Hemipelvis], sacrum_solid: Solid, frame: RigidTransform) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    faces = []
    for side, half in halves.items():
        points = {name: _pick(half, half.hip.solid, frame, d, region) for name, (d, region) in HIP_LANDMARKS.items()}
        points["ASIS"] = _pick(half, half.hip.solid, frame, ANTERIOR, ASIS_REGION)
        points["PT"] = _pick(half, half.hip.solid, frame, ANTERIOR, TUBERCLE_REGION)
        points["TD"] = _teardrop(half, frame)
        points["GT"], points["LT"] = _trochanters(half)
        points["HRC"] = points["HRC_NATIVE"] = points["SOCKET"] = half.to_body(half.hip.centre)
        found |= {landmark_name(stem, side): point for stem, point in points.items()}
        faces.append(_symphysis_face(half))
    found["PSY"] = np.mean(faces, axis=0)
    front = furthest_point(moved(sacrum_solid, frame.matrix), ANTERIOR, Region((-8, 55, 0), (8, 80, 35)))
    found["SP"] = frame.points(front)
    return found


def _teardrop(half: Hemipelvis, frame: RigidTransform) -> FloatArray:
    """Most inferior point of the plate between fossa floor and quadrilateral surface, within 10 mm of the notch."""
    centre = half.to_body(frame.inverse().points(half.to_body(half.hip.centre)))
    low = (centre[0] - half.hip.socket_radius_mm - 12.0, centre[1] - 10.0, centre[2] - 30.0)
    high = (centre[0] - half.hip.socket_radius_mm - 2.0, centre[1] + 10.0, centre[2] - 4.0)
    return _pick(half, half.hip.solid, frame, INFERIOR, Region(low, high))


def _trochanters(half: Hemipelvis) -> tuple[FloatArray, FloatArray]:
    """Greater trochanter: highest along the shaft; lesser: furthest along its own knob."""
    thigh = half.femur
    axes = np.array([thigh.lateral, thigh.posterior, -thigh.shaft_axis])
    half_from_thigh = np.eye(4)
    half_from_thigh[:3, :3], half_from_thigh[:3, 3] = axes.T, thigh.neck_base
    solid = moved(thigh.solid, half_from_thigh)
    greater = furthest_point(solid, (0.0, 0.0, 1.0), Region((-12, 2, 8), (22, 32, 40)))
    lesser = furthest_point(solid, unit((-0.5, 0.86, 0.1)), Region((-30, 0, -50), (0, 26, -20)))
    at = [half.to_body(half_from_thigh[:3, :3] @ p + half_from_thigh[:3, 3]) for p in (greater, lesser)]
    return at[0], at[1]


def _symphysis_face(half: Hemipelvis) -> FloatArray:
    """Centroid of the pubic face that looks at the other side."""
    y, z = np.meshgrid(np.arange(-5.0, 55.0, 0.25), np.arange(-130.0, -65.0, 0.25))
    points = np.stack([np.full_like(y, 4.0), y, z])
    inside = half.hip.solid(points) < 0
    return np.array([0.0, y[inside].mean(), z[inside].mean()])
