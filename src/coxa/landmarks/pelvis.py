"""Pelvic landmarks by iteration: find points in a frame, build the frame from the points, repeat.

The first frame comes from the bones themselves (hip centroids and symphysis), never from the scanner's axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import RigidTransform, app_frame
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.extremum import Prominence, outermost_cap

CENTROID_ELEVATION_DEG = 38.0
"""Sagittal angle at the symphysis between APP superior and the hip bones' centroid; 29 to 53 in adults. Start only."""
THINNING_MM2 = 4.0
"""Surface per point where a thin cloud does: centroids, symphysis."""
MAX_SYMPHYSIS_MM, FACING_SLACK_MM, FACING_REACH_MM = 40.0, 4.0, 30.0
"""Largest gap of a symphysis; its faces are so much farther apart than the closest points, and lie this near to their
middle."""
MAX_ROUNDS = 40
"""Most turns into the frame that the landmarks make."""
PLAUSIBLE_ASIS_WIDTH_MM = (150.0, 340.0)
"""From and to of the distance between the ASIS, mm [E]."""
PLAUSIBLE_ASIS_HEIGHT_MM = (45.0, 160.0)
"""Bounds beyond any adult: outside them the bones are cropped, swapped or not a pelvis [E]."""

# Directions and cap depths follow where trained raters put these landmarks on ten adults, not the pure extremum: raters
# mark the tubercle lateral to the most anterior pubic point and the ASIS a little below the most anterior iliac point.
HIP_RULES: Mapping[str, Prominence] = {
    "ASIS": Prominence((0.20, -0.965, -0.17), 1.0, (0.5, 1.6), (-30.0, 60.0), (-0.35, 0.6)),
    "PT": Prominence((0.42, -0.84, -0.34), 0.5, (0.05, 0.42), (-30.0, 30.0), (-1.3, -0.6)),
    "AIIS": Prominence((0.26, -0.90, -0.34), 1.0, (0.6, 1.6), (-30.0, 45.0), (-0.62, -0.22)),
    "PSIS": Prominence((-0.08, 0.997, 0.0), 1.5, (0.05, 1.2), (100.0, 220.0), (-0.4, 0.9)),
    "IS": Prominence((-0.54, 0.82, 0.17), 1.0, (0.05, 0.9), (75.0, 180.0), (-1.1, -0.5)),
    "IT": Prominence((0.0, 0.0, -1.0), 1.0, (0.15, 1.2), (30.0, 200.0), (-3.0, -1.1)),
}
FRAME_STEMS = ("ASIS", "PT")
CORNERS = ("ASIS_L", "ASIS_R", "PT_L", "PT_R")
NOTHING_PLACED: Mapping[str, FloatArray] = {}
PROMONTORY_RULE = Prominence((0.0, -1.0, 0.0), 0.6, (-1.0, 1.0), (20.0, 130.0), (-0.4, 0.8))
"""As above, on the sacrum."""
PROMONTORY_HALF_WIDTH_MM = 5.0
"""The promontory is the most anterior sacral point near the sacrum's own middle."""


@dataclass(frozen=True, eq=False)
class PelvicFrame:
    """The APP frame with the two lengths that scale the search regions.

    Attributes
    ----------
    lps_from_app : RigidTransform
    half_width_mm : float
        Half the inter-ASIS distance.
    height_mm : float
        ASIS over pubic tubercles, along APP superior.
    """

    lps_from_app: RigidTransform
    half_width_mm: float
    height_mm: float


@dataclass(frozen=True, eq=False)
class PelvicPoints:
    """Landmarks of hip bones and sacrum by contract name (those that were found), LPS mm, and the frame they define."""

    points_lps_mm: Mapping[str, FloatArray]
    frame: PelvicFrame


