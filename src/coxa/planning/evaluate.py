"""A saved plan looked at again, without the CT: from its own meshes, the same figures as when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coxa.errors import InputRefusedError
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.planning.coverage import cup_coverage
from coxa.planning.coverage_map import coverage_map
from coxa.planning.cup_choice import CupChoice, CupOption
from coxa.planning.cup_figures import Wanted, cup_figures
from coxa.planning.cup_site import CupSite
from coxa.planning.plan import Augment, Plan, Screw
from coxa.planning.radial_bone import radial_bone


def evaluate_plan(plan: Plan, meshes: Mapping[str, Mesh]) -> Plan:
    """Return the plan with every figure that its own meshes tell worked out again.

    That is the coverage and its map, the figures and costs of the planned cup, the augment's volumes and the length
    of each screw in host bone. What rests on the CT (HU, the defect) stays. A plan whose cup or screws were changed by
    hand gets the figures of what it says now.

    Parameters
    ----------
    plan : Plan
    meshes : Mapping[str, Mesh]
        By name, as `coxa.io.plan_files.read_plan_meshes` returns them: the planned side's hip bone, ``hip_native``,
        and ``augment`` when the plan has one.

    Raises
    ------
    InputRefusedError
        When a mesh or a setting that the figures rest on is missing.
    """
    host = f"hip_{plan.side}"
    gap = _cement_gap_mm(plan, meshes, host, "hip_native")
    frame = RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    site = CupSite(meshes[host], meshes["hip_native"], frame, plan.target.position_lps_mm, plan.side)
    augment = meshes.get("augment")
    tolerances = tuple(shares.tolerance_mm for shares in plan.coverage)
    return replace(
        plan,
        coverage=cup_coverage(plan.cup, site.host, augment, gap, tolerances),
        coverage_map=coverage_map(plan.cup, plan.side, frame, site.host, augment, gap),
        cup_choice=None if plan.cup_choice is None else _evaluated_choice(plan.cup_choice, plan, site),
        augment=_evaluated_augment(plan.augment, augment),
        screws=tuple(_evaluated_screw(screw, site) for screw in plan.screws),
    )


def _cement_gap_mm(plan: Plan, meshes: Mapping[str, Mesh], *bones: str) -> float:
    needed = [*bones, *(["augment"] if plan.augment.needed else [])]
    missing = [name for name in needed if name not in meshes]
    gap = plan.settings.get("cement_gap_mm")
    if missing or not isinstance(gap, float):
        raise InputRefusedError(
            f"the plan cannot be evaluated without {', '.join(missing) or 'its cement_gap_mm'}: "
            "copy the whole plan folder"
        )
    return gap


def _evaluated_choice(choice: CupChoice, plan: Plan, site: CupSite) -> CupChoice:
    wanted = Wanted(choice.wanted_diameter_mm, choice.target_inclination_deg, choice.target_anteversion_deg)
    figures = cup_figures(plan.cup, site, wanted, choice.terms)
    return replace(choice, options=(CupOption(choice.proposal.name, plan.cup, figures), *choice.alternatives))


def _evaluated_augment(augment: Augment, outer: Mesh | None) -> Augment:
    """Return the augment with the volume of its mesh; what of it is porous stays as designed."""
    if outer is None:
        return augment
    volume = outer.volume_ml
    return replace(augment, volume_ml=volume, solid_volume_ml=volume - augment.porous_volume_ml)


def _evaluated_screw(screw: Screw, site: CupSite) -> Screw:
    along = radial_bone(site.host, screw.entry_lps_mm[None], screw.direction_lps[None], screw.length_mm)
    return replace(screw, bone_length_mm=float(along.length_mm(screw.length_mm)[0, 0]))
