"""The frozen plan: what ``plan.json`` holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coxa.anatomy import Side
from coxa.case import Measurement
from coxa.geometry.arrays import FloatArray

if TYPE_CHECKING:
    from coxa.planning.bone_stock import BoneStock
    from coxa.planning.coverage_map import CoverageMap
    from coxa.planning.cup_choice import CupChoice


@dataclass(frozen=True, eq=False)
class TargetCentre:
    """Where the rotation centre should be: LPS mm, 90 % radius, and which method said so."""

    position_lps_mm: FloatArray
    uncertainty_mm: float
    source: str


@dataclass(frozen=True, eq=False)
class PlannedCup:
    """A hemispherical cup in place.

    Attributes
    ----------
    outer_diameter_mm : float
    centre_lps_mm : ndarray (3,)
        Centre of the outer sphere; the planned rotation centre.
    axis_lps : ndarray (3,)
        Unit vector out of the opening.
    inclination_radiographic_deg, anteversion_radiographic_deg : float
        In ``angle_frame``.
    angle_frame : str
        ``functional`` or ``app``.
    shell_mm : float
        Wall of the metal shell.
    """

    outer_diameter_mm: float
    centre_lps_mm: FloatArray
    axis_lps: FloatArray
    inclination_radiographic_deg: float
    anteversion_radiographic_deg: float
    angle_frame: str
    shell_mm: float = 4.0


@dataclass(frozen=True)
class Coverage:
    """Shares of the cup's porous hemisphere by what lies behind it within ``tolerance_mm``; they sum to 1."""

    tolerance_mm: float
    host_fraction: float
    augment_fraction: float
    unsupported_fraction: float


@dataclass(frozen=True)
class Defect:
    """Bone lost and gained against the native hemipelvis, within the region where loss is counted; ml.

    Attributes
    ----------
    lost_ml : float
        ``seen_lost_ml`` and ``hidden_lost_share`` of ``unknown_ml``.
    new_ml : float
    unknown_ml : float
        Native bone that metal and its halo hide: neither seen to be lost nor seen to be there.
    native_ml : float
    lost_by_sector_ml : Mapping[str, float]
        ``roof``, ``anterior``, ``posterior``, ``medial``; they sum to ``lost_ml``.
    method : str
    uncertainty_ml : float or None
        Half-width about ``lost_ml`` that holds the truth in 90 % of cases.
    seen_lost_ml : float or None
        What is seen to be lost, with the old cup's place: the least, but for the uncertainty of the native bone.
    new_by_sector_ml, unknown_by_sector_ml, native_by_sector_ml : Mapping[str, float]
        Empty in plans of older versions.
    hidden_lost_share : float
        1 beside a cup that has migrated, for it lies in a membrane; 0.5 beside one that has not.
    """

    lost_ml: float
    new_ml: float
    unknown_ml: float
    native_ml: float
    lost_by_sector_ml: Mapping[str, float]
    method: str
    uncertainty_ml: float | None = None
    seen_lost_ml: float | None = None
    new_by_sector_ml: Mapping[str, float] = field(default_factory=dict)
    unknown_by_sector_ml: Mapping[str, float] = field(default_factory=dict)
    native_by_sector_ml: Mapping[str, float] = field(default_factory=dict)
    hidden_lost_share: float = 0.0

    @property
    def kept_ml(self) -> float:
        """Native bone that is seen to be there."""
        seen_lost_ml = self.lost_ml if self.seen_lost_ml is None else self.seen_lost_ml
        return self.native_ml - seen_lost_ml - self.unknown_ml


@dataclass(frozen=True, eq=False)
class Augment:
    """The part that fills the gap between cup and host bone.

    Attributes
    ----------
    needed : bool
        False is a proper answer; then ``reason`` says why and the other figures are zero.
    volume_ml, solid_volume_ml, porous_volume_ml : float
    porosity : float
        Measured void share of the porous zone.
    parameters : Mapping[str, float | str]
        Every setting that shaped it, with units in the keys.
    reason : str
    kind : str or None
        ``wedge``, ``buttress``, ``footing``, ``column`` or ``custom``; None when not needed, and in older plans.
    elements : str
        What it is made of, by where it lies about the cup: ``wedge 60 %, footing 40 %``.
    gap_ml : float or None
        The gap between cup, host bone and native hull within reach, that it was cut from.
    undercut_ml : float or None
        What of the gap lies behind bone on the way out: not filled, room for graft. No bone is cut away.
    way_out_lps : ndarray (3,) or None
        Unit vector along which it comes out; it is inserted against it.
    way_out_off_cup_axis_deg : float or None
    flanges : str
        Those that found bone to lie on, with their lengths; empty without.
    """

    needed: bool
    volume_ml: float
    solid_volume_ml: float
    porous_volume_ml: float
    porosity: float
    parameters: Mapping[str, float | str]
    reason: str
    kind: str | None = None
    elements: str = ""
    gap_ml: float | None = None
    undercut_ml: float | None = None
    way_out_lps: FloatArray | None = None
    way_out_off_cup_axis_deg: float | None = None
    flanges: str = ""


