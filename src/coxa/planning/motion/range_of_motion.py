"""How far the planned hip moves before something touches: neck on liner, and bone on bone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side, Status, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, sample_field, signed_distance
from coxa.planning.cup.values import PlannedCup
from coxa.planning.motion.femur_pose import REACH_MM, FemurPose, femur_pose
from coxa.planning.motion.joint_solids import neck_direction, neck_meets_liner, neck_points
from coxa.planning.settings.motion_settings import MotionSettings

PITCH_MM = 2.0
"""Grid on which the pelvis is a signed distance; between its points the surface is off by 0.1 mm at most."""

TOUCH_MM = 1.0
"""Overlap of the two bones' surfaces that counts as contact: what segmentation may be off [E]."""

LEAST_LINER_MM = 2.0
"""A thinner liner is not made [E]."""

COARSE_DEG, FINE_DEG = 3.0, 0.1
"""Contact is looked for in coarse steps, then found to the fine one, degrees."""

NECK_TELLS_ROTATION = "the femur's own neck is taken to stand at the planned anteversion, with its offset of today"


Turns = Callable[[FloatArray], FloatArray]
"""Gives the rotations (N, 3, 3) in LPS for the angles (N,) of a motion."""


@dataclass(frozen=True)
class Motion:
    """A motion from neutral.

    Attributes
    ----------
    name : str
    axis : int
        Of the functional frame (left, posterior, superior) that the thigh turns about.
    sign : float
        Of the turn, by the right hand; for motions that left and right make as mirror images, on the left.
    mirrored : bool
    furthest_deg : float
        No further is looked [E].
    first_flexed_deg : float
        The hip is flexed this far before.
    """

    name: str
    axis: int
    sign: float
    mirrored: bool
    furthest_deg: float
    first_flexed_deg: float = 0.0


MOTIONS = (
    Motion("flexion", 0, -1.0, False, 150.0),
    Motion("extension", 0, 1.0, False, 60.0),
    Motion("abduction", 1, -1.0, True, 90.0),
    Motion("adduction", 1, 1.0, True, 60.0),
    Motion("internal_rotation", 2, -1.0, True, 90.0),
    Motion("external_rotation", 2, 1.0, True, 90.0),
    Motion("internal_rotation_in_90_flexion", 2, -1.0, True, 90.0, 90.0),
)
"""Axis, sign, whether left and right mirror it, how far is looked, and the flexion before it; degrees."""


@dataclass(frozen=True, eq=False)
class MovingHip:
    """What moves and what it may meet.

    Attributes
    ----------
    cup : PlannedCup
    host : Mesh
        The hip bone, closed, LPS mm.
    augment : Mesh or None
    femur : Mesh or None
    landmarks : Landmarks
        With the pelvic frame.
    side : Side
    """

    cup: PlannedCup
    host: Mesh
    augment: Mesh | None
    femur: Mesh | None
    landmarks: Landmarks
    side: Side


def range_of_motion(hip: MovingHip, settings: MotionSettings) -> tuple[Measurement, ...]:
    """Return for every motion the degrees free of contact: of the neck with the liner, and of bone.

    From neutral (thigh along the functional vertical) one motion at a time, about the axes of the functional frame
    through the planned centre. ``bony`` is the first contact of the femur with hip bone, augment or cup, or of the
    neck with hip bone or augment. Without a usable femur it is not measurable; the neck's range still is.
    """
    if hip.landmarks.lps_from_app is None:
        why = f"the pelvic frame is not known ({hip.landmarks.app_reason})"
        return tuple(_missing(hip.side, m, kind, why) for m in MOTIONS for kind in ("prosthetic", "bony"))
    frame = functional_frame(hip.landmarks.lps_from_app)
    neck = neck_direction(frame, hip.side, settings)
    centre = hip.landmarks.points.get(landmark_name("HRC", hip.side))
    femur = femur_pose(hip.femur, centre, frame, hip.side, settings)
    rows = []
    for motion in MOTIONS:
        turns = _turns(motion, frame, hip.side)
        rows.append(_prosthetic(hip, motion, turns, neck, settings))
    return (*rows, *_bony_rows(hip, frame, neck, femur, settings))


