"""What a surgeon reads off a ruined acetabulum, as quantities: the inputs of every classification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from coxa.anatomy import Side, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import distances_from, heights_along
from coxa.geometry.frames import Frame, RigidTransform
from coxa.measure.kohler import KOHLER_UNCERTAINTY_MM, kohler_points
from coxa.measure.propagation import Quantity
from coxa.planning.defect.loss import SOCKET_MARGIN_MM, BoneChange, DefectSite
from coxa.planning.defect.obturator import OBTURATOR_UNCERTAINTY_MM, superior_obturator_mm
from coxa.planning.defect.radial_loss import DIRECTIONS, RadialLoss, rim_angles_deg

TEARDROP_RADIUS_MM = 8.0
"""The teardrop's bone is the native bone this close to its tip [E]."""
SEGMENT_LOST_SHARE = 0.5
"""A direction of the rim counts as lost when more than this of its bone is missing [E]."""
BESIDE_CUP_MM = 4.0
"""Loss this close to the old cup is its bed and membrane [E]."""
LYSIS_AREA_MM2 = 20.0
"""Loss in the ischium counts down to the level where it is still this wide [E]."""
FAR_FROM_SOCKET_MM = 25.0
"""Bone so far above and below the native centre belongs to the ilium and to the ischium [E]."""


