"""A saved plan looked at again, without the CT: from its own meshes, the same figures as when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from coxa.anatomy import Side, Status
from coxa.case import Measurement
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import unit
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.augment.values import Augment
from coxa.planning.cup.choice import CupChoice, CupOption
from coxa.planning.cup.coverage import cup_coverage
from coxa.planning.cup.coverage_map import coverage_map
from coxa.planning.cup.metrics import Wanted, cup_metrics
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.site import CupSite
from coxa.planning.cup.values import PlannedCup
from coxa.planning.outdated import OUTDATED, SAME_DEG, SAME_MM, cup_was_changed, is_outdated
from coxa.planning.plan import Plan
from coxa.planning.screws.choose import with_clearances
from coxa.planning.screws.metrics import along_path, bone_path
from coxa.planning.screws.quadrants import UNKNOWN_QUADRANT
from coxa.planning.screws.tip import tip_edge
from coxa.planning.screws.values import Screw


def evaluate_plan(plan: Plan, meshes: Mapping[str, Mesh]) -> Plan:
    """Return the plan with every figure that its own meshes tell worked out again.

    That is the coverage and its map, the figures and costs of the planned cup, the augment's volumes, and of each
    screw its length in host bone, its exit and its clearance. What rests on the CT (HU, the defect) stays. A plan
    whose cup or screws were changed by hand gets the figures of what it says now; a screw that was moved has no HU, no
    quadrant and no distance to vessels any more; with the cup changed no screw has a quadrant and no motion a range. An
    augment that was made for another cup or other screws supports nothing, and the plan says that it is outdated.

    Parameters
    ----------
    plan : Plan
    meshes : Mapping[str, Mesh]
        By name, as `coxa.io.records.plan_files.read_plan_meshes` returns them: the planned side's hip bone,
        ``hip_native``,
        and ``augment`` when the plan has one.

    Raises
    ------
    InputRefusedError
        When a mesh or a setting that the figures rest on is missing, or the cup's angles are not those of its axis.
    """
    host = f"hip_{plan.side}"
    gap = _cement_gap_mm(plan, meshes, host, "hip_native")
    frame = RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    site = CupSite(meshes[host], meshes["hip_native"], frame, plan.target.position_lps_mm, plan.side)
    _require_angles_of_axis(plan.cup, plan.side, frame)
    outdated = is_outdated(plan)
    augment = None if outdated else meshes.get("augment")
    tolerances = tuple(shares.tolerance_mm for shares in plan.coverage)
    return replace(
        plan,
        coverage=cup_coverage(plan.cup, site.host, augment, gap, tolerances),
        coverage_map=coverage_map(plan.cup, plan.side, frame, site.host, augment, gap),
        cup_choice=None if plan.cup_choice is None else _evaluated_choice(plan.cup_choice, plan, site),
        augment=_evaluated_augment(plan.augment, meshes.get("augment")),
        screws=_evaluated_screws(plan, site),
        motion=tuple(_no_longer(row) for row in plan.motion) if cup_was_changed(plan) else plan.motion,
        warnings=(*plan.warnings, OUTDATED) if outdated and OUTDATED not in plan.warnings else plan.warnings,
    )


def _cement_gap_mm(plan: Plan, meshes: Mapping[str, Mesh], *bones: str) -> float:
    needed = [*bones, *(["augment"] if plan.augment.needed else [])]
    missing = [name for name in needed if name not in meshes]
    gap = plan.settings.get("cement_gap_mm")
    if missing or not isinstance(gap, int | float):
        raise InputRefusedError(
            f"the plan cannot be evaluated without {', '.join(missing) or 'its cement_gap_mm'}: "
            "copy the whole plan folder"
        )
    return gap


def _evaluated_choice(choice: CupChoice, plan: Plan, site: CupSite) -> CupChoice:
    wanted = Wanted(choice.wanted_diameter_mm, choice.target_inclination_deg, choice.target_anteversion_deg)
    figures = cup_metrics(plan.cup, site, wanted, choice.terms)
    return replace(choice, options=(CupOption(choice.proposal.name, plan.cup, figures), *choice.alternatives))


def _evaluated_augment(augment: Augment, outer: Mesh | None) -> Augment:
    """Return the augment with the volume of its mesh; what of it is porous stays as designed."""
    if outer is None:
        return augment
    volume = outer.volume_ml
    return replace(augment, volume_ml=volume, solid_volume_ml=volume - augment.porous_volume_ml)


def _require_angles_of_axis(cup: PlannedCup, side: Side, lps_from_app: RigidTransform) -> None:
    frame = functional_frame(lps_from_app) if cup.angle_frame == "functional" else lps_from_app
    stated = cup_axis_lps(frame, side, cup.inclination_radiographic_deg, cup.anteversion_radiographic_deg)
    apart_deg = float(np.degrees(np.arccos(np.clip(stated @ unit(cup.axis_lps), -1.0, 1.0))))
    if apart_deg > SAME_DEG:
        raise InputRefusedError(
            f"the cup's angles and its axis are {apart_deg:.1f}° apart: one of them was changed by hand; plan again "
            "with --inclination and --anteversion"
        )


def _no_longer(row: Measurement) -> Measurement:
    why = "the cup was changed by hand: plan again with --cup-center to have it"
    return replace(row, value=None, uncertainty=None, status=Status.NOT_MEASURABLE, reason=why)


def _evaluated_screws(plan: Plan, site: CupSite) -> tuple[Screw, ...]:
    """Return the screws with their clearances, too."""
    return with_clearances([_evaluated_screw(screw, plan, site.host) for screw in plan.screws])


def _evaluated_screw(screw: Screw, plan: Plan, host: RayCaster) -> Screw:
    """Return the screw as it lies in the bone; of one that was moved by hand, what the CT said no longer holds."""
    frame = RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    entry, direction = screw.entry_lps_mm, unit(screw.direction_lps)
    path = bone_path(host, frame, plan.side, entry, direction, screw.length_mm)
    tip = tip_edge(host, entry, direction, screw.diameter_mm, screw.length_mm, path.begin_mm)
    if cup_was_changed(plan):
        screw = replace(screw, quadrant=UNKNOWN_QUADRANT)
    now = along_path(screw, path, tip)
    if _same_way(now, screw):
        # how far a tip that stands out reaches is not told by its way through the bone
        return now if now.protrusion_mm == 0 else replace(now, vessel_distance_mm=None)
    moved = replace(screw, mean_hu=None, hu_trusted_fraction=0.0, quadrant=UNKNOWN_QUADRANT, vessel_distance_mm=None)
    return along_path(moved, path, tip)


def _same_way(now: Screw, saved: Screw) -> bool:
    if abs(now.bone_length_mm - saved.bone_length_mm) > SAME_MM:
        return False
    if now.exit_lps_mm is None or saved.exit_lps_mm is None:
        return now.exit_lps_mm is None and saved.exit_lps_mm is None
    return float(np.linalg.norm(now.exit_lps_mm - saved.exit_lps_mm)) < SAME_MM