def _prosthetic(
    hip: MovingHip, motion: Motion, turns: Turns, neck: FloatArray, settings: MotionSettings
) -> Measurement:
    angles = np.arange(0.0, motion.furthest_deg + 0.5 * FINE_DEG, FINE_DEG)
    meets = neck_meets_liner(turns(angles) @ neck, hip.cup, settings)
    what = f"hip {_words(motion)} from neutral until the neck meets the liner"
    method = (
        f"head {settings.head_diameter_mm:g}, neck {settings.neck_diameter_mm:g} mm, neck-shaft angle "
        f"{settings.ccd_deg:g}°, stem anteversion {settings.stem_anteversion_deg:g}°"
    )
    room = 0.5 * (hip.cup.outer_diameter_mm - settings.head_diameter_mm) - hip.cup.shell_mm
    if room < LEAST_LINER_MM:
        why = (
            f"a head of {settings.head_diameter_mm:g} mm leaves no room for a liner in a cup of "
            f"{hip.cup.outer_diameter_mm:g} mm: take a smaller one with --head-diameter"
        )
        return _missing(hip.side, motion, "prosthetic", why)
    if meets[0]:
        return _missing(hip.side, motion, "prosthetic", f"the neck meets the liner already {_at_start(motion)}")
    free = float(angles[int(meets.argmax())]) if meets.any() else motion.furthest_deg
    return _row(hip.side, motion, "prosthetic", free, what, None, method, None, not meets.any())


def _bony_rows(
    hip: MovingHip, frame: RigidTransform, neck: FloatArray, femur: FemurPose | str, settings: MotionSettings
) -> list[Measurement]:
    if isinstance(femur, str):
        return [_missing(hip.side, motion, "bony", femur) for motion in MOTIONS]
    obstacle = _Obstacle(hip)
    metal = neck_points(neck, hip.cup, settings)
    rows = []
    for motion in MOTIONS:
        turns = _turns(motion, frame, hip.side)

        def depth(angle: float, turns: Turns = turns) -> float:
            return obstacle.depth_mm(turns(np.array([angle]))[0], femur.offsets_mm, metal)

        rows.append(_bony(hip.side, motion, depth, femur.warning))
    return rows


def _bony(side: Side, motion: Motion, depth: Callable[[float], float], femur_warning: str | None) -> Measurement:
    """Return the first contact; its uncertainty from surfaces that lie half and twice ``TOUCH_MM`` deep."""
    angles = np.append(np.arange(0.0, motion.furthest_deg, COARSE_DEG), motion.furthest_deg)
    depths = [depth(float(angle)) for angle in angles]
    if depths[0] > 2.0 * TOUCH_MM:
        return _missing(
            side, motion, "bony", f"femur and pelvis overlap by {depths[0]:.0f} mm already {_at_start(motion)}"
        )
    limits = [_first_contact(angles, depths, depth, factor * TOUCH_MM) for factor in (0.5, 1.0, 2.0)]
    early, free, late = (motion.furthest_deg if limit is None else limit for limit in limits)
    warning = NECK_TELLS_ROTATION if femur_warning is None else f"{NECK_TELLS_ROTATION}; {femur_warning}"
    what = f"hip {_words(motion)} from neutral until bone is met"
    method = f"surfaces that overlap by {TOUCH_MM:g} mm touch; ± by half and twice as much"
    spread = max(late - free, free - early, FINE_DEG)
    return _row(side, motion, "bony", free, what, spread, method, warning, limits[1] is None)