def find_pelvic_points(
    hips: Mapping[Side, SurfacePoints],
    sacrum: SurfacePoints | None,
    placed_lps_mm: Mapping[str, FloatArray] = NOTHING_PLACED,
) -> PelvicPoints:
    """Find the pelvic landmarks and the APP frame from both hip bones.

    Parameters
    ----------
    hips : Mapping[Side, SurfacePoints]
        Both.
    sacrum : SurfacePoints or None
    placed_lps_mm : Mapping[str, ndarray (3,)]
        Landmarks that a person placed: they take the place of what would be found, in the frame too.

    Raises
    ------
    FitError
        When the bones do not look like two hip bones with ASIS and pubic tubercles.
    """
    if all(corner in placed_lps_mm for corner in CORNERS):
        return points_in_frame(hips, sacrum, frame_of_corners(placed_lps_mm), placed_lps_mm)
    frame = _coarse_frame(hips, _starting_frame(hips, _symphysis_centre(hips)))
    for _ in range(MAX_ROUNDS):
        found = _find_by_rules(hips, frame, {stem: HIP_RULES[stem] for stem in FRAME_STEMS})
        refined = frame_of_corners({**found, **placed_lps_mm})
        settled = np.abs(refined.lps_from_app.matrix - frame.lps_from_app.matrix).max() < 1e-6
        frame = refined
        if settled:
            break
    return points_in_frame(hips, sacrum, frame, placed_lps_mm)


def points_in_frame(
    hips: Mapping[Side, SurfacePoints],
    sacrum: SurfacePoints | None,
    frame: PelvicFrame,
    placed_lps_mm: Mapping[str, FloatArray] = NOTHING_PLACED,
) -> PelvicPoints:
    """Find every pelvic landmark by its rule in a frame that is given; the frame stays."""
    found = _find_by_rules(hips, frame, HIP_RULES)
    if "PSY" not in placed_lps_mm:
        found["PSY"] = _symphysis_centre(hips)
    if sacrum is not None:
        promontory = _promontory(sacrum, frame)
        if promontory is not None:
            found["SP"] = promontory
    known = {name: place for name, place in placed_lps_mm.items() if name.rpartition("_")[0] in HIP_RULES}
    known |= {name: placed_lps_mm[name] for name in ("PSY", "SP") if name in placed_lps_mm}
    return PelvicPoints({**found, **known}, frame)


def cut_off(cut: Mapping[Side, SurfacePoints], pelvis: PelvicPoints) -> tuple[str, ...]:
    """Return the landmarks that may lie outside the field of view.

    There the cut bone reaches as far out as the landmark that was found, and what is beyond the cut may reach farther:
    without its spine an ilium cut below has another most anterior point, as good to look at, 40 mm away.

    Parameters
    ----------
    cut : mapping of Side to SurfacePoints
        The hip bones' surface at the edge of the field of view.
    pelvis : PelvicPoints
    """
    names = []
    for side in SIDES:
        at_edge = _coordinates(cut[side], pelvis.frame, side.lateral_sign)
        for stem, rule in HIP_RULES.items():
            name = landmark_name(stem, side)
            if name not in pelvis.points_lps_mm:
                continue
            mirror = np.array([side.lateral_sign, 1.0, 1.0])
            place = pelvis.frame.lps_from_app.inverse().points(pelvis.points_lps_mm[name]) * mirror
            rivals = at_edge[rule.region(at_edge, pelvis.frame.half_width_mm, pelvis.frame.height_mm)]
            if len(rivals) and float((rivals @ rule.outward).max()) > float(place @ rule.outward):
                names.append(name)
    return tuple(names)


def _symphysis_centre(hips: Mapping[Side, SurfacePoints]) -> FloatArray:
    """Return the middle between the facing pubic surfaces (3,), LPS mm: the hip bones are nearest there."""
    left, right = (hips[side].thinned(THINNING_MM2) for side in SIDES)
    gap, partner = cKDTree(right.points_lps_mm).query(left.points_lps_mm, distance_upper_bound=MAX_SYMPHYSIS_MM)
    nearest = int(np.argmin(gap))
    if not np.isfinite(gap[nearest]):
        raise FitError(
            f"the hip bones are nowhere within {MAX_SYMPHYSIS_MM:.0f} mm of each other: no symphysis in view"
        )
    # The facing surfaces: pairs hardly wider apart than the closest one. Their median, not the closest pair itself,
    # says where they are: on voxel surfaces many pairs tie for the closest.
    close = gap < gap[nearest] + FACING_SLACK_MM
    middles = 0.5 * (left.points_lps_mm[close] + right.points_lps_mm[partner[close]])
    facing = np.linalg.norm(middles - np.median(middles, axis=0), axis=1) < FACING_REACH_MM
    return np.asarray(middles[facing].mean(0))


