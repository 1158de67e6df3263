"""Screws through the cup, chosen as a set by the bone along them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from coxa.anatomy import Side, landmark_name
from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray, read_only, unit
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.plan import PlannedCup, Screw
from coxa.planning.settings import SCREW_LENGTHS_MM, PlanSettings
from coxa.volume import Volume

HOLE_POLAR_DEG = (15.0, 30.0, 45.0)
"""Rings of screw holes, measured from the cup's pole [E]."""

HOLES_PER_RING = 16

SWIVEL_DEG = 12.0
"""A screw may lean this far from the hole's radius [E]."""

QUADRANT_SAFETY = {
    "postero-superior": "safe",
    "postero-inferior": "caution: sciatic nerve and superior gluteal vessels, keep short of 25 mm",
    "antero-superior": "danger: external iliac vessels",
    "antero-inferior": "danger: obturator vessels and nerve",
}
"""Wasielewski's quadrants about the acetabular centre [S]."""

PROPOSED_QUADRANTS = ("postero-superior", "postero-inferior")
"""Screws are proposed in these only; the dangerous ones are the surgeon's to choose."""

CAUTION_LENGTH_MM = 25.0
"""Longest screw proposed in the postero-inferior quadrant [E]."""

FULL_HU = 300.0
"""Bone at or above this counts in full; trabecular bone has 150 to 300 HU."""

_BEST_KEPT = 30


@dataclass(frozen=True, eq=False)
class ScrewSite:
    """What screws are judged against."""

    cup: PlannedCup
    host: Mesh
    volume: Volume | None
    landmarks: Landmarks
    side: Side


def propose_screws(site: ScrewSite, settings: PlanSettings) -> tuple[Screw, ...]:
    """Return the set of screws with the most, and densest, bone along them.

    Candidates leave the holes of the dome along its radius or leaning up to ``SWIVEL_DEG``. Each is as long as the
    catalogue and the far cortex allow (the tip stays ``screw_tip_margin_mm`` inside the bone). Of the best of them
    every set that keeps its clearance is compared.
    """
    if settings.screw_count_max < 1:
        return ()
    candidates = [screw for screw in candidate_screws(site, settings) if _acceptable(screw, settings)]
    ranked = sorted(candidates, key=_worth, reverse=True)[:_BEST_KEPT]
    worth = np.array([_worth(screw) for screw in ranked])
    clear = np.array([[_clear(a, b, settings) for b in ranked] for a in ranked])
    best: tuple[int, ...] = ()
    for count in range(1, settings.screw_count_max + 1):
        sets = (s for s in combinations(range(len(ranked)), count) if all(clear[a, b] for a, b in combinations(s, 2)))
        champion = max(sets, key=lambda s: float(worth[list(s)].sum()), default=best)
        if worth[list(champion)].sum() > worth[list(best)].sum():
            best = champion
    return tuple(ranked[n] for n in best)


def candidate_screws(site: ScrewSite, settings: PlanSettings) -> list[Screw]:
    """Return every candidate with some bone along it, with its figures."""
    entries, directions = _trajectories(site.cup)
    reach = settings.screw_longest_mm + settings.screw_tip_margin_mm
    crossings = RayCaster(site.host).crossings(entries, directions, reach)
    bone = [_first_bone_stretch(found, reach) for found in crossings]
    kept = [n for n, stretch in enumerate(bone) if stretch is not None]
    walls = _walls_mm(site.host, entries[kept], directions[kept], reach)
    screws = []
    for n, wall in zip(kept, walls, strict=True):
        stretch = bone[n]
        if stretch is not None:
            screws.append(_screw(site, entries[n], directions[n], (stretch[0], stretch[1]), wall, settings))
    return [screw for screw in screws if screw is not None]


def quadrant(point_lps_mm: FloatArray, centre_lps_mm: FloatArray, landmarks: Landmarks, side: Side) -> str:
    """Return the quadrant of a point: line from ASIS through the planned centre and its perpendicular.

    Seen in the sagittal plane of the APP frame; recomputed for every centre, so it holds for a high one.
    """
    frame = landmarks.lps_from_app
    asis = landmarks.points[landmark_name("ASIS", side)]
    if frame is None or asis.position_lps_mm is None:
        return "unknown"
    toward_asis = _sagittal(frame, asis.position_lps_mm - centre_lps_mm)
    offset = _sagittal(frame, point_lps_mm - centre_lps_mm)
    up = toward_asis / np.linalg.norm(toward_asis)
    backward = np.array([up[1], -up[0]])
    return ("postero" if offset @ backward > 0 else "antero") + ("-superior" if offset @ up > 0 else "-inferior")


def _sagittal(frame: RigidTransform, vector_lps: FloatArray) -> FloatArray:
    """Return the (posterior, superior) components in the APP frame."""
    return frame.inverse().vectors(vector_lps)[1:]


