"""What the checks of the bones mean for the landmarks: nothing from a failed bone, warnings near an unreliable place.

Landmarks that were found without the failed bones come in, with the quality of all structures; the same landmarks with
reasons, warnings and wider uncertainties go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coxa.anatomy import HIP_LEFT, HIP_RIGHT, SACRUM, Landmark, Side, Status, bone_words, landmark_name
from coxa.case import HipFindings, Landmarks
from coxa.labels import Finding, StructureQuality, failure_text
from coxa.landmarks.placed import PLACED_METHOD
from coxa.landmarks.reliability import WARNING_FACTOR, with_warning
from coxa.landmarks.weakest_corner import weakest_corner

NEAR_MM = 30.0
"""A landmark this near to the place that a check names, beyond the place's own reach, shares its warning [E]."""
CENTRE_BESIDE_FAILED_MM = 5.0
"""90 % radius of a rotation centre when the other bone of its joint failed: the border between the two is not known;
such centres were up to 2 mm off, and a head that was given to the hip bone shifts them by more [E]."""
FRAME_NAMES = ("ASIS_L", "ASIS_R", "PT_L", "PT_R")
CENTRES = ("HRC", "HRC_NATIVE")


def with_bone_warnings(landmarks: Landmarks, quality: Sequence[StructureQuality]) -> Landmarks:
    """Return the landmarks with what the checks of the bones say of them.

    Parameters
    ----------
    landmarks : Landmarks
        Found on the surfaces of the bones that have not failed.
    quality : sequence of StructureQuality
        Of every structure.
    """
    failed = {q.name: failure_text(q) for q in quality if q.status is Status.FAILED}
    warned = [q for q in quality if q.status is Status.WARN and any(f.status is Status.WARN for f in q.findings)]
    if not failed and not warned:
        return landmarks
    points = {}
    prosthetic = {landmark_name("HRC", Side(side)) for side, hip in landmarks.hips.items() if hip.implant_present}
    for name, mark in landmarks.points.items():
        if mark.method == PLACED_METHOD or name in prosthetic:  # neither rests on a bone's mask
            points[name] = mark
            continue
        points[name] = _beside_failed(mark, failed)
        base_mm = points[name].uncertainty_mm or 0.0
        for q in warned:
            if q.name in bones_of(name)[:2]:
                points[name] = _near_warned(points[name], q, base_mm)
    reason = landmarks.app_reason
    hips_failed = [failed[name] for name in (HIP_LEFT, HIP_RIGHT) if name in failed]
    status = landmarks.app_status
    if landmarks.lps_from_app is None and hips_failed:
        reason = "; ".join(hips_failed)
    elif landmarks.lps_from_app is not None:
        fresh = [n for n in FRAME_NAMES if points[n].status is Status.WARN and landmarks.points[n].status is Status.OK]
        if fresh:
            told = f"rests on {', '.join(fresh)}, near a place that a check of the segmentation names"
            status, reason = Status.WARN, f"{reason}; {told}" if reason else told
    hips = {side: _hip(side, hip, failed) for side, hip in landmarks.hips.items()}
    weakest = None if landmarks.weakest_corner is None else weakest_corner(points)
    return replace(landmarks, points=points, app_status=status, app_reason=reason, hips=hips, weakest_corner=weakest)


def bones_of(name: str) -> tuple[str, ...]:
    """Return the bones that a landmark needs, those that it lies on first."""
    stem, _, letter = name.rpartition("_")
    hips = (HIP_LEFT, HIP_RIGHT)
    if name == "SP":
        return (SACRUM, SACRUM, *hips)
    side = next((side for side in Side if side.suffix == letter), None)
    if side is None:
        return hips
    own, femur = f"hip_{side}", f"femur_{side}"
    if stem in ("GT", "LT"):
        return (femur, femur)
    if stem in CENTRES:
        return (femur, own, f"hip_{side.opposite}")
    return (own, own, f"hip_{side.opposite}")


def _beside_failed(mark: Landmark, failed: dict[str, str]) -> Landmark:
    missing = [failed[bone] for bone in dict.fromkeys(bones_of(mark.name)) if bone in failed]
    if not missing:
        return mark
    if not mark.status.has_value:
        return replace(mark, reason="; ".join(missing))
    own = [failed[bone] for bone in bones_of(mark.name)[:2] if bone in failed]
    if not own:
        return mark
    return _widened(with_warning(mark, own[0]), CENTRE_BESIDE_FAILED_MM)


def _near_warned(mark: Landmark, quality: StructureQuality, base_mm: float) -> Landmark:
    """Return a landmark of a bone with the warnings that concern its place; all of them where they name no place."""
    if mark.position_lps_mm is None:
        return mark
    for finding in quality.findings:
        if finding.status is Status.WARN and finding.reason and _concerns(finding, mark):
            least = finding.reach_mm or WARNING_FACTOR * base_mm
            mark = _widened(with_warning(mark, f"{bone_words(quality.name)}: {finding.reason}"), least)
    return mark


def _concerns(finding: Finding, mark: Landmark) -> bool:
    if finding.place_lps_mm is None or mark.position_lps_mm is None:
        return True
    away = float(np.linalg.norm(mark.position_lps_mm - np.array(finding.place_lps_mm)))
    return away <= NEAR_MM + (finding.reach_mm or 0.0)


def _widened(mark: Landmark, least_mm: float) -> Landmark:
    return replace(mark, uncertainty_mm=max(least_mm, mark.uncertainty_mm or 0.0))


def _hip(side: str, hip: HipFindings, failed: dict[str, str]) -> HipFindings:
    missing = [failed[bone] for bone in (f"femur_{side}", f"hip_{side}") if bone in failed]
    if hip.head is not None or hip.implant_present or not missing:
        return hip
    return replace(hip, reason="; ".join(missing))
