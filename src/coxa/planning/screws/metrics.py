"""What there is to say of one screw: bone along it, HU, exit, protrusion, quadrant, vessels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from coxa.anatomy import Side
from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray, read_only, unit
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.labels import Segmentation
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.hu_along import HuAround, hu_around
from coxa.planning.screws.quadrants import QUADRANT_SAFETY, quadrant
from coxa.planning.screws.tip import TipEdge, tip_edge
from coxa.planning.screws.values import Screw
from coxa.planning.screws.vessels import Vessels
from coxa.volume import Volume

FOLLOWED_MM = 120.0
"""A screw's axis is followed this far to find where it leaves the bone."""

TABLE_SLOPE = 0.3
"""Sine of the tilt from the sagittal plane above which a surface is the inner or the outer table, not an edge [E]."""

HU_STEP_MM = 0.5
"""Along a screw, bone is looked at in such steps, mm."""

Stretches = tuple[tuple[float, float], ...]
"""Start and end of each way in bone along an axis, mm from the entry."""


@dataclass(frozen=True, eq=False)
class ScrewSite:
    """What screws are judged against.

    Attributes
    ----------
    cup : PlannedCup
    host : Mesh
        Today's hip bone, closed, LPS mm.
    volume, segmentation
        For the HU, and where metal spoils it; None without them.
    landmarks : Landmarks
    side : Side
    augment : Mesh or None
        Outer surface of the augment, if one is planned; closed.
    vessels : Vessels or None
    """

    cup: PlannedCup
    host: Mesh
    volume: Volume | None
    segmentation: Segmentation | None
    landmarks: Landmarks
    side: Side
    augment: Mesh | None = None
    vessels: Vessels | None = None

    @cached_property
    def bone_rays(self) -> RayCaster:
        """Rays against the host bone."""
        return RayCaster(self.host)

    @cached_property
    def augment_rays(self) -> RayCaster | None:
        """Rays against the augment; None without one."""
        return None if self.augment is None or self.augment.is_empty else RayCaster(self.augment)

    @cached_property
    def hu(self) -> HuAround | None:
        """The scan about the cup."""
        if self.volume is None or self.segmentation is None:
            return None
        return hu_around(self.volume, self.segmentation, self.cup.centre_lps_mm)


def bone_stretches(site: ScrewSite, entries_lps_mm: FloatArray, directions_lps: FloatArray) -> list[Stretches]:
    """Return, per axis (N, 3), the ways in host bone over ``FOLLOWED_MM``."""
    crossings = site.bone_rays.crossings(entries_lps_mm, directions_lps, FOLLOWED_MM)
    return [_stretches(found) for found in crossings]


def measured_screw(
    site: ScrewSite,
    entry_lps_mm: FloatArray,
    direction_lps: FloatArray,
    diameter_mm: float,
    length_mm: float,
    through: str,
    stretches: Stretches | None = None,
) -> Screw:
    """Return a screw, proposed or set by hand, with all its figures but the clearance from others.

    Parameters
    ----------
    site : ScrewSite
    entry_lps_mm, direction_lps : ndarray (3,)
    diameter_mm, length_mm : float
    through : str
        ``cup``, ``cup and augment`` or ``augment``.
    stretches : Stretches, optional
        When :func:`bone_stretches` was asked already.
    """
    entry, direction = np.asarray(entry_lps_mm, dtype=np.float64), unit(direction_lps)
    path = bone_path(site.bone_rays, site.landmarks.lps_from_app, site.side, entry, direction, length_mm, stretches)
    where = quadrant(entry + path.begin_mm * direction, site.cup.centre_lps_mm, site.landmarks, site.side)
    mean_hu, trusted = _hu_along(site.hu, entry, direction, path.in_bone)
    vessel_mm = _vessel_distance(site.vessels, entry, direction, 0.5 * diameter_mm, length_mm)
    bare = Screw(
        entry_lps_mm=read_only(entry, (3,)),
        direction_lps=read_only(direction, (3,)),
        diameter_mm=diameter_mm,
        length_mm=length_mm,
        bone_length_mm=path.bone_length_mm,
        mean_hu=mean_hu,
        quadrant=where,
        note="",
        through=through,
        hu_trusted_fraction=trusted,
        vessel_distance_mm=vessel_mm,
    )
    return along_path(bare, path, tip_edge(site.bone_rays, entry, direction, diameter_mm, length_mm, path.begin_mm))


@dataclass(frozen=True, eq=False)
class BonePath:
    """A screw's way through the host bone.

    Attributes
    ----------
    in_bone : Stretches
        Cut off at the screw's tip.
    exit_mm : float or None
        Where along the axis the bone that holds the tip, or held the screw last, ends; None when far beyond.
    exit_table : str or None
    """

    in_bone: Stretches
    exit_mm: float | None
    exit_table: str | None

    @property
    def begin_mm(self) -> float:
        """Where the axis first meets bone; 0 when it never does."""
        return self.in_bone[0][0] if self.in_bone else 0.0

    @property
    def bone_length_mm(self) -> float:
        """Length of the axis in bone."""
        return float(sum(end - start for start, end in self.in_bone))