def _trajectories(cup: PlannedCup) -> tuple[FloatArray, FloatArray]:
    """Return entries on the cup's outer sphere and directions, (N, 3) each."""
    axis = cup.axis_lps
    first = unit(np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))]))
    second = np.cross(axis, first)
    entries, directions = [], []
    for polar in np.radians(HOLE_POLAR_DEG):
        for turn in 2.0 * np.pi * np.arange(HOLES_PER_RING) / HOLES_PER_RING:
            across = np.cos(turn) * first + np.sin(turn) * second
            along = np.cross(axis, across)
            radius = -np.cos(polar) * axis + np.sin(polar) * across
            down = -np.sin(polar) * axis - np.cos(polar) * across
            lean = np.tan(np.radians(SWIVEL_DEG))
            leans = [0.0 * down, lean * down, -lean * down, lean * along, -lean * along]
            directions += [unit(radius + step) for step in leans]
            entries += [cup.centre_lps_mm + 0.5 * cup.outer_diameter_mm * radius] * len(leans)
    return np.array(entries), np.array(directions)


def _first_bone_stretch(crossings: list[tuple[float, bool]], reach_mm: float) -> tuple[float, float] | None:
    """Return the (start, end) distances of the first stretch in bone, or None."""
    if not crossings:
        return None
    first, enters = crossings[0]
    if not enters:
        return 0.0, first
    return first, crossings[1][0] if len(crossings) > 1 else reach_mm


def _walls_mm(host: Mesh, entries: FloatArray, directions: FloatArray, reach_mm: float) -> FloatArray:
    """Return, per trajectory and millimetre along it, the distance from the axis to the bone's surface."""
    from scipy.spatial import cKDTree

    along = np.arange(0.0, reach_mm + 1.0)
    points = entries[:, None] + along[None, :, None] * directions[:, None]
    return np.asarray(cKDTree(host.vertices_lps_mm).query(points, workers=2)[0])


def _screw(
    site: ScrewSite,
    entry: FloatArray,
    direction: FloatArray,
    bone: tuple[float, float],
    wall_mm: FloatArray,
    settings: PlanSettings,
) -> Screw | None:
    """Return the longest screw that stays in the first stretch of bone with its whole thread, or None."""
    radius = 0.5 * settings.screw_diameter_mm
    bare = np.flatnonzero((wall_mm < radius) & (np.arange(len(wall_mm)) > bone[0] + 2.0 * radius))
    end = min(bone[1], float(bare[0])) if len(bare) else bone[1]
    where = quadrant(entry + direction * bone[0], site.cup.centre_lps_mm, site.landmarks, site.side)
    limit = min(end - settings.screw_tip_margin_mm, settings.screw_longest_mm)
    if where == "postero-inferior":
        limit = min(limit, CAUTION_LENGTH_MM)
    lengths = [length for length in SCREW_LENGTHS_MM if bone[0] < length <= limit]
    if not lengths:
        return None
    length = lengths[-1]
    along = np.arange(bone[0] + 0.5, length, 0.5)
    hu = _mean_hu(site.volume, entry + along[:, None] * direction)
    note = (
        f"{QUADRANT_SAFETY.get(where, 'quadrant unknown')}; bone ends {bone[1] - length:.0f} mm or more beyond the tip"
    )
    return Screw(
        read_only(entry, (3,)), read_only(direction, (3,)), settings.screw_diameter_mm,
        length, length - bone[0], hu, where, note,
    )  # fmt: skip


def _mean_hu(volume: Volume | None, points: FloatArray) -> float | None:
    from scipy.ndimage import map_coordinates

    if volume is None or not len(points):
        return None
    ijk = volume.grid.indices_from_points(points)
    return float(map_coordinates(volume.hu, ijk[:, ::-1].T, order=1, mode="nearest", output=np.float64).mean())


def _acceptable(screw: Screw, settings: PlanSettings) -> bool:
    return screw.quadrant in PROPOSED_QUADRANTS and screw.bone_length_mm >= settings.screw_minimum_bone_mm


def _worth(screw: Screw) -> float:
    """Return the bone length in mm, discounted where it is thinner than good trabecular bone."""
    density = 1.0 if screw.mean_hu is None else float(np.clip(screw.mean_hu / FULL_HU, 0.0, 1.0))
    return screw.bone_length_mm * (0.25 + 0.75 * density)


def _clear(a: Screw, b: Screw, settings: PlanSettings) -> bool:
    return axis_distance_mm(a, b) >= 0.5 * (a.diameter_mm + b.diameter_mm) + settings.screw_clearance_mm


def axis_distance_mm(first: Screw, second: Screw) -> float:
    """Return the least distance between the axes of two screws (segments)."""
    p, u = first.entry_lps_mm, first.direction_lps * first.length_mm
    q, v = second.entry_lps_mm, second.direction_lps * second.length_mm
    uu, uv, vv, w = u @ u, u @ v, v @ v, p - q
    det = uu * vv - uv * uv
    ends = [(_share(float(-(w @ u) / uu)), 0.0), (_share(float((v - w) @ u / uu)), 1.0)]
    ends += [(0.0, _share(float((w @ v) / vv))), (1.0, _share(float((w + u) @ v / vv)))]
    if det > 1e-9 * uu * vv:
        s, t = float((uv * (v @ w) - vv * (u @ w)) / det), float((uu * (v @ w) - uv * (u @ w)) / det)
        if 0 <= s <= 1 and 0 <= t <= 1:
            ends.append((s, t))
    return float(min(np.linalg.norm(w + s * u - t * v) for s, t in ends))


def _share(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))