def _starting_frame(hips: Mapping[Side, SurfacePoints], symphysis: FloatArray) -> RigidTransform:
    left_centroid, right_centroid = (hips[side].centroid_lps_mm for side in SIDES)
    left = unit(left_centroid - right_centroid)
    rise = 0.5 * (left_centroid + right_centroid) - symphysis
    rise = unit(rise - (rise @ left) * left)
    behind = np.cross(rise, left)
    angle = np.radians(CENTROID_ELEVATION_DEG)
    superior = np.cos(angle) * rise - np.sin(angle) * behind
    return RigidTransform.from_axes([left, np.cross(superior, left), superior], symphysis)


def _coarse_frame(hips: Mapping[Side, SurfacePoints], start: RigidTransform) -> PelvicFrame:
    """Iterate Lewinnek's plain rule: most anterior points of the upper and lower halves of each hip bone."""
    axes = start.axes
    for _ in range(MAX_ROUNDS):
        found = {}
        for side in SIDES:
            height = hips[side].points_lps_mm @ axes[2]
            upper = height > 0.5 * (height.min() + height.max())
            for stem, half in (("ASIS", upper), ("PT", ~upper)):
                point = outermost_cap(hips[side].where(half), -axes[1], 1.0)
                if point is not None:
                    found[landmark_name(stem, side)] = point
        frame = frame_of_corners(found)
        settled = np.abs(frame.lps_from_app.axes - axes).max() < 1e-6
        axes = frame.lps_from_app.axes
        if settled:
            break
    return frame


def frame_of_corners(points: Mapping[str, FloatArray]) -> PelvicFrame:
    """Return the APP frame of the four points.

    Raises
    ------
    FitError
        When one is missing, or no pelvis has such proportions.
    """
    try:
        corners = [points[name] for name in CORNERS]
    except KeyError as missing:
        raise FitError(f"{missing.args[0]} is not in view: the anterior pelvic plane cannot be built") from None
    lps_from_app = app_frame(*corners)
    width = float(np.linalg.norm(corners[0] - corners[1]))
    height = -float(lps_from_app.inverse().points(0.5 * (corners[2] + corners[3]))[2])
    for what, value, (low, high) in (
        ("distance between the ASIS", width, PLAUSIBLE_ASIS_WIDTH_MM),
        ("height of the ASIS over the pubic tubercles", height, PLAUSIBLE_ASIS_HEIGHT_MM),
    ):
        if not low < value < high:
            raise FitError(
                f"the {what} would be {value:.0f} mm (plausible {low:.0f} to {high:.0f}): "
                "hip bones cropped, left and right swapped, or not a pelvis"
            )
    return PelvicFrame(lps_from_app, 0.5 * width, height)


def _find_by_rules(
    hips: Mapping[Side, SurfacePoints], frame: PelvicFrame, rules: Mapping[str, Prominence]
) -> dict[str, FloatArray]:
    found = {}
    for side in SIDES:
        coordinates = _coordinates(hips[side], frame, side.lateral_sign)
        for stem, rule in rules.items():
            point = _apply(rule, hips[side], coordinates, frame, side.lateral_sign)
            if point is not None:
                found[landmark_name(stem, side)] = point
    return found


def _coordinates(bone: SurfacePoints, frame: PelvicFrame, lateral_sign: float) -> FloatArray:
    """Return (lateral, posterior, superior) APP coordinates (N, 3) of a bone's points."""
    return np.asarray(frame.lps_from_app.inverse().points(bone.points_lps_mm) * np.array([lateral_sign, 1.0, 1.0]))


def _apply(
    rule: Prominence, bone: SurfacePoints, coordinates_mm: FloatArray, frame: PelvicFrame, lateral_sign: float
) -> FloatArray | None:
    region = rule.region(coordinates_mm, frame.half_width_mm, frame.height_mm)
    direction = frame.lps_from_app.vectors(unit(rule.direction) * np.array([lateral_sign, 1.0, 1.0]))
    return outermost_cap(bone.where(region), direction, rule.cap_depth_mm)


def _promontory(sacrum: SurfacePoints, frame: PelvicFrame) -> FloatArray | None:
    left = frame.lps_from_app.axes[0]
    middle = float(sacrum.centroid_lps_mm @ left)
    central = np.abs(sacrum.points_lps_mm @ left - middle) < PROMONTORY_HALF_WIDTH_MM
    middle_part = sacrum.where(central)
    point = _apply(PROMONTORY_RULE, middle_part, _coordinates(middle_part, frame, 1.0), frame, 1.0)
    return None if point is None else point + (middle - float(point @ left)) * left