def bone_path(
    host: RayCaster,
    lps_from_app: RigidTransform | None,
    side: Side,
    entry_lps_mm: FloatArray,
    direction_lps: FloatArray,
    length_mm: float,
    stretches: Stretches | None = None,
) -> BonePath:
    """Follow a screw's axis through the host bone."""
    if stretches is None:
        (crossings,) = host.crossings(entry_lps_mm[None], direction_lps[None], FOLLOWED_MM)
        stretches = _stretches(crossings)
    in_bone = tuple((start, min(end, length_mm)) for start, end in stretches if start < length_mm)
    exit_mm = _exit_mm(stretches, length_mm)
    table = None if exit_mm is None else _table(host, lps_from_app, side, entry_lps_mm, direction_lps, exit_mm)
    return BonePath(in_bone, exit_mm, table)


def along_path(screw: Screw, path: BonePath, tip: TipEdge) -> Screw:
    """Return the screw with what its path through the bone says: length in bone, exit, protrusion, note."""
    exit_mm, length_mm = path.exit_mm, screw.length_mm
    on_axis = 0.0 if exit_mm is None else max(length_mm - exit_mm, 0.0)
    return replace(
        screw,
        bone_length_mm=path.bone_length_mm,
        note=_note(screw.quadrant, length_mm, path, tip),
        exit_lps_mm=None if exit_mm is None else read_only(screw.entry_lps_mm + exit_mm * screw.direction_lps, (3,)),
        exit_beyond_tip_mm=None if exit_mm is None else exit_mm - length_mm,
        exit_table=path.exit_table,
        protrusion_mm=max(on_axis, tip.protrusion_mm),
        tip_outside_fraction=tip.outside_fraction,
    )


def _stretches(crossings: list[tuple[float, bool]]) -> Stretches:
    """Pair the ways in and out; an axis that starts in bone has its first way from 0."""
    found, start = [], 0.0 if crossings and not crossings[0][1] else None
    for distance, enters in crossings:
        if enters:
            start = distance
        elif start is not None:
            found.append((start, distance))
            start = None
    return (*found, (start, FOLLOWED_MM)) if start is not None else tuple(found)


def _hu_along(
    hu: HuAround | None, entry: FloatArray, direction: FloatArray, in_bone: Stretches
) -> tuple[float | None, float]:
    if hu is None or not in_bone:
        return None, 0.0
    along = np.concatenate([np.arange(start + 0.5 * HU_STEP_MM, end, HU_STEP_MM) for start, end in in_bone])
    return hu.mean_along(entry + along[:, None] * direction)


def _exit_mm(stretches: Stretches, length_mm: float) -> float | None:
    """Return where the bone that holds the tip, or held the screw last, ends; None when it does not within reach."""
    begun = [end for start, end in stretches if start < length_mm]
    return begun[-1] if begun and begun[-1] < FOLLOWED_MM else None


def _table(
    host: RayCaster,
    frame: RigidTransform | None,
    side: Side,
    entry: FloatArray,
    direction: FloatArray,
    exit_mm: float,
) -> str | None:
    """Name the surface that an axis leaves the bone through, by where its normal points."""
    if frame is None:
        return None
    normal = host.normal_met(entry + (exit_mm - 0.05) * direction, direction)
    if normal is None:
        return None
    lateral = side.lateral_sign * float(frame.axes[0] @ normal)
    if abs(lateral) < TABLE_SLOPE:
        return "edge"
    return "outer table" if lateral > 0 else "inner table"


def _vessel_distance(
    vessels: Vessels | None, entry: FloatArray, direction: FloatArray, radius_mm: float, length_mm: float
) -> float | None:
    if vessels is None:
        return None
    along = np.append(np.arange(0.0, length_mm, HU_STEP_MM), length_mm)
    return float(vessels.distance_mm(entry + along[:, None] * direction).min() - radius_mm)


def _note(where: str, length_mm: float, path: BonePath, tip: TipEdge) -> str:
    safety = QUADRANT_SAFETY.get(where, "quadrant unknown")
    if not path.in_bone:
        return f"{safety}; misses the bone"
    through = "the bone's surface" if path.exit_table is None else f"the {path.exit_table}"
    if path.exit_mm is not None and path.exit_mm < length_mm:
        most = max(length_mm - path.exit_mm, tip.protrusion_mm)
        return f"{safety}; the tip protrudes through {through} by {most:.1f} mm"
    if tip.outside_fraction:
        edge = f"{100 * tip.outside_fraction:.0f} % of the tip's edge"
        return f"{safety}; {edge} protrudes out of the bone, by up to {tip.protrusion_mm:.1f} mm"
    if path.exit_mm is None:
        return f"{safety}; the bone goes on far beyond the tip"
    return f"{safety}; {path.exit_mm - length_mm:.0f} mm of bone beyond the tip to {through}"