@dataclass(frozen=True, eq=False)
class Screw:
    """One screw through cup or augment; LPS mm.

    Attributes
    ----------
    entry_lps_mm, direction_lps : ndarray (3,)
        Where it enters the cup's or the augment's outer surface, and the unit vector into the bone.
    diameter_mm, length_mm : float
    bone_length_mm : float
        Length of its axis inside the host bone.
    mean_hu : float or None
        Mean HU along that length where metal does not disturb it; None when that is less than half of the length.
    quadrant : str
    note : str
    through : str
        ``cup``, ``cup and augment``, ``augment`` or ``flange``.
    hu_trusted_fraction : float
        Share of the length in bone whose HU metal does not disturb.
    exit_lps_mm : ndarray (3,) or None
        Where its axis, followed on, leaves the bone; None when that is far beyond the tip.
    exit_beyond_tip_mm : float or None
        How far beyond the tip that is; negative when the tip stands out.
    exit_table : str or None
        ``inner table``, ``outer table`` or ``edge``.
    protrusion_mm : float
        How far the tip stands out of the bone on the far side.
    clearance_mm : float or None
        Between its surface and that of the nearest other screw; None when it is the only one.
    vessel_distance_mm : float or None
        Between its surface and the nearest vessel; None without a vessel mask.
    """

    entry_lps_mm: FloatArray
    direction_lps: FloatArray
    diameter_mm: float
    length_mm: float
    bone_length_mm: float
    mean_hu: float | None
    quadrant: str
    note: str
    through: str = "cup"
    hu_trusted_fraction: float = 1.0
    exit_lps_mm: FloatArray | None = None
    exit_beyond_tip_mm: float | None = None
    exit_table: str | None = None
    protrusion_mm: float = 0.0
    clearance_mm: float | None = None
    vessel_distance_mm: float | None = None

    @property
    def tip_lps_mm(self) -> FloatArray:
        """The tip (3,)."""
        return self.entry_lps_mm + self.length_mm * self.direction_lps


@dataclass(frozen=True)
class PartFile:
    """A mesh file of the plan, relative to ``plan.json``."""

    name: str
    file: str
    sha256: str
    printable: bool | None


@dataclass(frozen=True)
class Approval:
    """``draft`` or ``approved``, by whom (a role or initials that the user types) and when."""

    state: str = "draft"
    by: str | None = None
    at: str | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """A reconstruction plan of one hip, self-contained and re-readable.

    Attributes
    ----------
    case_id, input_sha256, software_version : str
    side : Side
    frame : str
        Always ``lps``.
    lps_from_app : ndarray (4, 4)
    target : TargetCentre
    cup : PlannedCup
    coverage : tuple of Coverage
    defect : Defect or None
    augment : Augment
    screws : tuple of Screw
    settings : Mapping[str, float | str]
    parts : tuple of PartFile
    approval : Approval
    warnings : tuple of str
    cup_choice : CupChoice or None
        The alternatives to the cup and what all were weighed with; None in plans of older versions.
    coverage_map : CoverageMap or None
        What lies behind the cup direction by direction; None in plans of older versions.
    bone_stock : BoneStock or None
        Radial loss, signs and suggested classes; None in plans of older versions.
    motion : tuple of Measurement
        Degrees free of contact by motion; empty in plans of older versions.
    """

    case_id: str
    input_sha256: str
    software_version: str
    side: Side
    frame: str
    lps_from_app: FloatArray
    target: TargetCentre
    cup: PlannedCup
    coverage: tuple[Coverage, ...]
    defect: Defect | None
    augment: Augment
    screws: tuple[Screw, ...]
    settings: Mapping[str, float | str]
    parts: tuple[PartFile, ...]
    approval: Approval
    warnings: tuple[str, ...]
    cup_choice: CupChoice | None = None
    coverage_map: CoverageMap | None = None
    bone_stock: BoneStock | None = None
    motion: tuple[Measurement, ...] = ()
