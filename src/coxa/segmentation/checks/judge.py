"""All checks of all bones: which findings a bone has, and what they make of its status."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from coxa.anatomy import SIDES, Side, Status
from coxa.labels import Finding
from coxa.segmentation.checks.density import check_density
from coxa.segmentation.checks.extent import check_extent, check_hull_share, check_proportions, check_sacrum_size
from coxa.segmentation.checks.femur import HEAD, check_head, check_shaft
from coxa.segmentation.checks.finding import not_applicable
from coxa.segmentation.checks.hollow import check_depth, check_hollow
from coxa.segmentation.checks.mirror import CHECK as MIRROR
from coxa.segmentation.checks.mirror import OPERATED, WITHOUT_COUNTERPART, check_mirror, fit_or_none
from coxa.segmentation.checks.pieces import check_pieces
from coxa.segmentation.checks.places import check_femur_place, check_hip_side, check_sacrum_place
from coxa.segmentation.checks.scene import CheckedBone, CheckedBones

BY_HIPS = ("sacrum to hip bones", "between the hip bones")
"""Checks that measure the sacrum by the hip bones."""
DISAGREES = (Status.WARN, Status.FAILED)


def findings_by_bone(bones: CheckedBones) -> dict[str, tuple[Finding, ...]]:
    """Return what every check found of every bone that is large enough to be checked."""
    with ThreadPoolExecutor() as threads:
        found = list(threads.map(lambda bone: _own_findings(bone, bones), bones.bones.values()))
    own = dict(zip(bones.bones, found, strict=True))
    if "sacrum" in own:
        own["sacrum"] = _beside_wrong_hips(own)
    mirrored = _mirror_findings(bones, own)
    return {name: (*findings, *mirrored.get(name, ())) for name, findings in own.items()}


def worst_status(findings: tuple[Finding, ...]) -> Status:
    """Return ``failed``, ``warn`` or ``ok``: the worst that any check found."""
    found = {finding.status for finding in findings}
    return next((status for status in (Status.FAILED, Status.WARN) if status in found), Status.OK)


def _own_findings(bone: CheckedBone, bones: CheckedBones) -> tuple[Finding, ...]:
    found = [
        check_hollow(bone),
        check_depth(bone),
        check_hull_share(bone),
        check_extent(bone),
        *check_proportions(bone),
        check_pieces(bone),
        *check_density(bone),
    ]
    if bone.kind == "hip":
        found.append(check_hip_side(bone, bones))
    if bone.kind == "sacrum":
        found += [check_sacrum_size(bones), check_sacrum_place(bones)]
    if bone.kind == "femur":
        found += [*check_femur_place(bone, bones), check_head(bone, bones), check_shaft(bone, bones)]
    return tuple(found)


def _mirror_findings(bones: CheckedBones, own: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    """Compare left with right: where they differ the bone whose own checks disagree is wrong, else either may be."""
    found: dict[str, tuple[Finding, ...]] = {}
    for kind in ("hip", "femur"):
        left, right = (bones.bones.get(f"{kind}_{side}") for side in SIDES)
        if left is None or right is None:
            for bone in (left, right):
                if bone is not None:
                    found[bone.name] = (not_applicable(MIRROR, "the bone of the other side is not in view"),)
            continue
        intact = all(_has_native_head(side, own) for side in SIDES)
        fit = fit_or_none(left, right) if kind == "hip" or intact else None
        parts = (None, None) if fit is None else (fit.left_only, fit.right_only)
        limits = WITHOUT_COUNTERPART[kind] if intact else OPERATED
        for bone, other, own_only, lacking in ((left, right, *parts), (right, left, *parts[::-1])):
            missing_ml = 0.0 if lacking is None else float(lacking.sum()) * other.grid.voxel_volume_ml
            finding = check_mirror(bone, other, own_only, missing_ml, limits)
            found[bone.name] = (_attributed(finding, own[bone.name], own[other.name]),)
    return found


def _beside_wrong_hips(own: Mapping[str, tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """Return the sacrum's findings: compared with hip bones that are wrong themselves, it alone has not failed."""
    hips_are_wrong = any(worst_status(own.get(f"hip_{side}", ())) in DISAGREES for side in SIDES)
    alone = tuple(f for f in own["sacrum"] if f.check not in BY_HIPS)
    if not hips_are_wrong or worst_status(alone) in DISAGREES:
        return own["sacrum"]
    return tuple(
        replace(f, status=Status.WARN) if f.check in BY_HIPS and f.status is Status.FAILED else f for f in own["sacrum"]
    )


def _has_native_head(side: Side, own: Mapping[str, tuple[Finding, ...]]) -> bool:
    """Tell whether the joint is an intact one, by its femur's head: then the hip bone is expected to be whole too."""
    return any(f.check == HEAD and f.status is Status.OK for f in own.get(f"femur_{side}", ()))


def _attributed(finding: Finding, own: tuple[Finding, ...], other: tuple[Finding, ...]) -> Finding:
    if finding.status not in DISAGREES:
        return finding
    own_is_wrong = worst_status(own) in DISAGREES
    if not own_is_wrong and worst_status(other) in DISAGREES:
        return not_applicable(finding.check, "the bone of the other side is wrong itself")
    if not own_is_wrong and finding.status is Status.FAILED:
        return replace(finding, status=Status.WARN, reason=f"{finding.reason}; one of the two is wrong")
    return finding