class _Obstacle:
    """The pelvis with cup and augment about the planned centre, as signed distances."""

    def __init__(self, hip: MovingHip) -> None:
        half = int(np.ceil(REACH_MM / PITCH_MM))
        self._centre, self._cup = hip.cup.centre_lps_mm, hip.cup
        self._grid = Grid((2 * half + 1,) * 3, (PITCH_MM,) * 3, self._centre - half * PITCH_MM, np.eye(3))
        bone = signed_distance(hip.host, self._grid)
        # The reamer takes the bone within the cup's sphere.
        np.maximum(bone, np.float32(0.5 * hip.cup.outer_diameter_mm) - _radii(half), out=bone)
        if hip.augment is not None and not hip.augment.is_empty:
            np.minimum(bone, signed_distance(hip.augment, self._grid), out=bone)
        self._bone = bone

    def depth_mm(self, turn: FloatArray, femur: FloatArray, metal: FloatArray) -> float:
        """Return how deep the turned femur and neck reach into what stands still; negative while they are free."""
        moved = femur @ turn.T
        cup = np.maximum(np.linalg.norm(moved, axis=1) - 0.5 * self._cup.outer_diameter_mm, moved @ self._cup.axis_lps)
        points = np.concatenate([moved, metal @ turn.T]) + self._centre
        return -float(min(sample_field(self._bone, self._grid, points).min(), cup.min()))


def _radii(half: int) -> Field:
    """Return the distance [k, j, i] to the middle of a grid of that half size."""
    squared = (np.arange(-half, half + 1, dtype=np.float32) * np.float32(PITCH_MM)) ** 2
    return np.asarray(np.sqrt(squared[:, None, None] + squared[None, :, None] + squared[None, None]))


def _first_contact(
    angles_deg: FloatArray, depths_mm: list[float], depth: Callable[[float], float], touch_mm: float
) -> float | None:
    """Return the angle of the first contact: found among coarse steps, then by bisection; None without one."""
    first = next((n for n, found in enumerate(depths_mm) if found > touch_mm), None)
    if not first:
        return None if first is None else 0.0
    free, met = float(angles_deg[first - 1]), float(angles_deg[first])
    while met - free > FINE_DEG:
        middle = 0.5 * (free + met)
        free, met = (free, middle) if depth(middle) > touch_mm else (middle, met)
    return free


def _turns(motion: Motion, frame: RigidTransform, side: Side) -> Turns:
    """Return what gives the rotations (N, 3, 3) of a motion, in LPS, for angles (N,) in degrees."""
    from scipy.spatial.transform import Rotation

    sign = motion.sign * (side.lateral_sign if motion.mirrored else 1.0)
    before = Rotation.from_rotvec(-np.radians(motion.first_flexed_deg) * frame.axes[0])

    def turns(angles_deg: FloatArray) -> FloatArray:
        own = Rotation.from_rotvec(np.radians(sign * np.asarray(angles_deg))[:, None] * frame.axes[motion.axis])
        return np.asarray((before * own).as_matrix())

    return turns


def _at_start(motion: Motion) -> str:
    return f"in {motion.first_flexed_deg:.0f}° of flexion" if motion.first_flexed_deg else "in neutral"


def _words(motion: Motion) -> str:
    return motion.name.replace("_", " ").replace("in 90 flexion", "in 90° of flexion")


def _row(
    side: Side,
    motion: Motion,
    kind: str,
    value: float,
    what: str,
    spread: float | None,
    method: str,
    warning: str | None,
    is_free: bool,
) -> Measurement:
    free = f"no contact as far as was looked, {motion.furthest_deg:.0f}°" if is_free else None
    reason = "; ".join(part for part in (free, warning) if part) or None
    status = Status.OK if warning is None else Status.WARN
    metric = f"range_{motion.name}_{kind}"
    return Measurement(str(side), metric, value, "deg", str(Frame.FUNCTIONAL), what, status, spread, method, reason)


def _missing(side: Side, motion: Motion, kind: str, why: str) -> Measurement:
    metric, what = f"range_{motion.name}_{kind}", f"hip {_words(motion)} from neutral until contact"
    return Measurement(
        str(side), metric, None, "deg", str(Frame.FUNCTIONAL), what, Status.NOT_MEASURABLE, None, "", why
    )