@dataclass(frozen=True, eq=False)
class SignSite:
    """All that the signs are read off."""

    change: BoneChange
    site: DefectSite
    landmarks: Landmarks
    lps_from_app: RigidTransform
    side: Side
    radial: RadialLoss

    def local_mm(self) -> FloatArray:
        """Return medial, posterior and superior of the native centre (k, j, i, 3) of the grid's points."""
        grid, centre = self.change.grid, self.site.native_centre_lps_mm
        left, posterior, superior = self.lps_from_app.axes
        medial = -self.side.lateral_sign * left
        return np.stack([heights_along(centre, axis, grid) for axis in (medial, posterior, superior)], axis=-1)

    def local_of(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return medial, posterior and superior of the native centre of points (N, 3)."""
        turned = np.array([-self.side.lateral_sign, 1.0, 1.0])
        offsets = points_lps_mm - self.site.native_centre_lps_mm
        return np.asarray(self.lps_from_app.inverse().vectors(offsets) * turned)


def defect_signs(where: SignSite) -> tuple[Measurement, ...]:
    """Return every sign as a measurement; one that cannot be read says why."""
    local = where.local_mm()
    lost = where.change.lost > 0.5
    line_mm = superior_obturator_mm(
        where.site.native.mesh, where.site.native_centre_lps_mm, where.lps_from_app, where.side
    )
    return (
        _above_obturator_line(where, line_mm),
        _ischial_lysis(where, line_mm, local, lost),
        _teardrop(where, local),
        _kohler(where, local, lost),
        _rim_arc(where),
        _contained(where),
        _discontinuity(where, local),
    )


def _quantity(where: SignSite, metric: str, unit: str, definition: str, frame: str = "none") -> Quantity:
    return Quantity(where.side, metric, unit, frame, definition, where.site.native.method)


def _above_obturator_line(where: SignSite, line_mm: float | None) -> Measurement:
    definition = "current rotation centre above the superior obturator line, along APP superior"
    quantity = _quantity(where, "rotation_centre_above_obturator", "mm", definition, Frame.APP)
    if line_mm is None:
        return quantity.missing("the obturator foramen does not show in the AP view of the native hip bone")
    height = where.local_of(where.site.centre_today_lps_mm[None])[0, 2]
    return quantity.measured(height - line_mm, OBTURATOR_UNCERTAINTY_MM)


def _ischial_lysis(where: SignSite, line_mm: float | None, local: FloatArray, lost: BoolArray) -> Measurement:
    definition = "how far loss of the ischium, the cup's bed apart, reaches below the superior obturator line"
    quantity = _quantity(where, "ischial_lysis", "mm", definition, Frame.APP)
    if line_mm is None:
        return quantity.missing("the obturator foramen does not show in the AP view of the native hip bone")
    ischium = lost & (local[..., 1] > 0.0) & (local[..., 2] < line_mm) & ~_bed(where)
    spacing = where.change.grid.spacing_mm[0]
    depth = np.floor((line_mm - local[..., 2][ischium]) / spacing).astype(int)
    wide = np.flatnonzero(np.bincount(depth) * spacing**2 >= LYSIS_AREA_MM2)
    return quantity.measured(float(wide.max() + 1) * spacing if len(wide) else 0.0, OBTURATOR_UNCERTAINTY_MM)


def _bed(where: SignSite) -> BoolArray:
    """Tell which voxels lie in the bed of the socket or of the old cup: what was reamed there is no lysis."""
    grid, site = where.change.grid, where.site
    bed = np.zeros(grid.shape, dtype=bool)
    if site.reamed_radius_mm is not None:
        bed |= distances_from(site.native_centre_lps_mm, grid) < site.reamed_radius_mm + SOCKET_MARGIN_MM
    if site.old_cup is not None:
        bed |= distances_from(site.old_cup.centre_lps_mm, grid) < 0.5 * site.old_cup.outer_diameter_mm + BESIDE_CUP_MM
    return bed


def _teardrop(where: SignSite, local: FloatArray) -> Measurement:
    definition = f"share of the native bone within {TEARDROP_RADIUS_MM:g} mm of the teardrop that is lost"
    quantity = _quantity(where, "teardrop_loss", "1", definition)
    teardrop = where.landmarks.points.get(landmark_name("TD", where.side))
    if teardrop is None or teardrop.position_lps_mm is None:
        reason = "it was not searched for" if teardrop is None else teardrop.reason
        return quantity.missing(f"the teardrop is not known: {reason}")
    near = np.linalg.norm(local - where.local_of(teardrop.point[None])[0], axis=-1) <= TEARDROP_RADIUS_MM
    native = float(where.change.native[near].sum())
    if native <= 0.0:
        return quantity.missing("no native bone lies at the teardrop")
    lost, hidden = (float(field[near].sum()) / native for field in (where.change.lost, where.change.unknown))
    share = float(np.clip(lost + 0.5 * hidden, 0.0, 1.0))
    return quantity.measured(share, 0.15 + 0.5 * hidden, (teardrop.reason,) if teardrop.reason else ())


def _kohler(where: SignSite, local: FloatArray, lost: BoolArray) -> Measurement:
    definition = "how far the old cup, or without one the loss, reaches medial of the native Köhler line (AP view)"
    quantity = _quantity(where, "kohler_breach", "mm", definition, Frame.APP)
    centre = where.landmarks.points[landmark_name("HRC_NATIVE", where.side)]
    marks = kohler_points(where.site.native.mesh, centre, where.lps_from_app, where.side)
    missing = [mark.reason for mark in marks.values() if mark.position_lps_mm is None]
    if missing:
        return quantity.missing(f"no Köhler line: {missing[0]}")
    upper, lower = (where.local_of(marks[name].point[None])[0] for name in ("KOHLER_UPPER", "KOHLER_LOWER"))
    cup = where.site.old_cup
    if cup is not None:
        middle = where.local_of(cup.centre_lps_mm[None])[0]
        edge = middle + np.array([0.5 * cup.outer_diameter_mm, 0.0, 0.0])
        return quantity.measured(float(_medial_of(edge, upper, lower)), KOHLER_UNCERTAINTY_MM)
    height = local[..., 2]
    beside = local[lost & (height > lower[2]) & (height < upper[2])]
    if not len(beside):
        return quantity.missing("no implant, and no loss at the height of the Köhler line")
    return quantity.measured(float(np.percentile(_medial_of(beside, upper, lower), 99.0)), KOHLER_UNCERTAINTY_MM)


def _medial_of(points_mm: FloatArray, upper_mm: FloatArray, lower_mm: FloatArray) -> FloatArray:
    """Return how far points (N, 3) lie medial of the line in the AP view."""
    slope = (upper_mm[0] - lower_mm[0]) / (upper_mm[2] - lower_mm[2])
    return np.asarray(points_mm[..., 0] - (lower_mm[0] + slope * (points_mm[..., 2] - lower_mm[2])))


def _rim_arc(where: SignSite) -> Measurement:
    definition = f"arc of the acetabulum along which more than {SEGMENT_LOST_SHARE:.0%} of the bone is missing"
    quantity = _quantity(where, "rim_loss_arc", "deg", definition)
    lost = float((where.radial.missing_share() > SEGMENT_LOST_SHARE).sum()) * 360.0 / DIRECTIONS
    return quantity.measured(lost, 2.0 * 360.0 / DIRECTIONS)


def _contained(where: SignSite) -> Measurement:
    definition = "bone lost in those directions of the acetabulum that keep most of theirs"
    quantity = _quantity(where, "contained_loss", "ml", definition)
    change = where.change
    kji = np.argwhere(change.lost != 0)
    offsets = change.grid.points_from_indices(kji[:, ::-1]) - where.site.native_centre_lps_mm
    angle = rim_angles_deg(offsets, where.lps_from_app, where.side)
    sector = np.round(angle / (360.0 / DIRECTIONS)).astype(int) % DIRECTIONS
    kept = where.radial.missing_share()[sector] <= SEGMENT_LOST_SHARE
    volume = float(change.lost[tuple(kji[kept].T)].sum()) * change.grid.voxel_volume_ml
    return quantity.measured(max(volume, 0.0), 0.1 * abs(volume))


def _discontinuity(where: SignSite, local: FloatArray) -> Measurement:
    definition = "1 when no bone joins ilium and ischium any more; a fracture line without a gap is not seen"
    quantity = _quantity(where, "pelvic_discontinuity", "1", definition)
    height = local[..., 2]
    ends = (height > FAR_FROM_SOCKET_MM, (height < -FAR_FROM_SOCKET_MM) & (local[..., 1] > 0.0))
    host = where.change.host_mm < 0
    if not all((host & end).any() for end in ends):
        return quantity.missing("ilium or ischium beside the acetabulum is not in view")
    if _joined(host, ends):
        return quantity.measured(0.0, 0.0)
    if _joined(host | (where.change.unknown > 0), ends):
        return quantity.missing("ilium and ischium may be joined by bone that is not assessable because of metal")
    return quantity.measured(1.0, 0.0)


def _joined(bone: BoolArray, ends: tuple[BoolArray, BoolArray]) -> bool:
    """Tell whether the largest piece of bone at one end is the largest at the other."""
    pieces = ndi.label(bone)[0]
    first, second = (int(np.bincount(pieces[bone & end]).argmax()) for end in ends)
    return first == second
