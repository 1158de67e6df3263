"""Is it the right side? Where an implant lies is the one thing in a scan that tells left from right.

A pelvis is symmetric, so bones alone never show that a scan was mirrored or that the wrong side was asked for.
"""

from __future__ import annotations

from coxa.anatomy import Side
from coxa.case import Landmarks


def doubt_of_side(landmarks: Landmarks, side: Side) -> str | None:
    """Say that the implant is on the other side than the one to reconstruct; None when nothing speaks against it."""
    asked, other = landmarks.hips.get(side), landmarks.hips.get(side.opposite)
    if asked is None or other is None or asked.implant_present or not other.implant_present:
        return None
    return (
        f"the {side} hip is to be reconstructed and holds no implant, but the {side.opposite} one does: "
        "check the side asked for; if it is right, the scan may be mirrored"
    )
