"""From a measured case to a plan: each line one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from coxa import __version__
from coxa.anatomy import Side
from coxa.case import Landmarks, MeasuredCase
from coxa.errors import InputRefusedError
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.labels import Segmentation
from coxa.landmarks.centres.shape_model import HipAtlas
from coxa.planning.augment.build import MadeAugment, draft_augment, make_augment, with_attached_flanges
from coxa.planning.cup.choice import CupChoice
from coxa.planning.cup.coverage import cup_coverage
from coxa.planning.cup.coverage_map import coverage_map
from coxa.planning.cup.search import choose_cup
from coxa.planning.cup.shell import cup_mesh
from coxa.planning.cup.site import CupSite
from coxa.planning.cup.target import target_centre
from coxa.planning.cup.values import PlannedCup
from coxa.planning.cup.warnings import cup_warnings
from coxa.planning.defect.bone_stock import assess_defect
from coxa.planning.defect.native_hemipelvis import NativeHemipelvis, native_hemipelvis
from coxa.planning.motion.range_of_motion import MovingHip, range_of_motion
from coxa.planning.outdated import made_for_sha256
from coxa.planning.plan import Approval, Plan
from coxa.planning.screws.choose import propose_screws, with_clearances
from coxa.planning.screws.flange_screws import flange_screws
from coxa.planning.screws.metrics import ScrewSite
from coxa.planning.screws.tip import protrusion_warnings
from coxa.planning.screws.values import Screw
from coxa.planning.screws.vessels import VesselMask, vessels_near
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.cup_settings import CupSettings
from coxa.planning.site.flange import flange_warnings
from coxa.planning.site.operation_site import Site, operation_site
from coxa.volume import Volume


@dataclass(frozen=True, eq=False)
class PlannedReconstruction:
    """A plan with its bodies.

    Attributes
    ----------
    plan : Plan
    meshes : Mapping[str, Mesh]
        LPS mm, closed: ``cup``, ``hip_host``, ``hip_native``, and when an augment is needed ``augment`` (its outer
        surface) and ``augment_part`` (with the porous layer, as it is printed).
    """

    plan: Plan
    meshes: Mapping[str, Mesh]

    def __post_init__(self) -> None:
        object.__setattr__(self, "meshes", MappingProxyType(dict(self.meshes)))


def propose_plan(
    case: MeasuredCase,
    volume: Volume,
    segmentation: Segmentation,
    surfaces: Mapping[str, Mesh],
    side: Side,
    settings: PlanSettings | None = None,
    vessels: VesselMask | None = None,
    atlas: HipAtlas | None = None,
) -> PlannedReconstruction:
    """Propose target centre, cup, augment and screws for one hip, with the defect and the coverage.

    Parameters
    ----------
    case : MeasuredCase
    volume : Volume
        For the HU along the screws.
    segmentation : Segmentation
        For the metal and what is unknown beside it.
    surfaces : Mapping[str, Mesh]
        Must hold both hip bones.
    side : Side
    settings : PlanSettings, optional
    vessels : VesselMask, optional
        That screws must keep away from.
    atlas : HipAtlas, optional
        Shape models that rebuild the native hip bone when the other hip is operated on too.

    Raises
    ------
    InputRefusedError
        When the pelvic frame, the target centre or a hip bone is missing; the message says what to give by hand.
    """
    settings = settings or PlanSettings()
    _require_hip(surfaces, side.opposite)
    host = _require_hip(surfaces, side)
    frame = _frame(case.landmarks)
    target = target_centre(case, side, settings.cup)
    native = native_hemipelvis(surfaces, case.landmarks, side, atlas)
    cup_site = CupSite(host, native.mesh, frame, target.position_lps_mm, side)
    choice = choose_cup(cup_site, case.landmarks, settings)
    cup = choice.proposal.cup
    defect, stock = assess_defect(case, surfaces, segmentation, native, target.position_lps_mm, side, settings.defect)
    site = with_attached_flanges(operation_site(cup, host, native.mesh, frame, side, settings.site), settings)
    draft = draft_augment(site, settings)
    near = None if vessels is None else vessels_near(vessels, cup.centre_lps_mm)
    screw_site = ScrewSite(cup, host, volume, segmentation, case.landmarks, side, draft, near)
    screws, made = _screws_and_augment(site, screw_site, settings)
    coverage = cup_coverage(cup, cup_site.host, made.outer, settings.site.cement_gap_mm)
    moving = MovingHip(cup, host, made.outer, surfaces.get(f"femur_{side}"), case.landmarks, side)
    plan = Plan(
        case_id=case.case_id,
        input_sha256=case.input_sha256,
        software_version=__version__,
        side=side,
        frame="lps",
        lps_from_app=frame.matrix,
        target=target,
        cup=cup,
        coverage=coverage,
        cup_choice=choice,
        coverage_map=coverage_map(cup, side, frame, cup_site.host, made.outer, settings.site.cement_gap_mm),
        defect=defect,
        bone_stock=stock,
        augment=replace(made.figures, made_for_sha256=made_for_sha256(cup, screws) if made.figures.needed else None),
        screws=screws,
        motion=range_of_motion(moving, settings.motion),
        settings=settings.as_record(),
        parts=(),
        approval=Approval(),
        warnings=(
            *_warnings(case, side, native, choice, settings.cup),
            *flange_warnings(site.flanges, settings.site),
            *protrusion_warnings(screws),
        ),
    )
    return PlannedReconstruction(plan, _meshes(cup, host, native.mesh, made))


def _screws_and_augment(
    site: Site, screw_site: ScrewSite, settings: PlanSettings
) -> tuple[tuple[Screw, ...], MadeAugment]:
    """Propose the screws, then make the augment that they pass through.

    An augment that their channels leave too little of is none: then the screws are proposed again without it.
    """
    screws = propose_screws(screw_site, settings)
    screws = with_clearances((*screws, *flange_screws(site.flanges, screw_site, screws, settings)))
    made = make_augment(site, screws, settings)
    if made.outer is None and screw_site.augment is not None:
        screws = propose_screws(replace(screw_site, augment=None), settings)
    return screws, made


def _has_implant(landmarks: Landmarks, side: Side) -> bool:
    hip = landmarks.hips.get(side)
    return hip is not None and hip.implant_present


def _require_hip(surfaces: Mapping[str, Mesh], side: Side) -> Mesh:
    name = f"hip_{side}"
    if name not in surfaces or surfaces[name].is_empty:
        raise InputRefusedError(f"the {side} hip bone was not segmented: a plan needs both hip bones in view")
    return surfaces[name]


def _frame(landmarks: Landmarks) -> RigidTransform:
    if landmarks.lps_from_app is None:
        raise InputRefusedError(
            f"the pelvic frame is not known ({landmarks.app_reason}): "
            "plan on a scan that shows both iliac spines and pubic tubercles"
        )
    return landmarks.lps_from_app


def _meshes(cup: PlannedCup, host: Mesh, native: Mesh, made: MadeAugment) -> dict[str, Mesh]:
    meshes = {"cup": cup_mesh(cup), "hip_host": host, "hip_native": native}
    if made.outer is not None and made.part is not None:
        meshes |= {"augment": made.outer, "augment_part": made.part}
    return meshes


def _warnings(
    case: MeasuredCase,
    side: Side,
    native: NativeHemipelvis,
    choice: CupChoice,
    settings: CupSettings,
) -> tuple[str, ...]:
    """Return what the surgeon must know beside the figures."""
    found = list(case.warnings)
    if native.warning is not None:
        found.append(
            f"{native.warning}: no defect is given, and the augment may be too small where both sides have lost bone"
        )
    if _has_implant(case.landmarks, side):
        found.append(
            "bone right beside metal is not seen and counts as no host; what of it is lost is a guess: "
            "coverage and seat there are uncertain"
        )
    found += cup_warnings(choice, settings)
    return tuple(found)


def side_warning(landmarks: Landmarks, side: Side) -> str | None:
    """Say that the implant is on the other side than the one to reconstruct; None when nothing speaks against it.

    A pelvis is symmetric, so bones alone never show that a scan was mirrored or that the wrong side was asked for:
    where an implant lies is the one thing in a scan that tells left from right.
    """
    asked, other = landmarks.hips.get(side), landmarks.hips.get(side.opposite)
    if asked is None or other is None or asked.implant_present or not other.implant_present:
        return None
    return (
        f"the {side} hip is to be reconstructed and holds no implant, but the {side.opposite} one does: "
        "check the side asked for; if it is right, the scan may be mirrored"
    )
