"""The frozen plan: what ``plan.json`` holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from coxa.anatomy import Side
from coxa.case import Measurement
from coxa.geometry.arrays import Matrix4x4
from coxa.planning.augment.values import Augment
from coxa.planning.cup.choice import CupChoice
from coxa.planning.cup.coverage_map import CoverageMap
from coxa.planning.cup.values import Coverage, PlannedCup, TargetCentre
from coxa.planning.defect.bone_stock import BoneStock
from coxa.planning.defect.values import Defect
from coxa.planning.screws.values import Screw

PRINTED_PARTS = ("augment_part",)
"""The meshes of a plan that are made for it; cup and screws come from a catalogue, bones are shown."""


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

    state: Literal["draft", "approved"] = "draft"
    by: str | None = None
    at: str | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """A reconstruction plan of one hip, self-contained and re-readable.

    Attributes
    ----------
    case_id, input_sha256, software_version : str
    side : Side
    frame : ``lps``
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
    frame: Literal["lps"]
    lps_from_app: Matrix4x4
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
